import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { type Engine, engineFor } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import {
  checkAssembleJob,
  ASSEMBLE_DEFAULTS,
  type AssembleJob,
  type AssembleResult,
} from '../../src/settings/assembleJob';
import { JOB_DEFAULTS, PIXEL_FORMATS } from '../../src/settings/restoreJob';
import { readImagePayload } from '../message/imagePayload';
import { nodeError } from '../message/nodeError';
import { isImage } from '../message/plan';
import { acknowledge } from '../message/sequenceAck';
import * as status from '../message/status';
import { integerIn, numberIn, optionIn } from '../message/typedInput';
import { CODECS, type OutConfig, targetOf } from './buildJob';
import { freeName } from './outputPath';

type Send = (msg: (NodeMessage | null)[]) => void;
type Done = (error?: Error) => void;

/** A message that brings a picture of a video, or says that it is complete. */
interface ImageMessage {
  readonly msg: NodeMessageInFlow;
  readonly send: Send;
  readonly done: Done;
  /** As it came: whoever gets the message afterwards may change it. */
  readonly parts: unknown;
}

/** Pictures that came before one they have to follow: more are not waited for, the missing one is taken as lost. */
const AHEAD = 64;
/** Bytes of pictures that wait for the encoder. */
const MOST_BYTES = 256 * 2 ** 20;
/** Videos that grow at a time: each has an encoder. */
const AT_ONCE = 8;
/** Sequences that have ended, of which a late picture says nothing new. */
const REMEMBERED = 100;

/** Videos of one video out node that grow from pictures in messages, each by the id of its sequence. */
export class VideoAssemblies {
  /** Those that still want pictures, by sequence. */
  readonly #growing = new Map<string, VideoAssembly>();
  /** These, and those that are being finished. */
  readonly #films = new Set<VideoAssembly>();
  readonly #ended: string[] = [];
  #isClosed = false;

  constructor(
    private readonly node: Node,
    private readonly RED: NodeAPI,
    private readonly config: OutConfig,
    private readonly promised: Set<string>,
    private readonly show: (words: NodeStatus, isLast: boolean) => void,
  ) {}

  /** Whether a message is for us: it has a picture instead of a plan, or says that all have come. */
  wants(msg: Readonly<Record<string, unknown>>): boolean {
    return msg['video'] === undefined && (isPictureIn(msg) || msg['complete'] !== undefined);
  }

  async take(msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> {
    const id = sequenceOf(msg);
    const { parts } = msg;
    const piece: ImageMessage = { msg, send, parts, done: (error) => (done(error), acknowledge({ parts })) };
    if (this.#isClosed || this.#ended.includes(id)) return piece.done(); // of a video that has ended, or has failed
    let film = this.#growing.get(id);
    if (!film && !isPictureIn(msg)) return piece.done(); // nothing to complete
    try {
      if (!film) this.#growing.set(id, (film = await this.#begin(id, msg)));
    } catch (error) {
      this.#end(id);
      this.show(status.failed(error), true);
      return piece.done(nodeError(error));
    }
    if (film.take(piece)) this.#end(id); // what comes now is of another video
  }

  /** Ends all of them; nothing is left. */
  async stop(): Promise<void> {
    if (this.#films.size > 0) this.show(status.stopped, true);
    await Promise.all([...this.#films].map((film) => film.stop()));
  }

  /** The node goes away. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.stop();
  }

  async #begin(id: string, msg: NodeMessageInFlow): Promise<VideoAssembly> {
    const { config } = this;
    if ((config.target ?? 'file') !== 'file') {
      throw new RemasterError(
        'BAD_SETTING',
        'Pictures become a video file, and this video out node is set up for cameras.',
        {
          remedy: 'Choose the target “a video file”.',
        },
      );
    }
    if (this.#films.size >= AT_ONCE) {
      throw new RemasterError('IMAGE_DROPPED', `${AT_ONCE} videos are growing here already.`, {
        remedy: 'Complete one of them first: by msg.parts.count, or by msg.complete.',
      });
    }
    const codec = optionIn(config.codec, CODECS, 'Codec');
    const overwrite = optionIn(config.overwrite, ['never', 'suffix', 'always'], 'If it exists');
    const topic = typeof msg.topic === 'string' ? basename(msg.topic.replaceAll('\\', '/')) : '';
    const { scale } = (msg['image'] ?? {}) as { readonly scale?: unknown };
    const named = { label: topic || 'pictures', scale: typeof scale === 'number' ? scale : 1, model: 'pictures' };
    const target = await targetOf(this.RED, this.node, config, msg, named, null);
    const job = checkAssembleJob({
      ...ASSEMBLE_DEFAULTS,
      output: overwrite === 'suffix' ? freeName(target, (path) => this.promised.has(path)) : target,
      overwrite: overwrite === 'always',
      codec,
      encoder: codec === 'custom' ? (config.encoder ?? '') : null,
      quality: codec === 'custom' ? null : integerIn(config.quality, 'Quality', 0, 63),
      pixelFormat: optionIn(config.pixelFormat || null, [null, ...PIXEL_FORMATS], 'Pixels'),
      fps: numberIn(config.pictureRate, 'Pictures per second', 0.01, 1000),
    });
    this.promised.add(job.output);
    const film = new VideoAssembly(engineFor(JOB_DEFAULTS), job, this.show, () => {
      this.promised.delete(job.output);
      this.#films.delete(film);
      if (this.#growing.get(id) === film) this.#end(id);
    });
    this.#films.add(film);
    return film;
  }

  #end(id: string): void {
    this.#growing.delete(id);
    if (id === NAMELESS) return; // the next picture without a sequence begins another video
    this.#ended.push(id);
    if (this.#ended.length > REMEMBERED) this.#ended.shift();
  }
}

/** A file, or pixels in an object. */
function isPictureIn({ payload }: { readonly payload?: unknown }): boolean {
  const { data, width } = (payload ?? {}) as { readonly data?: unknown; readonly width?: unknown };
  return isImage(payload) || (data instanceof Uint8Array && width !== undefined);
}

/** Pictures without `msg.parts` are of one video, until `msg.complete` comes. */
const NAMELESS = '';

function sequenceOf(msg: Readonly<Record<string, unknown>>): string {
  const { id } = (msg['parts'] ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? id : NAMELESS;
}

/** One video, and the pictures that are on their way into it. */
class VideoAssembly {
  readonly #id = randomUUID();
  readonly #stop = new AbortController();
  /** Pictures that wait for one before them, by place. */
  readonly #ahead = new Map<number, ImageMessage>();
  readonly #waiting = new Set<ImageMessage>();
  #turn: Promise<void>;
  #next = 0;
  #taken = 0;
  #written = 0;
  #bytes = 0;
  #count: number | null = null;
  /** The message with which the video ends; it carries the result away. */
  #ending: ImageMessage | null = null;
  #isOver = false;

  constructor(
    private readonly engine: Engine,
    job: AssembleJob,
    private readonly show: (words: NodeStatus, isLast: boolean) => void,
    private readonly onEnd: () => void,
  ) {
    this.show(status.starting, false);
    this.#turn = engine.ask('openAssembly', { id: this.#id, job }, this.#stop.signal).then(() => {});
    this.#turn.catch(() => {}); // the first picture tells
  }

  /** True: with this one all have come. */
  take(piece: ImageMessage): boolean {
    const { index, count } = (piece.parts ?? {}) as { readonly index?: unknown; readonly count?: unknown };
    const isComplete = piece.msg['complete'] !== undefined;
    const isPicture = !isComplete || isPictureIn(piece.msg);
    if (typeof count === 'number') this.#count = count;
    if (isPicture) this.#taken++;
    this.#waiting.add(piece);
    this.#bytes += sizeOf(piece);
    if (this.#bytes > MOST_BYTES) {
      this.#fail(piece, tooFast());
      return false;
    }
    const isWhole = isComplete || (this.#count !== null && this.#taken >= this.#count);
    if (isWhole) this.#ending = piece;
    const place = typeof index === 'number' ? index : this.#next + this.#ahead.size;
    const isLate = place < this.#next || this.#ahead.has(place); // taken as lost before, or come twice
    if (isPicture && !isLate) this.#ahead.set(place, piece);
    else if (!isWhole) this.#finished(piece);
    this.#drain(isWhole);
    if (isWhole) this.#queue(() => this.#finish(piece), piece);
    return isWhole;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#stop.abort(new Error('stopped'));
    this.onEnd();
    await this.#forget();
    for (const piece of this.#waiting) this.#finished(piece);
  }

  /** Hands on what is next; with `all`, whatever is there. */
  #drain(all: boolean): void {
    for (;;) {
      const isLost = all || this.#ahead.size > AHEAD;
      if (!this.#ahead.has(this.#next) && isLost && this.#ahead.size > 0) this.#next = Math.min(...this.#ahead.keys());
      const piece = this.#ahead.get(this.#next);
      if (!piece) return;
      this.#ahead.delete(this.#next++);
      this.#queue(() => this.#write(piece), piece);
    }
  }

  #queue(work: () => Promise<void>, piece: ImageMessage): void {
    this.#turn = this.#turn
      .then(() => (this.#isOver ? undefined : work()))
      .catch((error: unknown) => this.#fail(piece, error));
  }

  async #write(piece: ImageMessage): Promise<void> {
    const source = await readImagePayload(piece.msg.payload, null);
    const time = (piece.msg['frame'] as { readonly time?: unknown } | undefined)?.time;
    const seconds = typeof time === 'number' && Number.isFinite(time) && time >= 0 ? time : null;
    await this.engine.ask('addImage', { id: this.#id, source, time: seconds }, this.#stop.signal);
    this.show(status.assembling(++this.#written), false);
    if (piece !== this.#ending) this.#finished(piece);
  }

  async #finish(piece: ImageMessage): Promise<void> {
    this.show({ fill: 'blue', shape: 'dot', text: 'finishing' }, false);
    const result = await this.engine.ask('closeAssembly', { id: this.#id, keep: true }, this.#stop.signal);
    if (this.#isOver) return;
    this.#isOver = true;
    this.onEnd();
    const expected = this.#count ?? this.#next;
    piece.send([Object.assign(piece.msg, { filename: result!.output, payload: payloadOf(result!, expected) }), null]);
    this.show(status.done(result!.elapsed), true);
    this.#finished(piece);
  }

  #fail(piece: ImageMessage, error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop.abort(error);
    this.onEnd();
    void this.#forget();
    this.show(status.failed(error), true);
    this.#finished(piece, nodeError(error));
    for (const other of this.#waiting) this.#finished(other); // the one message above tells for all
  }

  /** Every message is done with once, whoever comes first. */
  #finished(piece: ImageMessage, error?: Error): void {
    if (!this.#waiting.delete(piece)) return;
    this.#bytes -= sizeOf(piece);
    piece.done(error);
  }

  async #forget(): Promise<void> {
    if (this.engine.pid !== null) await this.engine.ask('closeAssembly', { id: this.#id, keep: false }).catch(() => {}); // what ended it is the news
  }
}

const sizeOf = ({ msg: { payload } }: ImageMessage): number => {
  const { data } = (payload ?? {}) as { readonly data?: unknown };
  const bytes = data instanceof Uint8Array ? data : payload;
  return bytes instanceof Uint8Array ? bytes.length : 0;
};

const payloadOf = ({ frames, width, height, elapsed, bytes, warnings }: AssembleResult, expected: number) => ({
  status: 'done',
  framesIn: expected,
  framesOut: frames,
  dropped: expected - frames,
  elapsed,
  fps: frames / elapsed,
  bytes,
  width,
  height,
  warnings,
});

const tooFast = (): RemasterError =>
  new RemasterError(
    'IMAGE_DROPPED',
    `Pictures come faster than they can be written; ${MOST_BYTES / 2 ** 20} MiB wait.`,
    {
      remedy: 'Send them as they get done (video frames: flow), or choose a quicker codec.',
    },
  );
