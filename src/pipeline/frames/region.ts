import type { LiveRegion } from '../../settings/liveJob';
import type { Frame } from '../media/frame';
import { bicubicFrame } from './bicubic';
import { cropTile, type Place } from './cropTile';
import type { FrameProcessor } from './frameProcessor';

/** Width of the blend at the edge of the region, in source pixels. */
const SEAM = 8;

/** The pixels of a region with the seam around it, aligned to `multiple`. */
export function regionPlace(
  { left, top, width, height }: LiveRegion,
  frame: { readonly width: number; readonly height: number },
  multiple: number,
): Place {
  const axis = (start: number, share: number, length: number): readonly [number, number] => {
    const from = Math.floor(Math.max(0, start * length - SEAM) / multiple) * multiple;
    const to = Math.ceil((Math.min(length, (start + share) * length + SEAM) - from) / multiple) * multiple + from;
    return [from, Math.min(length, to) - from];
  };
  const [x, wide] = axis(left, width, frame.width);
  const [y, tall] = axis(top, height, frame.height);
  return { x, y, width: wide, height: tall };
}

/** Sends only `place` of a frame through `inside` and upscales the rest bicubically. `scale` is that of the model. */
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
    faces: null,
    async run(frames, signal) {
      const cuts = frames.map((frame): Frame => {
        const { width, height } = place;
        return { ...frame, width, height, data: cropTile(frame, place).data };
      });
      const output = await inside.run(cuts, signal);
      return frames.map((frame, n) => blendRegion(frame, output[n]!, place, scale));
    },
    close: () => inside.close(),
  };
}

/** The whole frame upscaled bicubically, with the output of the model blended in at `place`. */
function blendRegion(frame: Frame, output: Frame, place: Place, scale: number): Frame {
  const [left, top] = [place.x * scale, place.y * scale];
  const seam = SEAM * scale;
  const across = ramp(output.width, seam, place.x > 0, place.x + place.width < frame.width);
  const down = ramp(output.height, seam, place.y > 0, place.y + place.height < frame.height);
  const whole = (weights: Float32Array): readonly [number, number] => [weights.indexOf(1), weights.lastIndexOf(1) + 1];
  const [[x0, x1], [y0, y1]] = [whole(across), whole(down)];
  const covered = { left: left + x0, right: left + x1, top: top + y0, bottom: top + y1 };
  const result = bicubicFrame(frame, scale, covered);
  for (let y = 0, from = 0; y < output.height; y++) {
    for (let x = 0, to = ((top + y) * result.width + left) * 3; x < output.width; x++) {
      const share = across[x]! * down[y]!;
      for (let c = 0; c < 3; c++, from++, to++) {
        const plain = result.data[to]!;
        result.data[to] = share === 1 ? output.data[from]! : plain + share * (output.data[from]! - plain) + 0.5;
      }
    }
  }
  return { ...output, width: result.width, height: result.height, data: result.data };
}

/** The weight of the model's output along one axis: 1, with ramps at the edges inside the frame. */
function ramp(length: number, seam: number, atStart: boolean, atEnd: boolean): Float32Array {
  const most = Math.min(seam, Math.floor((length - 1) / 2));
  return Float32Array.from({ length }, (_, i) => {
    const near = Math.min(atStart ? i : Infinity, atEnd ? length - 1 - i : Infinity);
    return near >= most ? 1 : (near + 0.5) / most;
  });
}
