/**
 * bench/liveDefaults: a camera of 1280×720 and 15 frames per second with the default settings, and without lowering the
 * quality. The first frame counts from the start of the job, with that of the engine. The camera runs on this machine too.
 * Usage: node dist/bench/liveDefaults.js [seconds=60] [size=1280x720] [rate=15] [settings=all: a regular expression]
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { live as words } from '../nodes/message/liveStatus';
import { createEngine } from '../src/engine/client/engine';
import { LIVE_DEFAULTS, type LiveJob, type LiveProgress } from '../src/settings/liveJob';
import { startCamera } from '../test/pipeline/jobs/live/httpCamera';
import { at, liveJob } from '../test/pipeline/jobs/live/liveJob';
import { printTable } from './table';

const { steps, overload } = LIVE_DEFAULTS;
const SETTINGS: readonly (readonly [name: string, changes: Partial<Omit<LiveJob, 'source'>>])[] = [
  ['defaults', { steps, overload }],
  ['x4-live', { steps, overload, model: 'x4-live' }],
  ['drop', { steps }],
  ['drop, x4-live', { steps, model: 'x4-live' }],
  ['drop, x4-live, 180 lines', { steps, model: 'x4-live', maxHeight: 180 }],
];

async function main(): Promise<void> {
  const [seconds, size, rate] = [Number(process.argv[2] ?? 60), process.argv[3] ?? '1280x720', process.argv[4] ?? '15'];
  const [width, height] = size.split('x').map(Number) as [number, number];
  const rows: Record<string, string | number>[] = [];
  const wanted = new RegExp(process.argv[5] ?? '');
  for (const [name, changes] of SETTINGS.filter(([each]) => wanted.test(each))) {
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
      'quality': last ? `${last.model}, ${last.modelHeight} lines → ${last.width}×${last.height}` : '–',
      'status of video out': last ? words([last]).text! : '–',
      'load': loadavg()[0]!.toFixed(1),
    }); // prettier-ignore
  }
  printTable(`A camera of ${size} and ${rate} frames per second, ${seconds} s each`, rows);
}

void main();
