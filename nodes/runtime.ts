import type { NodeAPI } from 'node-red';
import { LivePages } from './http/livePages';
import { Tickets } from './http/tickets';
import { Trials } from './http/trials';
import { BatchRegistry } from './jobs/batchRegistry';
import { JobRegistry } from './jobs/jobRegistry';
import { SuspendedJobs } from './jobs/suspendedJobs';
import { Throughput } from './jobs/throughput';
import { KnownModels } from './message/knownModels';
import { NodeRegistry } from './message/nodeRegistry';
import { SequenceAcks } from './message/sequenceAck';
import { Variables } from './message/variables';

/** The state that all nodes of one Node-RED share. */
export class Runtime {
  readonly nodes = new NodeRegistry();
  readonly models = new KnownModels();
  readonly acks = new SequenceAcks();
  readonly throughput = new Throughput();
  readonly jobs = new JobRegistry(this.throughput);
  readonly batches = new BatchRegistry();
  readonly suspended = new SuspendedJobs();
  readonly livePages = new LivePages();
  readonly tickets = new Tickets();
  readonly trials = new Trials();
  readonly variables = new Variables();
  /** Output files of accepted jobs: not free, although they do not exist yet. */
  readonly promisedOutputs = new Set<string>();
  /** One function for each camera that starts with the flow. */
  readonly autostartCameras = new Set<() => void>();
  /** One function for each video out node: it stops the cameras whose video in node is gone. */
  readonly cameraOwners = new Set<() => void>();

  /** Ends what belongs to running flows. The rest is for the next start: what was measured, listed and suspended. */
  close(): void {
    this.livePages.close();
    this.trials.close();
    this.promisedOutputs.clear();
    this.autostartCameras.clear();
    this.cameraOwners.clear();
  }
}

const runtimes = new WeakMap<object, Runtime>();

/** The runtime of this Node-RED. Each node module gets a `RED` of its own, but all share one `RED.events`. */
export function runtimeOf({ events }: Pick<NodeAPI, 'events'>): Runtime {
  const known = runtimes.get(events);
  if (known) return known;
  const runtime = new Runtime();
  runtimes.set(events, runtime);
  events.on('runtime-event', (event: RuntimeEvent) => {
    if (isEnd(event)) runtime.close();
  });
  return runtime;
}

interface RuntimeEvent {
  readonly id: string;
  readonly payload?: { readonly state?: string; readonly deploy?: boolean; readonly error?: string };
}

/**
 * Whether Node-RED has stopped all flows, because it ends or because the user has stopped them. A deploy may stop only
 * some; with an error the others run on.
 */
function isEnd({ id, payload }: RuntimeEvent): boolean {
  return id === 'runtime-state' && payload?.state === 'stop' && !payload.deploy && payload.error === undefined;
}
