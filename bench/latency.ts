/**
 * bench/latency: age of live frames and share of dropped frames at several loads. A camera sends numbered frames as MPEG-TS over
 * TCP; the model is `x4` with one step. The age is that of the JPEG, measured from passing the frame to the camera's encoder.
 * Load 1 is the capacity of the machine, measured first. The engine's own numbers cover ten seconds each: reported are the
 * medians over these periods, and the highest p95.
 * Usage: node dist/bench/latency.js [minutes=5] [size=96x54] [cameras=1] [loads=0.5,0.9,1.5,3] [budget=500] [overload=drop] [steps=1]
 * Without arguments: four loads of five minutes, then eight cameras of 64x36 at three times the capacity for a minute (23 minutes).
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, type Engine } from '../src/engine/client/engine';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import type { Latency, LiveJpeg, LiveProgress } from '../src/settings/liveJob';
import { type Camera, numberOf, startCamera } from '../test/pipeline/jobs/live/httpCamera';
import { at, liveJob } from '../test/pipeline/jobs/live/liveJob';
import { printTable } from './table';

interface Plan {
  readonly minutes: number;
  readonly size: string;
  readonly cameras: number;
  readonly loads: readonly number[];
  readonly budget: number;
  readonly overload: 'drop' | 'adapt';
  readonly steps: number;
}

const USUAL: Plan = {
  ...{ minutes: 5, size: '96x54', cameras: 1, loads: [0.5, 0.9, 1.5, 3] },
  ...{ budget: 500, overload: 'drop', steps: 1 },
};
const EIGHT: Plan = { ...USUAL, minutes: 1, size: '64x36', cameras: 8, loads: [3] };

function plans([minutes, size, cameras, loads, budget, overload, steps]: readonly string[]): readonly Plan[] {
  if (minutes === undefined) return [USUAL, EIGHT];
  return [
    {
      minutes: Number(minutes),
      size: size ?? USUAL.size,
      cameras: Number(cameras ?? USUAL.cameras),
      loads: loads?.split(',').map(Number) ?? USUAL.loads,
      budget: Number(budget ?? USUAL.budget),
      overload: overload === 'adapt' ? 'adapt' : 'drop',
      steps: Number(steps ?? USUAL.steps),
    },
  ];
}

interface Measured {
  readonly progress: LiveProgress;
  /** Milliseconds, of the sampled frames. */
  readonly ages: readonly number[];
  /** Over ten seconds each. */
  readonly stretches: readonly Latency[];
  readonly rss: readonly [start: number, end: number];
  /** Smallest and largest number of frames of a camera. */
  readonly shares: readonly [number, number];
}

/** Runs cameras of `rate` frames per second. */
async function run(engine: Engine, plan: Plan, rate: number, seconds: number): Promise<Measured> {
  const { cameras, budget, overload, steps } = plan;
  const [width, height] = plan.size.split('x').map(Number) as [number, number];
  const eyes = await Promise.all(Array.from({ length: cameras }, () => startCamera({ width, height, rate })));
  const ages: number[] = [];
  const stretches: Latency[] = [];
  let reports = 0;
  const latest: (LiveProgress | null)[] = eyes.map(() => null);
  const jobs = eyes.map((eye, n) => {
    let sampledAt = 0;
    const live = engine.live(liveJob(at(eye.url), { budgetMs: budget, overload, steps, provider: 'cpu' }), {
      onProgress(progress) {
        latest[n] = progress;
        if (++reports % 10 === 0 && progress.latency) stretches.push(progress.latency);
      },
      onJpeg(jpeg) {
        const now = performance.now();
        live.requestJpeg({ newerThan: jpeg.index });
        if (now - sampledAt < 2000) return;
        sampledAt = now;
        void age(jpeg, eye, now).then((found) => ages.push(found));
      },
    });
    live.requestJpeg();
    return live;
  });
  while (latest.some((progress) => (progress?.out ?? 0) < 5)) await sleep(100);
  await sleep(Math.min(10_000, (seconds * 1000) / 4)); // the first frames wait for model and key frame
  ages.length = 0;
  stretches.length = 0;
  const before = latest.map((progress) => progress!);
  const start = rssOf(engine.pid!);
  await sleep(seconds * 1000);
  const rss = [start, rssOf(engine.pid!)] as const;
  const after = latest.map((progress) => progress!);
  await Promise.all(jobs.map((job) => job.stop()));
  await Promise.all(eyes.map((eye) => eye.close()));
  const sum = (key: 'in' | 'out' | 'dropped'): number =>
    after.reduce((all, one, n) => all + one[key] - before[n]![key], 0);
  const outs = after.map((one, n) => one.out - before[n]!.out);
  const progress = { ...after[0]!, in: sum('in'), out: sum('out'), dropped: sum('dropped') };
  return { progress, ages, stretches, rss, shares: [Math.min(...outs), Math.max(...outs)] };
}

/** Milliseconds from the camera to here. */
async function age({ data, width: w, height: h }: LiveJpeg, eye: Camera, now: number): Promise<number> {
  const { path } = await findFfmpeg();
  const args = ['-v', 'error', '-f', 'mjpeg', '-i', 'pipe:0', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'];
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.end(data);
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part as Buffer);
  return now - eye.sentAt[numberOf(Buffer.concat(parts), w, h)]!;
}

/** MiB of a process and all it has started. */
function rssOf(pid: number): number {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parentOf = (one: string): number => {
    try {
      return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1]);
    } catch {
      return -1; // it has ended
    }
  };
  const family = (one: number): number[] => [
    one,
    ...processes.filter((p) => parentOf(p) === one).flatMap((p) => family(Number(p))),
  ];
  const kib = (one: number): number =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0);
  return Math.round(family(pid).reduce((sum, one) => sum + kib(one), 0) / 1024);
}

const at2 = (values: readonly number[], share: number): string => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length === 0
    ? '–'
    : String(Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!));
};

async function measure(engine: Engine, plan: Plan): Promise<void> {
  const { minutes, size, cameras, loads, budget, overload, steps } = plan;
  const most = await run(engine, plan, Math.max(4, 60 / cameras), 15);
  const capacity = most.progress.out / 15;
  const rows: Record<string, string | number>[] = [];
  for (const load of loads) {
    const rate = Math.max(0.5, (capacity * load) / cameras);
    const { progress, ages, stretches, rss, shares } = await run(engine, plan, rate, minutes * 60);
    const half = (key: keyof Latency): string => at2(stretches.map((one) => one[key]), 0.5); // prettier-ignore
    const worst = Math.max(...stretches.map(({ p95 }) => p95));
    rows.push({
      load: `${load}×`,
      'frames/s each': rate.toFixed(1),
      in: progress.in,
      out: progress.out,
      'dropped, %': ((100 * progress.dropped) / progress.in).toFixed(1),
      'engine p50 / p95 / p99, ms': `${half('p50')} / ${half('p95')} / ${half('p99')}`,
      'worst p95 of 10 s, ms': worst,
      [`p95 ≤ ${budget} ms`]: `${Math.round((100 * stretches.filter(({ p95 }) => p95 <= budget).length) / stretches.length)} % of the time`,
      'camera to JPEG p50 / p95, ms': `${at2(ages, 0.5)} / ${at2(ages, 0.95)}`,
      'age at drop p50, ms': progress.ageAtDrop?.p50 ?? '–',
      ...(cameras > 1 ? { 'out, least … most': `${shares[0]} … ${shares[1]}` } : {}),
      ...(overload === 'adapt' ? { steps: progress.steps ?? '–' } : {}),
      'RSS start → end, MiB': `${rss[0]} → ${rss[1]}`,
    });
  }
  printTable(
    `bench/latency: ${cameras} camera(s) of ${size}, x4 with ${steps} step(s) (${overload}), capacity ${capacity.toFixed(1)} frames/s, budget ${budget} ms, ${minutes} min each`,
    rows,
  );
}

async function main(): Promise<void> {
  for (const plan of plans(process.argv.slice(2))) {
    const engine = createEngine(120);
    await measure(engine, plan);
    await engine.close();
  }
  process.exit(0);
}

void main();
