/**
 * bench/memory: memory must not grow with the length of a video. Restores a long video and samples the resident memory of the
 * engine and its ffmpeg processes; the slope over the second half counts.
 * Usage: node dist/bench/memory.js [frames=2000] [size=64x36] [steps=1]
 */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../src/engine/client/engine';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import { printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const [count, size, steps] = [
  Number(process.argv[2] ?? 2000),
  process.argv[3] ?? '64x36',
  Number(process.argv[4] ?? 1),
];

/** Resident memory of a process and its descendants, in KiB. */
function resident(pid: number): number {
  const parents = new Map<number, number>();
  const sizes = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)![1]));
      sizes.set(Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // exited between the two reads
    }
  }
  const below = (child: number): boolean =>
    child === pid || (parents.has(child) && parents.get(child)! > 1 && below(parents.get(child)!));
  return [...sizes].filter(([child]) => below(child)).reduce((sum, [, kib]) => sum + kib, 0);
}

/** Least squares: KiB per frame. */
function slope(points: readonly (readonly [frame: number, kib: number])[]): number {
  const mean = (pick: 0 | 1) => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const top = points.reduce((sum, [frame, kib]) => sum + (frame - x) * (kib - y), 0);
  return top / points.reduce((sum, [frame]) => sum + (frame - x) ** 2, 0);
}

async function main(): Promise<void> {
  const folder = workFolder();
  const engine = createEngine();
  try {
    const input = await testVideo(join(folder, 'video.mp4'), size, count);
    const points: [number, number][] = [];
    let frame = 0;
    const timer = setInterval(() => engine.pid !== null && points.push([frame, resident(engine.pid)]), 200);
    const job = { ...JOB_DEFAULTS, model: 'x4', steps, input, output: join(folder, 'out.mp4') };
    const { framesOut, elapsed } = await engine.run(job, { onProgress: (progress) => (frame = progress.frame) }).result;
    clearInterval(timer);
    const moving = points.filter(([at]) => at > 0 && at < framesOut);
    const half = moving.filter(([at]) => at > framesOut / 2);
    const peak = (from: number, to: number): string =>
      (Math.max(...moving.filter(([at]) => at >= from && at <= to).map(([, kib]) => kib)) / 1024).toFixed(0);
    printTable(
      `bench/memory: x4, ${steps} step, ${framesOut} frames of ${size} in ${elapsed.toFixed(0)} s, engine and its ffmpegs`,
      [
        {
          'peak MiB, first half': peak(0, framesOut / 2),
          'peak MiB, last half': peak(framesOut / 2, framesOut),
          'slope of the last half, KiB per frame': slope(half).toFixed(3),
          samples: half.length,
        },
      ],
    );
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
