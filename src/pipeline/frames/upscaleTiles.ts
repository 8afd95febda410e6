import type { Model } from '../../model/model';
import type { Job } from '../../settings/restoreJob';
import { adainFrame } from './adain';
import type { Place } from './cropTile';
import type { FrameProcessor } from './frameProcessor';
import { isOutOfMemory } from './outOfMemory';
import { shotPrompts } from './shotPrompts';
import { TileCache } from './tileCache';
import { tileLayout, longestTile } from './tileLayout';
import { TileRun } from './tileRun';
import { TileStats } from './tileStats';

export type TileSettings = Pick<Job, 'tile' | 'overlap' | 'colorFix' | 'noise' | 'tileCache' | 'segment'>;

/** Smallest tile tried when memory runs out, in source pixels. */
const SMALLEST_TILE = 64;

/**
 * Upscales frames: crops tiles, batches them, runs the model, blends the output. `first`: frames finished by an earlier run. `origin`: position of these frames in larger ones, whose coordinates the
 * noise uses.
 */
export function tileProcessor(
  model: Model,
  { width, height }: { readonly width: number; readonly height: number },
  { tile, overlap, colorFix, noise, tileCache: tolerance, segment }: TileSettings,
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
  const startRun = (longest: number, made: number): TileRun => {
    const layout = tileLayout(advised, width, height, longest);
    const tileCache = isCached ? new TileCache({ tolerance, refresh: segment, first: first + made }) : null;
    return new TileRun({ model, keysOf, layout, cache: tileCache, stats, origin });
  };
  let longest = longestTile(model.info, tile, width, height);
  let run = startRun(longest, 0);
  let made = 0;
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
      for (;;) {
        try {
          const enhanced = await run.frames(frames, signal);
          made += frames.length;
          return enhanced.map(({ result, reference }, n) => {
            if (reference) return adainFrame(result, reference, model.info.referenceRange, frames[n]!.depth);
            return colorFix === 'adain' ? adainFrame(result, frames[n]!) : result;
          });
        } catch (error) {
          const smaller = Math.ceil(Math.min(longest, Math.max(width, height)) / 2);
          if (!isOutOfMemory(error) || advice.fixed || smaller < SMALLEST_TILE) throw error;
          longest = smaller;
          run = startRun(longest, made);
          warn(`Memory ran out; tiles are ${longest} pixels from frame ${frames[0]!.index} on.`);
        }
      }
    },
  };
}
