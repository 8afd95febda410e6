import type { NodeAPI } from 'node-red';
import { LivePages } from './http/livePages';
import { JobRegistry } from './jobs/jobRegistry';
import { SuspendedJobs } from './jobs/suspendedJobs';
import { Throughput } from './jobs/throughput';
import { KnownModels } from './message/knownModels';
import { NodeRegistry } from './message/nodeRegistry';
import { SequenceAcks } from './message/sequenceAck';

/** The state that all nodes of one Node-RED share. */
export class Runtime {
  readonly nodes = new NodeRegistry();
  readonly models = new KnownModels();
  readonly acks = new SequenceAcks();
  readonly throughput = new Throughput();
  readonly jobs = new JobRegistry(this.throughput);
  readonly suspended = new SuspendedJobs();
  readonly livePages = new LivePages();
  /** Output files of accepted jobs: not free, although they do not exist yet. */
  readonly promisedOutputs = new Set<string>();
  /** One function for each camera that starts with the flow. */
  readonly autostartCameras = new Set<() => void>();
}

const runtimes = new WeakMap<object, Runtime>();

/** The runtime of this Node-RED. Each node module gets a `RED` of its own, but all share one `RED.events`. */
export function runtimeOf({ events }: Pick<NodeAPI, 'events'>): Runtime {
  const runtime = runtimes.get(events) ?? new Runtime();
  runtimes.set(events, runtime);
  return runtime;
}
