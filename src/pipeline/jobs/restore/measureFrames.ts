import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '../../../settings/restoreJob';
import { inpaintSettings, type InpaintSettings } from '../../frames/inpaint/inpaintSettings';
import type { FrameMasker } from '../../frames/inpaint/maskFrames';
import type { OpenModel } from '../../frames/processor';
import { openVideo } from '../../media/decode';
import { createVideo, type Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import type { VideoInfo } from '../../media/probe';
import { readingStart, startTick } from '../../media/trim';
import { decodeOptions } from './decodeOptions';
import { expectedFrames } from './progress';

/** What frames of a job go through, opened. */
export interface OpenStages {
  readonly job: Job;
  readonly binary: FfmpegBinary;
  readonly signal: AbortSignal;
  readonly info: VideoInfo;
  readonly opened: OpenModel;
  readonly encoding: Encoding;
  /** Options of the hardware that decodes. */
  readonly decoder: readonly string[];
  readonly openMask: (inpaint: InpaintSettings) => Promise<FrameMasker>;
}

/** Measured seconds of one frame. */
export interface FrameTime {
  /** Frames that were read for it. */
  readonly frames: number;
  readonly model: number;
  readonly encoder: number;
}

/** Frames encoded to measure one: the start and the end of an encoder take long too. */
const ENCODED = 6;
const FILE = 'timing.nut';

/**
 * Restores and encodes up to `count` frames of a job, without the tile cache, from the middle of the source or, in a short
 * one or one of unknown length, from its start. A source with fewer frames repeats them. Null: it has none. `folder`: for
 * the encoded frames, which are deleted.
 */
export async function measureFrames(stages: OpenStages, folder: string, count: number): Promise<FrameTime | null> {
  const frames = await sampleFrames(stages, count);
  if (frames.length === 0) return null;
  const { job, opened, signal } = stages;
  const processor = opened.processor({ ...job, tileCache: null }, () => {});
  const times: number[] = [];
  const outputs: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const [output] = await processor.run([frames[i % frames.length]!], signal);
    times.push((performance.now() - started) / 1000);
    outputs.push(output!.data.slice()); // its memory may be used again
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor((count - 1) / 2)]!; // the first one also allocates memory
  return { frames: frames.length, model: median, encoder: await encoderSeconds(stages, folder, outputs) };
}

async function sampleFrames(stages: OpenStages, count: number): Promise<readonly Frame[]> {
  const { job, info, signal } = stages;
  const frames = expectedFrames(info, job);
  const start = job.trim?.start ?? 0;
  if (frames !== null && frames > 2 * count) {
    const middle = (start + Math.min(job.trim?.end ?? Infinity, info.duration!)) / 2;
    const found = await framesFrom(stages, middle, -Infinity, count).catch(() => []); // those of the start say why
    signal.throwIfAborted();
    if (found.length > 0) return found;
  }
  const from = await readingStart(info.source, job.trim, signal);
  return framesFrom(stages, from, startTick(job.trim, info.timeBase), count);
}

/** The first frames that are read from `from` (seconds) on and are not before `tick`. */
async function framesFrom(stages: OpenStages, from: number, tick: number, count: number): Promise<Frame[]> {
  const { job, binary, info, opened, encoding, openMask, decoder, signal } = stages;
  const inpaint = inpaintSettings(job, opened.model.info);
  await using masker = inpaint && (await openMask(inpaint)); // that of the job may be read once
  const masked = masker?.masking(from) ?? (async (frame: Frame) => frame);
  const options = { ...decodeOptions(job, encoding, opened.model, from), decoder };
  await using source = openVideo(binary, info, options, signal);
  const frames: Frame[] = [];
  for await (const frame of source.read()) {
    const marked = await masked(frame);
    if (frame.pts >= tick) frames.push(marked);
    if (frames.length === count) break;
  }
  return frames;
}

async function encoderSeconds(
  { binary, encoding, signal }: OpenStages,
  folder: string,
  frames: readonly Uint8Array[],
): Promise<number> {
  const path = join(folder, FILE);
  const encoded = async (count: number): Promise<number> => {
    const started = performance.now();
    await using sink = createVideo(binary, path, encoding, signal);
    for (let i = 0; i < count; i++) await sink.write(frames[i % frames.length]!);
    await sink.finish();
    return (performance.now() - started) / 1000;
  };
  try {
    const one = await encoded(1);
    return Math.max(0, (await encoded(1 + ENCODED)) - one) / ENCODED;
  } finally {
    await rm(path, { force: true });
  }
}
