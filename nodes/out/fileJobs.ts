import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { PendingJobs } from '../jobs/pendingJobs';
import type { Input } from '../message/input';
import type { Plan } from '../message/plan';
import { UpscaleStatus } from '../message/upscaleStatus';
import { type Runtime, runtimeOf } from '../runtime';
import { buildJob, type OutConfig } from './buildJob';
import { addFileJob, type FileHost, type FileJob } from './fileJob';
import type { OutStatus } from './outStatus';

/** The file jobs of one video out node. */
export class FileJobs {
  readonly pending = new PendingJobs<FileJob>(() => this.#showStatus());
  readonly #runtime: Runtime;
  readonly #host: FileHost;
  #last: Pick<NodeMessage, 'topic' | 'video'> | null = null;
  #isClosed = false;

  constructor(
    RED: NodeAPI,
    node: Node,
    private readonly config: OutConfig,
    private readonly statusLine: OutStatus,
  ) {
    this.#runtime = runtimeOf(RED);
    const upscaleStatus = new UpscaleStatus(this.#runtime.nodes);
    this.#host = { RED, node, statusLine, upscaleStatus, jobs: this.pending, isClosed: () => this.#isClosed };
  }

  /** The plan that `start` and `restart` repeat when no job exists. */
  get last(): Pick<NodeMessage, 'topic' | 'video'> | null {
    return this.#last;
  }

  async start(plan: Plan, input: Input): Promise<void> {
    const { topic } = input.msg;
    const { RED, node } = this.#host;
    const built = await buildJob(RED, node, this.config, input.msg, plan);
    if (this.#isClosed) return;
    this.#last = { video: plan, ...(topic === undefined ? {} : { topic }) };
    addFileJob(this.#host, plan, built, input);
  }

  /** Suspends all jobs, because the node closes. Returns the unfinished ones. */
  async close(): Promise<readonly Input[]> {
    this.#isClosed = true;
    const unfinished = await this.pending.suspendAll();
    this.#host.upscaleStatus.clear();
    for (const { job, registered } of unfinished) {
      this.#runtime.promisedOutputs.delete(job.output);
      registered.remove();
    }
    return unfinished;
  }

  #showStatus(): void {
    const { state } = this.pending;
    if (state.is !== 'running') this.#host.upscaleStatus.clear();
    this.statusLine.showJobs(state);
  }
}
