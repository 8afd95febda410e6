import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from '../async/untilAborted';
import { RemasterError } from '../errors';
import { placeOf, type QueueAccess } from './access';
import { loadBullmq, loadPg, loadRedis, pgOptions, redisOptions, SCHEMA } from './clients';
import { serverError } from './serverErrors';

/** How long one look may take: a server that is frozen accepts connections. */
const LOOK_MS = 4500;
/** And another use of it. */
const USE_MS = 120_000;
/** PostgreSQL compares the locks of segments by the clocks of the machines. */
const MAX_SKEW_MS = 2000;

/**
 * Waits until the server of a queue can be reached, and checks that it keeps what it is given. BullMQ itself would try for
 * ever with a wrong password. `onWait`: called once with the reason, when it has to wait. `use`: called with it. Errors: QUEUE_AUTH, QUEUE_TLS,
 * QUEUE_SETUP, QUEUE_CLOCK, QUEUE_VERSION.
 */
export async function waitForServer(
  access: QueueAccess,
  signal: AbortSignal,
  onWait: (why: string) => void = () => {},
  use: (access: QueueAccess) => Promise<void> = lookAt,
): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    const why = await untilAborted(look(access, use), signal);
    if (why === null) return;
    if (isFirst) onWait(waits(access, why));
    await sleep(1000, undefined, { signal });
  }
}

/** Asks again each second while the server is away, or has no connection left. */
export async function untilAnswered<T>(
  ask: () => Promise<T>,
  access: QueueAccess,
  signal: AbortSignal,
  onWait: (why: string) => void = () => {},
): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await untilAborted(ask(), signal);
    } catch (error) {
      signal.throwIfAborted();
      const refused = serverError(error, access);
      if (refused !== null) throw refused;
      if (typeof (error as { readonly code?: unknown }).code !== 'string') throw error; // a mistake of ours
      if (isFirst) onWait(waits(access, (error as Error).message));
    }
    await sleep(1000, undefined, { signal });
  }
}

const waits = (access: QueueAccess, why: string): string =>
  `${placeOf(access)} cannot be reached: ${why}. It is tried again each second.`;

/** Null, or why it cannot be reached now. */
async function look(access: QueueAccess, use: (access: QueueAccess) => Promise<void>): Promise<string | null> {
  const silent = AbortSignal.timeout(use === lookAt ? LOOK_MS : USE_MS);
  try {
    const looking = use(access);
    looking.catch(() => {}); // it may fail after it was too late
    await untilAborted(looking, silent);
    return null;
  } catch (error) {
    if (silent.aborted) return 'it does not respond';
    const refused = serverError(error, access);
    if (refused !== null) throw refused;
    return (error as Error).message || String((error as NodeJS.ErrnoException).code);
  }
}

const lookAt = (access: QueueAccess): Promise<void> =>
  access.kind === 'redis' ? lookAtRedis(access) : lookAtPostgres(access);

async function lookAtRedis(access: QueueAccess): Promise<void> {
  const Redis = await loadRedis();
  const client = new Redis({
    ...redisOptions(access),
    ...{ lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null },
  });
  let why: unknown = null;
  client.on('error', (error: unknown) => void (why = error));
  try {
    await client.connect();
    const [memory, persistence] = [await client.info('memory'), await client.info('persistence')];
    const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1] ?? 'unknown';
    const file = 'in redis.conf, or with redis-cli config set';
    if (policy !== 'noeviction')
      throw setup(
        `It drops keys when its memory is full (${policy})`,
        `Set maxmemory-policy noeviction ${file}`,
        access,
      );
    if (!/aof_enabled:1/.test(persistence))
      throw setup('It forgets its queues when it restarts', `Set appendonly yes ${file}`, access);
  } catch (error) {
    throw error instanceof RemasterError ? error : (why ?? error);
  } finally {
    client.disconnect();
  }
}

async function lookAtPostgres(access: QueueAccess): Promise<void> {
  const { Client } = await loadPg();
  const { assertSchemaCompatibility } = await loadBullmq();
  const client = new Client(pgOptions(access));
  client.on('error', () => {}); // its query fails with it
  await client.connect();
  try {
    await assertSchemaCompatibility(client, SCHEMA);
    const before = Date.now();
    const { rows } = await client.query<{ ms: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
    );
    const skew = (before + Date.now()) / 2 - rows[0]!.ms;
    if (Math.abs(skew) > MAX_SKEW_MS) throw wrongClock(skew, access);
  } finally {
    await client.end();
  }
}

const setup = (what: string, remedy: string, access: QueueAccess): RemasterError =>
  new RemasterError('QUEUE_SETUP', `${placeOf(access)} is not set up for queues. ${what}.`, { remedy: `${remedy}.` });

const wrongClock = (skew: number, access: QueueAccess): RemasterError =>
  new RemasterError(
    'QUEUE_CLOCK',
    `The clock of this machine is ${Math.abs(skew / 1000).toFixed(1)} s ${skew > 0 ? 'ahead of' : 'behind'} ${placeOf(access)}.`,
    { remedy: 'Synchronize the clocks (NTP): with PostgreSQL they may differ by 2 s.' },
  );
