import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pattern } from '../../support/images';
import { queueServer } from '../../support/queueServers';
import { root } from '../../support/root';
import { writeIdentity } from '../../support/tinyBundle';
import { assertNoErrors, batchFlow, makeTapes, payloads } from './batches';
import { chain, func, image, inject, model, reporter } from './flows';
import type { Runtime } from './nodeRed';

const PASSWORD = 'a secret of the queue';

/** Installs what queues need, as `npm install bullmq ioredis` would. */
export function installQueue(folder: string): void {
  for (const name of ['bullmq', 'ioredis', 'pg']) {
    const to = join(folder, 'node_modules', name);
    if (!existsSync(to)) symlinkSync(join(root, 'node_modules', name), to, 'junction');
  }
}

async function startWorker(address: string, theirs: string, ours: string, models: string): Promise<ChildProcess> {
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
    env: { ...process.env, REMASTER_QUEUE_PASSWORD: PASSWORD, REMASTER_MODELS: models },
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
  const models = join(red.userDir, 'models of the worker');
  await writeIdentity(join(models, 'identity'));
  const worker = await startWorker(server.address, red.userDir, mounted, models);
  try {
    const runsOn = { runsOn: 'queue', queue: server.address, credentials: { password: PASSWORD } };
    const onQueue = { model: 'x4-live', ...runsOn };
    await red.deploy(chain({ model: onQueue, out: { segment: '3' } }));
    await red.inject('go', [{ p: 'filename', v: clip, vt: 'str' }]);
    const done = (await result())['payload'] as Record<string, unknown>;
    assert.deepEqual([done['status'], done['framesOut']], ['done', 8], JSON.stringify(done));
    assert.deepEqual(done['workers'], [{ name: 'second machine', segments: 3, frames: 8 }]);
    await assertManyWork(red, onQueue);
    await assertImageWorks(red, { model: 'identity', ...runsOn });
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

async function assertManyWork(red: Runtime, onQueue: object): Promise<void> {
  await makeTapes(red, ['a.mp4', 'sub/b.mp4']);
  await red.deploy(batchFlow(red).map((node) => (node.id === 'model' ? model(onQueue) : node)));
  await red.inject('go', []);
  await red.until(() => red.reported('summary').length > 0, 'the summary', 60_000);
  assert.equal(payloads(red, 'summary')[0]!['done'], 2, JSON.stringify(payloads(red, 'summary')));
  assertNoErrors(red);
}

/** Node-RED does not have its model. */
async function assertImageWorks(red: Runtime, onQueue: object): Promise<void> {
  const png = (await pattern(24, 16).png().toBuffer()).toString('base64');
  const read = `msg.payload = Buffer.from('${png}', 'base64'); return msg;`;
  const nodes = [inject('go', ['read']), func('read', read, ['image']), image(), reporter('result')];
  red.reports.length = 0;
  await red.deploy([{ id: 'tab', type: 'tab', label: 'image' }, model(onQueue), ...nodes]);
  await red.inject('go', []);
  await red.until(() => red.reported('result').length > 0, 'the image', 60_000);
  const { width, model: used } = red.reported('result')[0]!['image'] as { width: number; model: { name: string } };
  assert.deepEqual([width, used.name], [24, 'identity']);
}
