/**
 * bench/batch: many small clips in one run. Memory must stay flat, one engine must do all, and a clip must cost less than
 * 50 ms beside its own work, which is the time that its job takes in the same run. The time on a processor is said too: of the
 * engine, of all its ffmpegs, and of the process that calls it. On a busy machine, all that waits for a processor counts too.
 * Usage: node dist/bench/batch.js [clips=1000] [frames=10] [sound=no]
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createEngine, restoreBatch } from '../src/index';
import { ff, moving } from '../test/support/videos';
import { median, printTable } from './table';
import { workFolder } from './testVideo';

const [clips = 1000, frames = 10] = process.argv.slice(2, 4).map(Number);
const hasSound = process.argv[4] === 'yes';
/** Different sources: the others are copies of these. */
const KINDS = 10;
const MAX_OVERHEAD_MS = 50;
/** Growth from the third to the last tenth of the run, in MiB. The ones before fill caches. */
const MAX_GROWTH_MIB = 25;

/** Resident memory of a process in MiB; null: it is gone. */
function resident(pid: number): number | null {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
  } catch {
    return null;
  }
}

const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds on a processor: of a process, and of its children that have ended. */
function used(pid: number): { readonly own: number; readonly children: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').map(Number);
  const [user, system, childUser, childSystem] = fields.slice(11, 15) as [number, number, number, number];
  return { own: (user + system) / TICKS, children: (childUser + childSystem) / TICKS };
}

interface Sample {
  readonly done: number;
  readonly engine: number;
  readonly caller: number;
  readonly processor: readonly number[];
}

async function main(): Promise<void> {
  const folder = workFolder();
  const engine = createEngine();
  try {
    await makeClips(join(folder, 'in'));
    const samples: Sample[] = [];
    const engines = new Set<number>();
    let [done, planned, own] = [0, 0, 0];
    const started = performance.now();
    const report = await restoreBatch(
      [join(folder, 'in')],
      { out: join(folder, 'out'), model: 'x4-live' },
      {
        engine,
        onPlanned: () => (planned = (performance.now() - started) / 1000),
        onFile({ state, seconds }) {
          if (state !== 'done') return;
          done++;
          own += seconds!;
          if (done % 100 === 0)
            console.error(`${done} clips in ${((performance.now() - started) / 1000).toFixed(0)} s`);
          const { pid } = engine;
          if (pid === null) return;
          engines.add(pid);
          const { own: inEngine, children } = used(pid);
          const processor = [inEngine, children, used(process.pid).own];
          samples.push({ done, engine: resident(pid) ?? 0, caller: resident(process.pid) ?? 0, processor });
        },
      },
    );
    const seconds = (performance.now() - started) / 1000;
    const overhead = (1000 * (seconds - own)) / clips;
    const growth = (['engine', 'caller'] as const).map((who) => grown(samples, who));
    printTable(`bench/batch: ${clips} clips of 64x48 and ${frames} frames${hasSound ? ' with sound' : ''}, x4-live`, [
      {
        'done, failed': `${report.totals.done}, ${report.totals.failed}`,
        'seconds, of it before the first clip': `${seconds.toFixed(1)}, ${planned.toFixed(1)}`,
        'own work per clip, ms': ((1000 * own) / clips).toFixed(0),
        'overhead per clip, ms': overhead.toFixed(1),
        'overhead ÷ own work': ((seconds - own) / own).toFixed(4),
        'on a processor per clip: engine, its ffmpegs, caller, ms': perClip(samples)
          .map((ms) => ms.toFixed(0))
          .join(', '),
        engines: engines.size,
        'growth of engine, caller, MiB': growth.map((mib) => mib.toFixed(1)).join(', '),
        'load of the machine': loadavg()[2]!.toFixed(1),
      },
    ]);
    const isGood =
      report.totals.done === clips &&
      engines.size === 1 &&
      overhead < MAX_OVERHEAD_MS &&
      growth.every((mib) => mib < MAX_GROWTH_MIB);
    if (!isGood) process.exitCode = 1;
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeClips(folder: string): Promise<void> {
  mkdirSync(folder);
  const nameOf = (i: number): string => join(folder, `${String(i).padStart(5, '0')}.mp4`);
  const sound = hasSound ? ['-f', 'lavfi', '-i', 'sine=r=48000', '-shortest'] : [];
  for (let i = 0; i < clips; i++) {
    if (i >= KINDS) copyFileSync(nameOf(i % KINDS), nameOf(i));
    else
      await ff(...moving('64x48', '25', frames), ...sound, '-vf', `hue=h=${36 * i}`, '-pix_fmt', 'yuv420p', nameOf(i));
  }
}

/** From the third to the last tenth of the run. */
function grown(samples: readonly Sample[], who: 'engine' | 'caller'): number {
  const tenth = (from: number): number =>
    median(samples.filter(({ done }) => done > from * clips && done <= (from + 0.1) * clips).map((one) => one[who]));
  return tenth(0.9) - tenth(0.2);
}

/** Milliseconds on a processor, from the first clip on, which loads the model. */
function perClip(samples: readonly Sample[]): readonly number[] {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const count = last.done - first.done;
  return last.processor.map((seconds, i) => (1000 * (seconds - first.processor[i]!)) / count);
}

void main();
