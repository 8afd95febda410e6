import { readFile } from 'node:fs/promises';
import { RemasterError } from '../errors';
import { type QueueAddress, queueAddress } from '../settings/queueAddress';

/** How to reach a queue. */
export interface QueueAccess extends QueueAddress {
  /** Null: none. */
  readonly password: string | null;
  /** Certificates that sign that of the server, as PEM; null: those that Node.js knows. */
  readonly ca: string | null;
}

/** `password`: null = that of REMASTER_QUEUE_PASSWORD. Throws BAD_SETTING. */
export async function queueAccess(address: string, password: string | null = null): Promise<QueueAccess> {
  const { REMASTER_QUEUE_PASSWORD: given, REMASTER_QUEUE_CA: file } = process.env;
  const found = queueAddress(address);
  const ca = file ? await readFile(file, 'utf8').catch(noCertificates(file)) : null;
  return { ...found, password: password ?? (given || null), ca };
}

/** For messages: without its user. */
export const placeOf = ({ kind, host, port, database }: QueueAddress): string =>
  `${kind === 'redis' ? 'Redis' : 'PostgreSQL'} at ${host}:${port}/${database}`;

const noCertificates =
  (file: string) =>
  (cause: Error): never => {
    throw new RemasterError('BAD_SETTING', `The certificates in ${file} cannot be read: ${cause.message}.`, {
      remedy: 'Correct REMASTER_QUEUE_CA.',
      cause,
    });
  };
