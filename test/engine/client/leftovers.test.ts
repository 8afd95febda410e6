import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Leftovers } from '../../../src/engine/client/leftovers';
import { scratchFolder } from '../../support/videos';

describe('leftovers', () => {
  const folder = scratchFolder();

  it('kills the processes and deletes the files and folders that are not gone', async () => {
    const leftovers = new Leftovers();
    const [first, second] = [1, 2].map(() => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']));
    try {
      for (const { pid } of [first!, second!]) leftovers.note({ type: 'child', pid: pid!, alive: true });
      leftovers.note({ type: 'child', pid: second!.pid!, alive: false });
      for (const name of ['a', 'b', 'c']) {
        mkdirSync(join(folder, name));
        writeFileSync(join(folder, name, 'file'), '');
      }
      for (const name of ['a', 'b', 'never made'])
        leftovers.note({ type: 'temporaryPath', path: join(folder, name), gone: false });
      leftovers.note({ type: 'temporaryPath', path: join(folder, 'b'), gone: true });
      const exited = once(first!, 'exit');
      await leftovers.cleanUp();
      assert.deepEqual(await exited, [null, 'SIGKILL']);
      assert.deepEqual(readdirSync(folder), ['b', 'c']);
      assert.equal(second!.signalCode, null);
      assert.ok(second!.kill(0));
      await leftovers.cleanUp(); // the process has exited already
    } finally {
      first!.kill('SIGKILL');
      second!.kill('SIGKILL');
    }
  });
});
