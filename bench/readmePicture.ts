/**
 * bench/readmePicture: the picture in README.md. A public-domain photograph is halved and compressed as MPEG-2, like a
 * frame of a DVD, and upscaled by x2. Writes three panels: bicubic, x2, original.
 * Usage: node dist/bench/readmePicture.js [OUTPUT]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { restore } from '../src';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';

const ROOT = join(__dirname, '..', '..');
const PHOTO = join(ROOT, 'test', 'media', 'astronaut.jpg');
/** Part of the photograph that is shown, in pixels of the original. */
const CROP = { left: 110, top: 0, width: 320, height: 360 };
const LABEL_HEIGHT = 28;
const GAP = 6;

async function main(output: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'remaster-readme-'));
  try {
    const at = (name: string): string => join(folder, name);
    const { path } = await findFfmpeg();
    const ffmpeg = (...args: readonly string[]): void => {
      const { status, stderr } = spawnSync(path, ['-nostdin', '-v', 'error', '-y', ...args], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    };
    const mpeg2 = ['-c:v', 'mpeg2video', '-q:v', '5', '-pix_fmt', 'yuv420p'];
    ffmpeg('-i', PHOTO, '-vf', 'scale=iw/2:ih/2:flags=area', '-frames:v', '1', ...mpeg2, at('source.mkv'));
    await restore({ input: at('source.mkv'), output: at('x2.mkv'), model: 'x2', codec: 'ffv1' });
    ffmpeg('-i', at('source.mkv'), '-vf', 'scale=iw*2:ih*2:flags=bicubic', '-frames:v', '1', at('bicubic.png'));
    ffmpeg('-i', at('x2.mkv'), '-frames:v', '1', at('x2.png'));
    const panels = [
      await panel(at('bicubic.png'), 'source (256 × 256, MPEG-2), bicubic ×2'),
      await panel(at('x2.png'), 'remaster, model x2'),
      await panel(PHOTO, 'original (512 × 512)'),
    ];
    const width = panels.length * CROP.width + (panels.length - 1) * GAP;
    await sharp({ create: { width, height: CROP.height + LABEL_HEIGHT, channels: 3, background: 'white' } })
      .composite(panels.map((input, i) => ({ input, left: i * (CROP.width + GAP), top: 0 })))
      .png({ compressionLevel: 9, effort: 10 })
      .toFile(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function panel(path: string, label: string): Promise<Buffer> {
  const { width } = CROP;
  const text = `<svg width="${width}" height="${LABEL_HEIGHT}"><text x="${width / 2}" y="19" font-family="sans-serif" font-size="14" text-anchor="middle" fill="#333">${label}</text></svg>`;
  const image = await sharp(path).extract(CROP).toBuffer();
  return sharp({ create: { width, height: CROP.height + LABEL_HEIGHT, channels: 3, background: 'white' } })
    .composite([
      { input: image, left: 0, top: 0 },
      { input: Buffer.from(text), left: 0, top: CROP.height },
    ])
    .png()
    .toBuffer();
}

void main(process.argv[2] ?? join(ROOT, 'docs', 'before-after.png'));
