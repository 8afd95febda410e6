import { applied, inverted, type Similarity } from './align';
import { featherAt } from './feather';
import { type Region, resample, type Samples } from './resample';

/**
 * Pastes a face image back into its frame. `frame.data` is changed in place, only where the mask is above 0.
 * `toFace`: from the frame to the face image. `profile`: its mask along one axis.
 */
export function paste(frame: Samples, face: Samples, toFace: Similarity, profile: Float64Array): void {
  const region = covered(frame, face.width, toFace);
  if (region.width <= 0 || region.height <= 0) return;
  const patch = resample(face, toFace, region);
  for (let row = 0, from = 0; row < region.height; row++) {
    const y = region.top + row;
    for (let column = 0; column < region.width; column++, from += 3) {
      const x = region.left + column;
      const [u, v] = applied(toFace, [x, y]);
      const share = featherAt(profile, u) * featherAt(profile, v);
      if (share === 0) continue;
      const to = (y * frame.width + x) * 3;
      for (let c = 0; c < 3; c++) {
        const old = frame.data[to + c]!;
        frame.data[to + c] = Math.round(old + share * (patch.data[from + c]! - old));
      }
    }
  }
}

/** The part of the frame covered by the face image. */
function covered({ width, height }: Samples, side: number, toFace: Similarity): Region {
  const back = inverted(toFace);
  const last = side - 1;
  const corners = [
    applied(back, [0, 0]),
    applied(back, [last, 0]),
    applied(back, [0, last]),
    applied(back, [last, last]),
  ];
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const left = Math.max(0, Math.floor(Math.min(...xs)));
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const right = Math.min(width, Math.ceil(Math.max(...xs)) + 1);
  const bottom = Math.min(height, Math.ceil(Math.max(...ys)) + 1);
  return { left, top, width: right - left, height: bottom - top };
}
