import assert from 'node:assert/strict';
import { RemasterError } from '../../../../src/errors';
import { openFaceFinder } from '../../../../src/model/inference/openModel';
import type { Face, FaceFinder, Model, Shot, TileBatch } from '../../../../src/model/model';
import { applied, inverted, toFaceImage } from '../../../../src/pipeline/frames/face/align';
import { detectFaces } from '../../../../src/pipeline/frames/face/detectFaces';
import { paste } from '../../../../src/pipeline/frames/face/paste';
import { resample, type Samples } from '../../../../src/pipeline/frames/face/resample';
import { faceProcessor } from '../../../../src/pipeline/frames/face/restoreFaces';
import type { Frame } from '../../../../src/pipeline/media/frame';
import { nearest } from '../../../support/fakeModel';
import { ASTRONAUT, astronaut, picture, psnr } from './images';

const SIDE = 512;
const INFO = { task: 'face', tile: { wholeUpTo: SIDE * SIDE, size: SIDE, overlap: 0 } } as const;
const SETTINGS = { minFace: null, colorFix: null };

describe('faceProcessor', () => {
  const never = new AbortController().signal;
  let finder: FaceFinder;
  let still: Samples;
  let two: Samples;
  before(async () => {
    finder = openFaceFinder();
    still = await astronaut();
    const filter = 'split[a][b];[b]hflip,scale=320:320[c];[a]pad=900:512[d];[d][c]overlay=560:100';
    two = await picture(['-i', ASTRONAUT], filter, 900, 512);
  });
  after(() => finder[Symbol.asyncDispose]());

  function frameOf({ width, height, data }: Samples, pts = 0): Frame {
    const depth = data instanceof Uint8Array ? 8 : 16;
    return { index: pts, pts, scene: 0, width, height, depth, data: new Uint8Array(data.slice().buffer) };
  }
  const samples = ({ width, height, depth, data }: Frame): Samples =>
    depth === 8 ? { width, height, data } : { width, height, data: new Uint16Array(data.buffer) };

  /** A model whose output is visible everywhere: it inverts every sample. */
  const negative = (depth: 8 | 16 = 8): Model => ({
    ...nearest(1, { ...INFO, depth }),
    run: async ({ data }: TileBatch) => data.map((value) => 255 - value),
  });

  /** The pixels in the aligned square of a face, `from` the edge of the square inwards. */
  async function inSquares(source: Samples, from = 0): Promise<(x: number, y: number) => boolean> {
    const faces = await detectFaces(source, finder, 8, never);
    const squares = faces.map(({ landmarks }) => toFaceImage(landmarks, SIDE));
    return (x, y) =>
      squares.some((square) => applied(square, [x, y]).every((at) => at >= from && at <= SIDE - 1 - from));
  }

  for (const depth of [8, 16] as const) {
    it(`with an identity model the face changes only by resampling, and all other pixels are bit-identical, ${depth} bit`, async () => {
      const wide = Uint16Array.from(still.data, (value, i) => value * 256 + (i % 256));
      const source = depth === 8 ? still : { ...still, data: wide };
      const frame = frameOf(source);
      const enhance = faceProcessor(nearest(1, { ...INFO, depth }), finder, SETTINGS);
      const [output] = await enhance.run([frame], never);
      const inside = await inSquares(source);
      const full = depth === 8 ? 1 : 257;
      let [changed, squared] = [0, 0];
      const result = samples(output!);
      for (let y = 0; y < 512; y++) {
        for (let x = 0; x < 512; x++) {
          for (let c = 0; c < 3; c++) {
            const i = (y * 512 + x) * 3 + c;
            const difference = (result.data[i]! - source.data[i]!) / full;
            if (!inside(x, y)) assert.equal(difference, 0, `${x}, ${y}`);
            else {
              changed++;
              squared += difference ** 2;
            }
          }
        }
      }
      const decibels = 10 * Math.log10((255 ** 2 * changed) / squared);
      assert.ok(changed > 20_000 * 3 && decibels > 38, `${changed} samples, ${decibels} dB`);
      assert.deepEqual(frame.data, frameOf(source).data); // the input frame is unchanged
    });
  }

  it('restores and counts two faces', async () => {
    const enhance = faceProcessor(negative(), finder, SETTINGS);
    const [output] = await enhance.run([frameOf(two)], never);
    assert.deepEqual(enhance.faces, { found: 2, framesWithout: 0 });
    const middle = await inSquares(two, 60);
    const outside = await inSquares(two);
    let negatives = 0;
    for (let y = 0; y < two.height; y += 3) {
      for (let x = 0; x < two.width; x += 3) {
        const i = (y * two.width + x) * 3;
        if (!outside(x, y)) assert.equal(output!.data[i], two.data[i]);
        else if (middle(x, y)) negatives += Math.abs(255 - output!.data[i]! - two.data[i]!) < 40 ? 1 : -100;
      }
    }
    assert.ok(negatives > 2500, `${negatives} pixels`);
  });

  it('returns a frame without a face unchanged and counts it', async () => {
    const chart = frameOf(await picture(['-f', 'lavfi', '-i', 'testsrc2=size=320x240'], 'null', 320, 240));
    const enhance = faceProcessor(negative(), finder, SETTINGS);
    const output = await enhance.run([chart, frameOf(still), chart], never);
    assert.deepEqual(output[0], chart);
    assert.deepEqual(output[2], chart);
    assert.deepEqual(enhance.faces, { found: 1, framesWithout: 2 });
  });

  it('the output does not depend on the batch size, and a static face stays static', async () => {
    const sources = [still, two, still, two].map((source, n) => frameOf(source, n));
    const one = faceProcessor(negative(), finder, SETTINGS);
    const separate: Frame[] = [];
    for (const frame of sources) separate.push(...(await one.run([frame], never)));
    const together = await faceProcessor(negative(), finder, SETTINGS).run(sources, never);
    assert.deepEqual(together, separate);
    assert.deepEqual(together[2]!.data, together[0]!.data);
    assert.deepEqual(together[3]!.data, together[1]!.data);
  });

  it('all faces get the same noise of their shot, in batches of at most as many faces as frames', async () => {
    const keys: string[][] = [];
    const model: Model = {
      ...nearest(1, INFO),
      run: async (batch: TileBatch) => {
        keys.push(batch.keys.map(({ x, y, scene, frame }) => [x, y, scene, frame].join()));
        return batch.data;
      },
    };
    await faceProcessor(model, finder, SETTINGS).run([frameOf(two, 40), frameOf(still, 41)], never);
    assert.deepEqual(keys, [['0,0,0,40', '0,0,0,40'], ['0,0,0,41']]);
  });

  describe('with a prompt graph', () => {
    /** `asked`: the images of which the prompt was computed; `used`: the prompts of each batch, as their position in `asked`. */
    function prompted() {
      const [asked, used]: [Shot[], unknown[]] = [[], []];
      const model: Model = {
        ...nearest(1, INFO),
        prompt: async ({ width, height, data }) => {
          asked.push({ width, height, data });
          return { words: { dims: [1], data: Float32Array.of(asked.length - 1) } };
        },
        run: async (batch: TileBatch) => {
          used.push(...batch.keys.map(({ prompt }) => prompt!['words']!.data[0]));
          return batch.data;
        },
      };
      return { model, asked, used };
    }

    it('asks for the prompt of the largest face in the first frame of a shot, once', async () => {
      const { model, asked, used } = prompted();
      const first = frameOf(two, 0);
      const frames = [
        first,
        { ...frameOf(still, 1), shotFirstFrame: first },
        { ...frameOf(two, 2), shotFirstFrame: first },
      ];
      await faceProcessor(model, finder, SETTINGS).run(frames, never);
      assert.deepEqual(used, [0, 0, 0, 0, 0]);
      const [{ landmarks }] = (await detectFaces(two, finder, 32, never)).slice(-1) as [Face];
      const whole = { left: 0, top: 0, width: SIDE, height: SIDE };
      const expected = resample(two, inverted(toFaceImage(landmarks, SIDE)), whole);
      assert.deepEqual(asked, [{ width: SIDE, height: SIDE, data: expected.data }]);
    });

    it('asks for that of the whole first frame if it has no face, and of each aligned shot', async () => {
      const one = prompted();
      const chart = frameOf(await picture(['-f', 'lavfi', '-i', 'testsrc2=size=320x240'], 'null', 320, 240));
      await faceProcessor(one.model, finder, SETTINGS).run([{ ...frameOf(still, 1), shotFirstFrame: chart }], never);
      assert.deepEqual([one.asked.length, one.asked[0]!.data], [1, chart.data]);
      const other = prompted();
      await faceProcessor(other.model, null, SETTINGS).run([frameOf(still, 0), frameOf(still, 9)], never);
      assert.deepEqual(other.used, [0, 1]);
      assert.deepEqual([other.asked[0]!.width, other.asked[0]!.height], [SIDE, SIDE]);
    });
  });

  it('sends aligned frames of the model’s size through it without resampling', async () => {
    const frame = frameOf(await picture(['-f', 'lavfi', '-i', 'testsrc2=size=512x512'], 'null', 512, 512));
    const [output] = await faceProcessor(negative(), null, SETTINGS).run([frame], never);
    assert.deepEqual(
      output!.data,
      frame.data.map((value) => 255 - value),
    );
  });

  for (const side of [256, 800]) {
    it(`resamples aligned frames of ${side} pixels to the model’s size and back`, async () => {
      const source = await astronaut(side);
      const enhance = faceProcessor(nearest(1, INFO), null, SETTINGS);
      const [output] = await enhance.run([frameOf(source)], never);
      assert.deepEqual(enhance.faces, { found: 1, framesWithout: 0 });
      assert.ok(psnr(source, samples(output!)) > (side === 256 ? 36 : 30), `${psnr(source, samples(output!))} dB`);
    });
  }

  it('reports insufficient memory for one face with a useful remedy', async () => {
    const full: Model = {
      ...nearest(1, INFO),
      run: () =>
        Promise.reject(
          new RemasterError('GPU_OUT_OF_MEMORY', 'a tile does not fit', { remedy: 'Choose smaller tiles.' }),
        ),
    };
    await assert.rejects(faceProcessor(full, finder, SETTINGS).run([frameOf(still)], never), (error: RemasterError) => {
      assert.equal(error.code, 'GPU_OUT_OF_MEMORY');
      assert.match(`${error.message} ${error.remedy}`, /face image of 512×512 .* provider cpu/);
      return true;
    });
  });

  it('AdaIN restores the colours of the face', async () => {
    const tinted: Model = {
      ...nearest(1, INFO),
      run: async ({ data }: TileBatch) =>
        data.map((value, i) => (i % 3 === 0 ? Math.min(255, value / 2 + 120) : value)),
    };
    const [plain] = await faceProcessor(tinted, finder, SETTINGS).run([frameOf(still)], never);
    const [fixed] = await faceProcessor(tinted, finder, { ...SETTINGS, colorFix: 'adain' }).run(
      [frameOf(still)],
      never,
    );
    const away = psnr(still, samples(plain!));
    const near = psnr(still, samples(fixed!));
    assert.ok(near > away + 6, `${away} dB, then ${near} dB`);
  });

  it('a face image outside the frame or smaller than a pixel changes nothing else', () => {
    const face = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(255) };
    const profile = new Float64Array(64).fill(1);
    const frame = () => ({ width: 20, height: 10, data: new Uint8Array(600) });
    for (const dx of [-1000, 1000]) {
      const target = frame();
      paste(target, face, { a: 1, b: 0, dx, dy: 0 }, profile);
      assert.deepEqual(target, frame());
    }
    const dot = frame();
    paste(dot, face, { a: 200, b: 0, dx: -1970, dy: -970 }, profile); // the square is a third of a pixel
    assert.ok(dot.data.filter((value) => value > 0).length <= 3);
    const whole = frame();
    paste(
      whole,
      resample(face, { a: 1, b: 0, dx: 0, dy: 0 }, { left: 0, top: 0, width: 64, height: 64 }),
      { a: 1, b: 0, dx: 20, dy: 20 },
      profile,
    );
    assert.ok(whole.data.every((value) => value === 255));
  });
});
