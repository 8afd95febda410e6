import type { Face, Point } from '../model';

/** What the network says of one grid, row by row. Lengths and places are in units of `stride` pixels. */
export interface YunetGrid {
  /** Pixels between two cells. */
  readonly stride: number;
  /** Cells in a row. */
  readonly columns: number;
  /** [cells]: that this is a face, and that anything is there; 0…1 each. */
  readonly face: Float32Array;
  readonly object: Float32Array;
  /** [cells, 4]: middle of the box from the cell's corner, and the logarithm of its sides. */
  readonly box: Float32Array;
  /** [cells, 10]: five landmarks from the cell's corner, x and y each. */
  readonly points: Float32Array;
}

/** Two boxes that share more than this are one face. */
const SAME = 0.3;
/** Cells whose box shares more than this with the surest one's have a say in where the face is. */
const AGREE = 0.5;

/**
 * The faces that the grids speak of (Wu, Peng and Yu 2023), surest first. Some ten neighbouring cells see a face:
 * the mean of those that agree, weighted by how sure they are, moves less from frame to frame than the surest one does.
 */
export function yunetDecode(grids: readonly YunetGrid[], surely: number): readonly Face[] {
  const faces: Face[] = [];
  let left = grids.flatMap((grid) => seen(grid, surely)).toSorted((a, b) => b.score - a.score);
  while (left.length > 0) {
    const best = left[0]!;
    faces.push(mean(left.filter((face) => overlap(face.box, best.box) > AGREE)));
    left = left.filter((face) => overlap(face.box, best.box) <= SAME);
  }
  return faces;
}

/** Every cell that is sure enough. */
function seen({ stride, columns, face, object, box, points }: YunetGrid, surely: number): Face[] {
  const faces: Face[] = [];
  for (let cell = 0; cell < face.length; cell++) {
    const score = face[cell]! * object[cell]!;
    if (!(score >= surely)) continue;
    const [left, top] = [(cell % columns) * stride, Math.floor(cell / columns) * stride];
    const place = (x: number, y: number): Point => [left + x * stride, top + y * stride];
    const [cx, cy] = place(box[4 * cell]!, box[4 * cell + 1]!);
    const half = (i: number): number => (Math.exp(box[4 * cell + i]!) * stride) / 2;
    const landmarks = [0, 2, 4, 6, 8].map((i) => place(points[10 * cell + i]!, points[10 * cell + i + 1]!));
    const sides = { left: cx - half(2), top: cy - half(3), right: cx + half(2), bottom: cy + half(3) };
    faces.push({ score, box: sides, landmarks });
  }
  return faces;
}

function mean(faces: readonly Face[]): Face {
  const total = faces.reduce((sum, { score }) => sum + score, 0);
  const weigh = (of: (face: Face) => number): number =>
    faces.reduce((sum, face) => sum + of(face) * face.score, 0) / total;
  const side = (name: keyof Face['box']): number => weigh(({ box }) => box[name]);
  return {
    score: faces[0]!.score,
    box: { left: side('left'), top: side('top'), right: side('right'), bottom: side('bottom') },
    landmarks: faces[0]!.landmarks.map((_, i): Point => [
      weigh(({ landmarks }) => landmarks[i]![0]),
      weigh(({ landmarks }) => landmarks[i]![1]),
    ]),
  };
}

/** Shared area ÷ area of both, 0…1. */
function overlap(a: Face['box'], b: Face['box']): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Face['box']): number => (box.right - box.left) * (box.bottom - box.top);
  return (width * height) / (area(a) + area(b) - width * height);
}
