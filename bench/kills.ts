/**
 * bench/kills: kills the command line, the engine or the encoder of a job at random moments, starts the same command
 * again until it succeeds, and compares frames and times with an uninterrupted run.
 * Usage: node dist/bench/kills.js [kills=50] [seed=1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, type KillJob, problems, run, SIGNALS, TARGETS } from '../test/support/kills';
import { writeIdentity } from '../test/support/tinyBundle';
import { ff, moving } from '../test/support/videos';
import { generator } from './random';
import { printTable } from './table';

const [kills = 50, seed = 1] = process.argv.slice(2).map(Number);
const FRAMES = 400;
const CODECS = [
  ['h264', 'mp4'],
  ['h265', 'mkv'],
  ['ffv1', 'mkv'],
  ['prores', 'mov'],
] as const;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'remaster-kills-'));
  const next = generator(seed);
  const rows = new Map<string, { kills: number; frames: number; same: number; problems: string[] }>();
  try {
    const input = join(folder, 'in.mp4');
    await ff(...moving('96x64', '25', FRAMES), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', input);
    const model = await writeIdentity(join(folder, 'identity'));
    const jobOf = (name: string, codec: string): KillJob => {
      const options = ['--model', model, '--codec', codec, '--segment', '20', '--batch', '2', '--tile-cache', 'off'];
      return { input, output: join(folder, name), options };
    };
    const references = new Map<string, Ended>();
    for (const [codec, container] of CODECS)
      references.set(codec, await run(jobOf(`whole ${codec}.${container}`, codec), null));
    for (let done = 0; done < kills;) {
      const target = TARGETS[done % TARGETS.length]!;
      const signal = SIGNALS[Math.floor(done / TARGETS.length) % SIGNALS.length]!;
      const [codec, container] = CODECS[Math.floor(next() * CODECS.length)]!;
      const job = jobOf(`out.${container}`, codec);
      const seconds = next() * references.get(codec)!.seconds;
      const first = await run(job, { target, signal, at: { seconds } });
      if (!first.killed) {
        rmSync(job.output, { force: true }); // it was not running yet, or not any more
        continue;
      }
      done++;
      const second = first.code === 0 ? first : await run(job, null);
      const found = await problems(job, join(folder, `whole ${codec}.${container}`));
      if (second.code !== 0) found.push(String(second.error));
      const key = `${target}, ${signal}`;
      const row = rows.get(key) ?? { kills: 0, frames: 0, same: 0, problems: [] };
      row.kills++;
      row.frames += second.resumedFrom ?? 0;
      if (found.length === 0) row.same++;
      row.problems.push(...found);
      rows.set(key, row);
      console.error(
        `${done} ${key} after ${seconds.toFixed(2)} s, ${codec}: ${JSON.stringify([first, second, found])}`,
      );
      rmSync(job.output, { force: true });
    }
    printTable(
      `Random kills of a job of ${FRAMES} frames in segments of 20, seed ${seed}`,
      [...rows].map(([killed, { kills: count, frames, same, problems: found }]) => ({
        killed,
        kills: count,
        'frames taken over, mean': Math.round(frames / count),
        'same frames and times, nothing left': same,
        problems: found.join('; '),
      })),
    );
    if ([...rows.values()].some(({ problems: found }) => found.length > 0)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
