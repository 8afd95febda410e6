import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
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
    async function images(change: (name: (number: number) => string) => Promise<void> | void): Promise<string> {
      rmSync(at('images'), { recursive: true, force: true });
      mkdirSync(at('images'));
      await ff('-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=25', '-frames:v', '20', at('images/f_%04d.png'));
      await change((number) => at(`images/f_${String(number).padStart(4, '0')}.png`));
      return at('images');
    }

    it('an empty image is named before the model is opened', async () => {
      const source = await images((name) => writeFileSync(name(9), ''));
      const unused = { binary: await binary(), openModel: () => assert.fail('the model was opened') };
      const job = { ...JOB_DEFAULTS, model: 'x4', input: source, output: at('out.mkv'), overwrite: true };
      await assert.rejects(
        restoreVideo(job, unused, new AbortController().signal, () => {}),
        {
          code: 'SOURCE_UNREADABLE',
          message: /f_0009\.png is empty/,
        },
      );
    });

    it('a torn image is named, and the video goes on behind it', async () => {
      const source = await images((name) => truncateSync(name(9), 300));
      await assert.rejects(restored(source), {
        code: 'SOURCE_DAMAGED',
        message: /1 of 20 images cannot be decoded: f_0009\.png\./,
      });
      const [whole, made] = [await images(() => {}), await framemd5(at('out.partial.mkv'))];
      const wanted = await framemd5(`${whole}/f_%04d.png`, ['-framerate', '25']);
      assert.deepEqual(
        made.map(({ md5 }) => md5),
        wanted.filter((_, i) => i !== 8).map(({ md5 }) => md5),
      );
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
