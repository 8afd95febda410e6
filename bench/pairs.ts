/**
 * bench/pairs: how close upscaled images come to real ones. FOLDER contains `lr` and `hr` with images of the same names, `hr` an
 * integer factor larger. Measures PSNR and SSIM (Wang et al. 2004, 11 × 11 Gaussian of 1.5, inner part) of Y (BT.601,
 * 16 … 235), and detail: mean |Laplacian| of Y. `--keep` stores the results for `python -m workshop.niqe`. Only for
 * measuring, never for training.
 * Usage: node dist/bench/pairs.js FOLDER BUNDLE[:STEPS] … [--keep FOLDER]
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import { bicubic } from '../test/sampler/reference/bicubic';
import { openBundle, titleOf } from './bundle';
import { luma, readImage, writeImage, type RgbImage, type Plane } from './images';
import { printTable } from './table';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { keep: { type: 'string' } } });
const [folder, ...bundles] = positionals;

async function main(): Promise<void> {
  if (folder === undefined || bundles.length === 0)
    throw new Error('usage: pairs.js FOLDER BUNDLE[:STEPS] … [--keep FOLDER]');
  const { path: program } = await findFfmpeg();
  const read = (path: string): RgbImage => readImage(program, path);
  const pairs = readdirSync(join(folder, 'lr')).map((name) => {
    const lr = read(join(folder, 'lr', name));
    const hrName = readdirSync(join(folder, 'hr')).find((one) => one === name || one === name.replace('LR4', 'HR'))!;
    const hr = read(join(folder, 'hr', hrName));
    return { name, lr, hr, y: luma(hr) };
  });
  const keep = (what: string, name: string, image: RgbImage): RgbImage => {
    if (values.keep !== undefined) writeImage(program, join(values.keep, what, name), image);
    return image;
  };
  for (const { name, hr } of pairs) keep('truth', name, hr);
  const rows = [
    row(
      'truth',
      pairs.map(({ y }) => ({ psnr: Infinity, ssim: 1, detail: detail(y) })),
    ),
  ];
  rows.push(
    row(
      'bicubic',
      pairs.map(({ name, lr, y }) => measure(keep('bicubic', name, enlarged(lr, y.width / lr.width)), y)),
    ),
  );
  for (const named of bundles) {
    await using opened = await openBundle(named);
    const found = [];
    for (const { name, lr, y } of pairs) {
      const { width, height, data } = lr;
      const batch = { width, height, data: data.slice(), keys: [{ x: 0, y: 0, scene: 0, frame: 0 }] };
      const upscaled = await opened.run(batch, new AbortController().signal);
      const { scale } = opened.info;
      const image = { width: scale * width, height: scale * height, data: upscaled };
      found.push(measure(keep(basename(named).replace(':', '-'), name, image), y));
    }
    rows.push(row(titleOf(opened), found));
  }
  printTable(`bench/pairs: ${basename(folder)}, ${pairs.length} pairs, seed ${JOB_DEFAULTS.seed}`, rows);
}

interface Figures {
  readonly psnr: number;
  readonly ssim: number;
  readonly detail: number;
}

function row(what: string, found: readonly Figures[]): Record<string, string> {
  const mean = (of: (one: Figures) => number): number => found.reduce((sum, one) => sum + of(one), 0) / found.length;
  return {
    what,
    PSNR: Number.isFinite(found[0]!.psnr) ? mean((f) => f.psnr).toFixed(2) : '–',
    SSIM: mean((f) => f.ssim).toFixed(3),
    detail: mean((f) => f.detail).toFixed(2),
  };
}

function enlarged({ width, height, data }: RgbImage, scale: number): RgbImage {
  if (scale === 1) return { width, height, data };
  const plane = width * height;
  const planar = Float64Array.from(data, (_, i) => data[(i % plane) * 3 + Math.floor(i / plane)]!);
  const large = bicubic({ dims: [1, 3, height, width], data: planar }, scale).data;
  const bytes = Uint8ClampedArray.from(large, (_, i) => large[(i % 3) * plane * scale ** 2 + Math.floor(i / 3)]!);
  return { width: scale * width, height: scale * height, data: new Uint8Array(bytes.buffer) };
}

function measure(image: RgbImage, truth: Plane): Figures {
  const y = luma(image);
  const error = y.data.reduce((sum, value, i) => sum + (value - truth.data[i]!) ** 2, 0) / y.data.length;
  return { psnr: 10 * Math.log10(255 ** 2 / Math.max(1e-10, error)), ssim: ssim(y, truth), detail: detail(y) };
}

/** Mean |Laplacian| of the inner part. */
function detail({ width, height, data }: Plane): number {
  let sum = 0;
  for (let r = 1; r < height - 1; r++) {
    for (let c = 1; c < width - 1; c++) {
      const i = r * width + c;
      sum += Math.abs(data[i - 1]! + data[i + 1]! + data[i - width]! + data[i + width]! - 4 * data[i]!);
    }
  }
  return sum / ((width - 2) * (height - 2));
}

function ssim(a: Plane, b: Plane): number {
  const of = (f: (i: number) => number): Float64Array =>
    blur(
      Float64Array.from(a.data, (_, i) => f(i)),
      a.width,
      a.height,
    );
  const [ma, mb] = [of((i) => a.data[i]!), of((i) => b.data[i]!)];
  const [aa, bb, ab] = [of((i) => a.data[i]! ** 2), of((i) => b.data[i]! ** 2), of((i) => a.data[i]! * b.data[i]!)];
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  let sum = 0;
  for (let i = 0; i < ma.length; i++) {
    const [m, n] = [ma[i]!, mb[i]!];
    const [va, vb, vab] = [aa[i]! - m * m, bb[i]! - n * n, ab[i]! - m * n];
    sum += ((2 * m * n + c1) * (2 * vab + c2)) / ((m * m + n * n + c1) * (va + vb + c2));
  }
  return sum / ma.length;
}

const KERNEL = (() => {
  const weights = Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
})();

/** Gaussian, without the five rows and columns at each edge. */
function blur(data: Float64Array, width: number, height: number): Float64Array {
  const across = new Float64Array((width - 10) * height);
  for (let i = 0; i < across.length; i++) {
    const from = Math.floor(i / (width - 10)) * width + (i % (width - 10));
    for (let k = 0; k < 11; k++) across[i]! += KERNEL[k]! * data[from + k]!;
  }
  const down = new Float64Array((width - 10) * (height - 10));
  for (let i = 0; i < down.length; i++) {
    for (let k = 0; k < 11; k++) down[i]! += KERNEL[k]! * across[i + k * (width - 10)]!;
  }
  return down;
}

void main();
