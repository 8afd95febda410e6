import { isIP } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';
import type { PoolConfig } from 'pg';
import { RemasterError } from '../errors';
import type { QueueAccess } from './access';

/** The packages are optional: they are loaded when a queue is used. Errors: RUNTIME_MISSING. */
type Bullmq = Pick<
  typeof import('bullmq'),
  'Queue' | 'Worker' | 'FlowProducer' | 'createPostgresBackend' | 'assertSchemaCompatibility' | 'runMigrations'
>;
export const loadBullmq = (): Promise<Bullmq> => import('bullmq').catch(missing('bullmq@~6.7.0'));
/** Its constructor with options alone: the types of its others refuse them. */
export const loadRedis = async () =>
  (await import('ioredis').catch(missing('ioredis'))).Redis as unknown as new (options: RedisOptions) => Redis;
export const loadPg = async () => (await import('pg').catch(missing('pg'))).default;

const missing =
  (name: string) =>
  (cause: unknown): never => {
    throw new RemasterError('RUNTIME_MISSING', `The package ${name} is not installed, which queues need.`, {
      remedy: `Run npm install ${name} where remaster is installed.`,
      cause,
    });
  };

/** The schema that BullMQ makes for itself. */
export const SCHEMA = 'bullmq';

/** A connection that is silent for so long, with a command on its way, is dead: no other error would tell. */
const SILENT_MS = 15_000;
const CONNECT_MS = 4000;
const KEEP_ALIVE_MS = 10_000;

/** An address is no name that a client may send. */
const certificates = (host: string, ca: string | null) => ({
  ...(isIP(host) === 0 && { servername: host }),
  ...(ca !== null && { ca }),
});

export const redisOptions = ({ host, port, user, database, password, isEncrypted, ca }: QueueAccess): RedisOptions => ({
  ...{ host, port, db: Number(database) },
  ...(user !== null && { username: user }),
  ...(password !== null && { password }),
  ...(isEncrypted && { tls: certificates(host, ca) }),
  ...{ connectTimeout: CONNECT_MS, socketTimeout: SILENT_MS, keepAlive: KEEP_ALIVE_MS },
  maxRetriesPerRequest: null, // a command waits until the server is back
  retryStrategy: (times: number) => Math.min(200 * times, 2000),
});

export const pgOptions = ({ host, port, user, database, password, isEncrypted, ca }: QueueAccess): PoolConfig => ({
  ...{ host, port, database },
  ...(user !== null && { user }),
  ...(password !== null && { password }),
  ssl: isEncrypted && certificates(host, ca),
  ...{ connectionTimeoutMillis: CONNECT_MS, query_timeout: SILENT_MS },
  ...{ keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_MS },
  options: `-c search_path="${SCHEMA}"`,
});
