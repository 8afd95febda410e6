import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '../../../src/files/owner';
import { newHolder, parseHolder } from '../../../src/pipeline/jobs/lockHolder';
import { scratchFolder } from '../../support/videos';

describe('the holder of a lock', () => {
  const scratch = scratchFolder();
  const { readlink } = fs;
  afterEach(() => void Object.assign(fs, { readlink }));

  it('is read back as written, and nothing else is one', async () => {
    const holder = await newHolder();
    assert.deepEqual(parseHolder(JSON.stringify(holder)), holder);
    for (const text of ['', 'x', 'null', '4711', '[]', '{}', JSON.stringify({ ...holder, pid: -1 })])
      assert.equal(parseHolder(text), null, text);
  });

  it('has a process number of 1 or more: 1 is usual in a container', async () => {
    const own = await newHolder();
    for (const pid of [1, 2]) assert.equal(parseHolder(JSON.stringify({ ...own, pid }))?.pid, pid);
    for (const pid of [0, -1, 1.5, null]) assert.equal(parseHolder(JSON.stringify({ ...own, pid })), null);
  });

  it('has no start, boot and namespace if /proc belongs to another pid namespace', async () => {
    fs.readlink = (async () => '4711') as unknown as typeof readlink;
    const { start, boot, pidNamespace, pid } = await newHolder();
    assert.deepEqual([start, boot, pidNamespace, pid], [null, null, null, process.pid]);
  });

  if (process.platform !== 'linux') return;

  it('can be seen only with the same boot and pid namespace', async () => {
    const own = await newHolder();
    assert.equal(await isRunning({ ...own }, own), true);
    assert.equal(await isRunning({ ...own, start: own.start! - 1 }, own), false);
    for (const field of ['start', 'boot', 'pidNamespace'] as const)
      assert.equal(await isRunning({ ...own, [field]: null }, own), null, field);
    for (const field of ['boot', 'pidNamespace'] as const) {
      assert.equal(await isRunning({ ...own, [field]: 'another' }, own), null, field);
      assert.equal(await isRunning({ ...own, [field]: null }, { ...own, [field]: null }), null, field);
    }
  });

  it('may have a command name with spaces and parentheses', async () => {
    const name = 'a) Z 1 (b';
    copyFileSync('/bin/sleep', join(scratch, name));
    const child = spawn(join(scratch, name), ['100']);
    await once(child, 'spawn');
    try {
      const start = Number(readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(`(${name}) `)[1]!.split(' ')[19]);
      const own = await newHolder();
      assert.equal(await isRunning({ ...own, pid: child.pid!, start }, own), true);
      assert.equal(await isRunning({ ...own, pid: child.pid!, start: own.start }, own), false);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('is dead as a zombie', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 100'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const pid = Number(((await once(parent.stdout, 'data')) as [Buffer])[0].toString());
      const fields = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      while (fields()[0] !== 'Z') await sleep(20);
      const own = await newHolder();
      assert.equal(await isRunning({ ...own, pid, start: Number(fields()[19]) }, own), false);
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    }
  });
});
