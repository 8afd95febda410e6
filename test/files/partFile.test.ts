import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partEnding, sweepParts } from '../../src/files/partFile';
import { root } from '../support/root';
import { scratchFolder } from '../support/videos';

describe('unfinished files', () => {
  const scratch = scratchFolder();
  let folder = '';
  let count = 0;
  beforeEach(() => mkdirSync((folder = join(scratch, String(count++)))));

  it('have another name each time', async () => assert.notEqual(await partEnding(), await partEnding()));

  it('are swept when their process is gone, and only then', async function () {
    if (process.platform !== 'linux') this.skip(); // no other platform says when a process started
    const script = `require(${JSON.stringify(join(root, 'dist/src/files/partFile.js'))}).partEnding().then(console.log)`;
    const ofDead = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout.trim();
    const own = await partEnding();
    const [, pid, start, place] = /^\.(\d+)-(\d+)-(\w+)-\w+\.part$/.exec(own)!;
    const names = {
      [`.dead.png${ofDead}`]: false,
      [`.reused.png.${pid}-${Number(start) - 1}-${place}-00000000.part`]: false,
      [`.mine.png${own}`]: true,
      [`.elsewhere.png.4000000-1-00000000-00000000.part`]: true,
      [`.old.png.4000000.part`]: true,
      [`a.png.part`]: true,
      [`.part`]: true,
    };
    for (const name of Object.keys(names)) writeFileSync(join(folder, name), 'half');
    await sweepParts(folder);
    const kept = Object.entries(names).flatMap(([name, isKept]) => (isKept ? [name] : []));
    assert.deepEqual(readdirSync(folder).toSorted(), kept.toSorted());
  });

  it('in a folder that is gone are none', () => sweepParts(join(folder, 'none')));
});
