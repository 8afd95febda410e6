import type { Node, NodeAPI, NodeMessageInFlow, NodeStatus } from 'node-red';
import { RemasterError } from '../../src/errors';
import type { LivePlan } from '../message/livePlan';
import * as liveStatus from '../message/liveStatus';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import type { OutConfig } from './buildJob';
import { buildLiveJob } from './buildLiveJob';
import { type Done, jpegFields, type LiveHost, LiveRun, type Send } from './liveRun';

/** The live jobs of one video out node: one for each video in node. */
export class LiveJobs {
  readonly #runs = new Map<string, LiveRun>();
  /** Plans that `restart` runs again. */
  readonly #last = new Map<string, { readonly plan: LivePlan; readonly topic?: string }>();

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: OutConfig,
    private readonly showStatus: (next: NodeStatus, isFinal?: boolean) => void,
  ) {}

  /** True once a live job has run; actions then address it. */
  get hasRun(): boolean {
    return this.#last.size > 0;
  }

  /** Starts a camera, or keeps its job if the settings are the same. `done` is called when the job ends. */
  async start(given: LivePlan, msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> {
    const { RED, node, config } = this;
    const plan = this.#withNameOfToday(given);
    const previous = this.#runs.get(plan.source.node);
    const currentFolder = previous?.hlsFolder ?? null;
    const built = await buildLiveJob({ RED, node, config, plan, msg, currentFolder });
    if (previous?.key === JSON.stringify(built.job)) {
      previous.adopt(msg, done);
      return;
    }
    if (previous) await this.#stop(previous);
    const topic = typeof msg.topic === 'string' ? { topic: msg.topic } : {};
    this.#last.set(plan.source.node, { plan, ...topic });
    const host: LiveHost = {
      RED,
      node,
      config,
      showStatus: (next) => this.showStatus(next ?? this.#summary),
      stop: (run) => void this.#stop(run),
      onFailure: (run, error) => {
        this.#runs.delete(run.plan.source.node);
        if (this.#runs.size === 0) this.showStatus(status.failed(error), true);
      },
    };
    this.#runs.set(plan.source.node, new LiveRun(host, plan, built, msg, send, done));
  }

  /** Starts the cameras again that ran last. */
  async restart(send: Send): Promise<void> {
    for (const { plan, topic } of this.#last.values()) {
      const msg = { ...(topic === undefined ? {} : { topic }), video: plan } as unknown as NodeMessageInFlow;
      await this.start(plan, msg, send, (error) => error && this.node.error(error, msg));
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => this.#stop(run)));
  }

  /** Sends the next frame of each camera with the message that requested it. */
  async snapshot(msg: NodeMessageInFlow, send: Send): Promise<void> {
    if (this.#runs.size === 0)
      throw new RemasterError('NO_SIGNAL', 'No camera runs here.', { remedy: 'Send start first.' });
    for (const run of this.#runs.values()) {
      const { label } = run.plan.source;
      const jpeg = await run.snapshot();
      if (!jpeg) {
        throw new RemasterError('NO_SIGNAL', `${label} sends no frames.`, {
          remedy: 'Check the status of its video in node.',
        });
      }
      const result = this.#runs.size === 1 ? msg : this.RED.util.cloneMessage(msg);
      const { payload, frame } = jpegFields(jpeg);
      send([Object.assign(result, { payload, frame: { ...frame, source: label } }), null]);
    }
  }

  /** Ends all jobs, because the node closes. Returns their messages. */
  async close(): Promise<readonly { readonly msg: NodeMessageInFlow; readonly done: Done }[]> {
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    await Promise.all(runs.map((run) => run.close()));
    return runs;
  }

  /** A plan that was kept over a deploy has the old name of its camera. */
  #withNameOfToday(plan: LivePlan): LivePlan {
    const camera = runtimeOf(this.RED).nodes.inNode(plan.source.node)?.camera;
    return camera ? { ...plan, source: { ...plan.source, label: camera.source().label } } : plan;
  }

  async #stop(run: LiveRun): Promise<void> {
    const { node } = run.plan.source;
    if (this.#runs.get(node) !== run) return;
    this.#runs.delete(node);
    await run.stop();
    const isLast = this.#runs.size === 0;
    this.showStatus(isLast ? status.stopped : this.#summary, isLast);
  }

  get #summary(): NodeStatus {
    const known = [...this.#runs.values()].flatMap(({ progress }) => progress ?? []);
    return known.length === 0 ? status.starting : liveStatus.live(known);
  }
}
