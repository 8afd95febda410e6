import type { Frame } from './frame';

type Picture = Pick<Frame, 'width' | 'height' | 'depth' | 'data' | 'pts'>;

/** Cells of the thumbnail on which shots are compared. */
const COLUMNS = 48;
const ROWS = 27;
/** Mean luma change, 0…1, above which a frame starts a shot; ffmpeg's own `scene` score and its usual threshold. */
const CUT = 0.3;

/**
 * Finds cuts. Returns for every frame the time of its shot's first frame. It sees only the pictures, so the same film is
 * cut at the same places by every ffmpeg, batch size and resumed run.
 */
export function sceneCuts(): (picture: Picture) => number {
  let before: Float32Array | null = null;
  let changeBefore = 0;
  let scene = 0;
  return (picture) => {
    const now = thumbnail(picture);
    if (!before) scene = picture.pts;
    else {
      const change = distance(before, now);
      // A flash or a fast pan changes every frame; a cut changes one. So the score is the change of the change.
      if (Math.min(change, Math.abs(change - changeBefore)) > CUT) scene = picture.pts;
      changeBefore = change;
    }
    before = now;
    return scene;
  };
}

/** Luma of the middle of each cell: four samples, which is enough to tell two shots apart and costs nothing. */
function thumbnail({ width, height, depth, data }: Picture): Float32Array {
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
