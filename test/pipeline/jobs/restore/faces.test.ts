import assert from 'node:assert/strict';
import { join } from 'node:path';
import { RemasterError, StoppedError } from '../../../../src/errors';
import { openFaceFinder, openModel } from '../../../../src/model/inference/openModel';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { writeFace, writeTiny } from '../../../support/tinyBundle';
import { binary, description, ff, pixels, scratchFolder } from '../../../support/videos';
import { ASTRONAUT } from '../../frames/face/images';

/** Frames with a face that moves, and frames of a chart after a cut. */
const WITH = 7;
const WITHOUT = 3;
const FRAME = 320 * 240 * 3;
/** As the official face model. */
const RESSHIFT = {
  ...{ steps: 4, kappa: 2, minNoise: 0.2, etasEnd: 0.99, power: 0.3, predicts: 'xstart' },
  input: { kind: 'latent', variance: 1 },
};

describe('restoreVideo with a face model', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  let same: string;
  let noisy: string;

  before(async () => {
    same = await writeFace(at('same'), 128, 1);
    noisy = await writeFace(at('noisy'), 128, 0.8);
    const face = `[0]crop=320:240:50+4*n:10,trim=end_frame=${WITH},setsar=1[a];[1]trim=end_frame=${WITHOUT},setsar=1[b];[a][b]concat`;
    const inputs = ['-loop', '1', '-r', '25', '-i', ASTRONAUT, '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25'];
    const film = (format: string) => ['-filter_complex', `${face},format=${format}`, '-c:v', 'ffv1'];
    await ff(...inputs, ...film('gbrp'), at('film.mkv'));
    await ff(...inputs, ...film('yuv420p10le'), at('deep.mkv'));
    await ff('-i', at('film.mkv'), '-ss', String(WITH / 25), '-c:v', 'ffv1', at('chart.mkv'));
  });

  async function run(
    changes: Partial<Job>,
    signal = new AbortController().signal,
    seen: (progress: Progress) => void = () => {},
  ): Promise<Result> {
    const job = { ...JOB_DEFAULTS, input: at('film.mkv'), output: at('out.mkv'), model: same, codec: 'ffv1' as const };
    const tools = { binary: await binary(), openModel, openFaceFinder };
    return restoreVideo({ ...job, provider: 'cpu', overwrite: true, ...changes }, tools, signal, seen);
  }

  it('counts faces and frames without a face; the latter are bit-identical, the others nearly so with an identity model', async () => {
    const result = await run({});
    assert.deepEqual(result.faces, { found: WITH, framesWithout: WITHOUT });
    assert.deepEqual([result.framesOut, result.width, result.height, result.warnings], [WITH + WITHOUT, 320, 240, []]);
    const [a, b] = [await pixels(at('film.mkv')), await pixels(at('out.mkv'))];
    assert.equal(a.length, (WITH + WITHOUT) * FRAME);
    assert.ok(b.subarray(WITH * FRAME).equals(a.subarray(WITH * FRAME)), 'the chart is not the same');
    for (let n = 0; n < WITH; n++) {
      let [changed, squares] = [0, 0];
      for (let i = n * FRAME; i < (n + 1) * FRAME; i++) {
        const difference = a[i]! - b[i]!;
        if (difference !== 0) changed++;
        squares += difference ** 2;
      }
      assert.ok(changed > 1000 && changed < 0.4 * FRAME, `${changed} samples of frame ${n}`);
      assert.ok(10 * Math.log10((255 ** 2 * changed) / squares) > 30, `frame ${n}`);
    }
  });

  it('the output is the same for any batch size and after a resume', async () => {
    await run({ model: noisy, batch: 1, output: at('one.mkv') });
    await run({ model: noisy, batch: 3, output: at('three.mkv') });
    const stop = new AbortController();
    const resumed = { model: noisy, batch: 2, segment: 2, resume: true, output: at('resumed.mkv') };
    const watch = ({ frame }: Progress): void => void (frame >= 4 && stop.abort(new StoppedError(true)));
    await assert.rejects(run(resumed, stop.signal, watch), { name: 'AbortError' });
    const result = await run(resumed);
    assert.ok(result.resumedFrom >= 2, String(result.resumedFrom));
    assert.equal(result.faces!.found, WITH - result.resumedFrom); // of this run
    const one = await pixels(at('one.mkv'));
    assert.ok(one.equals(await pixels(at('three.mkv'))), 'batches show');
    assert.ok(one.equals(await pixels(at('resumed.mkv'))), 'the interruption shows');
    assert.ok(!one.equals(await pixels(at('film.mkv'))), 'the model did nothing');
  });

  it('keeps a bit depth of 10', async () => {
    const result = await run({ input: at('deep.mkv') });
    assert.equal(result.faces!.found, WITH);
    assert.match(await description(at('out.mkv')), /ffv1.*p10le/);
    const [a, b] = [await pixels(at('deep.mkv'), 'gbrp16le'), await pixels(at('out.mkv'), 'gbrp16le')];
    const word = (bytes: Buffer, i: number): number => bytes.readUInt16LE(2 * i);
    let fine = 0;
    for (let i = 0; i < FRAME; i += 7) {
      assert.ok(Math.abs(word(a, i) - word(b, i)) < 65536 * 0.2, `sample ${i}`);
      if (word(b, i) % 257 !== 0) fine++;
    }
    assert.ok(fine > FRAME / 14, 'there are no more than 8 bits');
  });

  it('returns a video without faces unchanged, with a warning', async () => {
    const result = await run({ input: at('chart.mkv') });
    assert.deepEqual(result.faces, { found: 0, framesWithout: WITHOUT });
    assert.match(result.warnings.join(), /No face was found/);
    assert.ok((await pixels(at('chart.mkv'))).equals(await pixels(at('out.mkv'))));
  });

  it('leaves faces below the minimum size unchanged', async () => {
    assert.deepEqual((await run({ minFace: 200 })).faces, { found: 0, framesWithout: WITH + WITHOUT });
  });

  for (const noise of ['shared', 'independent'] as const) {
    it(`a static face ${noise === 'shared' ? 'stays' : 'does not stay'} static with ${noise} noise in a latent of 8 × 8 pixels`, async () => {
      const tile = { wholeUpTo: 128 * 128, size: 128, overlap: 0 };
      const model = await writeTiny(at(`latent.${noise}`), 'osediff', {
        changes: { system: 'resshift', schedule: RESSHIFT, task: 'face', scale: 1, multiple: 8, tile },
      });
      const still = ['-loop', '1', '-i', ASTRONAUT, '-frames:v', '3', '-vf', 'crop=320:240:64:10,format=gbrp'];
      await ff(...still, '-c:v', 'ffv1', at('still.mkv'));
      await run({ input: at('still.mkv'), model, noise });
      const made = await pixels(at('out.mkv'));
      assert.ok(!made.subarray(0, FRAME).equals((await pixels(at('still.mkv'))).subarray(0, FRAME)));
      const [first, ...others] = [0, 1, 2].map((n) => made.subarray(n * FRAME, (n + 1) * FRAME));
      for (const frame of others) assert.equal(frame.equals(first!), noise === 'shared');
    });
  }

  it('sends aligned square frames through the model whole', async () => {
    await ff('-i', ASTRONAUT, '-vf', 'scale=128:128,format=gbrp', '-c:v', 'ffv1', at('square.mkv'));
    const result = await run({ input: at('square.mkv'), faces: 'aligned' });
    assert.deepEqual(result.faces, { found: 1, framesWithout: 0 });
    assert.ok((await pixels(at('square.mkv'))).equals(await pixels(at('out.mkv'))));
  });

  for (const [changes, words] of [
    [{ model: 'x4', faces: 'detect' }, /faces “detect” applies only to face models; x4 is not one/],
    [{ model: 'x4', minFace: 40 }, /The smallest face applies only to face models; x4 is not one/],
    [{ tile: 64 }, /works on 128×128 pixels; tile size and overlap do not apply/],
    [{ faces: 'aligned' }, /one face each; this video is 320×240/],
  ] as const) {
    it(`rejects ${JSON.stringify(changes)} with an explanation`, async () => {
      await assert.rejects(run(changes), (error: RemasterError) => {
        assert.equal(error.code, 'BAD_SETTING');
        assert.match(error.message, words);
        assert.notEqual(error.remedy, '');
        return true;
      });
    });
  }
});
