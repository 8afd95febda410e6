import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { queueServer } from '../../support/queueServers';
import { root } from '../../support/root';
import { chain } from './flows';
import type { Runtime } from './nodeRed';

const PASSWORD = 'a secret of the queue';

/** Installs what queues need, as `npm install bullmq ioredis` would. */
export function installQueue(folder: string): void {
  for (const name of ['bullmq', 'ioredis', 'pg']) {
    const to = join(folder, 'node_modules', name);
    if (!existsSync(to)) symlinkSync(join(root, 'node_modules', name), to, 'junction');
  }
}

async function startWorker(address: string, theirs: string, ours: string): Promise<ChildProcess> {
  const args = [
    'worker',
    '--queue',
    address,
    '--map',
    `${theirs}=${ours}`,
    '--name',
    'second machine',
    '--threads',
    '1',
  ];
  const child = spawn(process.execPath, [join(root, 'dist/src/cli/main.js'), ...args], {
    env: { ...process.env, REMASTER_QUEUE_PASSWORD: PASSWORD },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (said += chunk));
  for (let i = 0; i < 1200 && !said.includes('makes segments for'); i++) {
    assert.equal(child.exitCode, null, said);
    await sleep(50);
  }
  return child;
}

/** A video is restored by a worker that has the folder of Node-RED under another path. The password stays where it belongs. */
export async function assertQueueWorks(
  red: Runtime,
  clip: string,
  result: () => Promise<Record<string, unknown>>,
): Promise<void> {
  await using server = await queueServer('redis', ['--requirepass', PASSWORD]);
  await server.start();
  const mounted = join(red.userDir, 'mounted elsewhere');
  symlinkSync(red.userDir, mounted, 'junction');
  const worker = await startWorker(server.address, red.userDir, mounted);
  try {
    const model = { model: 'x4-live', runsOn: 'queue', queue: server.address, credentials: { password: PASSWORD } };
    await red.deploy(chain({ model, out: { segment: '3' } }));
    await red.inject('go', [{ p: 'filename', v: clip, vt: 'str' }]);
    const done = (await result())['payload'] as Record<string, unknown>;
    assert.deepEqual([done['status'], done['framesOut']], ['done', 8], JSON.stringify(done));
    assert.deepEqual(done['workers'], [{ name: 'second machine', segments: 3, frames: 8 }]);
    const shown =
      JSON.stringify([red.reports, red.logs, red.statuses]) + readFileSync(join(red.userDir, 'flows.json'), 'utf8');
    assert.doesNotMatch(shown, new RegExp(PASSWORD));
  } finally {
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    await ended;
    rmSync(mounted);
  }
}
