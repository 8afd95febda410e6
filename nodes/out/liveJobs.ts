import type { Node, NodeAPI, NodeMessageInFlow, NodeStatus } from 'node-red';
import type { Done, Input, Send } from '../message/input';
import type { LivePlan } from '../message/livePlan';
import { runtimeOf } from '../runtime';
import type { OutConfig } from './buildJob';
import { type BuiltLiveJob, buildLiveJob } from './buildLiveJob';
import { LiveRuns } from './liveRuns';
import { hlsFolder } from './openCamera';
import { sendSnapshots } from './snapshot';
import { StartedPlans } from './startedPlans';

/** The live jobs of one video out node: one for each video in node. */
export class LiveJobs {
  readonly #runs: LiveRuns;
  readonly #started = new StartedPlans();

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: OutConfig,
    showStatus: (next: NodeStatus, isFinal?: boolean) => void,
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
    const previous = this.#runs.of(plan);
    const currentFolder = previous && hlsFolder(previous.built);
    const built = await buildLiveJob({ RED, node, config, plan, msg: input.msg, currentFolder });
    if (previous && isSame(previous.built, built)) {
      previous.adopt(input);
      return;
    }
    if (previous) await this.#runs.stop(previous);
    this.#started.keep(plan, input.msg);
    this.#runs.start(plan, built, input);
  }

  /** Starts the cameras again that ran last. */
  async restart(send: Send): Promise<void> {
    for (const msg of this.#started.messages()) {
      const done: Done = runtimeOf(this.RED).variables.done((error) => error && this.node.error(error, msg));
      await this.start(msg.video, { msg, send, done });
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

  /** Ends all jobs, because the node closes. Returns their messages. */
  close(): Promise<readonly { readonly msg: NodeMessageInFlow; readonly done: Done }[]> {
    return this.#runs.close();
  }
}

/** A plan that was kept over a deploy has the old name of its camera. */
function withNameOfToday(RED: NodeAPI, plan: LivePlan): LivePlan {
  const camera = runtimeOf(RED).nodes.inNode(plan.source.node)?.camera;
  return camera ? { ...plan, source: { ...plan.source, label: camera.source().label } } : plan;
}

const isSame = (one: BuiltLiveJob, other: BuiltLiveJob): boolean =>
  JSON.stringify(one.job) === JSON.stringify(other.job);
