import { RemasterError } from '../errors';
import { show } from '../settings/showValue';
import { placeOf, type QueueAccess } from './access';
import type { Backend } from './backend';
import { loadBullmq, loadPg, pgOptions, SCHEMA } from './clients';
import { CONTROL, CONTROL_ID, PROTOCOL } from './names';

/** What machines of one queue have in common: of BullMQ, versions with the same second number. */
const versionOf = ({ version }: Pick<Backend, 'version'>): string =>
  `${PROTOCOL} (bullmq ${version.split('.').slice(0, 2).join('.')})`;

/** Notes the version of the content of the queue, or compares it. Errors: QUEUE_VERSION. */
export async function checkProtocol(backend: Backend, access: QueueAccess): Promise<void> {
  const control = await backend.queue(CONTROL);
  const found = await control.getJob(CONTROL_ID);
  if (!found) return void (await control.add('protocol', { version: versionOf(backend) }, { jobId: CONTROL_ID }));
  const { version } = (found.data ?? {}) as { readonly version?: unknown };
  if (version === versionOf(backend)) return;
  throw new RemasterError(
    'QUEUE_VERSION',
    `The protocol of ${placeOf(access)} is ${show(version)}, and that of this program ${show(versionOf(backend))}.`,
    { remedy: 'Install the same version of remaster and bullmq on all machines, then run remaster queue init.' },
  );
}

/** Sets the version, when all machines have a new one. */
export async function setProtocol(backend: Backend): Promise<void> {
  const control = await backend.queue(CONTROL);
  await (await control.getJob(CONTROL_ID))?.remove();
  await control.add('protocol', { version: versionOf(backend) }, { jobId: CONTROL_ID });
}

/** Makes the tables of PostgreSQL, or brings them up to date. Safe to repeat, also on several machines at once. */
export async function makeTables(access: QueueAccess): Promise<void> {
  const { Client } = await loadPg();
  const { runMigrations } = await loadBullmq();
  const client = new Client(pgOptions(access));
  client.on('error', () => {}); // its query fails with it
  try {
    await client.connect();
    await runMigrations(client, SCHEMA);
  } finally {
    await client.end().catch(() => {}); // it was not connected
  }
}
