/**
 * bench/queue: how much a queue carries. Workers without a model make segments without pixels, on Redis and on PostgreSQL.
 * Usage: node dist/bench/queue.js [workers=1000] [segments=20000] [ms=2000] [workers on PostgreSQL=40] [segments=4000] [ms=200]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RUN_FILE } from '../src/pipeline/jobs/restore/shareFrames';
import { loadPg, loadRedis, pgOptions, redisOptions } from '../src/queue/clients';
import { type QueueAccess, queueAccess } from '../src/queue/access';
import { fakeJob, rangesOf } from '../test/support/fakeSegments';
import { QueueScene } from '../test/support/queueScene';
import { type Kind } from '../test/support/queueServers';
import { printTable } from './table';

const [workers = 1000, segments = 20_000, ms = 2000, pgWorkers = 40, pgSegments = 4000, pgMs = 200] = process.argv
  .slice(2)
  .map(Number);
const PROCESSES = 4;

interface Facts {
  readonly memory: number;
  readonly connections: number;
  /** Seconds of processor time; null: not told. */
  readonly cpu: number | null;
}

async function factsOf(access: QueueAccess): Promise<Facts> {
  if (access.kind === 'redis') {
    const Redis = await loadRedis();
    const client = new Redis(redisOptions(access));
    const info = await client.info();
    client.disconnect();
    const field = (name: string): number => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]);
    const cpu = field('used_cpu_sys') + field('used_cpu_user');
    return { memory: field('used_memory'), connections: field('connected_clients'), cpu };
  }
  const { Client } = await loadPg();
  const client = new Client(pgOptions(access));
  await client.connect();
  const { rows } = await client.query<{ size: string; open: string }>(
    'select pg_database_size(current_database()) as size, (select count(*) from pg_stat_activity where client_port is not null) as open',
  );
  await client.end();
  return { memory: Number(rows[0]!.size), connections: Number(rows[0]!.open), cpu: null };
}

const say = (text: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

async function measure(
  kind: Kind,
  count: number,
  total: number,
  each: number,
): Promise<Readonly<Record<string, string | number>>> {
  await using scene = await QueueScene.open(kind);
  const access = await queueAccess(scene.server.address);
  const share = Math.ceil(count / PROCESSES);
  const children: ChildProcess[] = [];
  const latest = new Map<number, { readonly cpu: number; readonly rss: number }>();
  for (let i = 0; i < PROCESSES; i++) {
    const own = Math.min(share, count - i * share);
    if (own <= 0) continue;
    const args = [scene.server.address, scene.folder, `p${i}`, String(own), String(each)];
    const child = fork(join(__dirname, 'queueWorkers.js'), args);
    child.on('message', (facts: { cpu: number; rss: number }) => typeof facts === 'object' && latest.set(i, facts));
    children.push(child);
  }
  await Promise.all(children.map((child) => once(child, 'message')));
  say(`${count} workers`);
  await sleep(3000);
  const idle = await factsOf(access);
  await sleep(10_000);
  const idleLater = await factsOf(access);
  const shared = fakeJob(scene.folder, 'film');
  const started = await (
    await scene.queue()
  ).start(
    shared,
    async (run) => writeFileSync(join(shared.folder, RUN_FILE), JSON.stringify({ run })),
    ({ frames, waitsFor }) => void (frames % 1000 === 0 && say(`${frames} frames ${waitsFor ?? ''}`)),
    new AbortController().signal,
  );
  const before = performance.now();
  await started.add(rangesOf(total));
  const adding = (performance.now() - before) / 1000;
  const busy = await factsOf(access);
  say(`${total} segments added`);
  const began = performance.now();
  await started.finish();
  const seconds = (performance.now() - began) / 1000;
  const ended = await factsOf(access);
  await started[Symbol.asyncDispose]();
  for (const child of children) child.disconnect();
  const ideal = total / ((count * 1000) / each);
  const cpuOf = (from: Facts, to: Facts, over: number): string =>
    from.cpu === null || to.cpu === null ? '' : `${((100 * (to.cpu - from.cpu)) / over).toFixed(1)} %`;
  const rss = [...latest.values()].reduce((sum, one) => sum + one.rss, 0) / count;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return {
    ...{ server: kind, workers: count, segments: `${total} × ${each / 1000} s` },
    ...{ 'adding, s': adding.toFixed(2), 'making, s': seconds.toFixed(1), 'ideal, s': ideal.toFixed(1) },
    ...{ 'segments/s': (total / (seconds + adding)).toFixed(0), connections: ended.connections },
    ...{ 'server, idle': cpuOf(idle, idleLater, 10), 'server, busy': cpuOf(busy, ended, seconds) },
    ...{
      'memory, waiting': megabytes(busy.memory),
      'memory, made': megabytes(ended.memory),
      'a worker': megabytes(rss),
    },
  };
}

async function main(): Promise<void> {
  const rows: Readonly<Record<string, string | number>>[] = [];
  for (const [kind, ...args] of [
    ['redis', workers, segments, ms],
    ['postgres', pgWorkers, pgSegments, pgMs],
  ] as const)
    if (args[0] > 0) rows.push(await measure(kind, ...args));
  printTable('Workers of a queue, without pixels', rows);
  process.exit(0);
}

void main();
