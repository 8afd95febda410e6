import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
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
});
