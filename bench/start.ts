/**
 * bench/start: time until `remaster --help` has ended and until the first frame of a clip is restored, over that of a bare
 * `node -e 0`, in turn. Usage: node dist/bench/start.js [rounds=20] [frames=5: rounds for the first frame]
 */
import { execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { median, printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const [rounds, frames] = [Number(process.argv[2] ?? 20), Number(process.argv[3] ?? 5)];
const PROGRAM = join(__dirname, '..', 'src', 'cli', 'main.js');

function run(...args: readonly string[]): number {
  const started = performance.now();
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  return performance.now() - started;
}

/** Milliseconds until each stage of a job and its first frame. */
function stages(input: string, output: string): Promise<Readonly<Record<string, number>>> {
  const job = [PROGRAM, 'restore', input, output, '--model', 'x4-live', '--json', '--overwrite', '--no-resume'];
  const started = performance.now();
  const child = spawn(process.execPath, job, { stdio: ['ignore', 'pipe', 'ignore'] });
  const seen: Record<string, number> = {};
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => ('first frame' in seen ? resolve(seen) : reject(new Error('there was no frame'))));
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const { progress } = JSON.parse(line) as { progress?: { stage: string; frame: number } };
        if (!progress) continue;
        seen[progress.stage] ??= performance.now() - started;
        if (progress.frame > 0) seen['first frame'] ??= performance.now() - started;
      }
    });
  });
}

async function main(): Promise<void> {
  const folder = workFolder();
  try {
    const clip = await testVideo(join(folder, 'clip.mp4'), '320x180', 50);
    const bare: number[] = [];
    const help: number[] = [];
    for (let i = 0; i < rounds; i++) {
      bare.push(run('-e', '0'));
      help.push(run(PROGRAM, '--help'));
    }
    const starts: Readonly<Record<string, number>>[] = [];
    for (let i = 0; i < frames; i++) starts.push(await stages(clip, join(folder, 'out.mp4')));
    const nothing = median(bare);
    const over = (what: string, values: readonly number[]) => ({
      what,
      ms: median(values).toFixed(0),
      'over bare': (median(values) - nothing).toFixed(0),
    });
    printTable(`bench/start: medians of ${rounds} and ${frames} rounds, 2 seconds of 320x180, x4-live`, [
      { what: 'node -e 0', ms: nothing.toFixed(0), 'over bare': '0' },
      over('remaster --help', help),
      ...['probing', 'loading', 'restoring', 'first frame'].map((what) =>
        over(
          what,
          starts.map((one) => one[what]!),
        ),
      ),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
