import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LockHolder, newHolder } from '../../../src/pipeline/jobs/lockHolder';
import { makeOwnedFolder, sweepFolders } from '../../../src/pipeline/jobs/ownedFolder';
import { root } from '../../support/root';
import { scratchFolder } from '../../support/videos';

describe('temporary folders of a process', () => {
  const folder = scratchFolder();
  let before: string | undefined;
  beforeEach(() => {
    before = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder;
  });
  afterEach(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });

  it('are swept when it is gone, and only then', async function () {
    if (process.platform !== 'linux') this.skip(); // no other platform says when a process started
    const script = `require(${JSON.stringify(join(root, 'dist/src/pipeline/jobs/ownedFolder.js'))})
      .makeOwnedFolder('live').then((made) => { console.log(made); process.kill(process.pid, 'SIGKILL'); });`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    const killed = stdout.trim();
    assert.deepEqual(readdirSync(killed), ['owner.json']);

    const mine = await makeOwnedFolder('still');
    const own = await newHolder();
    const owners: Readonly<Record<string, Partial<LockHolder> | null>> = {
      'remaster-live-reused': { ...own, start: own.start! - 1 },
      'remaster-live-elsewh': { ...own, pid: 4_000_000, pidNamespace: 'pid:[1]' },
      'remaster-live-noname': null,
      'remaster-else-abcdef': { ...own, start: own.start! - 1 },
    };
    for (const [name, owner] of Object.entries(owners)) {
      mkdirSync(join(folder, name));
      if (owner) writeFileSync(join(folder, name, 'owner.json'), JSON.stringify(owner));
    }
    const planted = join(folder, 'remaster-live-linked');
    symlinkSync(join(folder, 'remaster-else-abcdef'), planted); // its owner is gone, too
    await sweepFolders();
    assert.ok(lstatSync(planted).isSymbolicLink());
    assert.deepEqual(
      Object.keys(owners).map((name) => existsSync(join(folder, name))),
      [false, true, true, true],
    );
    assert.deepEqual([existsSync(killed), existsSync(mine)], [false, true]);
    assert.equal((JSON.parse(readFileSync(join(mine, 'owner.json'), 'utf8')) as LockHolder).pid, process.pid);
  });
});
