import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FlowProducer, Queue, Worker } from 'bullmq';
import type { RemasterError } from '../errors';
import type { QueueAccess } from './access';
import { loadBullmq, loadPg, loadRedis, pgOptions, redisOptions } from './clients';
import { LOCK_MS, MAX_STALLS, STALL_CHECK_MS } from './names';
import { serverError } from './serverErrors';

/** Redis or PostgreSQL, behind BullMQ. All its queues share its connections. */
export interface Backend extends AsyncDisposable {
  readonly version: string;
  queue(name: string): Promise<Queue>;
  /** Takes jobs one by one from a queue; `worker` is noted in each. */
  fetcher(name: string, worker: string): Promise<Worker>;
  flow(): Promise<FlowProducer>;
  /** The error of a server that would refuse the next attempt too; null: it is away. */
  refusal(error: unknown): RemasterError | null;
  /** Closes what was opened for a queue. */
  forget(name: string): Promise<void>;
}

/** How long a server that does not answer may take to close a connection, in milliseconds. */
const CLOSE_MS = 2000;

/** What BullMQ reports besides the error of a call: a connection that was lost comes back. */
type OnError = (error: Error) => void;

interface Opened {
  close(): Promise<unknown>;
  waitUntilReady?(): Promise<unknown>;
}

/** Opens a queue whose server was checked: on PostgreSQL, nothing that is opened while it is down ever works. */
export async function openBackend(access: QueueAccess, connections: number, onError: OnError): Promise<Backend> {
  const bullmq = await loadBullmq();
  const { connection, end } = await connect(access, connections, onError);
  const factory = access.kind === 'postgres' ? [bullmq.createPostgresBackend] : [];
  type Constructor<T> = new (...args: readonly unknown[]) => T;
  /** Waiting for jobs would take a connection of its own for every queue. */
  class Fetcher extends (bullmq.Worker as unknown as Constructor<Worker>) {
    protected override createBackend(this: Fetcher & Internals): void {
      this.backend = this.backendFactory(this.name, this.opts, { withBlockingConnection: false });
    }
  }
  const Queues = bullmq.Queue as unknown as Constructor<Queue>;
  const Flows = bullmq.FlowProducer as unknown as Constructor<FlowProducer>;
  const opened = new Map<string, Promise<Opened>>();
  /** Only what has become ready is kept. */
  const open = <T extends Opened>(key: string, make: () => T): Promise<T> => {
    const found = opened.get(key) as Promise<T> | undefined;
    if (found) return found;
    const opening = ready(make(), onError);
    opened.set(key, opening);
    opening.catch(() => opened.get(key) === opening && opened.delete(key));
    return opening;
  };
  const close = async (keys: readonly string[]): Promise<void> => {
    const closing = keys.flatMap((key) => opened.get(key) ?? []);
    for (const key of keys) opened.delete(key);
    await Promise.all(closing.map(async (one) => (await one).close().catch(onError)));
  };
  return {
    version: await bullmqVersion(),
    queue: (name) => open(`queue ${name}`, () => new Queues(name, { connection, skipMetasUpdate: true }, ...factory)),
    flow: () => open('flow', () => new Flows({ connection }, ...factory)),
    fetcher: (name, worker) =>
      open(`fetcher ${name}`, () => {
        const locks = { lockDuration: LOCK_MS, stalledInterval: STALL_CHECK_MS, maxStalledCount: MAX_STALLS };
        return new Fetcher(name, null, { connection, name: worker, autorun: false, ...locks }, ...factory);
      }),
    refusal: (error) => serverError(error, access),
    forget: (name) => close([`queue ${name}`, `fetcher ${name}`]),
    async [Symbol.asyncDispose]() {
      const all = close([...opened.keys()]).then(end);
      all.catch(onError);
      await Promise.race([all, sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

async function bullmqVersion(): Promise<string> {
  const manifest = await readFile(require.resolve('bullmq/package.json'), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

/** Of BullMQ's classes, for `createBackend`. */
interface Internals {
  backend: unknown;
  readonly backendFactory: (
    name: string,
    options: unknown,
    use: { readonly withBlockingConnection: boolean },
  ) => unknown;
  readonly opts: unknown;
}

async function ready<T extends Opened>(made: T, onError: OnError): Promise<T> {
  (made as T & NodeJS.EventEmitter).on('error', onError);
  try {
    await made.waitUntilReady?.();
    return made;
  } catch (error) {
    await made.close().catch(onError);
    throw error;
  }
}

async function connect(access: QueueAccess, connections: number, onError: OnError) {
  if (access.kind === 'redis') {
    const Redis = await loadRedis();
    const client = new Redis(redisOptions(access));
    client.setMaxListeners(0); // every queue adds its own
    client.on('error', onError);
    return { connection: client, end: async () => client.disconnect() };
  }
  const { Pool } = await loadPg();
  const pool = new Pool({ ...pgOptions(access), max: connections, idleTimeoutMillis: 30_000 });
  pool.setMaxListeners(0);
  pool.on('error', onError);
  return { connection: pool, end: () => pool.end() };
}
