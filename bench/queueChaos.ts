/**
 * bench/queueChaos: four workers make a job of a queue while workers are killed and the server is killed, stopped or frozen
 * every few seconds; the segments must be those of a calm run. Then faults of 30 seconds, one by one.
 * Usage: node dist/bench/queueChaos.js [segments=100] [runs=3] [seconds of a fault=30] [seed=1]
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { madeSegments } from '../src/pipeline/jobs/madeSegments';
import { QueueScene, type SceneJob } from '../test/support/queueScene';
import { type Kind, KINDS } from '../test/support/queueServers';
import { generator } from './random';
import { printTable } from './table';

const [segments = 100, runs = 3, fault = 30, seed = 1] = process.argv.slice(2).map(Number);
const MS = 700;
const WORKERS = ['one', 'two', 'three', 'four'];
const next = generator(seed);

/** All bytes in their order; null: some are missing. */
async function bytesOf({ shared }: SceneJob): Promise<string | null> {
  const made = await madeSegments(shared.folder, shared.key);
  const hash = createHash('sha256');
  for (let i = 0; i < segments; i++) {
    const segment = made.get(i);
    if (!segment) return null;
    hash.update(readFileSync(join(shared.folder, segment.file)));
  }
  return hash.digest('hex').slice(0, 12);
}

type Row = Readonly<Record<string, string | number>>;

async function run(
  kind: Kind,
  what: string,
  disturb: (scene: QueueScene, isOver: () => boolean) => Promise<string>,
): Promise<Row> {
  await using scene = await QueueScene.open(kind);
  for (const id of WORKERS) scene.worker(id, { ms: MS });
  await scene.until('all are ready', () => scene.said(/ready/).length === WORKERS.length);
  const began = performance.now();
  const job = await scene.job('film', segments);
  let isOver = false;
  const disturbing = disturb(scene, () => isOver);
  const failed = await job.finished.then(
    () => null,
    (error: Error) => error.message,
  );
  isOver = true;
  const seconds = (performance.now() - began) / 1000;
  const said = await disturbing;
  const bytes = await bytesOf(job);
  await job.started[Symbol.asyncDispose]();
  const left = (await (await scene.queue()).status()).jobs.length;
  const begun = scene.said(/begins/).length;
  const made = scene.said(/ made /).map((line) => line.split(' ')[3]);
  const unhandled = scene.said(/UNHANDLED/).length;
  return {
    ...{ server: kind, run: what, faults: said, complete: failed ?? 'yes', seconds: seconds.toFixed(1), begun },
    ...{ 'made twice': made.length - new Set(made).size, 'left behind': left, unhandled, bytes: bytes ?? 'missing' },
  };
}

const calm = (kind: Kind): Promise<Row> => run(kind, 'calm', async () => '');

/** A worker is killed and another started, or the server is killed, stopped or frozen, and is back soon. */
const chaos = (kind: Kind): Promise<Row> =>
  run(kind, 'chaos', async (scene, isOver) => {
    const counts = { workers: 0, killed: 0, stopped: 0, frozen: 0 };
    for (;;) {
      await sleep(1500 + next() * 4000);
      if (isOver()) break;
      const kindOfFault = next();
      if (kindOfFault < 0.6) {
        const id = WORKERS[Math.floor(next() * WORKERS.length)]!;
        scene.workers.get(id)!.kill('SIGKILL');
        scene.worker(id, { ms: MS });
        counts.workers++;
        continue;
      }
      const pause = 500 + next() * 4000;
      if (kindOfFault < 0.9) {
        const how = kindOfFault < 0.75 ? 'SIGKILL' : 'SIGTERM';
        await scene.server.stop(how);
        await sleep(pause);
        await scene.server.start();
        counts[how === 'SIGKILL' ? 'killed' : 'stopped']++;
      } else {
        scene.server.freeze();
        await sleep(pause);
        scene.server.thaw();
        counts.frozen++;
      }
    }
    const { workers, killed, stopped, frozen } = counts;
    return `${workers} workers killed; server ${killed} × killed, ${stopped} × stopped, ${frozen} × frozen`;
  });

const once = (kind: Kind, what: string, act: (scene: QueueScene) => Promise<void>): Promise<Row> =>
  run(kind, what, async (scene) => {
    await scene.until('it is begun', () => scene.said(/made/).length >= 8);
    await act(scene);
    return '';
  });

async function main(): Promise<void> {
  const rows: Row[] = [];
  const add = async (row: Promise<Row>): Promise<void> => {
    rows.push(await row);
    console.log(Object.values(rows.at(-1)!).join(' | '));
  };
  for (const kind of KINDS) {
    await add(calm(kind));
    for (let i = 0; i < runs; i++) await add(chaos(kind));
    if (fault === 0) continue;
    await add(
      once(kind, `server stopped for ${fault} s`, async ({ server }) => {
        await server.stop();
        await sleep(1000 * fault);
        await server.start();
      }),
    );
    await add(
      once(kind, `server frozen for ${fault} s`, async ({ server }) => {
        server.freeze();
        await sleep(1000 * fault);
        server.thaw();
      }),
    );
  }
  const ideal = ((segments * MS) / 4000).toFixed(0);
  printTable(`${segments} segments of ${MS} ms, 4 workers: ${ideal} s without a fault`, rows);
  const bytes = new Set(rows.map((row) => row['bytes']));
  const isRight = (row: Row): boolean =>
    row['complete'] === 'yes' && row['left behind'] === 0 && row['unhandled'] === 0;
  if (bytes.size !== 1 || !rows.every(isRight)) process.exitCode = 1;
}

void main();
