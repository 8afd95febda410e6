import type { LiveRegion } from '../../settings/liveJob';
import type { Frame } from '../media/frame';
import { bicubicFrame } from './bicubic';
import { cropTile, type Place } from './cropTile';
import type { FrameProcessor } from './upscaleTiles';

/** Source pixels over which the model's picture gives way to the plain one. */
const SEAM = 8;

/** The pixels of a picture that a region means, and a seam around them; it begins at multiples of `multiple`. */
export function regionPlace(
  { left, top, width, height }: LiveRegion,
  picture: { readonly width: number; readonly height: number },
  multiple: number,
): Place {
  const axis = (start: number, share: number, length: number): readonly [number, number] => {
    const from = Math.floor(Math.max(0, start * length - SEAM) / multiple) * multiple;
    const to = Math.ceil((Math.min(length, (start + share) * length + SEAM) - from) / multiple) * multiple + from;
    return [from, Math.min(length, to) - from];
  };
  const [x, wide] = axis(left, width, picture.width);
  const [y, tall] = axis(top, height, picture.height);
  return { x, y, width: wide, height: tall };
}

/** Only `place` of a frame goes through `inside`, the rest is enlarged as it is. `scale` is that of the model. */
export function regionProcessor(inside: FrameProcessor, place: Place, scale: number): FrameProcessor {
  return {
    get tile() {
      return inside.tile;
    },
    get tileMs() {
      return inside.tileMs;
    },
    get cacheStats() {
      return inside.cacheStats;
    },
    async run(frames, signal) {
      const cuts = frames.map((frame): Frame => {
        const { width, height } = place;
        return { ...frame, width, height, data: cropTile(frame, place).data };
      });
      const made = await inside.run(cuts, signal);
      return frames.map((frame, n) => put(frame, made[n]!, place, scale));
    },
  };
}

/** The whole frame, with the model's picture at its place. */
function put(frame: Frame, made: Frame, place: Place, scale: number): Frame {
  const [left, top] = [place.x * scale, place.y * scale];
  const seam = SEAM * scale;
  const across = ramp(made.width, seam, place.x > 0, place.x + place.width < frame.width);
  const down = ramp(made.height, seam, place.y > 0, place.y + place.height < frame.height);
  const whole = (weights: Float32Array): readonly [number, number] => [weights.indexOf(1), weights.lastIndexOf(1) + 1];
  const [[x0, x1], [y0, y1]] = [whole(across), whole(down)];
  const hole = { left: left + x0, right: left + x1, top: top + y0, bottom: top + y1 };
  const picture = bicubicFrame(frame, scale, hole);
  for (let y = 0, from = 0; y < made.height; y++) {
    for (let x = 0, to = ((top + y) * picture.width + left) * 3; x < made.width; x++) {
      const share = across[x]! * down[y]!;
      for (let c = 0; c < 3; c++, from++, to++) {
        const plain = picture.data[to]!;
        picture.data[to] = share === 1 ? made.data[from]! : plain + share * (made.data[from]! - plain) + 0.5;
      }
    }
  }
  return { ...made, width: picture.width, height: picture.height, data: picture.data };
}

/** The weight of the model's picture along one axis: 1, but for the edges at which it meets the plain one. */
function ramp(length: number, seam: number, atStart: boolean, atEnd: boolean): Float32Array {
  const most = Math.min(seam, Math.floor((length - 1) / 2));
  return Float32Array.from({ length }, (_, i) => {
    const near = Math.min(atStart ? i : Infinity, atEnd ? length - 1 - i : Infinity);
    return near >= most ? 1 : (near + 0.5) / most;
  });
}
