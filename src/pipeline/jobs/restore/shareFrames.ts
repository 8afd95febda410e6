import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncDisposableStack } from '../../../async/asyncDisposableStack';
import { raceWith } from '../../../async/raceWith';
import { BackpressureWindow } from '../../../async/backpressure';
import { RemasterError } from '../../../errors';
import type { Encoding } from '../../media/encode';
import { codecKey } from '../../media/hardware/chooseCodec';
import type { VideoInfo } from '../../media/probe';
import { iterate } from '../../operators/iterate';
import { identityKey } from '../identity';
import { type MadeSegment, madeSegments } from '../madeSegments';
import type { OutputFolder } from '../outputFolder';
import { frameCount, type Segment } from '../segment';
import type { FramesOfJob, MadeFrames } from './ownFrames';
import { isRecorded } from './record/openRecorder';
import { keptFrames } from './restoreFrames';
import type { FarmCounts, SegmentFarm, SegmentRange } from './segmentFarm';

/** The file that names the run whose segments belong into a work folder. */
export const RUN_FILE = 'run.json';
/** Segments that are handed out at once: the source is still being read then. */
const AT_ONCE = 32;
/** How long a file system may take to show what another machine has written. */
const SHOWN_MS = 30_000;

interface SharedParts extends FramesOfJob {
  readonly farm: SegmentFarm;
  /** Streams of sound that come with the video. */
  readonly sound: readonly number[];
}

/** Has all frames made by other machines. The source is decoded once here, to count and time its frames. */
export async function shareFrames(parts: SharedParts): Promise<MadeFrames> {
  const { farm, sound, folder, job, info, tiles, identity, opened, encoding, kept, meter, signal } = parts;
  await folder.adopt([]); // so that an interrupted job finds its segments
  const key = identityKey(identity);
  const finished = [...folder.done, ...folder.later.values()];
  const shared = {
    ...{ tiles, key, sound, folder: folder.folder, memory: memoryFor(encoding) },
    job: { ...job, crop: cropOf(info) },
    encoder: codecKey(encoding.codec),
    model: { name: job.model, sha256: opened.model.info.sha256 },
    machine: job.mixed ? null : (finished.find(isFromFarm)?.machine ?? null),
  };
  const file = join(folder.folder, RUN_FILE);
  const announce = (run: string): Promise<void> => writeFile(file, JSON.stringify({ run, key }));
  const before = frameCount(finished);
  const onCounts = (counts: FarmCounts): void => meter.share(before + counts.frames, kept.times.length, counts);
  await using stack = new AsyncDisposableStack();
  const started = stack.use(await farm.start(shared, announce, onCounts, signal));
  stack.defer(() => rm(file, { force: true })); // first, so that no worker begins anew
  const unlessFailed = raceWith(started.failed);
  await unlessFailed(handOut(parts, (segments) => started.add(segments)));
  await unlessFailed(started.finish());
  const segments = await allSegments(folder, key, isRecorded(job), Math.ceil(kept.times.length / job.segment));
  await parts.space.check(segments, true);
  for (const note of meter.notes()) parts.warn(note);
  return { segments, cacheStats: null, ...madeBy(segments) };
}

/** The area that this machine has found, so that no other one finds another. */
function cropOf({ reading }: VideoInfo): string | null {
  const area = reading?.crop ?? null;
  return area && [area.width, area.height, area.left, area.top].join(':');
}

type MadeOrOwn = Segment | MadeSegment;

const isFromFarm = (segment: MadeOrOwn): segment is MadeSegment => 'machine' in segment;

/** Who made how much. */
function madeBy(segments: readonly MadeOrOwn[]): Required<Pick<MadeFrames, 'faces' | 'workers'>> {
  const made = segments.filter(isFromFarm);
  const names = [...new Set(made.map(({ by }) => by))].toSorted();
  const workers = names.map((name) => {
    const own = made.filter(({ by }) => by === name);
    return { name, segments: own.length, frames: frameCount(own) };
  });
  const faces = made.flatMap((segment) => segment.faces ?? []);
  const sum = (field: 'found' | 'framesWithout'): number => faces.reduce((total, each) => total + each[field], 0);
  return { workers, faces: faces.length > 0 ? { found: sum('found'), framesWithout: sum('framesWithout') } : null };
}

/** Reads the source, and hands out its segments as their frames are counted. */
async function handOut(
  { job, folder, kept }: SharedParts,
  add: (segments: readonly SegmentRange[]) => Promise<void>,
): Promise<void> {
  const { times } = kept;
  const isMade = (index: number): boolean => index < folder.done.length || folder.later.has(index);
  let waiting: SegmentRange[] = [];
  const flush = async (): Promise<void> => {
    const segments = waiting;
    waiting = [];
    if (segments.length > 0) await add(segments);
  };
  const note = (index: number, count: number): void => {
    if (!isMade(index)) waiting.push({ index, first: index * job.segment, count });
  };
  const window = new BackpressureWindow(1);
  for await (const _ of iterate(keptFrames({ ...kept, isFinished: () => false }, window), window)) {
    if (times.length % job.segment !== 0) continue;
    note(times.length / job.segment - 1, job.segment);
    if (waiting.length >= AT_ONCE || times.length === job.segment) await flush(); // the first at once
  }
  const rest = times.length % job.segment;
  if (rest > 0) note(Math.floor(times.length / job.segment), rest);
  await flush();
}

/** All segments in their order: of an earlier run, and of other machines. */
async function allSegments(
  folder: OutputFolder,
  key: string,
  isRecordedJob: boolean,
  count: number,
): Promise<readonly MadeOrOwn[]> {
  const end = performance.now() + SHOWN_MS;
  for (;;) {
    const made = await madeSegments(folder.folder, key, isRecordedJob);
    const all = Array.from({ length: count }, (_, index) => folder.done[index] ?? made.get(index));
    const missing = all.indexOf(undefined);
    if (missing < 0) {
      await folder.adopt((all as readonly MadeOrOwn[]).slice(folder.done.length));
      return all as readonly MadeOrOwn[];
    }
    if (performance.now() > end) throw missingSegment(missing, folder.folder);
    await sleep(250);
  }
}

const missingSegment = (index: number, folder: string): RemasterError =>
  new RemasterError('WORKER_FOLDER', `Segment ${index} was made, but it is not in ${folder}.`, {
    remedy: 'Check that --map of every worker names the same shared folder.',
  });

/** onnxruntime, ffmpeg and Node.js; then a dozen frames of three stages as they are decoded, made and encoded. */
const memoryFor = ({ width, height, depth }: Encoding): number => 400e6 + 12 * width * height * 3 * (depth / 8);
