import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RUN_FILE } from '../../src/pipeline/jobs/restore/shareFrames';
import { queueAccess } from '../../src/queue/access';
import { openBackend } from '../../src/queue/backend';
import { LOCK_MS, RENEW_MS, segmentId, segmentsOf, STALL_CHECK_MS } from '../../src/queue/names';
import { QueueScene, type SceneJob } from '../support/queueScene';
import { type Kind, KINDS, serverProgram } from '../support/queueServers';
import { silentProxy } from '../support/silentProxy';

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const JOB = join(__dirname, '../support/queueJobMain.js');

/** Most of the time is waiting: all faults happen at the same time, each to a server of its own. */
describe('a job in a queue ends well', function () {
  this.timeout(170_000);

  async function finishes(scene: QueueScene, job: SceneJob, count: number): Promise<void> {
    await job.finished;
    assert.deepEqual(await scene.madeOf(job), upTo(count));
    await job.started[Symbol.asyncDispose]();
    assert.deepEqual((await (await scene.queue()).status()).jobs, []);
    assert.deepEqual(scene.parts(job), []);
    assert.deepEqual(scene.said(/UNHANDLED/), []);
  }

  const FAULTS: Readonly<Record<string, (scene: QueueScene) => Promise<void>>> = {
    async 'after a worker was killed'(scene) {
      scene.worker('dies', { ms: 1000 });
      scene.worker('lives');
      const job = await scene.job('tape', 16);
      await scene.until('it makes a segment', () => scene.said(/^dies begins/).length > 0);
      scene.workers.get('dies')!.kill('SIGKILL');
      await finishes(scene, job, 16);
      const [dropped] = scene.said(/^dies begins/);
      assert.equal(
        scene.said(new RegExp(`^lives ${dropped!.slice(5)}$`)).length,
        1,
        'the other worker has taken its segment',
      );
    },
    async 'after its server was killed'(scene) {
      for (const id of ['one', 'two']) scene.worker(id);
      const job = await scene.job('tape', 30);
      await scene.until('it is begun', () => scene.said(/made/).length >= 6);
      await sleep(1100); // Redis writes its file each second
      await scene.server.stop('SIGKILL');
      await sleep(2000);
      await scene.server.start();
      await finishes(scene, job, 30);
    },
    async 'after its server was stopped while segments were finished'(scene) {
      for (const id of ['one', 'two', 'three']) scene.worker(id, { ms: 60 });
      const job = await scene.job('tape', 60);
      await scene.until('it is begun', () => scene.said(/made/).length >= 6);
      await scene.server.stop();
      await sleep(3000);
      await scene.server.start();
      await finishes(scene, job, 60);
    },
    async 'after its server was frozen for longer than the locks'(scene) {
      for (const id of ['one', 'two']) scene.worker(id, { ms: 400 });
      const job = await scene.job('tape', 12);
      await scene.until('it is begun', () => scene.said(/made/).length >= 2);
      scene.server.freeze();
      await sleep(LOCK_MS + STALL_CHECK_MS);
      scene.server.thaw();
      await finishes(scene, job, 12);
    },
    async 'after its server has lost a part of it'(scene) {
      scene.worker('one', { ms: 500 });
      const job = await scene.job('tape', 12);
      await scene.until('it is begun', () => scene.said(/made/).length >= 2);
      const { run } = JSON.parse(readFileSync(join(job.shared.folder, RUN_FILE), 'utf8')) as { run: string };
      await using backend = await openBackend(await queueAccess(scene.server.address), 2, () => {});
      await (await (await backend.queue(segmentsOf(run))).getJob(segmentId(run, 11)))!.remove();
      await finishes(scene, job, 12);
    },
    async 'with a worker whose process is blocked for longer than its locks'(scene) {
      scene.worker('slow', { blocks: 12_000 });
      const job = await scene.job('tape', 2);
      await finishes(scene, job, 2);
      assert.equal(scene.said(/made/).length, 2, 'what it made too late is found, not made again');
    },
    async 'after its own process was killed and started again'(scene) {
      for (const id of ['one', 'two']) scene.worker(id);
      const start = () =>
        spawn(process.execPath, [JOB, scene.server.address, scene.folder, 'tape', '20', scene.log], {
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        });
      const first = start();
      await scene.until('it is begun', () => scene.said(/made/).length >= 6);
      first.kill('SIGKILL');
      const second = start();
      const [code] = (await once(second, 'exit')) as [number];
      assert.equal(code, 0);
      assert.deepEqual(scene.said(/tape is finished/), ['job tape is finished']);
      const made = scene.said(/made tape/).map((line) => Number(line.split(' ')[3]));
      assert.deepEqual(
        [...new Set(made)].toSorted((a, b) => a - b),
        upTo(20),
      );
      assert.deepEqual((await (await scene.queue()).status()).jobs, [], 'nothing is left of the first');
    },
    async 'after the network of a worker went dead without a sign'(scene) {
      await using proxy = await silentProxy(scene.server.port);
      scene.worker('behind', { address: scene.server.address.replace(/:\d+/, `:${proxy.port}`) });
      scene.worker('beside', { ms: 600 });
      const job = await scene.job('tape', 60);
      await scene.until(
        'both work',
        () => scene.said(/^behind made/).length > 1 && scene.said(/^beside made/).length > 0,
      );
      proxy.goSilent();
      await sleep(3000);
      const before = scene.said(/^behind made/).length;
      proxy.letThrough();
      await finishes(scene, job, 60);
      assert.ok(scene.said(/^behind made/).length > before + 1, 'it works again');
    },
  };

  const runs = new Map<string, Promise<void>>();
  before(function () {
    if (KINDS.some((kind) => serverProgram(kind) === null)) this.skip();
    for (const [what, fault] of Object.entries(FAULTS)) {
      for (const kind of KINDS) {
        const run = (async () => {
          await using scene = await QueueScene.open(kind);
          await fault(scene);
        })();
        run.catch(() => {}); // its test reports it
        runs.set(`${what} ${kind}`, run);
      }
    }
    runs.set('lost', lost());
    runs.set('down redis', down('redis'));
    runs.set('down postgres', down('postgres'));
    for (const run of runs.values()) run.catch(() => {});
  });
  for (const what of Object.keys(FAULTS))
    for (const kind of KINDS) it(`${what}, on ${kind}`, () => runs.get(`${what} ${kind}`));

  /** Without its file, Redis forgets the job. */
  async function lost(): Promise<void> {
    await using scene = await QueueScene.open('redis');
    for (const id of ['one', 'two']) scene.worker(id);
    const job = await scene.job('tape', 30);
    await scene.until('it is begun', () => scene.said(/made/).length >= 6);
    await scene.server.stop('SIGKILL');
    await scene.server.start(['--appendonly', 'no']);
    await finishes(scene, job, 30);
    const made = scene.said(/made/).length;
    assert.ok(made <= 32, `${made} segments made for 30: those on the disk are not made again`);
  }

  async function down(kind: Kind): Promise<void> {
    await using scene = await QueueScene.open(kind);
    await scene.server.stop();
    scene.worker('early');
    const job = scene.job('tape', 4);
    await scene.until('the worker waits', () => scene.said(/^early waits .* cannot be reached/).length === 1);
    await scene.server.start();
    await finishes(scene, await job, 4);
  }

  it('although Redis has forgotten it: it is given to the queue again', () => runs.get('lost'));
  for (const kind of KINDS) it(`although its server was started last, on ${kind}`, () => runs.get(`down ${kind}`));

  it('soon: the lock of a worker that has died ends within 15 seconds, and one that is late keeps it', () => {
    assert.ok(LOCK_MS + STALL_CHECK_MS < 15_000);
    assert.ok(RENEW_MS + 3000 < LOCK_MS, 'three seconds late');
  });
});
