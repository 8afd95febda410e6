import type { Face, FaceFinder, Point } from '../../../model/model';
import { applied, inverted, centroid, scaleOf, scaling, type Similarity, toFaceImage } from './align';
import { downscale } from './downscale';
import { mirrored, resample, type Samples } from './resample';

/**
 * Longest side of the image in which faces are detected. Larger frames are downscaled: the detector takes 25 ms for
 * this size.
 */
const LONGEST = 960;
/** Larger faces are not detected reliably; if they are possible, the image is also searched at half its size. */
const LARGE_FACE = 400;
/** Side of the aligned face image for the second detection, and the number of attempts. */
const ALIGNED_SIDE = 256;
const MAX_ATTEMPTS = 6;
/** Degrees within which a face counts as upright. */
const UPRIGHT = 3;
/** Two boxes that share more than this part of the smaller one are one face (also a mouth detected as a face). */
const MAX_SHARED = 0.3;

/**
 * The faces of a frame whose box is at least `smallest` pixels wide and high, small ones first. Each is detected again
 * in its aligned image: false detections are dropped, and the landmarks of rotated faces, which the detector reports
 * too upright, become exact.
 */
export async function detectFaces(
  frame: Samples,
  finder: FaceFinder,
  smallest: number,
  signal: AbortSignal,
): Promise<readonly Face[]> {
  const factor = Math.ceil(Math.max(frame.width, frame.height) / LONGEST);
  const image = downscale(frame, factor);
  const detected = [...(await finder.find({ ...image, data: image.data.slice() }, signal))];
  if (Math.min(image.width, image.height) > LARGE_FACE) {
    const half = await finder.find(downscale(image, 2), signal);
    detected.push(...half.map((face) => mapFace(face, scaling(1, 2))));
  }
  const large = distinct(detected).filter(({ box }) => factor * Math.min(widthOf(box), heightOf(box)) >= smallest);
  const refined: Face[] = [];
  for (const face of large) {
    const result = await refineFace(image, face, finder, signal);
    if (result) refined.push(mapFace(result, scaling(1, factor)));
  }
  return distinct(refined).toSorted((a, b) => widthOf(a.box) - widthOf(b.box) || a.box.left - b.box.left);
}

/**
 * Detects a face again in its aligned image, repeatedly until it is upright there, and finally also in the mirrored
 * image: the mean of both has less jitter. Null when no face is found. The first box is kept, because an upright box
 * around a rotated face would only grow.
 */
async function refineFace(image: Samples, face: Face, finder: FaceFinder, signal: AbortSignal): Promise<Face | null> {
  const detect = async (aligned: Samples): Promise<Landmarks | null> => {
    const detected = await finder.find(downscale(aligned, 1), signal);
    return detected.find(isCentred)?.landmarks ?? null;
  };
  const whole = { left: 0, top: 0, width: ALIGNED_SIDE, height: ALIGNED_SIDE };
  let { landmarks } = face;
  for (let attempts = 1; ; attempts++) {
    const back = inverted(toFaceImage(landmarks, ALIGNED_SIDE));
    const aligned = resample(image, back, whole);
    const found = await detect(aligned);
    if (!found) return null;
    landmarks = mapPoints(back, found);
    if (attempts === 1 || (attempts < MAX_ATTEMPTS && rotationOf(found) > UPRIGHT)) continue;
    const other = await detect(mirrored(aligned));
    if (!other) return null;
    const both = mirroredBack(other).map((point, i) => centroid([point, found[i]!]));
    return { ...face, landmarks: mapPoints(back, both) };
  }
}

/** Rotation of a face in its aligned image, in degrees. */
function rotationOf(landmarks: Landmarks): number {
  const { a, b } = toFaceImage(landmarks, ALIGNED_SIDE);
  return (Math.abs(Math.atan2(b, a)) * 180) / Math.PI;
}

const mapPoints = (to: Similarity, points: Landmarks): Landmarks => points.map((point) => applied(to, point));

/** Mirrors landmarks; left and right eye and mouth corner are swapped. */
const mirroredBack = ([left, right, nose, corner, other]: Landmarks): Landmarks =>
  [right!, left!, nose!, other!, corner!].map(([x, y]): Point => [ALIGNED_SIDE - 1 - x, y]);

/** The face to which the image was aligned, not a neighbouring one. */
const isCentred = ({ box: { left, top, right, bottom } }: Face): boolean =>
  left < ALIGNED_SIDE / 2 && right > ALIGNED_SIDE / 2 && top < ALIGNED_SIDE / 2 && bottom > ALIGNED_SIDE / 2;

/** The face in other coordinates. Its box stays upright. */
function mapFace({ score, box, landmarks }: Face, to: Similarity): Face {
  const [x, y] = applied(to, [(box.left + box.right) / 2, (box.top + box.bottom) / 2]);
  const [w, h] = [(widthOf(box) * scaleOf(to)) / 2, (heightOf(box) * scaleOf(to)) / 2];
  const sides = { left: x - w, top: y - h, right: x + w, bottom: y + h };
  return { score, box: sides, landmarks: mapPoints(to, landmarks) };
}

/** Removes duplicates; the detection with the highest score is kept. */
function distinct(faces: readonly Face[]): readonly Face[] {
  const kept: Face[] = [];
  for (const face of faces.toSorted((a, b) => b.score - a.score)) {
    if (!kept.some((other) => isSame(face, other))) kept.push(face);
  }
  return kept;
}

function isSame(a: Face, b: Face): boolean {
  if (sharedArea(a.box, b.box) > MAX_SHARED) return true;
  const [ax, ay] = centroid(a.landmarks);
  const [bx, by] = centroid(b.landmarks);
  return Math.hypot(ax - bx, ay - by) < Math.min(widthOf(a.box), widthOf(b.box)) / 4;
}

type Landmarks = Face['landmarks'];
type Box = Face['box'];
const widthOf = ({ left, right }: Box): number => right - left;
const heightOf = ({ top, bottom }: Box): number => bottom - top;

/** Shared area ÷ the smaller area. */
function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const smaller = Math.min(widthOf(a) * heightOf(a), widthOf(b) * heightOf(b));
  return width > 0 && height > 0 ? (width * height) / smaller : 0;
}
