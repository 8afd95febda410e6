import { once } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mailbox } from '../../../async/mailbox';
import { RemasterError } from '../../../errors';
import { redact } from '../../../settings/cameraAddress';
import type { LiveJob, LiveProgress } from '../../../settings/liveJob';
import { fromRgb, tagOptions } from '../../media/colour';
import { encodedColour } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { matroskaFrameHeader, matroskaHeader } from '../../media/matroska';
import { type Mp4Part, mp4Parts } from '../../media/mp4Boxes';
import { diskFull, type Ffmpeg, runFfmpeg } from '../../media/runFfmpeg';
import type { LiveFrame } from './liveFrame';
import { keepWithin } from './retention';
import { rtspAuthProxy } from './rtspAuthProxy';
import { type EncodedTarget, isHlsFile, liveCodec, targetOptions } from './sinkOptions';

export interface SinkEvents {
  /** Part of the fragmented MP4; null: the stream has ended, another may begin. Settles when there is room for the next. */
  readonly onFragment: (part: Mp4Part | null) => Promise<void>;
  /** A recording is finished. */
  readonly onFile: (path: string) => void;
  /** The target does not take pictures; it is tried again. Without secrets. */
  readonly onRecoverableError: (error: RemasterError) => void;
}

/** Takes pictures as they are done and writes them somewhere. A slow target gets fewer of them; it holds nobody up. */
export interface Sink extends AsyncDisposable {
  put(frame: LiveFrame): void;
  counts(): LiveProgress['target'];
}

/** Milliseconds a target may need for one picture before it counts as stuck. */
const STUCK = 10_000;
/** Milliseconds before a target that failed is tried again; doubled up to the second. */
const RETRY = [1000, 10_000] as const;
/** Milliseconds an encoder has for its last words: the end of a file, a farewell to a server. */
const FAREWELL = 1500;
const TIME_BASE = { num: 1, den: 1000 };

/** An outlet that wants nothing: its job asks for JPEGs. */
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
  liveCodec(binary, quality); // refuses before anything is started
  let written = 0;
  let skipped = 0;
  let restarts = -1;
  const stop = new AbortController();
  const waiting = new Mailbox<LiveFrame>(() => skipped++);

  async function run(): Promise<void> {
    let wait: number = RETRY[0];
    let first = true;
    while (!stop.signal.aborted) {
      const before = written;
      try {
        await waiting.filled(stop.signal);
        if (target.kind === 'segments') await mkdir(target.folder, { recursive: true });
        if (first && target.kind === 'hls') await clearHls(target.folder);
        first = false;
        restarts++;
        await encode(waiting.take()!);
      } catch (error) {
        if (stop.signal.aborted) break;
        events.onRecoverableError(trouble(error, target));
        if (written > before + 25) wait = RETRY[0];
        await sleep(wait, undefined, { signal: stop.signal }).catch(() => {});
        wait = Math.min(2 * wait, RETRY[1]);
      }
    }
    if (target.kind === 'hls') await clearHls(target.folder).catch(() => {}); // old pictures must not look alive
  }

  /** Until the size changes or something fails. */
  async function encode(frame: LiveFrame): Promise<void> {
    await using relay = needsRelay(target) ? await rtspAuthProxy(target) : null;
    const open = relay ? { ...target, address: relay.address, username: null, password: null } : target;
    const encoder = runFfmpeg(binary, options(binary, quality, open, frame), new AbortController().signal);
    const reading = read(encoder, target, events).catch((error: unknown) => {
      void encoder.quit(0);
      throw error;
    });
    reading.catch(() => {});
    const died = encoder.ended.then(() => {
      throw new RemasterError('ENCODE_FAILED', 'ffmpeg ended by itself.', { detail: encoder.stderrTail() });
    });
    died.catch(() => {});
    const send = async (bytes: Uint8Array): Promise<void> => {
      if (encoder.stdin.destroyed) await died;
      if (encoder.stdin.write(bytes)) return;
      const late = new AbortController();
      const stuck = sleep(STUCK, undefined, { signal: late.signal }).then(() => {
        throw new RemasterError('ENCODE_FAILED', `The target has taken no picture for ${STUCK / 1000} s.`);
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
        const ticks = Math.max(last + 1, Math.round(next.at - start)); // times must rise
        await send(matroskaFrameHeader(ticks, TIME_BASE, next.data.length));
        await send(next.data);
        last = ticks;
        written++;
        await Promise.race([waiting.filled(stop.signal), died]);
        // Another size begins another stream; that picture is the first of it.
        const peeked = waiting.take()!;
        waiting.put(peeked);
        if (!sameSize(peeked, frame)) break;
      }
    } catch (error) {
      if (stop.signal.aborted || !relay?.problem) throw error;
      throw new RemasterError('ENCODE_FAILED', `The server cannot be reached: ${relay.problem}.`, { cause: error });
    } finally {
      encoder.stdin.end();
      const timer = setTimeout(() => void encoder.quit(FAREWELL), FAREWELL / 2);
      await encoder.ended.catch(() => {}); // what ended it is told by what is thrown
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
      stop.abort(new Error('the outlet is closed'));
      await running;
    },
  };
}

/** A password of RTSP need not stand on a command line; those of other servers have to. */
const needsRelay = (target: EncodedTarget): target is Extract<EncodedTarget, { kind: 'push' }> =>
  target.kind === 'push' && /^rtsps?:/.test(target.address) && (!!target.username || target.address.includes('?'));

const sameSize = (a: LiveFrame, b: LiveFrame): boolean => a.width === b.width && a.height === b.height;

function options(binary: FfmpegBinary, quality: number | null, target: EncodedTarget, frame: LiveFrame): string[] {
  const colour = encodedColour(frame.colour, 'yuv420p');
  const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));
  const filters = [
    `scale=${even(frame.stored.width)}:${even(frame.stored.height)}:${fromRgb(colour)}`,
    `setsar=${frame.pixelAspect.num}/${frame.pixelAspect.den}`,
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

/** Takes what an encoder writes to its stdout: fragments, or names of finished files. */
async function read(encoder: Ffmpeg, target: EncodedTarget, events: SinkEvents): Promise<void> {
  if (target.kind === 'fragments') {
    const parts: Mp4Part[] = []; // at most those of one chunk
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
      for (const name of lines.filter(Boolean)) events.onFile(join(target.folder, name));
      if (lines.length > 0) await keepWithin(target);
    }
  } else {
    encoder.stdout.resume();
    await encoder.ended.catch(() => {});
  }
}

/** What an earlier run left would be played before what comes. */
async function clearHls(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (isHlsFile(name)) await rm(join(folder, name), { force: true });
}

function trouble(error: unknown, target: EncodedTarget): RemasterError {
  const secrets = target.kind === 'push' ? [target.password, target.username] : [];
  const { message, code, detail } =
    error instanceof RemasterError ? error : new RemasterError('ENCODE_FAILED', (error as Error).message);
  if (/No space left|quota exceeded/i.test(detail)) return diskFull(redact(detail, secrets));
  return new RemasterError(code, redact(message, secrets), {
    remedy: 'It is tried again by itself.',
    detail: redact(detail, secrets),
  });
}
