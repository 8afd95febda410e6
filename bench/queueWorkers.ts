/** A process of bench/queue: many workers, each with connections of its own, that make segments without pixels or files. */
import { setTimeout as sleep } from 'node:timers/promises';
import { queueAccess } from '../src/queue/access';
import { openQueue } from '../src/queue/queue';
import { fakeWorker } from '../test/support/fakeSegments';

const [address, folder, name, count, ms] = process.argv.slice(2) as [string, string, string, string, string];

async function main(): Promise<void> {
  const access = await queueAccess(address);
  for (let i = 0; i < Number(count); i++) {
    const own = fakeWorker(folder, `${name}-${i}`);
    const queue = await openQueue(access, new AbortController().signal);
    queue.work(own, [{ theirs: folder, ours: folder }], {
      async check() {},
      async make(_run, { index, count: frames }, signal) {
        await sleep(Number(ms), undefined, { signal });
        return {
          index,
          frames,
          by: own.name,
          machine: 'a',
          faces: null,
          file: 'none',
          bytes: 1,
          sha256: '0'.repeat(64),
        };
      },
      frames: async () => 0,
    });
  }
  process.send!('ready');
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    process.send!({ cpu: (user + system) / 1e6, rss: process.memoryUsage().rss });
  }, 1000);
}

process.on('disconnect', () => process.exit(0));
void main();
