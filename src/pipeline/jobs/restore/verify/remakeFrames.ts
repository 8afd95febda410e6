import { createHash } from 'node:crypto';
import { BackpressureWindow } from '../../../../async/backpressure';
import type { Job } from '../../../../settings/restoreJob';
import { frameMasker } from '../../../frames/inpaint/maskFrames';
import type { InpaintSettings } from '../../../frames/inpaint/inpaintSettings';
import { openModelFor, type ProcessorTools } from '../../../frames/processor';
import { resolveColour } from '../../../media/colour';
import { openVideo } from '../../../media/decode';
import type { FfmpegBinary } from '../../../media/findFfmpeg';
import type { Frame } from '../../../media/frame';
import { probe } from '../../../media/probe';
import { readAs } from '../../../media/reading';
import { readingStart } from '../../../media/trim';
import { iterate } from '../../../operators/iterate';
import { limitFrameRate } from '../../../operators/limitFrameRate';
import { pullFrames } from '../../../operators/pullFrames';
import { trimFrames } from '../../../operators/trimFrames';
import { decodeOptions } from '../decodeOptions';

/** What of a job decides its frames. */
export type RemadeJob = Omit<Job, 'output'>;

export interface Remade {
  /** Index in the result. */
  readonly index: number;
  readonly sha256: string;
  readonly frame: Frame;
  /** Where it was made. */
  readonly provider: string;
}

/**
 * Restores some frames of a job again. The source is read as the job has read it, from the same place on: so frames have
 * the same index and the same shot, whatever was cut, dropped or deinterlaced. `wanted`: indices in the result, increasing.
 */
export async function* remakeFrames(
  job: RemadeJob,
  sound: readonly number[],
  wanted: readonly number[],
  tools: ProcessorTools & { readonly binary: FfmpegBinary },
  signal: AbortSignal,
): AsyncGenerator<Remade> {
  const { binary } = tools;
  const source = await probe(binary, job.input, signal, job.sequenceRate);
  const info = await readAs(binary, source, job, signal);
  const depth = info.pixels.bitDepth > 8 ? 16 : 8;
  const openMask = (inpaint: InpaintSettings) => frameMasker(binary, inpaint, info, job.sequenceRate, signal);
  await using opened = await openModelFor(job, { ...info, depth }, tools, openMask, signal);
  const from = await readingStart(info.source, job.trim, signal);
  const encoding = { colour: resolveColour(source.colour, source), depth } as const;
  const options = { ...decodeOptions(job, encoding, opened.model, from), sound };
  await using video = openVideo(binary, info, options, signal);
  const window = new BackpressureWindow(1);
  const frames$ = pullFrames(video.read(), window).pipe(
    trimFrames(info, job),
    limitFrameRate(info, job.maxFps, () => {}),
  );
  const masking = opened.masker?.masking(from) ?? ((frame: Frame) => Promise.resolve(frame));
  const [compared, made] = [new Set(wanted), new Set(framesToMake(job, wanted))];
  const { provider } = opened.model.info;
  let processor = opened.processor(job, () => {});
  let index = -1;
  for await (const frame of iterate(frames$, window)) {
    index++;
    if (!made.has(index)) continue;
    if (!made.has(index - 1)) processor = opened.processor(job, () => {}, index);
    const [restored] = await processor.run([await masking(frame)], signal);
    if (compared.has(index)) {
      const sha256 = createHash('sha256').update(restored!.data).digest('hex');
      yield { index, sha256, frame: restored!, provider };
    }
    if (index === wanted.at(-1)) return;
  }
}

/**
 * With a tolerance, a tile may be that of an earlier frame of the segment, so the segment is made from its start. All else
 * depends on the frame alone.
 */
export function framesToMake(
  { tileCache, segment }: Pick<Job, 'tileCache' | 'segment'>,
  wanted: readonly number[],
): readonly number[] {
  if (tileCache === null || tileCache === 0) return wanted;
  const all: number[] = [];
  for (const index of wanted)
    for (let i = Math.max(index - (index % segment), (all.at(-1) ?? -1) + 1); i <= index; i++) all.push(i);
  return all;
}
