import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHeartbeat } from '../../../src/pipeline/jobs/lockHeartbeat';
import { lockProcesses } from '../../support/lockProcess';
import { assertBusy, assertTaken, holderOf, lockFolders, lockHere, LONG, SHORT, writeLock } from '../../support/locks';

describe('the heartbeat of a lock', () => {
  const newFolder = lockFolders();
  const start = lockProcesses();
  const timeOf = (path: string): number => statSync(path).mtimeMs;

  /** Waits until the file is written to; fails after two seconds. */
  async function assertBeats(path: string): Promise<void> {
    const before = timeOf(path);
    const end = performance.now() + 2000;
    while (timeOf(path) === before) {
      assert.ok(performance.now() < end, 'the lock stands still');
      await sleep(10);
    }
  }

  it('keeps the lock of another boot, although the host has the same name', async () => {
    const folder = newFolder();
    const content = await writeLock(folder, { boot: 'another', start: 1 });
    const heartbeat = startHeartbeat({ path: join(folder, 'lock'), content, beatMs: 200 });
    try {
      await assertBusy(folder, SHORT);
    } finally {
      await heartbeat.stop();
    }
  });

  it('without it the lock of another host is taken over after the limit', async () => {
    const folder = newFolder();
    await writeLock(folder, { boot: 'another', host: 'tape-pc' });
    const began = performance.now();
    await assertTaken(folder, SHORT);
    assert.ok(performance.now() - began >= 2000);
  });

  it('a lock of another host that is released while it is watched is taken at once', async () => {
    const folder = newFolder();
    await writeLock(folder, { boot: 'another', host: 'tape-pc' });
    setTimeout(() => rmSync(join(folder, 'lock')), 300);
    await assertTaken(folder, { beatMs: 200, staleMs: 9000 }); // looks every 300 ms
  });

  it('a lock that is old by the clock of the file system is taken over at once', async () => {
    const folder = newFolder();
    await writeLock(folder, { boot: 'another', host: 'tape-pc' });
    utimesSync(join(folder, 'lock'), new Date(), new Date(Date.now() - LONG.staleMs! - 1000));
    await assertTaken(folder);
  });

  it('continues while the event loop is blocked, and ends with the process; there is no /proc', async () => {
    const folder = newFolder();
    const other = await start({ hasNoProc: true });
    assert.equal(await other.lock(folder, SHORT), null);
    const holder = holderOf(folder);
    assert.deepEqual([holder.start, holder.boot, holder.pidNamespace], [null, null, null]);
    await assertBeats(join(folder, 'lock')); // its thread has started
    const blocked = other.ask({ what: 'block', ms: 4000 });
    await sleep(2500);
    await assertBusy(folder, SHORT);
    await blocked;
    await other.kill();
    await assertTaken(folder, SHORT);
  });

  it('does not change the content, continues after a failed beat, and ends with the release', async () => {
    const folder = newFolder();
    const path = join(folder, 'lock');
    const lock = await lockHere(folder, { beatMs: 20 });
    const content = readFileSync(path, 'utf8');
    await assertBeats(path);
    renameSync(path, `${path}.moved`);
    await sleep(100);
    renameSync(`${path}.moved`, path);
    await assertBeats(path);
    assert.equal(readFileSync(path, 'utf8'), content);
    await lock.release();
    writeFileSync(path, content);
    const { mtimeMs } = statSync(path);
    await sleep(200);
    assert.equal(timeOf(path), mtimeMs);
  });

  it('does not write to the lock of another process', async () => {
    const folder = newFolder();
    const path = join(folder, 'lock');
    const lock = await lockHere(folder, { beatMs: 20 });
    await assertBeats(path);
    renameSync(path, `${path}.moved`);
    const content = await writeLock(folder, {});
    const before = timeOf(path);
    await sleep(200);
    assert.deepEqual([timeOf(path), readFileSync(path, 'utf8')], [before, content]);
    await lock.release();
    assert.equal(readFileSync(path, 'utf8'), content);
  });
});
