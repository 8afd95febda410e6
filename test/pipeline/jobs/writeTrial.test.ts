import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { tryGrowing, tryName, tryWriting } from '../../../src/pipeline/jobs/writeTrial';
import { withMount } from '../../support/mounts';
import { root } from '../../support/root';
import { scratchFolder } from '../../support/videos';

describe('trials of the folder of an output', () => {
  const folder = scratchFolder();

  it('where something fits, nothing is left', async () => {
    await tryWriting(folder);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('the system says why nothing fits', async function () {
    await assert.rejects(tryWriting(join(folder, 'missing')), { code: 'ENOENT' });
    const mount = join(folder, 'small');
    const isMounted = await withMount(mount, 'size=96k', async () => {
      await tryWriting(mount);
      writeFileSync(join(mount, 'rest'), new Uint8Array(40_000)); // less than one buffer of ffmpeg would be left
      await assert.rejects(tryWriting(mount), { code: 'ENOSPC' });
      assert.deepEqual(readdirSync(mount), ['rest']);
    });
    if (!isMounted) this.skip(); // mounting needs root
  });

  it('a file at the largest size that the system allows cannot grow, others can', async function () {
    const path = join(folder, 'large');
    writeFileSync(path, '');
    await tryGrowing(path);
    assert.equal(statSync(path).size, 1);
    if (process.platform === 'win32') this.skip(); // it has no ulimit
    truncateSync(path, 65_536);
    const script = `require(${JSON.stringify(join(root, 'dist/src/pipeline/jobs/writeTrial.js'))})
      .tryGrowing(process.argv[1]).then(() => console.log('it grew'), ({ code }) => console.log(code));`;
    const run = (limit: string): string =>
      execFileSync('sh', ['-c', `ulimit -f ${limit} && exec "$0" "$@"`, process.execPath, '-e', script, path], {
        encoding: 'utf8',
      }).trim();
    assert.deepEqual([run('16'), run('1024')], ['EFBIG', 'it grew']);
  });

  it('a name is tried and left free', async () => {
    const work = join(folder, 'work');
    await fs.mkdir(work);
    for (const name of ['out.mkv', 'a:b?.mkv', '\u0065\u0301.mkv', 'half \ud83d.mkv', 'x'.repeat(255)])
      await tryName(work, join(folder, name));
    assert.deepEqual(readdirSync(work), []);
    await assert.rejects(tryName(work, join(folder, 'x'.repeat(256))), { code: 'ENAMETOOLONG' });
    // As on Windows, where CON.mkv is no file and a dot at the end is dropped.
    const { readdir } = fs;
    fs.readdir = (async () => ['out']) as unknown as typeof fs.readdir;
    try {
      await assert.rejects(tryName(work, join(folder, 'out.')), {
        code: 'OUTPUT_UNWRITABLE',
        message: /does not keep this name/,
      });
    } finally {
      fs.readdir = readdir;
    }
    assert.deepEqual(readdirSync(work), []);
  });
});
