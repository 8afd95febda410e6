import { openFaceFinder } from '../src/model/inference/openModel';
import type { FaceFinder, Point } from '../src/model/model';
import { applied, inverted, type Similarity, toFaceImage } from '../src/pipeline/frames/face/align';
import { detectFaces } from '../src/pipeline/frames/face/detectFaces';
import { feather } from '../src/pipeline/frames/face/feather';
import { paste } from '../src/pipeline/frames/face/paste';
import { resample, type Samples } from '../src/pipeline/frames/face/resample';
import { astronaut } from '../test/pipeline/frames/face/images';
import { median, printTable } from './table';

/** bench/faces: accuracy of face alignment under rotation, and the time to detect, crop and paste. Without the face model. */
const SIDE = 512;
const TURNS = [0, 15, 30, 45, 60, 75];
const never = new AbortController().signal;

/** Root mean square distance of four points between found and correct alignment, in pixels of the aligned image. */
function apart(found: Similarity, wanted: Similarity): number {
  const back = inverted(wanted);
  const points: readonly Point[] = [
    [100, 100],
    [412, 100],
    [412, 412],
    [100, 412],
  ];
  const squares = points.map((point) => {
    const [x, y] = applied(found, applied(back, point));
    return (x - point[0]) ** 2 + (y - point[1]) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square) / squares.length);
}

/** The image rotated about a face, scaled slightly and shifted. */
function moved(source: Samples, degrees: number, scale: number, dx: number): { image: Samples; transform: Similarity } {
  const angle = (degrees * Math.PI) / 180;
  const [a, b] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const [x, y] = [223, 123];
  const transform = { a, b, dx: 256 + dx - (a * x - b * y), dy: 256 - (b * x + a * y) };
  const whole = { left: 0, top: 0, width: source.width, height: source.height };
  return { image: resample(source, inverted(transform), whole), transform };
}

async function alignment(finder: FaceFinder, source: Samples): Promise<void> {
  const still = (await detectFaces(source, finder, 8, never))[0]!.landmarks;
  const rows = [];
  for (const degrees of TURNS) {
    const errors: { first: number; last: number }[] = [];
    let lost = 0;
    for (const [turn, scale, dx] of [
      [degrees, 1, 0.5],
      [-degrees, 1.02, 3.2],
      [degrees + 1, 0.97, -2.7],
      [-degrees - 1, 1.01, -5.1],
    ] as const) {
      const { image, transform } = moved(source, turn, scale, dx);
      const wanted = toFaceImage(
        still.map((point) => applied(transform, point)),
        SIDE,
      );
      const data = new Uint8Array(image.data);
      const [first] = await finder.find({ ...image, data }, never);
      const [last] = await detectFaces(image, finder, 8, never);
      if (!first || !last) lost++;
      else {
        const error = ({ landmarks }: typeof last): number => apart(toFaceImage(landmarks, SIDE), wanted);
        errors.push({ first: error(first), last: error(last) });
      }
    }
    const mean = (of: 'first' | 'last'): string =>
      (errors.reduce((sum, error) => sum + error[of], 0) / errors.length).toFixed(1);
    rows.push({ 'turned by': `${degrees}°`, 'first look': mean('first'), aligned: mean('last'), 'not found': lost });
  }
  printTable(`Alignment error in pixels (of ${SIDE}) relative to the upright photo`, rows);
}

async function cost(finder: FaceFinder): Promise<void> {
  const rows = [];
  const profile = feather(SIDE);
  for (const side of [360, 720, 1080, 2160]) {
    const source = await astronaut(side);
    const [face] = await detectFaces(source, finder, 8, never);
    const toFace = toFaceImage(face!.landmarks, SIDE);
    const milliseconds = async (work: () => unknown): Promise<string> => {
      const times: number[] = [];
      for (let i = 0; i < 7; i++) {
        const start = performance.now();
        await work();
        times.push(performance.now() - start);
      }
      return median(times).toFixed(0);
    };
    const whole = { left: 0, top: 0, width: SIDE, height: SIDE };
    const cut = (): Samples => resample(source, inverted(toFace), whole);
    const restored = cut();
    rows.push({
      frame: `${side}×${side}`,
      'find, ms': await milliseconds(() => detectFaces(source, finder, 8, never)),
      'cut out, ms': await milliseconds(cut),
      'put back, ms': await milliseconds(() => paste(source, restored, toFace, profile)),
    });
  }
  printTable('One face: milliseconds around the model', rows);
}

async function main(): Promise<void> {
  await using finder = openFaceFinder();
  await alignment(finder, await astronaut());
  await cost(finder);
}

void main();
