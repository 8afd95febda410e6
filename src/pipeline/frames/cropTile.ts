import { reflect } from '../../sampler/tiles';
import type { Frame } from '../media/frame';

/** A rectangle of a frame; it may extend beyond the right and bottom edges. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One tile of a frame as the model gets it; beyond the edges the frame is mirrored. */
export interface Tile {
  readonly data: Uint8Array;
  /** The mask of the tile, if the frame has one. */
  readonly mask?: Uint8Array;
}

export function cropTile({ data, mask, width, height, depth }: Frame, place: Place): Tile {
  const pixels = crop(data, width, height, (3 * depth) / 8, place);
  return mask ? { data: pixels, mask: crop(mask, width, height, 1, place) } : { data: pixels };
}

/** A rectangle of `data`, [height, width] pixels of `pixel` bytes each. */
function crop(data: Uint8Array, width: number, height: number, pixel: number, place: Place): Uint8Array {
  const tile = new Uint8Array(place.width * place.height * pixel);
  const inside = Math.max(0, Math.min(place.width, width - place.x));
  for (let row = 0; row < place.height; row++) {
    const line = reflect(place.y + row, height) * width;
    tile.set(data.subarray((line + place.x) * pixel, (line + place.x + inside) * pixel), row * place.width * pixel);
    for (let column = inside; column < place.width; column++) {
      const from = (line + reflect(place.x + column, width)) * pixel;
      tile.set(data.subarray(from, from + pixel), (row * place.width + column) * pixel);
    }
  }
  return tile;
}
