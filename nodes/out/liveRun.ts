import type { NodeMessageInFlow } from 'node-red';
import type { Done, Input } from '../message/input';
import type { LivePlan } from '../message/livePlan';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import type { BuiltLiveJob } from './buildLiveJob';
import { type CameraHost, type OpenCamera, openCamera, sendsJpegs } from './openCamera';
import { removeOwnFolder } from './ownFolder';

/** The video out node that runs a camera. */
export interface LiveHost extends CameraHost {
  readonly stop: (run: LiveRun) => void;
  /** The job ended with an error; its result is not sent yet. */
  readonly onFailure: (run: LiveRun, error: unknown) => void;
}

/** One camera that a video out node shows, records or pushes. */
export class LiveRun {
  /** The message that started the job, or a later one with the same settings. */
  msg: NodeMessageInFlow;
  done: Done;
  readonly camera: OpenCamera;

  constructor(
    private readonly host: LiveHost,
    readonly plan: LivePlan,
    readonly built: BuiltLiveJob,
    /** Made for this job alone, and removed with it; null: there is none. */
    private readonly folder: string | null,
    input: Input,
  ) {
    ({ msg: this.msg, done: this.done } = input);
    this.camera = openCamera(host, { plan, built, folder, input, onStop: () => host.stop(this) });
    const { running, messages, urls } = this.camera;
    host.showStatus(status.starting);
    if (sendsJpegs(host.config)) running.requestJpeg();
    messages.result('live', urls);
    running.ended.catch((error: unknown) => this.#fail(error));
  }

  adopt({ msg, done }: Input): void {
    this.done();
    [this.msg, this.done] = [msg, done];
    this.camera.messages.use(msg);
  }

  async stop(): Promise<void> {
    const { running, registered, reports, messages } = this.camera;
    reports.isOver = true;
    await running.stop();
    registered.end({ status: 'stopped', progress: null });
    this.#release();
    if (sendsJpegs(this.host.config)) messages.endOfStream();
    messages.stopped(reports.counts);
    this.done();
    await removeOwnFolder(this.folder);
  }

  /** Ends without a result, because the node closes. The last fragment and the last file name still leave. */
  async close(): Promise<void> {
    const { running, reports, close } = this.camera;
    reports.isOver = true;
    close();
    await running.stop(); // ffmpeg writes to the folder until then
    await removeOwnFolder(this.folder);
  }

  #fail(thrown: unknown): void {
    const { registered, reports, messages } = this.camera;
    if (reports.isOver) return;
    const error = runtimeOf(this.host.RED).variables.without(thrown);
    reports.isOver = true;
    registered.end({ status: 'failed', error, progress: null });
    this.#release();
    this.host.onFailure(this, error);
    messages.result('failed', reports.counts);
    this.done(nodeError(error));
    void removeOwnFolder(this.folder);
  }

  #release(): void {
    this.camera.close();
    this.built.camera.show(null);
  }
}
