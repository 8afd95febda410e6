import type { Frame } from './frame';

type TimedPixels = Pick<Frame, 'width' | 'height' | 'depth' | 'data' | 'pts'>;

/** Cells of the thumbnail in which frames are compared. */
const COLUMNS = 48;
const ROWS = 27;
/** Mean luma change, 0…1, above which a frame starts a shot; ffmpeg's own `scene` score and its usual threshold. */
const CUT = 0.3;

/**
 * Detects scene cuts. Returns for every frame the time of the first frame of its shot. It depends only on the pixels,
 * so the cuts are the same for every version of ffmpeg, batch size and resumed run.
 */
export function sceneCuts(): (frame: TimedPixels) => number {
  let previous: Float32Array | null = null;
  let previousChange = 0;
  let scene = 0;
  return (frame) => {
    const now = thumbnail(frame);
    if (!previous) scene = frame.pts;
    else {
      const change = distance(previous, now);
      // A flash or a fast pan changes several frames, a cut only one: the score is the change of the difference.
      if (Math.min(change, Math.abs(change - previousChange)) > CUT) scene = frame.pts;
      previousChange = change;
    }
    previous = now;
    return scene;
  };
}

/** Mean luma of four samples in each cell: enough to tell shots apart, at little cost. */
function thumbnail({ width, height, depth, data }: TimedPixels): Float32Array {
  const cells = new Float32Array(COLUMNS * ROWS);
  const step = depth / 8;
  const high = step - 1; // the high byte of a little-endian sample
  for (let row = 0, i = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++, i++) {
      for (const [dx, dy] of SAMPLES) {
        const x = Math.floor(((column + dx) * width) / COLUMNS);
        const y = Math.floor(((row + dy) * height) / ROWS);
        const p = (y * width + x) * 3 * step + high;
        cells[i]! += (0.299 * data[p]! + 0.587 * data[p + step]! + 0.114 * data[p + 2 * step]!) / (4 * 255);
      }
    }
  }
  return cells;
}

const SAMPLES = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.25, 0.75],
  [0.75, 0.75],
] as const;

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
