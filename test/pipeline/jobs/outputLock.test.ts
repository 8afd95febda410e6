import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canMakeContainers, lockProcesses } from '../../support/lockProcess';
import { assertBusy, assertTaken, holderOf, lockFolders, lockHere, LONG, SHORT, writeLock } from '../../support/locks';

describe('lockOutput', () => {
  const newFolder = lockFolders();
  const start = lockProcesses();

  it('writes who holds the lock, and removes it on release', async () => {
    const folder = newFolder();
    const lock = await lockHere(folder);
    const { pid, host, since, start: started, boot, pidNamespace } = holderOf(folder);
    assert.deepEqual([pid, host], [process.pid, hostname()]);
    assert.ok(Math.abs(Date.parse(since) - Date.now()) < 60_000);
    if (process.platform === 'linux') assert.ok(started! > 0 && boot && pidNamespace);
    assert.deepEqual(readdirSync(folder), ['lock']);
    await lock.release();
    await lock.release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('reports the holder and the output when a live process holds it', async () => {
    const folder = newFolder();
    const other = await start();
    assert.equal(await other.lock(folder), null);
    const { since } = holderOf(folder);
    await assert.rejects(lockHere(folder), {
      code: 'OUTPUT_BUSY',
      message: `Another job (process ${other.child.pid} on host ${hostname()}, since ${since}) is writing /videos/out.mkv.`,
      remedy: 'Wait until it has finished, or choose another name.',
    });
    await assertBusy(folder);
    assert.equal(await other.ask({ what: 'assertHeld' }), null);
    assert.equal(await other.ask({ what: 'release' }), null);
    await assertTaken(folder);
  });

  it('refuses a second job of the same process', async () => {
    const folder = newFolder();
    const lock = await lockHere(folder);
    await assertBusy(folder);
    await lock.assertHeld();
    await lock.release();
  });

  it('takes over at once from a killed process', async () => {
    const folder = newFolder();
    const other = await start();
    assert.equal(await other.lock(folder), null);
    await other.kill();
    assert.ok(existsSync(join(folder, 'lock')));
    await assertTaken(folder);
  });

  for (const [title, pid] of [
    ['this process has the number of the dead holder', process.pid],
    ['another process has the number of the dead holder', process.ppid],
  ] as const) {
    it(`takes over at once when ${title}`, async () => {
      const folder = newFolder();
      await writeLock(folder, { pid, start: 1 });
      await assertTaken(folder);
    });
  }

  for (const [title, content] of [
    ['an empty file', ''],
    ['garbage', '{"token":"4711'],
    ['the process number that version 0.1 wrote', String(process.ppid)],
    ['JSON that is no lock', '{"pid":1}'],
  ] as const) {
    it(`takes over ${title}, old or new`, async () => {
      const folder = newFolder();
      const lock = join(folder, 'lock');
      writeFileSync(lock, content);
      utimesSync(lock, new Date(), new Date(Date.now() - 3000));
      await assertTaken(folder);
      writeFileSync(lock, content);
      await assertTaken(folder, { staleMs: 300 });
    });
  }

  it('stops waiting with the reason of the signal', async () => {
    const folder = newFolder();
    await writeLock(folder, { boot: 'another' });
    const stop = new AbortController();
    const reason = new Error('stopped');
    const waiting = lockHere(folder, LONG, stop.signal);
    setTimeout(() => stop.abort(reason), 100);
    await assert.rejects(waiting, (error) => error === reason);
    assert.deepEqual(readdirSync(folder), ['lock']);
    const free = newFolder();
    await assert.rejects(lockHere(free, LONG, stop.signal), (error) => error === reason);
    assert.deepEqual(readdirSync(free), []);
  });

  it('a suspended holder notices that it was taken over, and leaves the new lock alone', async () => {
    const folder = newFolder();
    const other = await start({ hasNoProc: true });
    assert.equal(await other.lock(folder, SHORT), null);
    other.child.kill('SIGSTOP');
    const lock = await lockHere(folder, SHORT);
    other.child.kill('SIGCONT');
    const refusal = await other.ask({ what: 'assertHeld' });
    assert.equal(refusal?.code, 'OUTPUT_BUSY');
    assert.match(refusal.message, new RegExp(`process ${process.pid} `));
    assert.equal(await other.ask({ what: 'release' }), null);
    await lock.assertHeld();
    await lock.release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it('a holder whose lock is gone notices it, and releasing it is no error', async () => {
    const folder = newFolder();
    const lock = await lockHere(folder);
    await fs.rm(join(folder, 'lock'));
    await assert.rejects(lock.assertHeld(), {
      code: 'OUTPUT_BUSY',
      message: 'Another job is writing /videos/out.mkv.',
    });
    await lock.release();
  });

  it('a holder whose folder is gone says so', async () => {
    const folder = newFolder();
    const lock = await lockHere(folder);
    await fs.rm(folder, { recursive: true });
    await assert.rejects(lock.assertHeld(), {
      code: 'OUTPUT_UNWRITABLE',
      message: 'Cannot write /videos/out.mkv: its folder or work folder is gone.',
    });
    await lock.release();
  });

  it('a lock that is moved for a moment is still held', async () => {
    const folder = newFolder();
    const lock = await lockHere(folder);
    await fs.rename(join(folder, 'lock'), join(folder, 'lock.moved'));
    const held = lock.assertHeld();
    await sleep(200);
    await fs.rename(join(folder, 'lock.moved'), join(folder, 'lock'));
    await held;
    await lock.release();
  });

  it('does not keep the process alive', async () => {
    const folder = newFolder();
    const other = await start();
    assert.equal(await other.lock(folder), null);
    const exit = once(other.child, 'exit');
    await other.ask({ what: 'disconnect' });
    assert.deepEqual(await exit, [0, null]);
    await assertTaken(folder);
  });

  for (const hasNoLinks of [false, true]) {
    const where = hasNoLinks ? ' on a file system without hard links' : '';
    it(`of two processes exactly one gets a free lock or a stale one${where}`, async () => {
      const racers = await Promise.all([start({ hasNoLinks }), start({ hasNoLinks })]);
      for (let round = 0; round < 24; round++) {
        const folder = newFolder();
        if (round % 6 > 0) await writeLock(folder, { start: 1 });
        const answers = await Promise.all(racers.map((racer) => racer.lock(folder)));
        assert.deepEqual(answers.map((answer) => answer?.code ?? 'locked').toSorted(), ['OUTPUT_BUSY', 'locked']);
        assert.deepEqual(readdirSync(folder), ['lock']);
        const winner = racers[answers.indexOf(null)]!;
        assert.equal(holderOf(folder).pid, winner.child.pid);
        assert.equal(await winner.ask({ what: 'assertHeld' }), null);
        assert.equal(await winner.ask({ what: 'release' }), null);
      }
    });
  }

  it('two containers respect each other, and take over from a killed one with the same process number', async function () {
    if (!canMakeContainers()) return this.skip(); // needs root
    const folder = newFolder();
    const first = await start({ isContainer: true });
    const second = await start({ isContainer: true });
    assert.equal(await first.lock(folder, SHORT), null);
    assert.equal(holderOf(folder).pid, 1);
    assert.equal((await second.lock(folder, SHORT))?.code, 'OUTPUT_BUSY');
    await assertBusy(folder, SHORT); // nor does the host take it over
    assert.equal(await first.ask({ what: 'assertHeld' }), null);
    await first.kill();
    assert.equal(await second.lock(folder, SHORT), null);
    assert.equal(holderOf(folder).pid, 1);
    await second.kill();
    const restarted = await start({ isContainer: true });
    assert.equal(await restarted.lock(folder, SHORT), null);
    assert.deepEqual(readdirSync(folder), ['lock']);
  });
});
