import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { once } from 'node:events';
import { printable } from '../errors';
import { createEngine, type Engine } from '../engine/client/engine';
import { queueAccess, placeOf } from '../queue/access';
import { parseMap } from '../queue/folderMaps';
import { openQueue } from '../queue/queue';
import type { SegmentWork } from '../queue/work';
import { checkSettings } from '../settings/checkRows';
import type { Values } from '../settings/row';
import { WORKER_ROWS } from '../settings/workerRows';
import { onInterrupt } from './interrupt';
import { settingsOf } from './jobs';
import { type OptionValues, usage, usageOf } from './options';
import { queueOf } from './queueCommand';

type WorkerSettings = Values<typeof WORKER_ROWS>;

/** `remaster worker`: runs until it is stopped. */
export async function workerCommand(
  paths: readonly string[],
  values: OptionValues,
  closed: AbortSignal,
): Promise<number> {
  if (paths.length > 0) throw usage(usageOf('worker'));
  const settings = checkSettings<typeof WORKER_ROWS>(WORKER_ROWS, settingsOf(WORKER_ROWS, values));
  if (settings.map === null)
    throw usage('A worker needs --map for each shared folder.', 'For example: --map /videos=/mnt/nas/videos');
  const maps = settings.map.split('\n').map(parseMap);
  const access = await queueAccess(queueOf(settings.queue));
  const engine = createEngine();
  const signal = onInterrupt(engine, closed);
  const say = (text: string): void => void process.stderr.write(`${printable(text)}\n`);
  try {
    const { provider, device, threads, loadLimit } = settings;
    const own = await engine.ask('machine', { provider, device, threads, loadLimit }, signal);
    const gpu = own.provider === 'cpu' ? '' : `/${own.provider}${device}`;
    const name = settings.name ?? `${hostname()}${gpu}`;
    const memory = settings.memory === null ? own.memory : Math.floor(settings.memory * 1e9);
    await using queue = await openQueue(access, signal, { onWait: say });
    const id = randomUUID();
    const worker = { ...own, id, name, memory, folders: maps.map(({ theirs }) => theirs) };
    const where = { provider: own.provider as WorkerSettings['provider'], device, threads, loadLimit };
    const running = queue.work(worker, maps, engineWork(engine, worker, where), { onEvent: say });
    say(`${name} makes segments for ${placeOf(access)} (class ${own.machine}: ${own.facts})`);
    if (!signal.aborted) await once(signal, 'abort');
    await running.stop();
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    return 0;
  } finally {
    await engine.close();
  }
}

/** Segments are made by an engine process, which can be killed at any time. */
function engineWork(
  engine: Engine,
  {
    id,
    name,
    machine,
    provider,
  }: { readonly id: string; readonly name: string; readonly machine: string; readonly provider: string },
  where: Pick<WorkerSettings, 'provider' | 'device' | 'threads' | 'loadLimit'>,
): SegmentWork {
  const who = { by: name, machine, owner: id.replaceAll('-', '') };
  const args = (run: Parameters<SegmentWork['check']>[0]) => {
    const { run: _run, host: _host, isCancelled: _is, ...shared } = run;
    return { who, provider, shared: { ...shared, job: { ...shared.job, ...where } } };
  };
  return {
    check: async (run, signal) => void (await engine.ask('checkMachine', args(run), signal)),
    make: (run, range, signal) => engine.ask('makeSegment', { ...args(run), range }, signal),
    image: ({ source, mask, job }, signal) => {
      const file = (data: Uint8Array) => ({ kind: 'file', data }) as const;
      const own = { ...job, ...where, format: job.format === 'pixels' ? 'auto' : job.format } as const;
      return engine.ask('image', { source: file(source), mask: mask && file(mask), job: own }, signal);
    },
    frames: ({ folder }) => engine.ask('segmentFrames', { folder }),
  };
}
