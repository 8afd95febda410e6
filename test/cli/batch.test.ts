import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enginesAndFfmpegs } from '../support/processes';
import { withMount } from '../support/mounts';
import { root } from '../support/root';
import { ff, moving, scratchFolder, times } from '../support/videos';

describe('remaster restore INPUT... --out FOLDER', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const program = join(root, 'dist/src/cli/main.js');
  const model = ['--model', 'x4-live'];
  const remaster = (...args: string[]) =>
    spawnSync(process.execPath, [program, 'restore', ...args], { encoding: 'utf8', cwd: folder });
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [program, 'restore', ...args, '--json'], {
      ...{ cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
    });
  /** Settles when the batch has printed these words; then sends the signal to the program. Returns the exit code. */
  const kill = async (child: ChildProcess, words: RegExp, signal: NodeJS.Signals): Promise<number | null> => {
    const ended = once(child, 'exit');
    await new Promise<void>((resolve) => {
      child.stdout!.on('data', (text: Buffer) => void (words.test(text.toString()) && resolve()));
    });
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    for (let i = 0; i < 100 && (await enginesAndFfmpegs()).length > 0; i++) await sleep(100);
    return code;
  };
  const rows = (out: string) =>
    (JSON.parse(readFileSync(at(`${out}/report.json`), 'utf8')) as { files: { input: string; state: string }[] }).files;
  const states = (out: string): string[] => rows(out).map(({ state }) => state);

  before(async () => {
    mkdirSync(at('tapes/1990'), { recursive: true });
    await ff(...moving('32x24', '25', 5), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('tapes/a.mov'));
    cpSync(at('tapes/a.mov'), at('tapes/1990/b.mov'));
    writeFileSync(at('tapes/c.mp4'), '');
    writeFileSync(at('tapes/d.mp4'), 'no video at all');
    mkdirSync(at('long'));
    cpSync(at('tapes/a.mov'), at('long/1.mov'));
    await ff(...moving('160x120', '25', 400), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('long/2.mov'));
    cpSync(at('tapes/a.mov'), at('long/3.mov'));
  });

  it('restores all in one run, a line each, and exits with 7 while some have failed', async () => {
    const first = remaster('tapes', '--out', 'out', '--name', '{name}_x{scale}', ...model);
    assert.equal(first.status, 7, first.stderr);
    assert.deepEqual(
      first.stderr
        .trim()
        .replaceAll(/about \S+s|in \d+s/g, '…')
        .split('\n'),
      [
        `[1/4] tapes/c.mp4: SOURCE_EMPTY: ${at('tapes/c.mp4')} is empty (0 bytes). Copy the file again.`,
        '4 files: 1 failed, 3 to restore, ….',
        '[2/4] tapes/1990/b.mov: 5 frames …, out/1990/b_x4.mp4',
        '[3/4] tapes/a.mov: 5 frames …, out/a_x4.mp4',
        `[4/4] tapes/d.mp4: SOURCE_UNREADABLE: ${at('tapes/d.mp4')} cannot be read: it is a text file. Choose a video or an image.`,
        '4 files: 2 done, 2 failed. The reports are in out: report.csv, report.json.',
      ],
    );
    assert.equal((await times(at('out/1990/b_x4.mp4'))).seconds.length, 5);

    const second = remaster('tapes/**/*.mov', '--out', 'out', '--name', '{name}_x{scale}', ...model);
    assert.equal(second.status, 0, second.stderr);
    assert.match(second.stderr, /^\[1\/2\] tapes\/1990\/b\.mov: done before, out\/1990\/b_x4\.mp4$/m);
    assert.match(second.stderr, /^2 files: 2 done before\. The reports/m);
  });
  it('knows results that are folders again: images, and BagIt folders', () => {
    for (const options of [['--codec', 'tiff'], ['--bag']]) {
      const out = options.at(-1)!.replace('--', '');
      const args = ['tapes/a.mov', '--out', out, ...options, ...model];
      const first = remaster(...args);
      assert.equal(first.status, 0, first.stderr);
      assert.match(remaster(...args).stderr, /^1 file: 1 done before\. The reports/m);
    }
    assert.equal(readdirSync(at('tiff/a')).length, 5);
    assert.ok(existsSync(at('bag/a.mp4.bag/data/a.mp4')));
  });
  it('goes on where Ctrl-C or a kill has ended it, and leaves nothing behind', async () => {
    const args = ['long', '--out', 'kept', '--segment', '20', '--tile-cache', 'off', ...model];
    assert.equal(await kill(start(...args), /2\.mov","stage":"restoring","frame":[1-9]/, 'SIGINT'), 130);
    assert.deepEqual(states('kept'), ['done', 'waiting', 'waiting']);
    assert.equal(await kill(start(...args), /2\.mov","stage":"restoring","frame":[1-9]/, 'SIGKILL'), null);
    const last = remaster(...args);
    assert.equal(last.status, 0, last.stderr);
    assert.deepEqual(states('kept'), ['skipped', 'done', 'done']);
    assert.match(readFileSync(at('kept/report.json'), 'utf8'), /"frames": 400/);
    assert.deepEqual(readdirSync(at('kept')).toSorted(), [
      ...['.remaster-batch', '1.mp4', '2.mp4', '3.mp4', 'report.csv', 'report.json'],
    ]);
    assert.deepEqual(await enginesAndFfmpegs(), []);
  });
  it('on a full disk lists what does not fit, and goes on with it when there is room', async function () {
    await ff(...moving('64x48', '25', 12), '-vf', 'noise=alls=20:allf=t:all_seed=1', '-c:v', 'ffv1', at('noise.mkv'));
    for (const name of ['1', '2']) cpSync(at('noise.mkv'), at(`full/${name}.mkv`));
    const args = ['full', '--out', 'disk/out', '--codec', 'ffv1', ...model];
    const isRun = await withMount(at('disk'), 'size=1500k', async () => {
      const first = remaster(...args);
      assert.equal(first.status, 7, first.stderr);
      assert.match(first.stderr, /^\[2\/2\] full\/2\.mkv: DISK_FULL: /m);
      assert.match(first.stderr, /^2 files: 1 done, 1 failed\. The reports are in disk\/out/m);
      assert.deepEqual(states('disk/out'), ['done', 'failed']);
      execFileSync('mount', ['-o', 'remount,size=20m', at('disk')]);
      const second = remaster(...args);
      assert.equal(second.status, 0, second.stderr);
      assert.deepEqual(states('disk/out'), ['skipped', 'done']);
      assert.deepEqual(
        readdirSync(at('disk/out')).filter((name) => name.endsWith('.remaster')),
        [],
      );
    });
    if (!isRun) this.skip();
  });
  it('without a model that can be loaded ends before the first file', () => {
    const { status, stderr } = remaster('tapes', '--out', 'none', '--model', 'x4-lve');
    assert.equal(status, 5, stderr);
    assert.match(stderr, /MODEL_NOT_FOUND: .*\nDid you mean x4-live\?/);
  });
  for (const [what, args, words] of [
    ['no input', ['--out', 'x'], /Usage: remaster restore INPUT OUTPUT \| INPUT\.\.\. --out FOLDER \[options\]/],
    ['three files without a folder', ['a', 'b', 'c'], /Usage: remaster restore/],
    ['a name without a folder', ['a', 'b', '--name', '{name}'], /--name applies only with --out FOLDER/],
    ['a name that leaves the folder', ['tapes', '--out', 'x', '--name', '../{name}'], /contains a slash/],
    ['an unknown preset', ['tapes=vhs-plus', '--out', 'x'], /no preset "vhs-plus"/],
  ] as const)
    it(`${what}: exit code 2 and a sentence`, () => {
      const { status, stderr } = remaster(...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, words);
      assert.ok(!existsSync(at('x')));
    });
});
