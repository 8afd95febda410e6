/**
 * bench/damage: quality of bundles that restore at the source size. The first frames of each clip in FOLDER are damaged in five
 * ways, the same in every run. The PSNR of Y in dB against the original is measured for the damaged frames, ffmpeg's own
 * filters and the bundles. Only for measuring, never for training.
 * Usage: node dist/bench/damage.js FOLDER BUNDLE[:STEPS] … [--frames 8] [--keep FOLDER]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type FfmpegBinary, findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { passthroughOf } from '../test/support/videos';
import { openBundle, titleOf } from './bundle';
import { luma, type Plane } from './images';
import { generator } from './random';
import { printTable } from './table';

/** Frames of one size, R′G′B′ of 8 bits. */
interface Clip {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Uint8Array[];
}

/** Filters and an encoder's arguments (null: nothing is encoded), applied after the scratches and specks of `dirt`. */
interface Damage {
  readonly filters: string;
  readonly codec: readonly string[] | null;
  readonly dirt?: true;
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  noise: { filters: 'noise=alls=14:allf=t:all_seed=1', codec: null },
  'H.264 crf 34': { filters: 'null', codec: ['-c:v', 'libx264', '-preset', 'medium', '-crf', '34'] },
  'MPEG-2 q 12': { filters: 'null', codec: ['-c:v', 'mpeg2video', '-q:v', '12', '-g', '12', '-bf', '2'] },
  'blur, H.264 crf 22': { filters: 'gblur=sigma=1.2', codec: ['-c:v', 'libx264', '-preset', 'medium', '-crf', '22'] },
  'dust, grain, H.264 crf 20': {
    filters: 'noise=c0s=10:c0f=t:all_seed=2',
    codec: ['-c:v', 'libx264', '-preset', 'medium', '-crf', '20'],
    dirt: true,
  },
};

const RIVALS = ['hqdn3d', 'nlmeans=s=3', 'deblock=filter=strong:block=8'];

/** The first frames see little of what came before them, which filters over time would be blamed for. */
const WARM = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { frames: { type: 'string', default: '8' }, keep: { type: 'string' } },
});
const [folder, ...bundles] = positionals;

async function main(): Promise<void> {
  if (folder === undefined || bundles.length === 0)
    throw new Error('usage: damage.js FOLDER BUNDLE[:STEPS] … [--frames 8] [--keep FOLDER]');
  const binary = await findFfmpeg();
  const scratch = mkdtempSync(join(tmpdir(), 'damage-'));
  try {
    const ffmpeg = frameServer(binary, scratch);
    const clips = readdirSync(folder).map((name) => ffmpeg.read(join(folder, name), Number(values.frames) + WARM));
    const rows = new Map<string, Record<string, string>>();
    const record = (what: string, kind: string, results: readonly Clip[]): void => {
      const figures = results.map((clip, i) => clipPsnr(clip, clips[i]!));
      const mean = figures.reduce((sum, one) => sum + one, 0) / figures.length;
      rows.set(what, { ...(rows.get(what) ?? { what }), [kind]: mean.toFixed(2) });
      if (values.keep !== undefined) {
        for (const clip of results) ffmpeg.keep(join(values.keep, `${clip.name}-${kind}-${what}.png`), clip);
      }
    };
    const damaged = Object.entries(DAMAGES).map(
      ([kind, damage]) => [kind, clips.map((clip, i) => ffmpeg.damaged(clip, damage, i + 1))] as const,
    );
    for (const [kind, inputs] of damaged) {
      record('damaged', kind, inputs);
      for (const filter of RIVALS) record(filter, kind, inputs.map((clip) => ffmpeg.filtered(clip, filter))); // prettier-ignore
    }
    for (const named of bundles) {
      await using opened = await openBundle(named);
      const restored = async (clip: Clip): Promise<Clip> => {
        const frames: Uint8Array[] = clip.frames.slice(0, WARM); // not measured
        for (const [i, data] of clip.frames.slice(WARM).entries()) {
          const batch = { ...clip, data: data.slice(), keys: [{ x: 0, y: 0, scene: 0, frame: i }] };
          frames.push(await opened.run(batch, new AbortController().signal));
        }
        return { ...clip, frames };
      };
      for (const [kind, inputs] of damaged) {
        const done: Clip[] = [];
        for (const clip of inputs) done.push(await restored(clip));
        record(titleOf(opened), kind, done);
      }
    }
    const title = `bench/damage: ${basename(folder)}, ${clips.length} clips of ${values.frames} frames; PSNR of Y in dB`;
    printTable(title, [...rows.values()]);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function frameServer(binary: FfmpegBinary, scratch: string) {
  const run = (args: readonly string[], input?: Uint8Array): Uint8Array =>
    new Uint8Array(execFileSync(binary.path, ['-v', 'error', '-y', ...args], { input, maxBuffer: 1 << 30 }));
  const raw = ({ width, height }: Clip): string[] =>
    ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', '25', '-i', '-']; // prettier-ignore
  const out = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', ...passthroughOf(binary), '-'];
  const split = (clip: Omit<Clip, 'frames'>, bytes: Uint8Array): Clip => {
    const size = clip.width * clip.height * 3;
    const count = Math.floor(bytes.length / size);
    return { ...clip, frames: Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size)) };
  };
  const filtered = (clip: Clip, filters: string): Clip =>
    split(clip, run([...raw(clip), '-vf', `format=yuv444p,${filters}`, ...out], Buffer.concat(clip.frames)));
  return {
    filtered,
    /** At most 480 wide, so that what the clip's own codec did is smaller than a pixel; sides are multiples of 8. */
    read(path: string, count: number): Clip {
      const scale = "scale='min(480,iw)':-2:flags=area,setsar=1,crop=iw-mod(iw\\,8):ih-mod(ih\\,8)";
      const bytes = run(['-i', path, '-vf', scale, '-frames:v', `${count}`, '-f', 'image2pipe', '-c:v', 'ppm', '-']);
      const [head, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(Buffer.from(bytes).toString('latin1', 0, 40))!;
      const [w, h] = [Number(width), Number(height)];
      const each = head.length + w * h * 3;
      const frames = Array.from({ length: Math.floor(bytes.length / each) }, (_, i) =>
        bytes.subarray(i * each + head.length, (i + 1) * each),
      );
      return { name: basename(path, extname(path)), width: w, height: h, frames };
    },
    damaged(clip: Clip, { filters, codec, dirt }: Damage, seed: number): Clip {
      const frames = dirt ? clip.frames.map((frame, i) => dirty(clip, frame, seed, i)) : clip.frames;
      if (codec === null) return filtered({ ...clip, frames }, filters);
      const file = join(scratch, 'damaged.mkv');
      const vf = ['-vf', `${filters},format=yuv420p`];
      run([...raw(clip), ...vf, ...codec, file], Buffer.concat(frames));
      return split(clip, run(['-i', file, ...out]));
    },
    /** Writes the last frame to an image file. */
    keep(path: string, clip: Clip): void {
      mkdirSync(values.keep!, { recursive: true });
      run([...raw(clip), '-frames:v', '1', path.replaceAll(' ', '_')], clip.frames.at(-1));
    },
  };
}

/** Specks that last one frame, and two permanent scratches. */
function dirty({ width, height }: Clip, frame: Uint8Array, seed: number, index: number): Uint8Array {
  const result = frame.slice();
  const dot = (x: number, y: number, tone: number): void => {
    if (x >= 0 && x < width && y >= 0 && y < height) result.fill(tone, 3 * (y * width + x), 3 * (y * width + x) + 3);
  };
  const random = generator(1000 * seed + index);
  for (let n = 0; n < (width * height) / 8000; n++) {
    const [cx, cy, radius, tone] = [
      random() * width,
      random() * height,
      0.6 + random() ** 3 * 4,
      random() < 0.6 ? 240 : 20,
    ];
    for (let y = Math.floor(cy - radius); y <= cy + radius; y++) {
      for (let x = Math.floor(cx - radius); x <= cx + radius; x++)
        if (Math.hypot(x - cx, y - cy) <= radius) dot(x, y, tone);
    }
  }
  const steady = generator(seed);
  for (let n = 0; n < 2; n++) {
    const [x, drift] = [steady() * width, (steady() - 0.5) * 2];
    for (let y = 0; y < height; y++) dot(Math.round(x + drift * index + Math.sin(y / 40)), y, 225);
  }
  return result;
}

function clipPsnr(clip: Clip, truth: Clip): number {
  const size = { width: clip.width, height: clip.height };
  const plane = (data: Uint8Array): Plane => luma({ ...size, data });
  const figures = clip.frames.slice(WARM).map((frame, i) => {
    const [a, b] = [plane(frame).data, plane(truth.frames[i + WARM]!).data];
    const error = a.reduce((sum, value, at) => sum + (value - b[at]!) ** 2, 0) / a.length;
    return 10 * Math.log10(255 ** 2 / Math.max(1e-10, error));
  });
  return figures.reduce((sum, one) => sum + one, 0) / figures.length;
}

void main();
