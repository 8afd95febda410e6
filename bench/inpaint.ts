/**
 * bench/inpaint: quality of inpainting bundles. The images in FOLDER are damaged in four ways, the same in every run. Y inside the
 * mask is compared with the original: PSNR in dB, and detail, mean |Laplacian| relative to the original's. `removelogo` is
 * ffmpeg's own filter for masks of any shape.
 * Usage: node dist/bench/inpaint.js FOLDER BUNDLE[:STEPS] … [--keep FOLDER]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import { openBundle, titleOf } from './bundle';
import { luma, readImage, writeImage, type RgbImage } from './images';
import { generator } from './random';
import { printTable } from './table';

/** [height, width], 255 = fill. */
type Mask = Uint8Array;

const KINDS: Readonly<Record<string, (mask: Mask, width: number, height: number, random: () => number) => void>> = {
  scratches(mask, width, height, random) {
    for (let n = 0; n < 5; n++) {
      const [thick, start, lean] = [1 + Math.floor(random() * 8), random() * width, (random() - 0.5) * 0.04];
      for (let y = 0; y < height; y++) box(mask, width, Math.round(start + lean * y + Math.sin(y / 23)), y, thick, 1);
    }
  },
  dirt(mask, width, height, random) {
    for (let n = 0; n < 14; n++) {
      const [cx, cy, rx, ry] = [random() * width, random() * height, 1 + random() ** 2 * 18, 1 + random() ** 2 * 18];
      for (let y = Math.floor(cy - ry); y <= cy + ry; y++) {
        const half = rx * Math.sqrt(Math.max(0, 1 - ((y - cy) / ry) ** 2));
        box(mask, width, Math.round(cx - half), y, Math.round(2 * half) + 1, 1);
      }
    }
  },
  dropouts(mask, width, height, random) {
    for (let n = 0; n < 8; n++) {
      const [y, tall, from] = [Math.floor(random() * height), 1 + Math.floor(random() * 6), (random() - 0.3) * width];
      box(mask, width, Math.round(from), y, Math.round(width * (0.2 + random())), tall);
    }
  },
  logo(mask, width, height) {
    box(mask, width, Math.round(width * 0.72), Math.round(height * 0.08), 64, 28);
  },
};

function box(mask: Mask, width: number, x: number, y: number, w: number, h: number): void {
  for (let line = Math.max(0, y); line < Math.min(mask.length / width, y + h); line++) {
    mask.fill(255, line * width + Math.max(0, x), line * width + Math.max(0, Math.min(width, x + w)));
  }
}

interface Damaged {
  readonly truth: RgbImage;
  readonly mask: Mask;
  readonly path: string;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { keep: { type: 'string' } } });
const [folder, ...bundles] = positionals;

async function main(): Promise<void> {
  if (folder === undefined || bundles.length === 0)
    throw new Error('usage: inpaint.js FOLDER BUNDLE[:STEPS] … [--keep FOLDER]');
  const { path: program } = await findFfmpeg();
  const scratch = mkdtempSync(join(tmpdir(), 'inpaint-'));
  const rows = new Map<string, Record<string, string>>();
  try {
    for (const [kind, damage] of Object.entries(KINDS)) {
      const images = readdirSync(folder).map((name, i) => damaged(program, join(folder, name), damage, i + 1));
      const measure = (what: string, fill: (image: Damaged, i: number) => Promise<Uint8Array> | Uint8Array) =>
        row(rows, kind, what, images, fill, program);
      await measure('removelogo', (image) => removeLogo(program, image, scratch));
      for (const named of bundles) {
        await using opened = await openBundle(named);
        await measure(titleOf(opened), ({ truth, mask }) => {
          const { width, height, data } = truth;
          const batch = { width, height, data: data.slice(), mask: mask.slice() };
          return opened.run({ ...batch, keys: [{ x: 0, y: 0, scene: 0, frame: 0 }] }, new AbortController().signal);
        });
      }
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
  printTable(`bench/inpaint: ${basename(folder)}, seed ${JOB_DEFAULTS.seed}; dB / detail relative to the original`, [
    ...rows.values(),
  ]);
}

/** Crops to multiples of 8, which every method accepts. */
function damaged(program: string, path: string, damage: (typeof KINDS)[string], seed: number): Damaged {
  const truth = readImage(program, path, ['crop=iw-mod(iw\\,8):ih-mod(ih\\,8)']);
  const mask = new Uint8Array(truth.width * truth.height);
  damage(mask, truth.width, truth.height, generator(seed));
  return { truth, mask, path };
}

async function row(
  rows: Map<string, Record<string, string>>,
  kind: string,
  what: string,
  images: readonly Damaged[],
  fill: (image: Damaged, i: number) => Promise<Uint8Array> | Uint8Array,
  program: string,
): Promise<void> {
  let [psnr, detail, trueDetail] = [0, 0, 0];
  for (const [i, image] of images.entries()) {
    const { truth, mask, path } = image;
    const filled: RgbImage = { ...truth, data: await fill(image, i) };
    const [a, b] = [luma(filled).data, luma(truth).data];
    let [error, count] = [0, 0];
    for (let at = truth.width; at < mask.length - truth.width; at++) {
      if (mask[at] === 0) continue;
      count++;
      error += (a[at]! - b[at]!) ** 2;
      detail += Math.abs(laplacian(a, at, truth.width));
      trueDetail += Math.abs(laplacian(b, at, truth.width));
    }
    psnr += 10 * Math.log10(255 ** 2 / (error / Math.max(1, count)));
    if (values.keep !== undefined)
      writeImage(program, join(values.keep, `${basename(path, '.png')}-${kind}-${what}.png`), filled);
  }
  const entry = rows.get(what) ?? { what };
  rows.set(what, { ...entry, [kind]: `${(psnr / images.length).toFixed(2)} / ${(detail / trueDetail).toFixed(2)}` });
}

const laplacian = (y: Float64Array, i: number, width: number): number =>
  y[i - 1]! + y[i + 1]! + y[i - width]! + y[i + width]! - 4 * y[i]!;

function removeLogo(program: string, { truth, mask }: Damaged, scratch: string): Uint8Array {
  const { width, height } = truth;
  const file = join(scratch, 'mask.pgm');
  writeFileSync(file, Buffer.concat([Buffer.from(`P5 ${width} ${height} 255\n`), mask]));
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`];
  const args = [
    '-v',
    'error',
    ...raw,
    '-i',
    '-',
    '-vf',
    `format=yuv444p,removelogo=${file}`,
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-',
  ];
  return new Uint8Array(execFileSync(program, args, { input: truth.data, maxBuffer: 1 << 28 }));
}

void main();
