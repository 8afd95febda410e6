import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mailbox } from '../../../async/mailbox';
import type { LiveJob, LiveProgress } from '../../../settings/liveJob';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { tryWriting } from '../writeTrial';
import { encodeStream, type StreamEvents } from './encodeStream';
import type { LiveFrame } from './liveFrame';
import { openRecorder, type Recorder } from './recorder';
import { targetError } from './targetError';
import { softwareCodec } from './liveCodec';
import { type EncodedTarget, hlsStream, isHlsFile } from './sinkOptions';

/** Encodes upscaled frames and writes them to a target. A slow target gets fewer frames and delays nothing else. */
export interface Sink extends AsyncDisposable {
  put(frame: LiveFrame): void;
  counts(): LiveProgress['target'];
}

/** Milliseconds before a failed target is retried; doubled up to the second value. */
const RETRY_DELAY = [1000, 10_000] as const;

/** For jobs without a target, whose callers request JPEGs. */
export const nullSink: Sink = {
  put() {},
  counts: () => ({ written: 0, skipped: 0, restarts: 0, encoder: null }),
  async [Symbol.asyncDispose]() {},
};

export function encodingSink(
  binary: FfmpegBinary,
  settings: Pick<LiveJob, 'quality' | 'hardware'>,
  target: EncodedTarget,
  events: StreamEvents,
): Sink {
  if (settings.hardware === 'off') softwareCodec(binary, settings.quality); // throws before anything is started
  let encoder: string | null = null;
  let written = 0;
  let skipped = 0;
  let restarts = 0;
  const stop = new AbortController();
  const { signal } = stop;
  const waiting = new Mailbox<LiveFrame>(() => skipped++);

  async function run(): Promise<void> {
    let delay: number = RETRY_DELAY[0];
    let first = true;
    let began = Infinity; // when the last stream did
    let recorder: Recorder | null = null;
    while (!signal.aborted) {
      const before = written;
      try {
        await waiting.filled(signal);
        if (target.kind === 'segments') recorder ??= await openRecorder(target, signal);
        if (recorder) await mkdir(recorder.target.folder, { recursive: true });
        if (target.kind === 'hls') await clearHls(target.folder, began);
        if (!first && 'folder' in target) await tryWriting(target.folder); // a full disk gets no empty files
        first = false;
        began = Date.now();
        const counting = { onWritten: () => written++, onEncoder: (name: string) => (encoder = name) };
        await encodeStream({ binary, settings, target, recorder, events, waiting, ...counting, signal });
      } catch (error) {
        if (signal.aborted) break;
        restarts++;
        events.onRecoverableError(await targetError(error, target));
        if (written > before + 25) delay = RETRY_DELAY[0];
        await sleep(delay, undefined, { signal }).catch(() => {});
        delay = Math.min(2 * delay, RETRY_DELAY[1]);
      }
    }
    await recorder?.[Symbol.asyncDispose]();
    if (target.kind === 'hls') await clearHls(target.folder).catch(() => {}); // an old playlist must not look live
  }

  const running = run();
  return {
    put: (frame) => waiting.put(frame),
    counts: () => ({ written, skipped, restarts, encoder }),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the sink is closed'));
      await running;
    },
  };
}

/**
 * Deletes the files of earlier streams, which players would play first. `before`: only those that began before this time, in
 * milliseconds since the epoch; the files of the last one may still be in use.
 */
async function clearHls(folder: string, before = Infinity): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const isOld = before === Infinity ? isHlsFile(name) : hlsStream(name) < before;
    if (isOld) await rm(join(folder, name), { force: true });
  }
}
