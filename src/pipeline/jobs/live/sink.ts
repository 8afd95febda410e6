import { once } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mailbox } from '../../../async/mailbox';
import { RemasterError } from '../../../errors';
import type { LiveJob, LiveProgress } from '../../../settings/liveJob';
import { fromRgb, tagFilter, tagOptions } from '../../media/colour';
import { encodedColour } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { matroskaFrameHeader, matroskaHeader } from '../../media/matroska';
import { type Mp4Part, mp4Parts } from '../../media/mp4Boxes';
import { type Ffmpeg, runFfmpeg } from '../../media/runFfmpeg';
import { tryWriting } from '../writeTrial';
import type { LiveFrame } from './liveFrame';
import { openRecorder, type Recorder } from './recorder';
import { rtspAuthProxy } from './rtspAuthProxy';
import { targetError } from './targetError';
import { type EncodedTarget, isHlsFile, liveCodec, targetOptions } from './sinkOptions';

export interface SinkEvents {
  /**
   * Part of the fragmented MP4; null at the end of the stream, after which another may begin. Resolves when the next
   * may be sent.
   */
  readonly onFragment: (part: Mp4Part | null) => Promise<void>;
  /** A recording file is finished. */
  readonly onFile: (path: string) => void;
  /** Writing to the target failed and will be retried. Without secrets. */
  readonly onRecoverableError: (error: RemasterError) => void;
}

/** Encodes upscaled frames and writes them to a target. A slow target gets fewer frames and delays nothing else. */
export interface Sink extends AsyncDisposable {
  put(frame: LiveFrame): void;
  counts(): LiveProgress['target'];
}

/** Milliseconds a target may take for one frame before it counts as stuck. */
const STUCK_TIMEOUT = 10_000;
/** Milliseconds before a failed target is retried; doubled up to the second value. */
const RETRY_DELAY = [1000, 10_000] as const;
/** Milliseconds an encoder has to finish its file or to log off from a server. */
const QUIT_GRACE = 1500;
const TIME_BASE = { num: 1, den: 1000 };

/** For jobs without a target, whose callers request JPEGs. */
export const nullSink: Sink = {
  put() {},
  counts: () => ({ written: 0, skipped: 0, restarts: 0 }),
  async [Symbol.asyncDispose]() {},
};

export function encodingSink(
  binary: FfmpegBinary,
  { quality }: Pick<LiveJob, 'quality'>,
  target: EncodedTarget,
  events: SinkEvents,
): Sink {
  liveCodec(binary, quality); // throws before anything is started
  let written = 0;
  let skipped = 0;
  let restarts = -1;
  const stop = new AbortController();
  const waiting = new Mailbox<LiveFrame>(() => skipped++);

  async function run(): Promise<void> {
    let delay: number = RETRY_DELAY[0];
    let first = true;
    let recorder: Recorder | null = null;
    while (!stop.signal.aborted) {
      const before = written;
      try {
        await waiting.filled(stop.signal);
        if (target.kind === 'segments') recorder ??= await openRecorder(target, stop.signal);
        if (recorder) await mkdir(recorder.target.folder, { recursive: true });
        if (first && target.kind === 'hls') await clearHls(target.folder);
        if (!first && 'folder' in target) await tryWriting(target.folder); // a full disk gets no empty files
        first = false;
        restarts++;
        await encode(waiting.take()!, recorder);
      } catch (error) {
        if (stop.signal.aborted) break;
        events.onRecoverableError(await targetError(error, target));
        if (written > before + 25) delay = RETRY_DELAY[0];
        await sleep(delay, undefined, { signal: stop.signal }).catch(() => {});
        delay = Math.min(2 * delay, RETRY_DELAY[1]);
      }
    }
    await recorder?.[Symbol.asyncDispose]();
    if (target.kind === 'hls') await clearHls(target.folder).catch(() => {}); // an old playlist must not look live
  }

  /** Encodes frames until the frame size changes or an error occurs. */
  async function encode(frame: LiveFrame, recorder: Recorder | null): Promise<void> {
    await using proxy = needsProxy(target) ? await rtspAuthProxy(target) : null;
    const withoutCredentials = proxy
      ? { ...target, address: proxy.address, username: null, password: null }
      : (recorder?.target ?? target);
    const encoder = runFfmpeg(
      binary,
      options(binary, quality, withoutCredentials, frame),
      new AbortController().signal,
    );
    const reading = read(encoder, target, events, recorder).catch((error: unknown) => {
      void encoder.quit(0);
      throw error;
    });
    reading.catch(() => {});
    const died = encoder.ended.then(() => {
      throw new RemasterError('ENCODE_FAILED', 'ffmpeg ended unexpectedly.', { detail: encoder.stderrTail() });
    });
    died.catch(() => {});
    const send = async (bytes: Uint8Array): Promise<void> => {
      if (encoder.stdin.destroyed) await died;
      if (encoder.stdin.write(bytes)) return;
      const late = new AbortController();
      const stuck = sleep(STUCK_TIMEOUT, undefined, { signal: late.signal }).then(() => {
        throw new RemasterError('ENCODE_FAILED', `The target has accepted no frame for ${STUCK_TIMEOUT / 1000} s.`);
      });
      stuck.catch(() => {});
      try {
        await Promise.race([once(encoder.stdin, 'drain', { signal: late.signal }), died, stuck]);
      } finally {
        late.abort();
      }
    };
    const start = frame.at;
    let last = -1;
    try {
      await send(matroskaHeader({ ...frame, depth: 8, framesPerSecond: null }));
      for (let next = frame; sameSize(next, frame); next = waiting.take()!) {
        const ticks = Math.max(last + 1, Math.round(next.at - start)); // times must increase
        await send(matroskaFrameHeader(ticks, TIME_BASE, next.data.length));
        await send(next.data);
        last = ticks;
        written++;
        await Promise.race([waiting.filled(stop.signal), died]);
        // A frame of another size stays in the mailbox and starts another stream.
        const upcoming = waiting.take()!;
        waiting.put(upcoming);
        if (!sameSize(upcoming, frame)) break;
      }
    } catch (error) {
      if (stop.signal.aborted || !proxy?.problem) throw error;
      throw new RemasterError('ENCODE_FAILED', `The server cannot be reached: ${proxy.problem}.`, { cause: error });
    } finally {
      encoder.stdin.end();
      const timer = setTimeout(() => void encoder.quit(QUIT_GRACE), QUIT_GRACE / 2);
      await encoder.ended.catch(() => {}); // the error thrown above is the one to report
      clearTimeout(timer);
      await reading.catch(() => {});
      await encoder[Symbol.asyncDispose]();
    }
  }

  const running = run();
  return {
    put: (frame) => waiting.put(frame),
    counts: () => ({ written, skipped, restarts: Math.max(0, restarts) }),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the sink is closed'));
      await running;
    },
  };
}

/** RTSP passwords are kept off the command line; ffmpeg accepts those of other protocols only there. */
const needsProxy = (target: EncodedTarget): target is Extract<EncodedTarget, { kind: 'push' }> =>
  target.kind === 'push' && /^rtsps?:/.test(target.address) && (!!target.username || target.address.includes('?'));

const sameSize = (a: LiveFrame, b: LiveFrame): boolean => a.width === b.width && a.height === b.height;

function options(binary: FfmpegBinary, quality: number | null, target: EncodedTarget, frame: LiveFrame): string[] {
  const colour = encodedColour(frame.colour, { name: 'h264', pixelFormat: 'yuv420p' });
  const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));
  const filters = [
    `scale=${even(frame.stored.width)}:${even(frame.stored.height)}:${fromRgb(colour)}`,
    `setsar=${frame.pixelAspect.num}/${frame.pixelAspect.den}`,
    tagFilter(colour),
  ];
  return [
    ...['-fflags', 'nobuffer', '-probesize', '32', '-analyzeduration', '0'],
    ...['-f', 'matroska', '-i', 'pipe:0', '-an', '-vf', filters.join(',')],
    ...(binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0']),
    ...liveCodec(binary, quality),
    ...tagOptions(colour),
    ...targetOptions(target, Date.now()),
  ];
}

/** Reads the encoder's stdout: fragments, or the names of finished files. */
async function read(
  encoder: Ffmpeg,
  target: EncodedTarget,
  events: SinkEvents,
  recorder: Recorder | null,
): Promise<void> {
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
        await recorder!.finished(name);
      }
    }
  } else {
    encoder.stdout.resume();
    await encoder.ended.catch(() => {});
  }
}

/** Deletes the files of an earlier run, which players would play first. */
async function clearHls(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (isHlsFile(name)) await rm(join(folder, name), { force: true });
}
