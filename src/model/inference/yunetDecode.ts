import type { Face, Point } from '../model';

/** Network outputs of one grid, row by row. Lengths and positions are in units of `stride` pixels. */
export interface YunetGrid {
  /** Pixels between two cells. */
  readonly stride: number;
  /** Cells in a row. */
  readonly columns: number;
  /** [cells]: probability of a face and of any object, 0…1. */
  readonly face: Float32Array;
  readonly object: Float32Array;
  /** [cells, 4]: centre of the box relative to the cell's corner, and the logarithm of its sides. */
  readonly box: Float32Array;
  /** [cells, 10]: x and y of five landmarks relative to the cell's corner. */
  readonly points: Float32Array;
}

/** Boxes with a larger intersection over union (IoU) are suppressed as the same face. */
const SUPPRESS_IOU = 0.3;
/** Boxes with a larger IoU are averaged. */
const AVERAGE_IOU = 0.5;

/**
 * Decodes YuNet's outputs (Wu, Peng and Yu 2023) into faces by descending score. About ten neighbouring cells detect the
 * same face: their mean, weighted by score, is more stable from frame to frame than the best one.
 */
export function yunetDecode(grids: readonly YunetGrid[], minScore: number): readonly Face[] {
  const faces: Face[] = [];
  let candidates = grids.flatMap((grid) => decodeGrid(grid, minScore)).toSorted((a, b) => b.score - a.score);
  while (candidates.length > 0) {
    const best = candidates[0]!;
    faces.push(mean(candidates.filter((face) => iou(face.box, best.box) > AVERAGE_IOU)));
    candidates = candidates.filter((face) => iou(face.box, best.box) <= SUPPRESS_IOU);
  }
  return faces;
}

/** The faces of all cells with at least `minScore`. */
function decodeGrid({ stride, columns, face, object, box, points }: YunetGrid, minScore: number): Face[] {
  const faces: Face[] = [];
  for (let cell = 0; cell < face.length; cell++) {
    const score = face[cell]! * object[cell]!;
    if (!(score >= minScore)) continue;
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

/** Intersection over union, 0…1. */
function iou(a: Face['box'], b: Face['box']): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Face['box']): number => (box.right - box.left) * (box.bottom - box.top);
  return (width * height) / (area(a) + area(b) - width * height);
}
