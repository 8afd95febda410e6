import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { freeBytes } from '../../../../src/pipeline/jobs/freeBytes';
import type { Segment } from '../../../../src/pipeline/jobs/segment';
import { type SpaceWatch, watchSpace } from '../../../../src/pipeline/jobs/restore/diskSpace';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import type { Codec } from '../../../../src/pipeline/media/codecs';
import type { Encoding } from '../../../../src/pipeline/media/encode';
import { type CodecName, type Job, JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { withMount } from '../../../support/mounts';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

interface WatchOptions {
  readonly done?: readonly Segment[];
  readonly quality?: number | null;
  readonly depth?: Encoding['depth'];
  readonly resume?: boolean;
}

describe('disk space', () => {
  const folder = scratchFolder();
  const { statfs } = fs;
  afterEach(() => {
    fs.statfs = statfs;
  });
  const report = (answer: object): void => {
    fs.statfs = (async () => answer) as unknown as typeof fs.statfs;
  };
  const leave = (bytes: number): void => report({ blocks: 1e12, bavail: bytes, bsize: 1 });
  const full = { code: 'DISK_FULL', message: /needs? about .* in .*, where .* are free\.$/ };

  it('free space is what the file system reports, if it can be true', async () => {
    assert.ok((await freeBytes(folder))! > 0);
    assert.equal(await freeBytes(join(folder, 'missing')), null);
    for (const [answer, bytes] of [
      [{ blocks: 10, bavail: 10, bsize: 4096 }, 40_960],
      [{ blocks: 10, bavail: 1, bsize: 512 }, 512],
      [{ blocks: 10, bavail: 9, bsize: 1 }, 9],
      [{ blocks: 0, bavail: 0, bsize: 4096 }, null],
      [{ blocks: 10, bavail: 0, bsize: 4096 }, null],
      [{ blocks: 10, bavail: 11, bsize: 4096 }, null],
      [{ blocks: 10, bavail: 10, bsize: 0 }, null],
    ] as const) {
      report(answer);
      assert.equal(await freeBytes(folder), bytes);
    }
  });

  const segments = (...bytes: readonly number[]): Segment[] =>
    bytes.map((size, i) => ({ file: `${i}.nut`, frames: 10, bytes: size }));
  const watch = (
    codec: CodecName,
    frames: number | null,
    { done = [], quality = null, depth = 8, resume = true }: WatchOptions = {},
  ): Promise<SpaceWatch> => {
    const encoding = { codec: { name: codec } as Codec, stored: { width: 1000, height: 800 }, depth };
    return watchSpace({ folder, done }, encoding, { frames, quality, resume });
  };

  it('a job is refused when even the least does not fit, and warned when the usual does not', async () => {
    // 100 frames of 100 kB at 1 bit per pixel, twice: as segments and in the output.
    for (const [codec, least, usual] of [
      ['ffv1', 1e6, 100e6],
      ['prores', 40e6, 120e6],
      ['h264', 10e3, 4e6],
      ['h265', 20e3, 2e6],
      ['av1', 40e3, 3e6],
    ] as const) {
      leave(usual + 1);
      assert.equal((await watch(codec, 100)).warning, null);
      leave(usual - 1);
      assert.match((await watch(codec, 100)).warning!, /^The job was expected to need about .* MB in /);
      leave(least + 1);
      assert.notEqual((await watch(codec, 100)).warning, null);
      leave(least - 1);
      await assert.rejects(watch(codec, 100), { ...full, remedy: /continues with its finished frames/ });
    }
    leave(40e6);
    assert.notEqual((await watch('prores', 100)).warning, null);
    leave(40e6 - 1);
    await assert.rejects(watch('prores', 100, { resume: false }), { ...full, remedy: /start the job again\.$/ });
  });

  it('quality and depth change the usual size, and an unknown codec or length has none', async () => {
    leave(8.01e6);
    assert.equal((await watch('h264', 100, { quality: 10 })).warning, null);
    assert.notEqual((await watch('h264', 100, { quality: 9 })).warning, null);
    leave(5.01e6);
    assert.equal((await watch('h264', 100, { depth: 16 })).warning, null);
    leave(4.99e6);
    assert.notEqual((await watch('h264', 100, { depth: 16 })).warning, null);
    leave(100.1e6);
    assert.equal((await watch('ffv1', 100, { quality: 1 })).warning, null);
    leave(1);
    for (const unknown of [await watch('custom', 100), await watch('ffv1', null)]) assert.equal(unknown.warning, null);
    report({ blocks: 0, bavail: 0, bsize: 0 });
    assert.equal((await watch('prores', 1e9)).warning, null);
  });

  it('finished segments replace the estimate', async () => {
    leave(1e12);
    const watched = await watch('ffv1', 100);
    const done = segments(1000, 3000); // 20 frames; the other 80 need 16,000 bytes, or half of that, twice
    leave(0.7 * 4000 + 16_000 + 1);
    await watched.check(done);
    leave(0.7 * 4000 + 16_000 - 1);
    await assert.rejects(watched.check(done), full);
    await assert.rejects(watch('ffv1', 100, { done }), full);
    leave(4000 + 32_000 + 1);
    assert.equal((await watch('ffv1', 100, { done })).warning, null);
    leave(4000 + 32_000 - 1);
    assert.notEqual((await watch('ffv1', 100, { done })).warning, null);
  });

  it('a job stops when the next segment would not fit, and before its output', async () => {
    leave(1e12);
    const watched = await watch('ffv1', 21);
    leave(3001);
    await watched.check(segments(1000, 3000));
    leave(2999);
    await assert.rejects(watched.check(segments(1000, 3000)), full);
    leave(2801); // the output alone
    await watched.check(segments(1000, 3000), true);
    leave(2799);
    await assert.rejects(watched.check(segments(1000, 3000), true), full);
    await assert.rejects(watched.check(segments(5000), true), full);
    leave(1);
    await watched.check([], true);
  });

  const run = async (name: string, changes: Partial<Job>) =>
    restoreVideo(
      {
        ...JOB_DEFAULTS,
        model: 'x4',
        input: join(folder, 'long.mkv'),
        output: join(folder, name),
        codec: 'ffv1',
        ...changes,
      },
      { binary: await binary(), openModel: async () => nearest(1) },
      new AbortController().signal,
      () => {},
    );

  it('a job that runs out of space keeps its finished segments, and continues when there is more', async function () {
    await ff(...moving('64x36', '25', 40), '-pix_fmt', 'yuv444p', '-c:v', 'ffv1', join(folder, 'long.mkv'));
    const settings = { segment: 10, resume: true };
    leave(2000);
    await assert.rejects(run('refused.mkv', { codec: 'prores', output: join(folder, 'refused.mov') }), full);
    assert.deepEqual(readdirSync(folder), ['long.mkv']);
    leave(40_000); // more than the least, less than 4 segments and the output
    await assert.rejects(run('out.mkv', settings), full);
    fs.statfs = statfs;
    const { resumedFrom, framesOut, warnings } = await run('out.mkv', settings);
    assert.deepEqual([resumedFrom, framesOut, warnings], [10, 40, []]);
  });

  it('an ffmpeg for which the disk is full leaves a DISK_FULL or a whole output', async function () {
    const size = (await fs.stat(join(folder, 'out.mkv'))).size / 1024;
    const mount = join(folder, 'small');
    fs.statfs = (() => Promise.reject(new Error('not there'))) as typeof fs.statfs;
    const results = new Set<string>();
    for (const kib of [0.1, 0.5, 0.9, 1.02, 1.2, 1.9, 1.98, 2.3, 4].map((part) => Math.round(part * size))) {
      const isMounted = await withMount(mount, `size=${kib}k`, async () => {
        const output = join(mount, 'out.mkv');
        const result = await run('', { output, resume: false }).then(
          () => 'whole',
          ({ code }: { code: string }) => code,
        );
        results.add(result);
        assert.deepEqual(
          [existsSync(output), readdirSync(mount).length],
          [result === 'whole', result === 'whole' ? 1 : 0],
        );
        if (result !== 'whole') return assert.equal(result, 'DISK_FULL', `${kib} KiB`);
        const [made, whole] = [await fs.readFile(output), await fs.readFile(join(folder, 'out.mkv'))];
        assert.ok(Math.abs(made.length - whole.length) < 2000);
        assert.equal(
          (await ff('-i', output, '-f', 'framemd5', '-')).toString(),
          (await ff('-i', join(folder, 'out.mkv'), '-f', 'framemd5', '-')).toString(),
        );
      });
      if (!isMounted) return this.skip(); // mounting needs root
    }
    assert.deepEqual([...results].toSorted(), ['DISK_FULL', 'whole']);
  });
});
