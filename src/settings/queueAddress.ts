import { RemasterError } from '../errors';

/** Where a queue is. A password is never part of it: other users of the machine see the arguments of a command. */
export interface QueueAddress {
  readonly kind: 'redis' | 'postgres';
  readonly isEncrypted: boolean;
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  /** Number of a Redis database, or name of one of PostgreSQL. */
  readonly database: string;
}

const PROTOCOLS: Readonly<Record<string, Pick<QueueAddress, 'kind' | 'isEncrypted' | 'port' | 'database'>>> = {
  'redis:': { kind: 'redis', isEncrypted: false, port: 6379, database: '0' },
  'rediss:': { kind: 'redis', isEncrypted: true, port: 6379, database: '0' },
  'postgres:': { kind: 'postgres', isEncrypted: false, port: 5432, database: 'postgres' },
  'postgresql:': { kind: 'postgres', isEncrypted: false, port: 5432, database: 'postgres' },
};
/** Certificates are always checked where there are any. */
const ENCRYPTED = ['require', 'verify-ca', 'verify-full'];

/** Parses `rediss://user@host:6379/0` or `postgres://user@host/name?sslmode=verify-full`. Throws BAD_SETTING. */
export function queueAddress(text: string): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const found = url && PROTOCOLS[url.protocol];
  if (!url || !found || url.hostname === '') throw invalid('is no address of a queue');
  if (url.password !== '') {
    throw new RemasterError(
      'BAD_SETTING',
      'The address of the queue contains a password, which other users could see.',
      {
        remedy: 'Leave it out, and set REMASTER_QUEUE_PASSWORD or the password in the upscale model node.',
      },
    );
  }
  const database = decodeURIComponent(url.pathname.slice(1)) || found.database;
  if (found.kind === 'redis' && !/^\d{1,4}$/.test(database)) throw invalid('names no number of a Redis database');
  return {
    ...found,
    isEncrypted: found.isEncrypted || isEncrypted(url, found.kind),
    host: url.hostname.replace(/^\[|\]$/g, ''), // IPv6
    port: url.port === '' ? found.port : Number(url.port),
    user: url.username === '' ? null : decodeURIComponent(url.username),
    database,
  };
}

/** PostgreSQL's `sslmode`; any other parameter would reach the client unchecked. */
function isEncrypted({ searchParams, hash }: URL, kind: QueueAddress['kind']): boolean {
  const names = [...searchParams.keys()];
  const mode = searchParams.get('sslmode') ?? 'disable';
  if (hash !== '' || names.some((name) => kind !== 'postgres' || name !== 'sslmode'))
    throw invalid('has a parameter that remaster does not know');
  if (mode !== 'disable' && !ENCRYPTED.includes(mode))
    throw invalid(`has an sslmode other than ${ENCRYPTED.join(', ')}`);
  return mode !== 'disable';
}

const invalid = (why: string): RemasterError =>
  new RemasterError('BAD_SETTING', `The queue ${why}.`, {
    remedy:
      'Write redis://HOST:6379, rediss://HOST:6379, postgres://USER@HOST/DATABASE or the same with ?sslmode=verify-full.',
  });
