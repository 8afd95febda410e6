import type { Node, NodeAPI, NodeMessageInFlow, NodeStatus } from 'node-red';
import type { Done, Input, Send } from '../message/input';
import type { LivePlan } from '../message/livePlan';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import type { OutConfig } from './buildJob';
import { type BuiltLiveJob, buildLiveJob } from './buildLiveJob';
import { LiveRuns } from './liveRuns';
import { makeOwnFolder, removeOwnFolder } from './ownFolder';
import { sendSnapshots } from './snapshot';
import { StartedPlans } from './startedPlans';

/** The live jobs of one video out node: one for each video in node. */
export class LiveJobs {
  readonly #runs: LiveRuns;
  readonly #started = new StartedPlans();
  #isClosed = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: OutConfig,
    private readonly showStatus: (next: NodeStatus, isFinal?: boolean) => void,
  ) {
    this.#runs = new LiveRuns({ RED, node, config }, showStatus);
  }

  /** True once a live job has run; actions then address it. */
  get hasRun(): boolean {
    return !this.#started.isEmpty;
  }

  /** Starts a camera, or keeps its job if the settings are the same. `done` is called when the job ends. */
  async start(given: LivePlan, input: Input): Promise<void> {
    const { RED, node, config } = this;
    const plan = withNameOfToday(RED, given);
    const built = await buildLiveJob({ RED, node, config, plan, msg: input.msg });
    if (this.#isClosed) return; // the message is kept until the next node
    const previous = this.#runs.of(plan.source.node);
    if (previous && isSame(previous.built, built)) return previous.adopt(input);
    if (previous) await this.#runs.stop(previous);
    this.#started.keep(plan, input.msg);
    await this.#open(plan, built, input);
  }

  /** Starts the cameras again that ran last. One that cannot start is reported, and the others start. */
  async restart(send: Send): Promise<void> {
    for (const msg of this.#started.messages()) {
      const done: Done = runtimeOf(this.RED).variables.done((error) => error && this.node.error(error, msg));
      try {
        await this.start(msg.video, { msg, send, done });
      } catch (error) {
        if (this.#runs.all.length === 0) this.showStatus(status.failed(error), true);
        done(nodeError(error));
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#runs.all.map((run) => this.#runs.stop(run)));
  }

  /** Sends the next frame of each camera with the message that requested it. */
  async snapshot(input: Input): Promise<void> {
    const sources = this.#runs.all.map(({ plan, camera }) => ({
      label: plan.source.label,
      broadcast: camera.broadcast,
    }));
    await sendSnapshots(this.RED, sources, input);
  }

  /** Stops and forgets the cameras whose video in node is deleted, disabled, or opens files now. */
  async stopOrphans(): Promise<void> {
    const { nodes } = runtimeOf(this.RED);
    const gone = this.#started.nodes.filter((node) => !nodes.inNode(node)?.camera);
    for (const node of gone) this.#started.forget(node);
    const runs = gone.flatMap((node) => this.#runs.of(node) ?? []);
    await Promise.all(runs.map((run) => this.#runs.stop(run)));
  }

  /** Ends all jobs, because the node closes. Returns their messages. */
  close(): Promise<readonly { readonly msg: NodeMessageInFlow; readonly done: Done }[]> {
    this.#isClosed = true;
    return this.#runs.close();
  }

  async #open(plan: LivePlan, built: BuiltLiveJob, input: Input): Promise<void> {
    const folder = await makeOwnFolder(built.job);
    let isOpen = false;
    try {
      if (this.#isClosed) return; // while a folder was made, or the previous job was stopped
      this.#runs.start(plan, built, folder, input);
      isOpen = true;
    } finally {
      if (!isOpen) await removeOwnFolder(folder);
    }
  }
}

/** A plan that was kept over a deploy has the old name of its camera. */
function withNameOfToday(RED: NodeAPI, plan: LivePlan): LivePlan {
  const camera = runtimeOf(RED).nodes.inNode(plan.source.node)?.camera;
  return camera ? { ...plan, source: { ...plan.source, label: camera.source().label } } : plan;
}

const isSame = (one: BuiltLiveJob, other: BuiltLiveJob): boolean =>
  JSON.stringify(one.job) === JSON.stringify(other.job);
