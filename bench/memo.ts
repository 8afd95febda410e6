/**
 * bench/memo: what is saved by not inferring again what has not changed, whether the result is the same, and what looking
 * costs where nothing can be saved. Each film is restored with the memo off, exact, and with a tolerance, in the same
 * tiles (the ones the exact memo chooses); "speed-up" is against the memo off in the model's own tiles.
 * Usage: node dist/bench/memo.js [steps=1] [frames=100] [films: FILE …]
 * Without films: a still photograph in front of a simulated camera (a moving box, sensor noise, x264 at several rates).
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createEngine, type Engine } from '../src/engine/client';
import { openModel } from '../src/model/host';
import { settle } from '../src/pipeline/colour';
import { openVideo } from '../src/pipeline/decode';
import { findFfmpeg } from '../src/pipeline/ffmpegBinary';
import { type Job, JOB_DEFAULTS, type Result } from '../src/pipeline/job';
import { memoTile } from '../src/pipeline/memoTile';
import { probe } from '../src/pipeline/probe';
import { film, workFolder } from './film';
import { printTable } from './table';

const [steps, frames] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 100)];
const TOLERANCE = 4;
const never = new AbortController().signal;

/** A camera that stands still: one picture, a box that moves, noise of the sensor, and a codec. */
async function camera(path: string, noise: number, crf: number): Promise<string> {
  const { path: program } = await findFfmpeg();
  const still = await film(`${path}.still.mp4`, '320x180', 1);
  const grain = noise === 0 ? '' : `,noise=alls=${noise}:allf=t`;
  const box =
    "color=0xd0a060:size=24x24:rate=25[b];[0]loop=-1:1,setpts=N/25/TB[s];[s][b]overlay=x='mod(2*n,300)':y=120:shortest=1";
  const filter = `${box}${grain},format=yuv420p`;
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(crf), '-g', '50'];
  execFileSync(program, [
    '-v',
    'error',
    '-y',
    '-i',
    still,
    '-filter_complex',
    filter,
    '-frames:v',
    String(frames),
    ...codec,
    path,
  ]);
  return path;
}

async function tileOf(input: string): Promise<number | null> {
  const binary = await findFfmpeg();
  const info = await probe(binary, input, never);
  const { model, provider, device, threads, order, strength, noise, seed } = JOB_DEFAULTS;
  const request = {
    model,
    provider,
    device,
    threads,
    order,
    strength,
    noise,
    seed,
    steps,
    colorFix: null,
    depth: 8,
  } as const;
  await using opened = await openModel(request);
  const options = {
    colour: settle(info.colour, info),
    depth: 8,
    deinterlace: false,
    stabilize: 'off',
    hwaccel: 'off',
    from: 0,
  } as const;
  await using source = openVideo(binary, info, options, never);
  return await memoTile(source.read(), opened.info, info, 0);
}

const framesHash = async (path: string): Promise<string> => {
  const { path: program } = await findFfmpeg();
  const bytes = execFileSync(program, ['-v', 'error', '-i', path, '-f', 'framemd5', '-'], { maxBuffer: 1 << 28 });
  return createHash('sha256').update(bytes).digest('hex');
};

async function row(
  engine: Engine,
  folder: string,
  name: string,
  input: string,
): Promise<Record<string, string | number>> {
  const run = async (label: string, changes: Partial<Job>): Promise<Result & { hash: string }> => {
    const output = join(folder, `${label}.mkv`);
    const job: Job = { ...JOB_DEFAULTS, input, output, overwrite: true, codec: 'ffv1', steps, batch: 1, ...changes };
    const result = await engine.run(job).result;
    return { ...result, hash: await framesHash(output) };
  };
  const tile = await tileOf(input);
  const own = await run('own', { memo: null });
  const off = tile === null ? own : await run('off', { memo: null, tile });
  const on = await run('on', { memo: 0, tile });
  const near = await run('near', { memo: TOLERANCE, tile });
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return {
    film: name,
    frames: own.framesOut,
    tiles: tile ?? 'own',
    'unchanged tiles': percent(on.memo!.share),
    'seconds, off': own.elapsed.toFixed(1),
    'seconds, exact': on.elapsed.toFixed(1),
    'speed-up': (own.elapsed / on.elapsed).toFixed(2),
    'same bytes as off': on.hash === off.hash ? 'yes' : 'NO',
    [`unchanged within ${TOLERANCE}`]: percent(near.memo!.share),
    'speed-up ': (own.elapsed / near.elapsed).toFixed(2),
  };
}

async function main(): Promise<void> {
  const folder = workFolder();
  const engine = createEngine();
  try {
    const films = process.argv.slice(4).map((path) => [basename(path), path] as const);
    const cameras =
      films.length > 0
        ? []
        : await Promise.all(
            [[0, 23], [4, 23], [4, 28], [4, 33], [8, 28], [8, 33]].map(async ([noise, crf]) => {
              const path = await camera(join(folder, `camera-${noise}-${crf}.mp4`), noise!, crf!);
              return [`still camera, noise ${noise}, crf ${crf}`, path] as const;
            }),
          ); // prettier-ignore
    const rows: Record<string, string | number>[] = [];
    for (const [name, path] of [...films, ...cameras]) rows.push(await row(engine, folder, name, path));
    printTable(`bench/memo: x4, ${steps} steps, 320×180 for the cameras`, rows);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
