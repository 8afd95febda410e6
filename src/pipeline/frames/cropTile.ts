import { reflect } from '../../sampler/tiles';
import type { Frame } from '../media/frame';

/** A rectangle of a frame; it may stick out to the right and below. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One tile of a frame as a model sees it; what sticks out past the edge mirrors the inside. */
export interface Tile {
  readonly data: Uint8Array;
  /** Its part of the frame's mask, when that has one. */
  readonly mask?: Uint8Array;
}

export function cropTile({ data, mask, width, height, depth }: Frame, place: Place): Tile {
  const picture = cut(data, width, height, (3 * depth) / 8, place);
  return mask ? { data: picture, mask: cut(mask, width, height, 1, place) } : { data: picture };
}

/** A piece of `data`, [height, width] of `pixel` bytes each. */
function cut(data: Uint8Array, width: number, height: number, pixel: number, place: Place): Uint8Array {
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
