import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoppedError } from '../../../../src/errors';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { checkJob, type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { framemd5 } from '../../../support/framemd5';
import { withMount } from '../../../support/mounts';
import { binary, description, ff, moving, scratchFolder } from '../../../support/videos';

const never = new AbortController().signal;

/** The frames of a result as files. */
describe('an output of images', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  const run = async (
    output: string,
    changes: Partial<Job> = {},
    signal = never,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Result> =>
    restoreVideo(
      checkJob({ ...JOB_DEFAULTS, model: 'x4', input: at('source.mkv'), output: at(output), ...changes }),
      { binary: await binary(), openModel: async ({ depth }) => nearest(1, { depth }) },
      signal,
      onProgress,
    );
  const noise = (size: string, frames: number): string[] => [
    ...['-f', 'lavfi', '-i', `color=gray:size=${size}:rate=25,noise=alls=100:allf=t`],
    ...['-frames:v', String(frames), '-pix_fmt', 'bgr0'],
  ];
  const contents = (name: string): string[] =>
    readdirSync(at(name)).map((file) => `${file} ${readFileSync(join(at(name), file)).toString('base64')}`);
  /** Checksums of the pixels of each file, by ffmpeg alone. */
  const pixelsOf = async (name: string): Promise<string[]> => {
    const found = [];
    for (const file of readdirSync(at(name))) found.push((await framemd5(join(at(name), file)))[0]!.md5);
    return found;
  };

  before(async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine', '-shortest', '-c:a', 'flac'];
    await ff(...moving('32x24', '25', 12), ...sound, '-pix_fmt', 'bgr0', '-c:v', 'ffv1', at('source.mkv'));
    await ff(...moving('32x24', '25', 2), '-pix_fmt', 'yuv444p10le', '-c:v', 'ffv1', at('deep.mkv'));
  });

  it('has the frames of the source, bit by bit, with numbers from the start number', async () => {
    const source = (await framemd5(at('source.mkv'))).map(({ md5 }) => md5);
    const png = await run('png/%05d.png', { startNumber: 7 });
    assert.deepEqual([png.output, png.framesOut, [png.width, png.height]], [at('png'), 12, [32, 24]]);
    assert.deepEqual([readdirSync(at('png')).at(0), readdirSync(at('png')).at(-1)], ['00007.png', '00018.png']);
    assert.deepEqual(await pixelsOf('png'), source);
    await run('tiff', { codec: 'tiff' });
    assert.equal(readdirSync(at('tiff')).at(0), '00000001.tif');
    assert.deepEqual(await pixelsOf('tiff'), source);
    assert.ok(png.bytes > 12 * 100);
    assert.ok(!existsSync(at('.png.remaster')));
  });

  it('names the sound and what else it leaves out', async () => {
    const { warnings } = await run('warned', { codec: 'png' });
    assert.deepEqual(warnings, [
      'Images have no times: the output has 25 frames per second.',
      'Images have no sound and no other streams: audio stream 1 (flac) was left out.',
    ]);
  });

  it('has 16 bits where the source has more than 8', async () => {
    for (const codec of ['png', 'tiff'] as const) {
      await run(`deep ${codec}`, { codec, input: at('deep.mkv') });
      assert.match(await description(join(at(`deep ${codec}`), readdirSync(at(`deep ${codec}`))[0]!)), /rgb48/);
    }
  });

  it('a folder with a % in its name is no pattern', async () => {
    await run('50%03d/%04d.tif', { startNumber: 1000 }); // as many digits as the last number has
    assert.equal(readdirSync(at('50%03d')).at(0), '1000.tif');
  });

  it('has no name until it is whole; an interrupted job continues with the same bytes', async () => {
    const stop = new AbortController();
    const early = ({ frame }: Progress): void => {
      if (frame >= 8) stop.abort(new StoppedError(true));
    };
    await assert.rejects(run('resumed', { codec: 'png', segment: 3 }, stop.signal, early));
    assert.ok(!existsSync(at('resumed')) && existsSync(at('.resumed.remaster')));
    // The numbers are given at the end: they may change in between.
    const { resumedFrom } = await run('resumed', { codec: 'png', segment: 3, startNumber: 1 });
    assert.ok(resumedFrom >= 3);
    await run('once', { codec: 'png', segment: 3 });
    assert.deepEqual(contents('resumed'), contents('once'));
  });

  it('replaces nothing but images of such names, and only if it may', async () => {
    mkdirSync(at('empty'));
    await run('empty', { codec: 'png' });
    await assert.rejects(run('empty', { codec: 'png' }), { code: 'OUTPUT_EXISTS' });
    writeFileSync(join(at('empty'), '00000099.png'), 'old');
    await run('empty', { codec: 'png', overwrite: true });
    assert.equal(readdirSync(at('empty')).length, 12);
    writeFileSync(join(at('empty'), 'notes.txt'), 'mine');
    await assert.rejects(run('empty', { codec: 'png', overwrite: true }), {
      code: 'OUTPUT_UNWRITABLE',
      message: /notes\.txt/,
    });
    assert.equal(readFileSync(join(at('empty'), 'notes.txt'), 'utf8'), 'mine');
    writeFileSync(at('file'), 'a file');
    await assert.rejects(run('file', { codec: 'png' }), { code: 'OUTPUT_EXISTS' });
  });

  it('refuses names whose numbers would get more digits, before the first frame', async () => {
    const wanted = { code: 'BAD_SETTING', message: /the last number is 10 \(is "%01d\.png"\)|last number is 10/ };
    await assert.rejects(run('short/%01d.png', { trim: { start: 0, end: 0.4 } }), wanted);
    assert.ok(!existsSync(at('short')) && !existsSync(at('.short.remaster')));
  });

  it('a disk that is full when the images are written: the job continues once there is space', async function () {
    await ff(...noise('64x48', 20), '-c:v', 'ffv1', at('noise.mkv'));
    const isMounted = await withMount(at('small'), 'size=360k', async () => {
      const job = { codec: 'png', input: at('noise.mkv'), segment: 5 } as const;
      await assert.rejects(run('small/out', job), { code: 'DISK_FULL' });
      assert.ok(!existsSync(at('small/out')));
      execFileSync('mount', ['-o', 'remount,size=2m', at('small')]);
      assert.equal((await run('small/out', job)).resumedFrom, 20);
      assert.deepEqual(readdirSync(at('small')), ['out']);
    });
    if (!isMounted) this.skip();
  });

  it('the folder of the source is never replaced', async () => {
    symlinkSync(at('tiff'), at('link'));
    for (const [input, code] of [
      [at('tiff'), 'BAD_SETTING'],
      [at('link'), 'OUTPUT_EXISTS'],
    ] as const)
      // prettier-ignore
      await assert.rejects(run('tiff', { codec: 'tiff', input, overwrite: true }), { code });
    assert.equal(readdirSync(at('tiff')).length, 12);
  });

  it('of a source that is cut, what could be read is a partial folder', async () => {
    await ff('-i', at('source.mkv'), '-c', 'copy', at('cut.mkv'));
    const whole = readFileSync(at('cut.mkv'));
    writeFileSync(at('cut.mkv'), whole.subarray(0, Math.floor(whole.length / 2)));
    await assert.rejects(run('torn', { codec: 'png', input: at('cut.mkv') }), /torn\.partial/);
    assert.ok(!existsSync(at('torn')));
    assert.ok(readdirSync(at('torn.partial')).length > 2);
  });
});
