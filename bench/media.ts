/**
 * bench/media: restores every file of a folder and compares frames, times and streams with the source.
 * Usage: node dist/bench/media.js FOLDER [steps=1] [seconds=all] [lines=all] [OUT FOLDER]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { createEngine } from '../src/engine/client/engine';
import { describe } from '../src/pipeline/media/describe/describe';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import { printTable } from './table';
import { workFolder } from './testVideo';

const [source, steps, seconds, lines, out] = [
  process.argv[2]!,
  Number(process.argv[3] ?? 1),
  process.argv[4] ?? 'all',
  process.argv[5] ?? 'all',
  process.argv[6],
];

async function main(): Promise<void> {
  const binary = await findFfmpeg();
  const { path: program } = binary;
  const folder = out ?? workFolder();
  mkdirSync(folder, { recursive: true });
  const run = (...args: string[]): string => {
    try {
      return execFileSync(program, ['-hide_banner', '-nostdin', ...args], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
  };
  const times = (path: string): number[] => {
    const text = run('-v', 'error', '-i', path, '-map', '0:v:0', '-c', 'copy', '-copyts', '-f', 'framecrc', '-');
    const [, num, den] = /^#tb 0: (\d+)\/(\d+)/m.exec(text)!;
    return [...text.matchAll(/^0, *-?\d+, *(-?\d+),/gm)]
      .map(([, pts]) => (Number(pts) * Number(num)) / Number(den))
      .toSorted((a, b) => a - b);
  };
  const streams = async (path: string): Promise<string> =>
    (await describe(binary, ['-i', path], new AbortController().signal))!.streams.map(({ kind }) => kind).join(' ');
  const rows = [];
  for (const name of readdirSync(source).filter((each) => /\.(mp4|mkv|mov|avi|ts|webm)$/.test(each))) {
    const input = join(source, name);
    const output = join(folder, `${name.slice(0, -extname(name).length)}.x4.mp4`);
    const trim = seconds === 'all' ? null : { start: 0, end: Number(seconds) };
    const maxHeight = lines === 'all' ? null : Number(lines);
    const engine = createEngine();
    let peak = 0;
    const timer = setInterval(() => {
      if (engine.pid !== null)
        peak = Math.max(
          peak,
          Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${engine.pid}/status`, 'utf8'))?.[1] ?? 0),
        );
    }, 500);
    const result = await engine.run({
      ...JOB_DEFAULTS,
      model: 'x4',
      steps,
      input,
      output,
      trim,
      maxHeight,
      overwrite: true,
    }).result;
    clearInterval(timer);
    await engine.close();
    const wanted = times(input).filter((time) => trim === null || time < trim.end);
    const restored = times(output);
    const worst = Math.max(...restored.map((time, i) => Math.abs(time - wanted[i]!)));
    rows.push({
      file: name,
      size: `${result.width / 4}×${result.height / 4} → ${result.width}×${result.height}`,
      'frames in / out': `${wanted.length} / ${restored.length}`,
      'largest time difference, ms': (worst * 1000).toFixed(3),
      streams: await streams(output),
      seconds: result.elapsed.toFixed(1),
      'peak RSS, MiB': (peak / 1024).toFixed(0),
      warnings: result.warnings.join(' '),
    });
    if (!out) rmSync(output);
  }
  printTable(
    `bench/media: x4, ${steps} step(s)${seconds === 'all' ? '' : `, the first ${seconds} s`}${lines === 'all' ? '' : `, scaled down to ${lines} lines first`}`,
    rows,
  );
}

void main();
