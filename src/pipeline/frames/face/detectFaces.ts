import type { Face, FaceFinder, Point } from '../../../model/model';
import { applied, inverted, middle, scaleOf, scaling, type Similarity, toFaceImage } from './align';
import { downscale } from './downscale';
import { mirrored, resample, type Samples } from './resample';

/** Longest side of the picture in which faces are looked for. Larger frames are shrunk: the detector needs 25 ms for this. */
const LONGEST = 960;
/** Faces larger than this are not found surely; half the picture is looked at as well, where they could be there. */
const LARGE_FACE = 400;
/** Side of the face picture in which a face is looked at again, and how often at most. */
const LOOK = 256;
const LOOKS = 6;
/** Degrees within which a face counts as upright. */
const UPRIGHT = 3;
/** Two boxes that share more than this of the smaller one are one face, a mouth seen as a face of its own too. */
const SAME = 0.3;

/**
 * The faces of a frame whose box is at least `smallest` pixels wide and high, small ones first. Each is looked at again in
 * its own upright picture: what is no face there is dropped, and the landmarks of turned faces, which the detector draws
 * too upright, come right.
 */
export async function detectFaces(
  frame: Samples,
  finder: FaceFinder,
  smallest: number,
  signal: AbortSignal,
): Promise<readonly Face[]> {
  const factor = Math.ceil(Math.max(frame.width, frame.height) / LONGEST);
  const picture = downscale(frame, factor);
  const seen = [...(await finder.find({ ...picture, data: picture.data.slice() }, signal))];
  if (Math.min(picture.width, picture.height) > LARGE_FACE) {
    const half = await finder.find(downscale(picture, 2), signal);
    seen.push(...half.map((face) => moved(face, scaling(1, 2))));
  }
  const large = distinct(seen).filter(({ box }) => factor * Math.min(widthOf(box), heightOf(box)) >= smallest);
  const sure: Face[] = [];
  for (const face of large) {
    const again = await lookAgain(picture, face, finder, signal);
    if (again) sure.push(moved(again, scaling(1, factor)));
  }
  return distinct(sure).toSorted((a, b) => widthOf(a.box) - widthOf(b.box) || a.box.left - b.box.left);
}

/**
 * The face aligned by what its own upright picture shows, again while it is not upright there, and at last seen mirrored as
 * well: the mean of both is steadier than either. Null when it is no face there. The box of the first look stays: an upright
 * one around a turned face would only grow.
 */
async function lookAgain(picture: Samples, first: Face, finder: FaceFinder, signal: AbortSignal): Promise<Face | null> {
  const look = async (made: Samples): Promise<Landmarks | null> => {
    const seen = await finder.find(downscale(made, 1), signal);
    return seen.find(isInTheMiddle)?.landmarks ?? null;
  };
  const whole = { left: 0, top: 0, width: LOOK, height: LOOK };
  let { landmarks } = first;
  for (let looks = 1; ; looks++) {
    const back = inverted(toFaceImage(landmarks, LOOK));
    const made = resample(picture, back, whole);
    const found = await look(made);
    if (!found) return null;
    landmarks = through(back, found);
    if (looks === 1 || (looks < LOOKS && turn(found) > UPRIGHT)) continue;
    const other = await look(mirrored(made));
    if (!other) return null;
    const both = mirroredBack(other).map((point, i) => middle([point, found[i]!]));
    return { ...first, landmarks: through(back, both) };
  }
}

/** Degrees by which a face in a face picture is not upright. */
function turn(landmarks: Landmarks): number {
  const { a, b } = toFaceImage(landmarks, LOOK);
  return (Math.abs(Math.atan2(b, a)) * 180) / Math.PI;
}

const through = (to: Similarity, points: Landmarks): Landmarks => points.map((point) => applied(to, point));

/** Eye for eye and corner for corner: left and right change places. */
const mirroredBack = ([left, right, nose, corner, other]: Landmarks): Landmarks =>
  [right!, left!, nose!, other!, corner!].map(([x, y]): Point => [LOOK - 1 - x, y]);

/** The face that the picture was aligned to, not a neighbour's. */
const isInTheMiddle = ({ box: { left, top, right, bottom } }: Face): boolean =>
  left < LOOK / 2 && right > LOOK / 2 && top < LOOK / 2 && bottom > LOOK / 2;

/** The face as another picture has it. Its box stays upright and keeps its size. */
function moved({ score, box, landmarks }: Face, to: Similarity): Face {
  const [x, y] = applied(to, [(box.left + box.right) / 2, (box.top + box.bottom) / 2]);
  const [w, h] = [(widthOf(box) * scaleOf(to)) / 2, (heightOf(box) * scaleOf(to)) / 2];
  const sides = { left: x - w, top: y - h, right: x + w, bottom: y + h };
  return { score, box: sides, landmarks: through(to, landmarks) };
}

/** Each face once, as it was seen most surely. */
function distinct(faces: readonly Face[]): readonly Face[] {
  const kept: Face[] = [];
  for (const face of faces.toSorted((a, b) => b.score - a.score)) {
    if (!kept.some((other) => isSame(face, other))) kept.push(face);
  }
  return kept;
}

function isSame(a: Face, b: Face): boolean {
  if (shared(a.box, b.box) > SAME) return true;
  const [ax, ay] = middle(a.landmarks);
  const [bx, by] = middle(b.landmarks);
  return Math.hypot(ax - bx, ay - by) < Math.min(widthOf(a.box), widthOf(b.box)) / 4;
}

type Landmarks = Face['landmarks'];
type Box = Face['box'];
const widthOf = ({ left, right }: Box): number => right - left;
const heightOf = ({ top, bottom }: Box): number => bottom - top;

/** Shared area ÷ the smaller area. */
function shared(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const smaller = Math.min(widthOf(a) * heightOf(a), widthOf(b) * heightOf(b));
  return width > 0 && height > 0 ? (width * height) / smaller : 0;
}
