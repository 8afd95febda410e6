import type { Manifest } from '../bundle/manifest';
import type { ModelInfo } from '../model';

/** Memory that a tile may take on a GPU. Fixed, so that all GPUs make the same tiles; a smaller one halves them, with a warning. */
const GPU_BYTES = 2 * 2 ** 30;

/**
 * The tiles of a model. On a GPU frames are whole while they fit into its memory, by the estimated bytes per source pixel:
 * overlaps cost it time. On the CPU they are as the bundle advises, so that a job can be stopped between two tiles.
 */
export function tileAdvice(
  { tile }: Pick<Manifest, 'tile'>,
  provider: string,
  bytesPerPixel: number,
): ModelInfo['tile'] {
  if (provider === 'cpu' || tile.fixed) return tile;
  return { ...tile, wholeUpTo: Math.max(tile.wholeUpTo, Math.floor(GPU_BYTES / bytesPerPixel)) };
}
