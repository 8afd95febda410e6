import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openReference } from '../../bench/reference';
import { listModels } from '../../src/model/bundle/modelLibrary';
import { planFor } from '../../src/model/bundle/samplerPlan';
import { loadModel } from '../../src/model/inference/loadedModel';
import { loadRuntime } from '../../src/model/inference/runtime';
import { noiseField } from '../../src/sampler/noise';
import { bicubic } from '../sampler/reference/bicubic';
import { openBundle } from '../support/openBundle';
import { root } from '../support/root';
import { ff } from '../support/videos';

const MODELS = join(root, 'models');
const names = readdirSync(MODELS).filter((name) => readdirSync(join(MODELS, name)).includes('model.json'));
const CLIP = join(root, 'resources', 'media', 'sample.mp4');

describe('embeddedModels', () => {
  /** A real photo of 192 × 144 pixels; the same scaled down by the factor; and the same with noise. */
  let truth: Buffer;
  const small = new Map<number, Buffer>();
  let noisy: Buffer;

  before(async () => {
    const frame = (...filters: string[]) =>
      ff(...['-i', CLIP, '-frames:v', '1', '-vf', [...filters, 'format=rgb24'].join(',')], '-f', 'rawvideo', '-');
    truth = await frame();
    for (const scale of [2, 4]) small.set(scale, await frame(`scale=${WIDTH / scale}:${HEIGHT / scale}:flags=area`));
    noisy = await frame('noise=alls=12:allf=t:all_seed=1');
    const lengths = [truth, noisy, small.get(2)!, small.get(4)!].map(({ length }) => length / (3 * WIDTH * HEIGHT));
    assert.deepEqual(lengths, [1, 1, 1 / 4, 1 / 16]);
  });

  const keys = [{ x: 0, y: 0, scene: 0, frame: 0 }];
  const smallTile = (scale: number) => ({
    width: WIDTH / scale,
    height: HEIGHT / scale,
    data: new Uint8Array(small.get(scale) ?? noisy),
    keys,
  });
  /** The photo with a mask of two scratches and a box. */
  const masked = () => ({
    width: WIDTH,
    height: HEIGHT,
    data: new Uint8Array(truth),
    mask: HOLES.slice(),
    keys,
  });

  it('every embedded model is listed and has a card', async () => {
    const listed = (await listModels()).filter(({ path }) => path.startsWith(MODELS));
    assert.deepEqual(listed.map(({ name }) => name).toSorted(), names.toSorted());
    for (const { name, problem, licence, bytes, steps, title } of listed) {
      assert.equal(problem, null, name);
      assert.ok(licence === 'Apache-2.0' && bytes < 8e6 && steps > 0 && title.length > 5, name);
      const card = readFileSync(join(MODELS, name, 'CARD.md'), 'utf8');
      for (const word of ['photographs', 'licence', name])
        assert.ok(card.toLowerCase().includes(word), `${name}: ${word}`);
    }
    const systems = new Set(listed.map(({ system }) => system));
    assert.deepEqual([...systems].toSorted(), ['dossr', 'osediff', 'resshift']);
  });

  for (const name of names) {
    it(`${name}: the compiled graph gives the same result as the reference`, async () => {
      const bundle = await openBundle(join(MODELS, name));
      const fills = bundle.manifest.task === 'inpaint';
      const { scale } = bundle.manifest;
      const tile = () => (fills ? masked() : smallTile(scale));
      const request = { strength: 1, depth: 8 } as const;
      const noise = { mode: 'shared', seed: 3 } as const;
      const model = await loadModel(loadRuntime(), bundle.folder, {
        ...{ ...request, model: name, provider: 'cpu', device: 0, threads: 0 },
        ...{ steps: null, order: null, colorFix: null },
      });
      const made = await model.run(tile(), model.noise({ noise: noise.mode, seed: noise.seed }));
      const reference = await openReference(loadRuntime(), bundle);
      const settings = { ...request, plan: planFor(bundle.manifest, null), colorFix: bundle.manifest.colorFix };
      const wanted = await reference.run(tile(), { ...settings, noise: noiseField(noise) });
      await model.release();
      await reference.release();
      assert.ok(made.every((sample, i) => Math.abs(sample - wanted[i]!) <= 1));

      if (fills) {
        // Pixels outside the mask are identical, and inpainting is better than repeating the nearest pixel on the left.
        assert.ok(made.every((sample, i) => HOLES[Math.floor(i / 3)] !== 0 || sample === truth[i]));
        const [ours, theirs] = [psnr(made, truth), psnr(smeared(truth), truth)];
        assert.ok(ours > theirs + 1, `${ours.toFixed(2)} dB, smeared ${theirs.toFixed(2)} dB`);
        return;
      }

      if (scale === 1) {
        const [ours, theirs] = [psnr(made, truth), psnr(noisy, truth)];
        assert.ok(ours > theirs + 1, `${ours.toFixed(2)} dB, noisy ${theirs.toFixed(2)} dB`);
        return;
      }

      // An untrained network, or one with wrong inputs, is 10 dB or more below bicubic.
      const plain = enlarged(small.get(scale)!, scale);
      const [ours, theirs] = [psnr(made, truth), psnr(plain, truth)];
      assert.ok(ours > theirs - 1.5, `${ours.toFixed(2)} dB, bicubic ${theirs.toFixed(2)} dB`);
      // A network that changes nothing is neither sharper nor closer.
      const sharper = detail(made) / detail(plain);
      assert.ok(
        sharper > 1.1 || ours > theirs + 0.3,
        `detail ${sharper.toFixed(2)} times, ${(ours - theirs).toFixed(2)} dB`,
      );
    });
  }
});

const [WIDTH, HEIGHT] = [192, 144];

const HOLES = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
  const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
  return (x > 50 && x < 54) || (x > 120 && x < 127) || (x > 140 && x < 170 && y > 40 && y < 60) ? 255 : 0;
});

function smeared(image: Uint8Array): Uint8Array {
  const smear = new Uint8Array(image);
  for (let i = 3; i < smear.length; i++) if (HOLES[Math.floor(i / 3)]) smear[i] = smear[i - 3]!;
  return smear;
}

/** 8-bit R′G′B′ in full size. */
function enlarged(bytes: Uint8Array, scale: number): Uint8Array {
  const plane = (WIDTH * HEIGHT) / scale ** 2;
  const data = Float64Array.from(bytes, (_, i) => bytes[(i % plane) * 3 + Math.floor(i / plane)]!);
  const large = bicubic({ dims: [1, 3, HEIGHT / scale, WIDTH / scale], data }, scale).data;
  return Uint8ClampedArray.from(
    large,
    (_, i) => large[(i % 3) * plane * scale ** 2 + Math.floor(i / 3)]!,
  ) as unknown as Uint8Array;
}

function psnr(a: Uint8Array, b: Uint8Array): number {
  const error = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length;
  return 10 * Math.log10(255 ** 2 / error);
}

/** Mean |difference| of neighbours in R′G′B′ with rows of 192 pixels. */
function detail(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 3; i < bytes.length; i++) sum += Math.abs(bytes[i]! - bytes[i - 3]!);
  return sum / bytes.length;
}
