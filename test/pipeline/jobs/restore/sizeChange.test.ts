import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { type Job, JOB_DEFAULTS, type Result } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { framemd5 } from '../../../support/framemd5';
import { binary, ff, pixels, scratchFolder } from '../../../support/videos';

describe('restoreVideo with frames of several sizes', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  async function restored(input: string, changes: Partial<Job> = {}): Promise<Result> {
    const job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      input,
      output: at('out.mkv'),
      codec: 'ffv1',
      pixelFormat: 'gbrp',
      overwrite: true,
    } as const;
    const tools = { binary: await binary(), openModel: async () => nearest(1) };
    return restoreVideo({ ...job, ...changes }, tools, new AbortController().signal, () => {});
  }

  /** A transport stream of two pieces of one colour each: the second has this size. */
  async function joined(size: string, filters: string): Promise<string> {
    const piece = async (name: string, colour: string, pixelSize: string, start: number): Promise<Buffer> => {
      const source = `color=${colour}:size=${pixelSize}:rate=25:duration=0.4,${filters}`;
      await ff(
        '-f',
        'lavfi',
        '-i',
        source,
        '-c:v',
        'mpeg2video',
        '-q:v',
        '2',
        '-output_ts_offset',
        String(start),
        at(name),
      );
      return readFileSync(at(name));
    };
    writeFileSync(
      at('joined.ts'),
      Buffer.concat([await piece('1.ts', 'red', '64x48', 0), await piece('2.ts', 'lime', size, 0.4)]),
    );
    return at('joined.ts');
  }

  for (const [what, size, filters, bars] of [
    ['wider', '96x48', 'null', 'rows'],
    ['narrower', '48x64', 'null', 'columns'],
    ['of the same shape', '128x96', 'null', null],
  ] as const)
    it(`frames that become ${what} keep their shape, and the change is named`, async () => {
      const source = await joined(size, filters);
      const { warnings, framesIn } = await restored(source);
      assert.equal(framesIn, (await framemd5(source)).length);
      assert.match(
        warnings.join('\n'),
        /^The video changes its size at 0\.\d\d s; all frames were fitted into 64×48, with bars/,
      );
      const frame = (await pixels(at('out.mkv'))).subarray(-64 * 48 * 3);
      const isBlack = (x: number, y: number): boolean =>
        frame.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3).every((value) => value < 20);
      assert.ok(!isBlack(32, 24));
      assert.equal(isBlack(32, 2), bars === 'rows');
      assert.equal(isBlack(2, 24), bars === 'columns');
    });

  describe('of a folder of images', () => {
    async function images(
      change: (name: (number: number) => string) => Promise<void> | void,
      { count = 20, ending = 'png', quality = [] as readonly string[] } = {},
    ): Promise<string> {
      rmSync(at('images'), { recursive: true, force: true });
      mkdirSync(at('images'));
      const frames = ['-frames:v', String(count), ...quality, at(`images/f_%04d.${ending}`)];
      await ff('-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=25', ...frames);
      await change((number) => at(`images/f_${String(number).padStart(4, '0')}.${ending}`));
      return at('images');
    }

    /** The images of a whole folder without these, as ffmpeg alone decodes them, are the frames of the result. */
    async function hasAllBut(missing: readonly number[], name: string, how = {}): Promise<void> {
      const [whole, made] = [await images(() => {}, how), await framemd5(at(name))];
      const { ending = 'png' } = how as { ending?: string };
      const wanted = await framemd5(`${whole}/f_%04d.${ending}`, ['-framerate', '25']);
      assert.deepEqual(
        made.map(({ md5 }) => md5),
        wanted.filter((_, i) => !missing.includes(i + 1)).map(({ md5 }) => md5),
      );
    }

    it('empty images are named, and the video goes on behind them', async () => {
      const empty = [1, 9, 10, 20];
      const source = await images((name) => empty.forEach((number) => writeFileSync(name(number), '')));
      await assert.rejects(restored(source), {
        code: 'SOURCE_DAMAGED',
        message:
          /: 4 of 20 images were passed over, as they are empty: f_0001\.png, f_0009\.png, f_0010\.png, f_0020\.png\./,
      });
      await hasAllBut(empty, 'out.partial.mkv');
    });

    it('one empty image of more than a hundred is a warning', async () => {
      const how = { count: 101 };
      const source = await images((name) => writeFileSync(name(57), ''), how);
      const { warnings, framesIn } = await restored(source);
      assert.equal(framesIn, 100);
      assert.deepEqual(warnings, ['1 of 101 images were passed over, as they are empty: f_0057.png.']);
      await hasAllBut([57], 'out.mkv', how); // makes the folder anew
      const again = await images((name) => writeFileSync(name(57), ''), how);
      const { warnings: ofCut } = await restored(again, { trim: { start: 0, end: 2.2 } });
      assert.deepEqual(ofCut, [], 'a cut that leaves it out is whole');
    });

    it('images of which none has content, and too many for a pattern, are refused before the model is opened', async () => {
      const unused = { binary: await binary(), openModel: () => assert.fail('the model was opened') };
      const refused = async (source: string): Promise<void> => {
        const job = { ...JOB_DEFAULTS, model: 'x4', input: source, output: at('out.mkv'), overwrite: true };
        await assert.rejects(
          restoreVideo(job, unused, new AbortController().signal, () => {}),
          { code: 'SOURCE_UNREADABLE', message: /f_0001\.png is empty \(0 bytes\)/ },
        );
      };
      await refused(
        await images((name) => [1, 2, 3].forEach((number) => writeFileSync(name(number), '')), { count: 3 }),
      );
      const [image] = await images(() => {}, { count: 1 }).then((one) => [readFileSync(join(one, 'f_0001.png'))]);
      const deep = join(at('images'), ...Array.from({ length: 3 }, () => 'x'.repeat(240)));
      mkdirSync(deep, { recursive: true });
      for (let i = 1; i <= 200; i++)
        writeFileSync(join(deep, `f_${String(i).padStart(4, '0')}.png`), i % 2 === 1 ? '' : image!);
      await refused(deep);
    });

    it('a torn JPEG is named, and the video goes on behind it', async () => {
      const how = { ending: 'jpg', quality: ['-q:v', '2'] };
      const source = await images((name) => truncateSync(name(9), Math.floor(statSync(name(9)).size / 2)), how);
      const { warnings, framesIn } = await restored(source);
      assert.equal(framesIn, 20);
      assert.match(warnings.join('\n'), /These images are not complete: f_0009\.jpg\./);
      const made = await framemd5(at('out.mkv'));
      const wanted = await framemd5(`${await images(() => {}, how)}/f_%04d.jpg`, ['-framerate', '25']);
      const differ = made.flatMap(({ md5 }, i) => (md5 === wanted[i]!.md5 ? [] : [i + 1]));
      assert.deepEqual(differ, [9]);
    });

    it('a JPEG of which only the start is left is named', async () => {
      const how = { ending: 'jpg', quality: ['-q:v', '2'] };
      const source = await images((name) => truncateSync(name(9), 30), how);
      await assert.rejects(restored(source), { code: 'SOURCE_DAMAGED', message: /1 of 20 .*: f_0009\.jpg\./ });
      await hasAllBut([9], 'out.partial.mkv', how);
    });

    it('a torn image is named, and the video goes on behind it', async () => {
      const source = await images((name) => truncateSync(name(9), 300));
      await assert.rejects(restored(source), {
        code: 'SOURCE_DAMAGED',
        message: /1 of 20 images cannot be decoded: f_0009\.png\./,
      });
      await hasAllBut([9], 'out.partial.mkv');
    });

    it('a torn last image is named', async () => {
      const source = await images((name) => truncateSync(name(20), 300));
      await assert.rejects(restored(source), { code: 'SOURCE_DAMAGED', message: /1 of 20 .*: f_0020\.png\./ });
    });

    it('missing numbers and an image of another size are named', async () => {
      const source = await images(async (name) => {
        rmSync(name(3));
        rmSync(name(4));
        await ff('-f', 'lavfi', '-i', 'testsrc2=size=96x54', '-frames:v', '1', '-update', '1', name(8));
      });
      const { warnings, framesIn } = await restored(source);
      assert.equal(framesIn, 18);
      assert.equal(warnings.length, 2, warnings.join('\n'));
      assert.match(warnings[0]!, /missing between f_0002\.png and f_0005\.png/);
      assert.match(warnings[1]!, /changes its size at f_0008\.png, at f_0009\.png; .* 64×48, with bars/);
    });
  });
});
