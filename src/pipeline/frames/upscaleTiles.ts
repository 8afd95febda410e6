import type { Model } from '../../model/model';
import type { Job } from '../../settings/restoreJob';
import type { Frame } from '../media/frame';
import type { Composition } from './compositor/compositor';
import type { Place } from './cropTile';
import type { FrameProcessor } from './frameProcessor';
import { isOutOfMemory } from './outOfMemory';
import { shotPrompts } from './shotPrompts';
import { TileCache } from './tileCache';
import { tileLayout, longestTile } from './tileLayout';
import { TileRun } from './tileRun';
import { TileStats } from './tileStats';

export interface TileSettings extends Pick<Job, 'tile' | 'overlap' | 'colorFix' | 'noise' | 'tileCache' | 'segment'> {
  /** Every frame is given back with `recycle`. Default false. */
  readonly isRecycled?: boolean;
}

/** Smallest tile tried when memory runs out, in source pixels. */
const SMALLEST_TILE = 64;

/** A batch that is not done yet, and the attempt to upscale it. */
interface Pending {
  readonly frames: readonly Frame[];
  readonly signal: AbortSignal;
  attempt: Attempt;
}

interface Attempt {
  readonly run: TileRun;
  readonly result: Promise<Frame[]>;
}

/**
 * Upscales frames: crops tiles, batches them, runs the model, blends the output. `first`: frames finished by an earlier run. `origin`: position of these frames in larger ones, whose coordinates the
 * noise uses.
 */
export function tileProcessor(
  model: Model,
  { width, height }: { readonly width: number; readonly height: number },
  { tile, overlap, colorFix, noise, tileCache: tolerance, segment, isRecycled = false }: TileSettings,
  warn: (warning: string) => void,
  first = 0,
  origin: Pick<Place, 'x' | 'y'> = { x: 0, y: 0 },
): FrameProcessor {
  const advice = model.info.tile;
  const advised = { ...model.info, tile: { ...advice, overlap: overlap ?? advice.overlap } };
  // Independent noise differs for every frame, so no output can be reused.
  const isCached = tolerance !== null && noise === 'shared';
  const stats = new TileStats();
  const keysOf = shotPrompts(model);
  const adain: Composition['adain'] = model.info.referenceRange ?? (colorFix === 'adain' ? 'source' : null);
  let made = 0;
  let longest = longestTile(model.info, tile, width, height);
  const startRun = (): TileRun => {
    const layout = tileLayout(advised, width, height, longest);
    const cache = isCached ? new TileCache({ tolerance, refresh: segment, first: first + made }) : null;
    return new TileRun({ model, keysOf, layout, cache, stats, adain, isRecycled, origin });
  };
  let run = startRun();
  /** In their order. */
  const pending: Pending[] = [];

  const attempt = (frames: readonly Frame[], signal: AbortSignal): Attempt => {
    const result = run.frames(frames, signal);
    result.catch(() => {}); // another attempt may take its place
    return { run, result };
  };

  /** All batches again, in their order: those after the failed one have left out tiles that were in it. */
  const shrink = (smaller: number): void => {
    run.close();
    longest = smaller;
    run = startRun();
    warn(`Memory ran out; tiles are ${longest} pixels from frame ${pending[0]!.frames[0]!.index} on.`);
    for (const batch of pending) batch.attempt = attempt(batch.frames, batch.signal);
  };

  /** Smaller tiles where memory has run out; any other error ends the run. */
  const recover = (error: unknown, failed: TileRun): void => {
    if (failed !== run) throw error;
    const smaller = Math.ceil(Math.min(longest, Math.max(width, height)) / 2);
    if (isOutOfMemory(error) && !advice.fixed && smaller >= SMALLEST_TILE) return shrink(smaller);
    run = startRun();
    throw error;
  };

  const settle = async (batch: Pending): Promise<Frame[]> => {
    for (;;) {
      const { attempt: current } = batch;
      try {
        const frames = await current.result;
        if (batch.attempt === current) return frames;
      } catch (error) {
        if (batch.attempt === current) recover(error, current.run);
      }
    }
  };

  return {
    get tile() {
      return { width: run.layout.grid.x.size, height: run.layout.grid.y.size };
    },
    get tileMs() {
      return stats.tileMs;
    },
    get cacheStats() {
      return isCached ? stats.cacheStats : null;
    },
    faces: null,
    async run(frames, signal) {
      const batch = { frames, signal, attempt: attempt(frames, signal) };
      pending.push(batch);
      try {
        return await settle(batch);
      } finally {
        pending.splice(pending.indexOf(batch), 1);
        made += frames.length;
        const { run: used } = batch.attempt;
        if (used !== run && !pending.some((other) => other.attempt.run === used)) used.close();
      }
    },
    recycle: (frames) => run.recycle(frames),
    close: () => run.close(),
  };
}
