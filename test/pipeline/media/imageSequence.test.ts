import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoppedError } from '../../../src/errors';
import { restoreVideo } from '../../../src/pipeline/jobs/restore/restoreVideo';
import { type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../src/settings/restoreJob';
import { nearest } from '../../support/fakeModel';
import { binary, description, ff, moving, pixels, scratchFolder, times } from '../../support/videos';

describe('an image sequence', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const FRAMES = 9;

  before(async () => {
    mkdirSync(at('reel [1] *'));
    await ff(...moving('64x36', '24', FRAMES), '-pix_fmt', 'gbrp', '-c:v', 'ffv1', at('film.mkv'));
    await ff('-i', at('film.mkv'), at('reel [1] */scan_%04d.png'));
    writeFileSync(at('reel [1] */notes.txt'), 'reel 1');
    writeFileSync(at('reel [1] */.hidden.tif'), '');
  });

  async function run(
    changes: Partial<Job>,
    signal = new AbortController().signal,
    seen: (progress: Progress) => void = () => {},
  ): Promise<Result> {
    const job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      input: at('reel [1] *'),
      output: at('out.mkv'),
      codec: 'ffv1' as const,
      tileCache: null,
    };
    const depth = changes.pixelFormat === 'gbrp10le' ? 16 : 8;
    const tools = { binary: await binary(), openModel: async () => nearest(1, { depth }) };
    return restoreVideo({ ...job, overwrite: true, ...changes }, tools, signal, seen);
  }

  it('is read as a video: every image in order, bit-exact, at the requested rate', async () => {
    const result = await run({ sequenceRate: 24 });
    assert.deepEqual([result.framesOut, result.width, result.height], [FRAMES, 64, 36]);
    assert.ok((await pixels(at('out.mkv'))).equals(await pixels(at('film.mkv'))));
    await run({ sequenceRate: 24, output: at('out.mp4'), codec: 'h264' });
    const { seconds } = await times(at('out.mp4'));
    seconds.forEach((time, n) => assert.ok(Math.abs(time - n / 24) < 1e-4, `${time} is not ${n}/24`));
    await run({ sequenceRate: 10, trim: { start: 0.3, end: 0.6 } });
    const part = await pixels(at('out.mkv'));
    const size = 64 * 36 * 3;
    assert.ok(part.equals((await pixels(at('film.mkv'))).subarray(3 * size, 6 * size)));
  });

  it('keeps the bit depth of scans', async () => {
    mkdirSync(at('deep'));
    await ff('-i', at('film.mkv'), '-pix_fmt', 'rgb48be', at('deep/%03d.tiff'));
    await run({ input: at('deep'), pixelFormat: 'gbrp10le' });
    assert.match(await description(at('out.mkv')), /gbrp10le/);
  });

  it('takes different spellings of one extension as one format, in the order of the names', async () => {
    for (const [format, spellings] of [
      ['jpg', ['jpg', 'JPG', 'jpeg', 'Jpeg']],
      ['tif', ['TIF', 'tif', 'tiff']],
      ['png', ['png', 'PNG']],
    ] as const) {
      mkdirSync(at(format));
      mkdirSync(at(`mixed ${format}`));
      await ff('-i', at('film.mkv'), at(`${format}/%03d.${format}`));
      for (let n = 1; n <= FRAMES; n++) {
        const number = `${n}`.padStart(3, '0');
        const mixed = `mixed ${format}/${number}.${spellings[n % spellings.length]}`;
        copyFileSync(at(`${format}/${number}.${format}`), at(mixed));
      }
      await run({ input: at(format) });
      const truth = await pixels(at('out.mkv'));
      assert.equal((await run({ input: at(`mixed ${format}`) })).framesOut, FRAMES);
      assert.ok((await pixels(at('out.mkv'))).equals(truth), format);
    }
  });

  it('resumes after an interruption, but not after an image has changed', async () => {
    const job = { segment: 2, resume: true, batch: 1, output: at('resumed.mkv') };
    const stopped = async (): Promise<void> => {
      const stop = new AbortController();
      const watch = ({ frame }: Progress): void => void (frame >= 4 && stop.abort(new StoppedError(true)));
      await assert.rejects(run(job, stop.signal, watch), { name: 'AbortError' });
    };
    await stopped();
    assert.ok((await run(job)).resumedFrom >= 2);
    assert.ok((await pixels(at('resumed.mkv'))).equals(await pixels(at('film.mkv'))));
    await stopped();
    copyFileSync(at('reel [1] */scan_0009.png'), at('reel [1] */scan_0001.png'));
    await assert.rejects(run(job), { code: 'RESUME_MISMATCH', message: /4 finished frames .* differs in source\.$/ });
    assert.equal((await run({ ...job, discard: true })).resumedFrom, 0);
  });

  for (const [name, make, words] of [
    ['nothing', () => {}, /the folder contains no images/],
    [
      'several kinds',
      (to: string) => {
        writeFileSync(join(to, '1.png'), '');
        writeFileSync(join(to, '2.tif'), '');
      },
      /it contains images of several formats \(\.png, \.tif\)/,
    ],
    [
      'numbers without zeros',
      (to: string) => {
        for (const n of [1, 2, 9, 10]) writeFileSync(join(to, `scan${n}.png`), '');
      },
      /in alphabetical order, scan10\.png would come before scan2\.png/,
    ],
    [
      'numbers without zeros from the first',
      (to: string) => {
        for (const n of [9, 10]) writeFileSync(join(to, `scan${n}.png`), '');
      },
      /in alphabetical order, scan10\.png would come before scan9\.png/,
    ],
    [
      'numbers without zeros in two spellings',
      (to: string) => {
        for (const image of ['scan9.jpg', 'scan10.JPG']) writeFileSync(join(to, image), '');
      },
      /in alphabetical order, scan10\.JPG would come before scan9\.jpg/,
    ],
    [
      'a name that the pattern of two spellings also matches',
      (to: string) => {
        for (const file of ['1.jpg', '2.JPG', '1.jp2.log']) writeFileSync(join(to, file), '');
      },
      /1\.jp2\.log looks like an image of its own format/,
    ],
    ['no picture at all', (to: string) => writeFileSync(join(to, '1.png'), 'text'), /cannot be read/],
  ] as const) {
    it(`is rejected with an explanation: ${name}`, async () => {
      const input = at(`bad ${name}`);
      mkdirSync(input);
      make(input);
      await assert.rejects(run({ input }), { code: 'SOURCE_UNREADABLE', message: words });
    });
  }

  it('reports a folder that is moved away while it is being read', async () => {
    mkdirSync(at('moved'));
    await ff('-i', at('film.mkv'), at('moved/%03d.png'));
    const watch = ({ frame }: Progress): void => {
      if (frame === 2) writeFileSync(at('moved/999.png'), 'late');
    };
    await assert.rejects(run({ input: at('moved'), batch: 1 }, undefined, watch), { code: /SOURCE_/ });
    renameSync(at('moved'), at('gone'));
  });
});
