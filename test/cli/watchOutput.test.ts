import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { enginesAndFfmpegs } from '../support/processes';
import { root } from '../support/root';
import { ff, moving, scratchFolder } from '../support/videos';

describe('a reader that goes away', () => {
  const folder = scratchFolder();
  const program = join(root, 'dist/src/cli/main.js');
  const start = (args: readonly string[], stdout: 'pipe' | number = 'pipe'): ChildProcess =>
    spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ['ignore', stdout, 'pipe'] });
  const exitOf = async (child: ChildProcess): Promise<unknown> => ((await once(child, 'exit')) as [unknown])[0];

  before(async () => {
    await ff(...moving('96x64', '25', 300), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', join(folder, 'long.mp4'));
  });

  async function nothingIsLeft(): Promise<void> {
    assert.deepEqual(await enginesAndFfmpegs(), []);
    assert.deepEqual(readdirSync(folder), ['long.mp4']);
  }

  it('of the JSON of a job, as head after its first line, ends it without a word', async () => {
    const child = start(['restore', 'long.mp4', 'out.mp4', '--json']);
    const said = text(child.stderr!);
    const ended = exitOf(child);
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    assert.deepEqual([await ended, await said], [141, '']);
    await nothingIsLeft();
  });

  it('of the progress of a job ends it', async () => {
    const child = start(['restore', 'long.mp4', 'out.mp4']);
    const ended = exitOf(child);
    await once(child.stderr!, 'data');
    child.stderr!.destroy();
    assert.equal(await ended, 141);
    await nothingIsLeft();
  });

  it('of a list is no error', async () => {
    for (const args of [['models'], ['models', '--json'], ['help']]) {
      const child = start(args);
      child.stdout!.destroy();
      const said = text(child.stderr!);
      assert.deepEqual([await exitOf(child), await said], [141, ''], args.join(' '));
    }
  });

  it('a full disk below the output is named', async function () {
    if (process.platform !== 'linux') this.skip(); // no other platform has /dev/full
    const full = openSync('/dev/full', 'w');
    try {
      const child = start(['models'], full);
      const said = text(child.stderr!);
      assert.equal(await exitOf(child), 4);
      assert.match(await said, /^The output cannot be written: ENOSPC.*\n$/);
    } finally {
      closeSync(full);
    }
  });
});
