/**
 * bench/liveDefaults: a camera of 1280×720 and 15 frames per second with the default settings, and with less.
 * Usage: node dist/bench/liveDefaults.js [seconds=60] [size=1280x720] [rate=15]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { live as words } from '../nodes/message/liveStatus';
import { createEngine } from '../src/engine/client/engine';
import type { LiveJob, LiveProgress } from '../src/settings/liveJob';
import { startCamera } from '../test/pipeline/jobs/live/httpCamera';
import { at, liveJob } from '../test/pipeline/jobs/live/liveJob';
import { printTable } from './table';

/** The defaults first; then the changes that the status names. */
const SETTINGS: readonly (readonly [name: string, changes: Partial<Omit<LiveJob, 'source'>>])[] = [
  ['defaults', { steps: null }],
  ['x4-live', { steps: null, model: 'x4-live' }],
  ['x4-live, 360 lines', { steps: null, model: 'x4-live', maxHeight: 360 }],
  ['x4-live, 180 lines', { steps: null, model: 'x4-live', maxHeight: 180 }],
  ['x4-live, 180 lines, adapt', { steps: null, model: 'x4-live', maxHeight: 180, overload: 'adapt' }],
];

async function main(): Promise<void> {
  const [seconds, size, rate] = [Number(process.argv[2] ?? 60), process.argv[3] ?? '1280x720', process.argv[4] ?? '15'];
  const [width, height] = size.split('x').map(Number) as [number, number];
  const rows: Record<string, string | number>[] = [];
  for (const [name, changes] of SETTINGS) {
    const eye = await startCamera({ width, height, rate: Number(rate) });
    const engine = createEngine(5);
    const progress: LiveProgress[] = [];
    const started = performance.now();
    let first: number | null = null;
    const running = engine.live(liveJob(at(eye.url), changes), {
      onJpeg: () => (first ??= performance.now() - started),
      onProgress: (now) => progress.push(now),
    });
    running.requestJpeg();
    running.ended.catch((error: Error) => process.stderr.write(`${name}: ${error.message}\n`));
    await sleep(seconds * 1000);
    const last = progress.at(-1);
    await running.stop();
    await engine.close();
    await eye.close();
    rows.push({
      'settings': name,
      'first frame, s': first === null ? '–' : (first / 1000).toFixed(1),
      'frames per second': last?.fps?.toFixed(1) ?? '–',
      'dropped': last ? `${Math.round(last.dropShare * 100)} %` : '–',
      'latency p50, ms': last?.latency?.p50 ?? '–',
      'status of video out': last ? words([last]).text! : '–',
    }); // prettier-ignore
  }
  printTable(`A camera of ${size} and ${rate} frames per second, ${seconds} s each`, rows);
}

void main();
