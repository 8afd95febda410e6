import type { Engine } from '../engine/client/engine';
import { extractImages } from '../engine/client/imageStreams';
import { FRAMES_DEFAULTS } from '../settings/framesJob';
import { type Job, JOB_DEFAULTS, type Result } from '../settings/restoreJob';
import type { TryJob } from '../settings/tryJob';
import type { Span } from './places';
import type { Try } from './tries';

/** A part of a video, restored. */
export interface RestoredPart extends Pick<Result, 'framesOut' | 'width' | 'height' | 'bytes' | 'model'> {
  /** Seconds per frame, without loading and writing the end. */
  readonly seconds: number;
  /** The frame in the middle, a PNG file. */
  readonly still: Uint8Array;
}

/** Restores a part of a video to `output` (.mp4). */
export async function restorePart(
  engine: Engine,
  { seconds: _seconds, models: _models, overwrite: _overwrite, output: _output, ...reading }: TryJob,
  { model, steps }: Pick<Try, 'model' | 'steps'>,
  span: Span,
  output: string,
  signal: AbortSignal | undefined,
): Promise<RestoredPart> {
  const only = { audio: 'none', extras: false, resume: false, pixelFormat: 'yuv420p' } as const;
  const job: Job = { ...JOB_DEFAULTS, ...reading, ...only, model, steps, trim: span, output };
  const speed: { fps: number | null } = { fps: null };
  const running = engine.run(job, { onProgress: ({ fps }) => void (speed.fps = fps ?? speed.fps) });
  const stop = (): void => void running.stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    const result = await running.result;
    return { ...result, seconds: 1 / (speed.fps ?? result.fps), still: await middleOf(engine, output, result, signal) };
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

async function middleOf(
  engine: Engine,
  input: string,
  { framesOut }: Pick<Result, 'framesOut'>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const middle = Math.floor(framesOut / 2);
  const job = { ...FRAMES_DEFAULTS, input, isUpscaled: false, format: 'png' as const };
  const pick = { by: 'every' as const, n: Math.max(1, middle) };
  let still = new Uint8Array();
  for await (const { data, index } of extractImages(engine, { ...job, pick }, signal)) {
    still = new Uint8Array(data);
    if (index >= middle) break;
  }
  return still;
}
