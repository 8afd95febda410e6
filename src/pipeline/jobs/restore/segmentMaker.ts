import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AsyncDisposableStack } from '../../../async/asyncDisposableStack';
import { BackpressureWindow } from '../../../async/backpressure';
import { RemasterError } from '../../../errors';
import type { ProcessorTools } from '../../frames/processor';
import { openVideo } from '../../media/decode';
import { createVideo } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import { canJoin } from '../../media/joinNut';
import { probe } from '../../media/probe';
import { readAs } from '../../media/reading';
import { readNutStream } from '../../media/readNut';
import { readingStart } from '../../media/trim';
import { iterate } from '../../operators/iterate';
import { pullFrames } from '../../operators/pullFrames';
import { differences, identityKey, type JobIdentity } from '../identity';
import type { MadeSegment } from '../madeSegments';
import { decodeOptions } from './decodeOptions';
import { openJob } from './openJob';
import { openRecorder, type RecorderTools } from './record/openRecorder';
import { keptFrames, restoreFrames } from './restoreFrames';
import type { SegmentRange, SharedJob } from './segmentFarm';
import { TRIAL_FILE } from './trial';

/** Makes segments of one video. Its source is decoded once, from the first frame on: so scene cuts are where they always are. */
export interface SegmentMaker extends AsyncDisposable {
  /** Number of the next frame that is decoded: a segment before it needs another maker. */
  readonly position: number;
  /** Frames of the current segment that are made. */
  readonly frames: number;
  /** Writes the frames of a segment to `path`, and their hashes beside it where the job has a record. Errors: those of a job; SOURCE_CHANGED when the source has fewer frames. */
  make(range: SegmentRange, path: string): Promise<Pick<MadeSegment, 'faces' | 'hashBytes'>>;
  /** Whether the segments of this machine and those of the job fit into one video. */
  canJoin(path: string): Promise<boolean>;
}

type Tools = ProcessorTools & { readonly binary: FfmpegBinary; readonly record?: RecorderTools };

/** Opens source and model of a job as this machine has them. Errors: RESUME_MISMATCH when they are not those of the job. */
export async function openSegmentMaker(
  { job, tiles, key, sound, folder, encoder }: SharedJob,
  tools: Tools,
  signal: AbortSignal,
): Promise<SegmentMaker> {
  await using stack = new AsyncDisposableStack();
  const { binary } = tools;
  const video = await probe(binary, job.input, signal, job.sequenceRate);
  const info = await readAs(binary, video, job, signal);
  const read = { source: video, info };
  const { opened, encoding, decoder, identity } = stack.use(await openJob(job, read, tools, encoder, signal));
  if (identityKey(identity) !== key) throw await otherJob(folder, identity);
  const from = await readingStart(info.source, job.trim, signal);
  const { model, masker } = opened;
  const options = { ...decodeOptions(job, encoding, model, from), decoder, sound };
  const source = stack.use(openVideo(binary, info, options, signal));
  const times: number[] = [];
  const one = new BackpressureWindow(1);
  const kept = iterate(keptFrames({ source, info, job, times, isFinished: () => false, onDrop() {} }, one), one);
  stack.defer(async () => void (await kept.return(undefined)));
  const mask = masker?.masking(from) ?? null;
  let frames = 0;
  let position = 0;
  /** The frames of a segment; those before it are decoded and dropped. */
  async function* framesOf({ first, count }: SegmentRange): AsyncGenerator<Frame> {
    while (position < first + count) {
      const { value, done } = await kept.next();
      if (done) throw fewerFrames(job.input, position, first + count);
      if (position++ >= first) yield value;
    }
  }
  const all = stack.move();
  return {
    get position() {
      return position;
    },
    get frames() {
      return frames;
    },
    async make(range, path) {
      frames = 0;
      let shrunk: string | null = null;
      const settings = { ...job, ...tiles, isRecycled: true };
      const processor = opened.processor(settings, (warning) => (shrunk = warning), range.first);
      await using recorder = await openRecorder(job, tools, model.info, range.first);
      await using sink = createVideo(binary, path, encoding, signal);
      const writer = {
        write: async (frame: Frame) => void (await Promise.all([sink.write(frame.data), recorder?.add(frame)])),
      };
      const meter = { advance: (made: number): void => void (frames += made) };
      const { depth } = encoding;
      const stages = {
        job,
        model,
        mask,
        processor,
        depth,
        writer,
        meter,
        pixelAspect: info.pixelAspect,
        seen: () => 0,
      };
      await restoreFrames((window) => pullFrames(framesOf(range), window), stages, signal);
      if (shrunk !== null) throw tooLittleMemory(shrunk);
      await sink.finish();
      const hashBytes = await recorder?.save(path);
      return { faces: processor.faces && { ...processor.faces }, ...(hashBytes !== undefined && { hashBytes }) };
    },
    canJoin: async (path) => canJoin(await readNutStream(join(folder, TRIAL_FILE)), await readNutStream(path)),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Names what differs from the job as its own machine has described it. */
async function otherJob(folder: string, own: JobIdentity): Promise<RemasterError> {
  const text = await readFile(join(folder, 'journal.json'), 'utf8').catch(() => '{}');
  const { identity } = JSON.parse(text) as { readonly identity?: JobIdentity };
  const what = identity ? differences(identity, own).join(', ') : 'its settings';
  return new RemasterError('RESUME_MISMATCH', `On this machine the job differs in ${what}.`, {
    remedy:
      'Install the same models and a similar ffmpeg on all machines, and check the folders of --map. For other encoders: hardware off.',
  });
}

const fewerFrames = (input: string, found: number, wanted: number): RemasterError =>
  new RemasterError('SOURCE_CHANGED', `${input} ends after ${found} frames on this machine; ${wanted} were expected.`, {
    remedy: 'Check that the shared folder has the whole file, then start the job again.',
  });

/** Smaller tiles would have other bytes than those of the other machines. */
const tooLittleMemory = (warning: string): RemasterError =>
  new RemasterError('GPU_OUT_OF_MEMORY', `This machine has too little memory for the tiles of the job: ${warning}`, {
    remedy: 'Set a smaller tile for the job, or let other machines make it.',
  });
