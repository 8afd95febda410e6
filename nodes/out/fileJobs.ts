import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import { singleFlight } from '../../src/async/singleFlight';
import { Throttle } from '../../src/async/throttle';
import { engineFor } from '../../src/engine/client/engine';
import type { Progress } from '../../src/settings/restoreJob';
import { editorId, type RegisteredJob } from '../jobs/jobRegistry';
import { type Outcome, type PendingJob, PendingJobs } from '../jobs/pendingJobs';
import { pixelsOf } from '../jobs/throughput';
import { nodeError } from '../message/nodeError';
import type { Plan } from '../message/plan';
import * as status from '../message/status';
import { type Runtime, runtimeOf } from '../runtime';
import { buildJob, type BuiltJob, type OutConfig } from './buildJob';
import type { OutStatus } from './outStatus';
import { finalProgress, progressMessage, resultPayload } from './resultMessages';

type Send = (msg: (NodeMessage | null)[]) => void;
type Done = (error?: Error) => void;

/** The message that started a job, and where its result goes. */
export interface Input {
  readonly msg: NodeMessageInFlow;
  readonly send: Send;
  readonly done: Done;
}

interface FileJob extends PendingJob, Input {
  readonly registered: RegisteredJob;
}

/** The file jobs of one video out node. */
export class FileJobs {
  readonly pending = new PendingJobs<FileJob>(() => this.#showStatus());
  readonly #runtime: Runtime;
  /** Ids of upscale nodes that show the speed of a job. */
  readonly #upscaleNodes = new Set<string>();
  #last: Pick<NodeMessage, 'topic' | 'video'> | null = null;
  #isClosed = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: OutConfig,
    private readonly statusLine: OutStatus,
  ) {
    this.#runtime = runtimeOf(RED);
  }

  /** The plan that `start` and `restart` repeat when no job exists. */
  get last(): Pick<NodeMessage, 'topic' | 'video'> | null {
    return this.#last;
  }

  async start(plan: Plan, input: Input): Promise<void> {
    const { promisedOutputs } = this.#runtime;
    const { msg } = input;
    const built = await buildJob(this.RED, this.node, this.config, msg, plan);
    if (this.#isClosed) return;
    this.#last = { video: plan, ...(msg.topic === undefined ? {} : { topic: msg.topic }) };
    promisedOutputs.add(built.job.output);
    this.pending.add(this.#createJob(plan, built, input));
  }

  /** Suspends all jobs, because the node closes. Returns the unfinished ones. */
  async close(): Promise<readonly Input[]> {
    this.#isClosed = true;
    const unfinished = await this.pending.suspendAll();
    this.#clearUpscaleStatus();
    for (const { job, registered } of unfinished) {
      this.#runtime.promisedOutputs.delete(job.output);
      registered.remove();
    }
    return unfinished;
  }

  #createJob(plan: Plan, { job, stage, model }: BuiltJob, input: Input): FileJob {
    const progressMessages = new Throttle<Progress>((progress) => {
      if (!this.#isClosed) input.send([null, progressMessage(plan, progress)]);
    });
    const engine = engineFor(model);
    const fileJob: FileJob = {
      ...input,
      job,
      engine,
      registered: this.#register(plan, { job, stage, model }, () => fileJob),
      onProgress: (progress) => {
        if (this.#isClosed) return;
        if (progress.stage === 'restoring') {
          this.#upscaleNodes.add(stage.node);
          this.#runtime.nodes.upscaleNode(stage.node)?.show(progress);
          if (progress.fps !== null)
            this.#runtime.throughput.record(job, progress.fps * pixelsOf(job, plan.source.info));
        }
        progressMessages.push(progress);
      },
      onEnd: (outcome) => {
        this.#runtime.promisedOutputs.delete(job.output);
        if (outcome.status === 'done') progressMessages.final(finalProgress(outcome.result));
        progressMessages.close();
        fileJob.registered.end(outcome);
        this.#finish(plan, outcome, input);
      },
    };
    return fileJob;
  }

  #register(plan: Plan, { job, stage, model }: BuiltJob, fileJob: () => FileJob): RegisteredJob {
    const { pending } = this;
    const engine = engineFor(model);
    const idOf = (): string | null => pending.idOf(fileJob());
    return this.#runtime.jobs.register({
      node: editorId(this.node),
      stage: editorId(this.RED.nodes.getNode(stage.node) ?? { id: stage.node }),
      label: plan.source.label,
      model: stage.model,
      file: { job, info: plan.source.info },
      state: () => pending.stateOf(fileJob()),
      control(action) {
        if (action === 'stop') void pending.stopOne(fileJob());
        else if (action === 'pause') void pending.pause();
        else pending.resume();
      },
      pair: singleFlight(async () => {
        const id = idOf();
        return id === null ? null : engine.ask('pair', { job: id });
      }),
      async preview() {
        const id = idOf();
        return id === null ? null : engine.ask('preview', { job: id });
      },
    });
  }

  #finish(plan: Plan, outcome: Outcome, { msg, send, done }: Input): void {
    const payload = resultPayload(plan, outcome);
    switch (outcome.status) {
      case 'done':
        this.statusLine.idle = status.done(outcome.result.elapsed);
        send([Object.assign(msg, { filename: outcome.result.output, payload }), null]);
        done();
        break;
      case 'stopped':
        this.statusLine.idle = status.stopped;
        send([Object.assign(msg, { payload }), null]);
        done();
        break;
      case 'failed':
        this.statusLine.idle = status.failed(outcome.error);
        send([this.#failedMessage(msg, payload), null]);
        done(nodeError(outcome.error));
        break;
    }
  }

  /** A copy, because the Catch node gets the original message. Its file name, of the source, is not that of a result. */
  #failedMessage(msg: Input['msg'], payload: Record<string, unknown>): Input['msg'] {
    const { filename: _, ...others } = this.RED.util.cloneMessage(msg);
    return { ...others, payload };
  }

  #showStatus(): void {
    const { state } = this.pending;
    if (state.is !== 'running') this.#clearUpscaleStatus();
    if (state.is === 'empty') this.statusLine.final(this.statusLine.idle);
    else if (state.is === 'paused') this.statusLine.final(status.paused(state.progress));
    else if (state.is === 'queued') this.statusLine.show(status.queued(state.position));
    else this.statusLine.show(state.progress === null ? status.starting : status.running(state.progress));
  }

  #clearUpscaleStatus(): void {
    for (const id of this.#upscaleNodes) this.#runtime.nodes.upscaleNode(id)?.show(null);
    this.#upscaleNodes.clear();
  }
}
