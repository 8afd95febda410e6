import type { RgbFrame } from '../media/frame';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A smaller frame: each pixel is the mean of the area that it covers. `size`: at most that of the frame. */
export function shrink({ width, height, data }: RgbFrame, size: Size): RgbFrame {
  const [across, down] = [areas(width, size.width), areas(height, size.height)];
  const made = new Uint8Array(size.width * size.height * 3);
  const line = new Float32Array(width * 3);
  let to = 0;
  for (const rows of down) {
    line.fill(0);
    for (let row = 0; row < rows.shares.length; row++) {
      const share = rows.shares[row]!;
      const from = (rows.from + row) * width * 3;
      for (let i = 0; i < line.length; i++) line[i]! += share * data[from + i]!;
    }
    for (const { from, shares } of across) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0.5; // rounds
        for (let i = 0, at = 3 * from + channel; i < shares.length; i++, at += 3) sum += shares[i]! * line[at]!;
        made[to++] = sum;
      }
    }
  }
  return { ...size, data: made };
}

/** The pixels that a pixel of a shorter side covers: the first one, and their shares, whose sum is 1. */
interface Area {
  readonly from: number;
  readonly shares: Float32Array;
}

function areas(length: number, count: number): readonly Area[] {
  const step = length / count;
  return Array.from({ length: count }, (_, i) => {
    const [start, end] = [i * step, (i + 1) * step];
    const from = Math.floor(start + 1e-9);
    const to = Math.min(length, Math.ceil(end - 1e-9));
    const shares = Float32Array.from(
      { length: to - from },
      (__, n) => (Math.min(from + n + 1, end) - Math.max(from + n, start)) / step,
    );
    return { from, shares };
  });
}
