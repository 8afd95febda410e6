import type { Node, NodeAPI, NodeMessageInFlow, NodeStatus } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import { bytesLength } from '../../src/settings/imageBytes';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import type { Done, Input } from '../message/input';
import { nodeError } from '../message/nodeError';
import { isImage } from '../message/imageFormat';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import { assembleJobOf } from './assembleJobOf';
import type { OutConfig } from './buildJob';
import { ImageWriter } from './imageWriter';
import { sequenceOf, Sequences } from './sequences';
import { VideoAssembly } from './videoAssembly';
import type { ImageMessage } from './waitingImages';

/** Videos that one node assembles at a time: each has an encoder. */
const MAX_PARALLEL = 8;

/** The videos that one video out node assembles from images in messages, by sequence id. */
export class VideoAssemblies {
  /** Videos that accept more images. */
  readonly #sequences = new Sequences<VideoAssembly>();
  /** Those, and videos being finished. */
  readonly #all = new Set<VideoAssembly>();
  #isClosed = false;

  constructor(
    private readonly node: Node,
    private readonly RED: NodeAPI,
    private readonly config: OutConfig,
    private readonly show: (next: NodeStatus, isFinal: boolean) => void,
  ) {}

  async take(input: Input): Promise<void> {
    const { msg } = input;
    const id = sequenceOf(msg);
    const image = imageOf(this.RED, input);
    if (this.#isClosed || this.#sequences.hasEnded(id)) return image.done(); // the video has ended or failed
    try {
      const video = this.#sequences.get(id) ?? (image.hasImage ? await this.#start(id, msg) : null);
      if (!video) return image.done(); // nothing to complete, or the node is closed
      if (video.take(image)) this.#sequences.end(id); // later images belong to another video
    } catch (error) {
      this.#sequences.end(id);
      this.show(status.failed(error), true);
      image.done(nodeError(error));
    }
  }

  /** Stops all videos and discards their files. */
  async stop(): Promise<void> {
    if (this.#all.size > 0) this.show(status.stopped, true);
    await Promise.all([...this.#all].map((video) => video.stop()));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.stop();
  }

  /** Null: the node has closed meanwhile. */
  async #start(id: string, msg: NodeMessageInFlow): Promise<VideoAssembly | null> {
    if (this.#all.size >= MAX_PARALLEL) throw tooManyVideos();
    const { promisedOutputs } = runtimeOf(this.RED);
    const job = await assembleJobOf(this.RED, this.node, this.config, msg);
    if (this.#isClosed) return null;
    promisedOutputs.add(job.output);
    const writer = new ImageWriter(engineFor(JOB_DEFAULTS), job, (next) => this.show(next, false));
    const onEnd = (): void => {
      promisedOutputs.delete(job.output);
      this.#all.delete(video);
      if (this.#sequences.get(id) === video) this.#sequences.end(id);
    };
    const video = new VideoAssembly(writer, { showFinal: (next) => this.show(next, true), onEnd });
    this.#all.add(video);
    this.#sequences.open(id, video);
    return video;
  }
}

/** Whether a message has an image instead of a plan, or marks the end of a sequence. */
export const isForVideo = (msg: Readonly<Record<string, unknown>>): boolean =>
  msg['video'] === undefined && (hasImage(msg) || msg['complete'] !== undefined);

/** `done` also tells the sender of the sequence. */
function imageOf(RED: NodeAPI, { msg, send, done }: Input): ImageMessage {
  const { parts } = msg;
  const finish: Done = (error) => {
    done(error);
    runtimeOf(RED).acks.acknowledge({ parts });
  };
  return { msg, send, parts, hasImage: hasImage(msg), done: finish };
}

/** An image file, or an object with raw pixels. */
function hasImage({ payload }: { readonly payload?: unknown }): boolean {
  const { data, width } = (payload ?? {}) as { readonly data?: unknown; readonly width?: unknown };
  return isImage(payload) || (bytesLength(data) !== null && width !== undefined);
}

const tooManyVideos = (): RemasterError =>
  new RemasterError('IMAGE_DROPPED', `This node already assembles ${MAX_PARALLEL} videos.`, {
    remedy: 'Complete one of them first, by msg.parts.count or msg.complete.',
  });
