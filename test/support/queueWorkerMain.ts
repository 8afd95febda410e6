import { appendFileSync } from 'node:fs';
import { queueAccess } from '../../src/queue/access';
import type { WorkerRecord } from '../../src/queue/payloads';
import { openQueue } from '../../src/queue/queue';
import { type Behaviour, fakeWork, fakeWorker } from './fakeSegments';

/** A worker process that makes segments without pixels. Its first argument is this, as JSON. */
export interface WorkerProcess extends Behaviour {
  readonly address: string;
  readonly id: string;
  readonly folder: string;
  /** Gets a line for each event. */
  readonly log: string;
  readonly record?: Partial<WorkerRecord>;
  /** Milliseconds that its clock is ahead. */
  readonly clock?: number;
}

const { address, id, folder, log, record, clock = 0, ...behaviour } = JSON.parse(process.argv[2]!) as WorkerProcess;
const say = (text: string): void => appendFileSync(log, `${Date.now()} ${id} ${text}\n`);
const now = Date.now.bind(Date);
if (clock !== 0) Date.now = () => now() + clock;
process.on('unhandledRejection', (reason) => say(`UNHANDLED ${String(reason)}`));

async function main(): Promise<void> {
  const own = fakeWorker(folder, id, record);
  const access = await queueAccess(address);
  const queue = await openQueue(access, new AbortController().signal, { onWait: (why) => say(`waits ${why}`) });
  const made = (text: string): void => say(`made ${text}`);
  const inner = fakeWork(own, behaviour, made);
  const work = {
    ...inner,
    make: (...args: Parameters<typeof inner.make>) => (say(`begins ${args[1].index}`), inner.make(...args)),
  };
  const worker = queue.work(own, [{ theirs: folder, ours: folder }], work, { onEvent: say });
  say('ready');
  process.on('SIGTERM', () => void worker.stop().then(() => (say('stopped'), process.exit(0))));
}

main().catch((error: unknown) => {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  say(`FAILED ${code}: ${message}`);
  process.exit(3);
});
