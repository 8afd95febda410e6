import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILE } from '../../src/pipeline/jobs/restore/shareFrames';
import { queueAccess } from '../../src/queue/access';
import { openQueue } from '../../src/queue/queue';
import { fakeJob, rangesOf } from './fakeSegments';
import { once } from 'node:events';

/** A process that gives one job without pixels to a queue, and waits for it. */
const [address, folder, name, count, log] = process.argv.slice(2) as [string, string, string, string, string];

async function main(): Promise<void> {
  const signal = new AbortController().signal;
  const queue = await openQueue(await queueAccess(address), signal);
  const shared = fakeJob(folder, name);
  const announce = async (run: string): Promise<void> =>
    writeFileSync(join(shared.folder, RUN_FILE), JSON.stringify({ run }));
  const started = await queue.start(shared, announce, () => {}, signal);
  await started.add(rangesOf(Number(count)));
  appendFileSync(log, `${Date.now()} job ${name} is given\n`);
  await started.finish();
  await started[Symbol.asyncDispose]();
  appendFileSync(log, `${Date.now()} job ${name} is finished\n`);
  await queue[Symbol.asyncDispose]();
}

void once(process, 'disconnect').then(() => process.exit(4)); // its test has ended
main().then(
  () => process.exit(0),
  () => process.exit(3),
);
