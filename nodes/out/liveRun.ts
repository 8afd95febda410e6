import { rmSync } from 'node:fs';
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { singleFlight } from '../../src/async/singleFlight';
import type { RunningLive } from '../../src/engine/client/liveClient';
import type { RemasterError } from '../../src/errors';
import type { CameraState, LiveJpeg, LiveProgress } from '../../src/settings/liveJob';
import { FrameBroadcast } from '../http/frameBroadcast';
import { editorId, type RegisteredJob } from '../jobs/jobRegistry';
import type { NextPair } from '../jobs/jpegPair';
import type { LivePlan } from '../message/livePlan';
import * as liveStatus from '../message/liveStatus';
import { nodeError } from '../message/nodeError';
import type { DeployedUpscaleNode } from '../message/nodeRegistry';
import * as status from '../message/status';
import { tooSlow } from '../message/tooSlow';
import { runtimeOf } from '../runtime';
import { type OutConfig, targetOf } from './buildJob';
import type { BuiltLiveJob } from './buildLiveJob';
import { type PublishedCamera, publishCamera } from './publishCamera';

export type Send = (msg: (NodeMessage | null)[]) => void;
export type Done = (error?: Error) => void;

/** Milliseconds that a snapshot waits for a frame. */
const SNAPSHOT_TIMEOUT_MS = 10_000;

/** The video out node that runs a camera. */
export interface LiveHost {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly config: OutConfig;
  /** Shows this status; without one, the summary of all cameras. */
  readonly showStatus: (next?: NodeStatus) => void;
  readonly stop: (run: LiveRun) => void;
  /** The job ended with an error; its result is not sent yet. */
  readonly onFailure: (run: LiveRun, error: unknown) => void;
}

/** One camera that a video out node shows, records or pushes. */
export class LiveRun {
  progress: LiveProgress | null = null;
  readonly #running: RunningLive;
  readonly #broadcast: FrameBroadcast;
  readonly #pair: NextPair;
  readonly #registered: RegisteredJob;
  readonly #page: PublishedCamera;
  /** Messages of reported errors that persist. */
  readonly #reported = new Set<string>();
  #isCameraLossReported = false;
  #isTargetFailing = false;
  #isSlownessReported = false;
  #isOver = false;

  constructor(
    private readonly host: LiveHost,
    readonly plan: LivePlan,
    private readonly built: BuiltLiveJob,
    public msg: NodeMessageInFlow,
    private readonly send: Send,
    public done: Done,
  ) {
    this.#broadcast = new FrameBroadcast((newerThan) => this.#running.requestJpeg({ newerThan }));
    this.#pair = singleFlight(() => built.engine.ask('pair', { job: this.#running.id }));
    this.#page = publishCamera(host.RED, host.config, {
      label: plan.source.label,
      job: built.job,
      broadcast: this.#broadcast,
      progress: () => this.progress,
      pair: this.#pair,
    });
    this.#running = this.#start(); // after #page, which throws if the page name has an unknown placeholder
    this.#registered = this.#register();
    host.showStatus(status.starting);
    if (this.#sendsJpegs) this.#running.requestJpeg();
    this.#sendResult('live', this.#page.urls);
    this.#running.ended.catch((error: unknown) => this.#fail(error));
  }

  /** Settings of the job, to compare with those of a new message. */
  get key(): string {
    return JSON.stringify(this.built.job);
  }

  get hlsFolder(): string | null {
    const { target } = this.built.job;
    return target.kind === 'hls' ? target.folder : null;
  }

  /** The next frame as a JPEG; null if none arrives in time. */
  snapshot(): Promise<LiveJpeg | null> {
    return this.#broadcast.next(SNAPSHOT_TIMEOUT_MS).catch(() => null);
  }

  /** From now on this message stands for the job. */
  adopt(msg: NodeMessageInFlow, done: Done): void {
    this.done();
    [this.msg, this.done] = [msg, done];
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running.stop();
    this.#registered.end({ status: 'stopped', progress: null });
    this.#close();
    this.built.camera.show(null);
    if (this.#sendsJpegs) this.#sendData({ payload: Buffer.alloc(0) }); // marks the end of the stream
    this.send([Object.assign(this.msg, { payload: { status: 'stopped', ...this.#counts } }), null]);
    this.done();
  }

  /** Ends without messages, because the node closes. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#close();
    await this.#running.stop();
  }

  get #sendsJpegs(): boolean {
    return targetOf(this.host.config) === 'jpeg';
  }

  get #counts() {
    const { progress } = this;
    return { framesIn: progress?.in ?? 0, framesOut: progress?.out ?? 0, dropped: progress?.dropped ?? 0 };
  }

  #start(): RunningLive {
    const { engine, job } = this.built;
    return engine.live(job, {
      onCamera: (state) => {
        if (!this.#isOver) this.#onCamera(state);
      },
      onProgress: (progress) => {
        if (!this.#isOver) this.#onProgress(progress);
      },
      onJpeg: (jpeg) => this.#onJpeg(jpeg),
      onFragment: (fragment) => {
        if (fragment) this.#sendData({ payload: fragment.data, part: fragment.kind });
        else this.#sendData({ payload: Buffer.alloc(0) }); // players and mp4frag start again
      },
      onFile: (filename) => this.#sendData({ payload: filename, filename }),
      onRecoverableError: (error) => {
        if (!this.#isOver) this.#onRecoverableError(error);
      },
    });
  }

  #register(): RegisteredJob {
    const { RED, node } = this.host;
    const { engine } = this.built;
    const [stage] = this.plan.stages;
    return runtimeOf(RED).jobs.register({
      node: editorId(node),
      stage: editorId(RED.nodes.getNode(stage!.node) ?? { id: stage!.node }),
      label: this.plan.source.label,
      model: stage!.model,
      file: null,
      state: () => ({ is: 'live', progress: this.progress }),
      control: () => this.host.stop(this),
      pair: this.#pair,
      preview: () => engine.ask('preview', { job: this.#running.id }),
    });
  }

  #onCamera(state: CameraState): void {
    this.built.camera.show(state);
    if (this.progress) this.progress = { ...this.progress, camera: state };
    if (state.is === 'running') {
      this.#isCameraLossReported = false;
    } else if (state.is === 'waiting' && !this.#isCameraLossReported) {
      this.#isCameraLossReported = true;
      this.host.node.warn(state.message); // once per connection loss
    }
    if (this.progress || state.is !== 'connecting') this.host.showStatus();
  }

  #onProgress(progress: LiveProgress): void {
    if (progress.target.written > (this.progress?.target.written ?? 0)) {
      this.#isTargetFailing = false;
      this.#reported.clear();
    }
    this.progress = progress;
    const { camera, fps, fpsIn, out, cacheStats } = progress;
    if (camera.is === 'running')
      this.built.camera.show({ ...camera, fps: liveStatus.shownRate(camera.fps, fpsIn, progress.in) });
    this.#showUpscale({ stage: 'restoring', frame: out, total: null, share: null, fps, eta: null, cacheStats });
    const { id, source } = this.plan;
    this.#reportSlowness(tooSlow(source.label, progress));
    this.send([null, { topic: source.label, payload: null, progress: { job: id, stage: 'live', ...progress } }]);
    if (this.#isTargetFailing) this.host.showStatus(liveStatus.retrying);
    else this.host.showStatus();
  }

  #reportSlowness(warning: string | null): void {
    if (warning === null || this.#isSlownessReported) return;
    this.#isSlownessReported = true; // once per job
    this.host.node.warn(warning);
  }

  #onJpeg(jpeg: LiveJpeg): void {
    this.#broadcast.show(jpeg);
    if (!this.#sendsJpegs || this.#isOver) return;
    this.#sendData(jpegFields(jpeg));
    this.#running.requestJpeg({ newerThan: jpeg.index });
  }

  #onRecoverableError(error: RemasterError): void {
    this.#isTargetFailing = true;
    this.host.showStatus(error.code === 'ENGINE_CRASHED' ? status.starting : liveStatus.retrying);
    if (this.#reported.has(error.message)) return;
    this.#reported.add(error.message);
    this.host.node.warn(nodeError(error).message);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#registered.end({ status: 'failed', error, progress: null });
    this.#close();
    this.built.camera.show(null);
    this.host.onFailure(this, error);
    this.#sendResult('failed', this.#counts);
    this.done(nodeError(error));
  }

  #close(): void {
    const { config } = this.host;
    this.#registered.remove();
    this.#page.close();
    if (this.hlsFolder !== null && !config.folder) rmSync(this.hlsFolder, { recursive: true, force: true });
    this.#showUpscale(null);
  }

  #showUpscale(progress: Parameters<DeployedUpscaleNode['show']>[0]): void {
    const { nodes } = runtimeOf(this.host.RED);
    for (const { node } of this.plan.stages) nodes.upscaleNode(node)?.show(progress);
  }

  #sendResult(state: 'live' | 'failed', fields: object): void {
    // a copy, because the message is sent again when the job stops
    const copy = this.host.RED.util.cloneMessage(this.msg);
    this.send([Object.assign(copy, { payload: { status: state, ...fields } }), null]);
  }

  #sendData(fields: Record<string, unknown>): void {
    this.send([null, null, { topic: this.plan.source.label, ...fields }]);
  }
}

/** A JPEG as message fields. Its data is a Uint8Array from the engine; nodes expect a Buffer. */
export const jpegFields = ({ data, width, height, index, time, latency }: LiveJpeg) => ({
  payload: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  frame: { width, height, index, time, latency },
});
