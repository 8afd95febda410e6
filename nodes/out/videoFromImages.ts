import { basename } from 'node:path';
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import { ASSEMBLE_DEFAULTS, type AssembleJob, checkAssembleJob } from '../../src/settings/assembleJob';
import { bytesLength } from '../../src/settings/imageBytes';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { nodeError } from '../message/nodeError';
import { isImage } from '../message/plan';
import * as status from '../message/status';
import { type Runtime, runtimeOf } from '../runtime';
import { encoderSettings, type OutConfig, outputFile, settingsOf, targetOf } from './buildJob';
import { freeName } from './outputPath';
import { IMAGES } from './rows';
import { type ImageMessage, VideoAssembly } from './videoAssembly';

type Send = (msg: (NodeMessage | null)[]) => void;
type Done = (error?: Error) => void;

/** Videos that one node assembles at a time: each has an encoder. */
const MAX_PARALLEL = 8;
/** Ids of ended sequences that are kept, to ignore late images. */
const MAX_ENDED = 100;

/** Images without `msg.parts` belong to one video until `msg.complete`. */
const WITHOUT_SEQUENCE = '';

/** The videos that one video out node assembles from images in messages, by sequence id. */
export class VideoAssemblies {
  readonly #runtime: Runtime;
  /** Videos that accept more images, by sequence. */
  readonly #open = new Map<string, VideoAssembly>();
  /** Open videos, and those being finished. */
  readonly #all = new Set<VideoAssembly>();
  readonly #ended: string[] = [];
  #isClosed = false;

  constructor(
    private readonly node: Node,
    private readonly RED: NodeAPI,
    private readonly config: OutConfig,
    private readonly show: (next: NodeStatus, isFinal: boolean) => void,
  ) {
    this.#runtime = runtimeOf(RED);
  }

  /** Whether a message has an image instead of a plan, or marks the end of a sequence. */
  accepts(msg: Readonly<Record<string, unknown>>): boolean {
    return msg['video'] === undefined && (hasImage(msg) || msg['complete'] !== undefined);
  }

  async take(msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> {
    const id = sequenceOf(msg);
    const { parts } = msg;
    const finish: Done = (error) => {
      done(error);
      this.#runtime.acks.acknowledge({ parts });
    };
    const image: ImageMessage = { msg, send, parts, hasImage: hasImage(msg), done: finish };
    if (this.#isClosed || this.#ended.includes(id)) return finish(); // the video has ended or failed
    let video = this.#open.get(id);
    if (!video && !image.hasImage) return finish(); // nothing to complete
    try {
      if (!video) this.#open.set(id, (video = await this.#start(id, msg)));
    } catch (error) {
      this.#end(id);
      this.show(status.failed(error), true);
      return finish(nodeError(error));
    }
    if (video.take(image)) this.#end(id); // later images belong to another video
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

  async #start(id: string, msg: NodeMessageInFlow): Promise<VideoAssembly> {
    const { promisedOutputs } = this.#runtime;
    const job = await this.#buildJob(msg);
    promisedOutputs.add(job.output);
    const video = new VideoAssembly(engineFor(JOB_DEFAULTS), job, this.show, () => {
      promisedOutputs.delete(job.output);
      this.#all.delete(video);
      if (this.#open.get(id) === video) this.#end(id);
    });
    this.#all.add(video);
    return video;
  }

  async #buildJob(msg: NodeMessageInFlow): Promise<AssembleJob> {
    const { RED, node, config } = this;
    if (targetOf(config) !== 'file') throw targetForCameras();
    if (this.#all.size >= MAX_PARALLEL) throw tooManyVideos();
    const { overwrite, encoder, quality, pictureRate, ...rest } = settingsOf(IMAGES, config);
    const topic = typeof msg.topic === 'string' ? basename(msg.topic.replaceAll('\\', '/')) : '';
    const { scale } = (msg['image'] ?? {}) as { readonly scale?: unknown };
    const named = { label: topic || 'images', scale: typeof scale === 'number' ? scale : 1, model: 'images' };
    const output = await outputFile(RED, node, config, msg, named, null);
    return checkAssembleJob({
      ...ASSEMBLE_DEFAULTS,
      output: overwrite === 'suffix' ? freeName(output, this.#runtime.promisedOutputs) : output,
      overwrite: overwrite === 'always',
      ...rest,
      ...encoderSettings(rest.codec, encoder, quality),
      fps: pictureRate,
    });
  }

  #end(id: string): void {
    this.#open.delete(id);
    if (id === WITHOUT_SEQUENCE) return; // the next image without a sequence starts another video
    this.#ended.push(id);
    if (this.#ended.length > MAX_ENDED) this.#ended.shift();
  }
}

/** An image file, or an object with raw pixels. */
function hasImage({ payload }: { readonly payload?: unknown }): boolean {
  const { data, width } = (payload ?? {}) as { readonly data?: unknown; readonly width?: unknown };
  return isImage(payload) || (bytesLength(data) !== null && width !== undefined);
}

function sequenceOf(msg: Readonly<Record<string, unknown>>): string {
  const { id } = (msg['parts'] ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? id : WITHOUT_SEQUENCE;
}

const targetForCameras = (): RemasterError =>
  new RemasterError(
    'BAD_SETTING',
    'Images are written to a video file, but the target of this video out node is for cameras.',
    { remedy: 'Choose the target “video file”.' },
  );

const tooManyVideos = (): RemasterError =>
  new RemasterError('IMAGE_DROPPED', `This node already assembles ${MAX_PARALLEL} videos.`, {
    remedy: 'Complete one of them first, by msg.parts.count or msg.complete.',
  });
