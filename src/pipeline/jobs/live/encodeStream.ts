import { once } from 'node:events';
import { join } from 'node:path';
import { ifLate } from '../../../async/ifLate';
import type { Mailbox } from '../../../async/mailbox';
import { raceWith } from '../../../async/raceWith';
import { untilAborted } from '../../../async/untilAborted';
import { RemasterError } from '../../../errors';
import type { LiveJob } from '../../../settings/liveJob';
import { aspectFilter } from '../../media/aspect';
import { fromRgb, tagFilter, tagOptions } from '../../media/colour';
import { encodedColour } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { matroskaFrameHeader, matroskaHeader } from '../../media/matroska';
import { type Mp4Part, mp4Parts } from '../../media/mp4Boxes';
import { passthrough } from '../../media/passthrough';
import { even } from '../../media/resize';
import { type Ffmpeg, runFfmpeg } from '../../media/runFfmpeg';
import { type LiveCodec, liveCodec } from './liveCodec';
import type { LiveFrame } from './liveFrame';
import type { Recorder } from './recorder';
import { rtspAuthProxy } from './rtspAuthProxy';
import { type EncodedTarget, targetOptions } from './sinkOptions';
import { targetError } from './targetError';

/** Milliseconds a target may take for one frame before it counts as stuck. */
const STUCK_TIMEOUT = 10_000;
/** Milliseconds an encoder has to finish its file or to log off from a server. */
const QUIT_GRACE = 1500;
const TIME_BASE = { num: 1, den: 1000 };

export interface StreamEvents {
  /**
   * Part of the fragmented MP4; null at the end of the stream, after which another may begin. Resolves when the next
   * may be sent.
   */
  readonly onFragment: (part: Mp4Part | null) => Promise<void>;
  /** A recording file is finished. */
  readonly onFile: (path: string) => void;
  /** Writing to the target failed and will be retried, or an old recording could not be deleted. Without secrets. */
  readonly onRecoverableError: (error: RemasterError) => void;
}

/** Where frames come from and go to. */
export interface StreamParts {
  readonly binary: FfmpegBinary;
  readonly settings: Pick<LiveJob, 'quality' | 'hardware'>;
  readonly target: EncodedTarget;
  /** Null: it is no recording. */
  readonly recorder: Recorder | null;
  readonly events: StreamEvents;
  /** Holds the newest frame. */
  readonly waiting: Mailbox<LiveFrame>;
  readonly onWritten: () => void;
  /** Called with the name of the encoder before its first frame. */
  readonly onEncoder: (name: string) => void;
  /** Aborted when the stream is to end. */
  readonly signal: AbortSignal;
}

/**
 * Encodes the newest frames until their size changes, which needs another stream. Settles when the encoder has exited.
 * Errors: ENCODE_FAILED, or the signal's reason.
 */
export async function encodeStream(parts: StreamParts): Promise<void> {
  const { binary, settings, target, recorder, waiting, signal } = parts;
  const first = waiting.take()!;
  await using proxy = needsProxy(target) ? await rtspAuthProxy(target) : null;
  const reachable = proxy
    ? { ...target, address: proxy.address, username: null, password: null }
    : (recorder?.target ?? target);
  const size = storedSize(first);
  const codec = await liveCodec(binary, settings, size, signal);
  parts.onEncoder(codec.encoder);
  const never = new AbortController().signal; // it is asked to quit, so that it can finish its file
  const encoder = runFfmpeg(binary, options(binary, codec, reachable, first), never);
  let unread: { readonly error: unknown } | null = null;
  const reading = read(encoder, parts).catch((error: unknown) => {
    unread = { error };
    void encoder.quit(0);
  });
  try {
    await sendFrames(encoder, first, parts);
  } catch (error) {
    throwFirst(signal, unread); // ffmpeg's end is the consequence of it
    if (signal.aborted || !proxy?.problem) throw error;
    throw new RemasterError('ENCODE_FAILED', `The server cannot be reached: ${proxy.problem}.`, { cause: error });
  } finally {
    await finish(encoder); // the error thrown above is the one to report
    await reading;
    await encoder[Symbol.asyncDispose]();
  }
}

/** Throws what ended the encoder, unless the stream was to end. */
function throwFirst(signal: AbortSignal, failure: { readonly error: unknown } | null): void {
  if (!signal.aborted && failure) throw failure.error;
}

/** Sends frames to the encoder, with the times of their arrival, until their size changes. */
async function sendFrames(
  encoder: Ffmpeg,
  first: LiveFrame,
  { waiting, onWritten, signal }: StreamParts,
): Promise<void> {
  const died = encoder.ended.then(() => {
    throw new RemasterError('ENCODE_FAILED', 'ffmpeg ended unexpectedly.', { detail: encoder.stderrTail() });
  });
  const unlessDied = raceWith(died);
  let last = -1;
  await send(encoder, unlessDied, matroskaHeader({ ...first, depth: 8, framesPerSecond: null }));
  for (let next = first; sameSize(next, first); next = waiting.take()!) {
    const ticks = Math.max(last + 1, Math.round(next.at - first.at)); // times must increase
    await send(encoder, unlessDied, matroskaFrameHeader(ticks, TIME_BASE, next.data.length));
    await send(encoder, unlessDied, next.data);
    last = ticks;
    onWritten();
    await unlessDied(waiting.filled(signal));
    // A frame of another size stays in the mailbox and starts another stream.
    const upcoming = waiting.take()!;
    waiting.put(upcoming);
    if (!sameSize(upcoming, first)) break;
  }
}

/** Resolves when the encoder has taken `bytes`. Rejects when it has exited, or is stuck. */
async function send(encoder: Ffmpeg, unlessDied: ReturnType<typeof raceWith>, bytes: Uint8Array): Promise<void> {
  if (encoder.stdin.destroyed) await unlessDied(new Promise<never>(() => {}));
  if (encoder.stdin.write(bytes)) return;
  const late = new AbortController();
  // EPIPE: the exit of ffmpeg has the reason.
  const exited = (): Promise<never> => unlessDied(untilAborted(new Promise<never>(() => {}), late.signal));
  const drained = once(encoder.stdin, 'drain', { signal: late.signal }).catch(exited);
  await ifLate(unlessDied(drained), STUCK_TIMEOUT, () => late.abort()).catch((error: unknown) => {
    throw late.signal.aborted ? stuck() : error;
  });
}

const stuck = (): RemasterError =>
  new RemasterError('ENCODE_FAILED', `The target has accepted no frame for ${STUCK_TIMEOUT / 1000} s.`);

/** Lets the encoder finish its file or log off from a server, then ends it. */
async function finish(encoder: Ffmpeg): Promise<void> {
  encoder.stdin.end();
  const ended = encoder.ended.catch(() => {});
  await ifLate(ended, QUIT_GRACE / 2, () => void encoder.quit(QUIT_GRACE));
}

/** RTSP passwords are kept off the command line; ffmpeg accepts those of other protocols only there. */
const needsProxy = (target: EncodedTarget): target is Extract<EncodedTarget, { kind: 'push' }> =>
  target.kind === 'push' && /^rtsps?:/.test(target.address) && (!!target.username || target.address.includes('?'));

const sameSize = (a: LiveFrame, b: LiveFrame): boolean => a.width === b.width && a.height === b.height;

const storedSize = ({ stored }: LiveFrame) => ({ width: even(stored.width), height: even(stored.height) });

function options(binary: FfmpegBinary, codec: LiveCodec, target: EncodedTarget, frame: LiveFrame): string[] {
  const { width, height } = storedSize(frame);
  const colour = encodedColour(frame.colour, { name: 'h264', pixelFormat: 'yuv420p' });
  const filters = [
    `scale=${width}:${height}:${fromRgb(colour)}`,
    aspectFilter(frame.pixelAspect),
    tagFilter(colour),
    ...codec.filters,
  ];
  return [
    ...codec.device,
    ...['-fflags', 'nobuffer', '-probesize', '32', '-analyzeduration', '0'],
    ...['-f', 'matroska', '-i', 'pipe:0', '-an', '-vf', filters.join(',')],
    ...passthrough(binary),
    ...codec.options,
    ...tagOptions(colour),
    ...targetOptions(target, Date.now()),
  ];
}

/** Reads the encoder's stdout: fragments, or the names of finished files. */
async function read(encoder: Ffmpeg, { target, recorder, events }: StreamParts): Promise<void> {
  if (target.kind === 'fragments') {
    const parts: Mp4Part[] = []; // at most those of one chunk of output
    const sort = mp4Parts((part) => parts.push(part));
    for await (const chunk of encoder.stdout) {
      sort(chunk as Buffer);
      for (const part of parts.splice(0)) await events.onFragment(part);
    }
    await events.onFragment(null);
  } else if (target.kind === 'segments') {
    let rest = '';
    for await (const chunk of encoder.stdout) {
      const lines = (rest + (chunk as Buffer).toString()).split('\n');
      rest = lines.pop()!;
      for (const name of lines.filter(Boolean)) {
        events.onFile(join(target.folder, name));
        await recorder!.finished(name).catch(async (error: unknown) => {
          events.onRecoverableError(await targetError(error, target)); // the recording goes on
        });
      }
    }
  } else {
    encoder.stdout.resume();
    await encoder.ended.catch(() => {});
  }
}
