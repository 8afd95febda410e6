/**
 * bench/fused: one session.run of the compiled graph ÷ the same sampler with one session per graph. "Plain loop" is an efficient
 * implementation without the compiler: float tensors in, `condition` once, the sums between two steps in typed arrays. Both
 * process 8-bit frames with the same noise; the results are compared. "Reference" is the slow executor of the tests. 5 and 15
 * steps use the schedules of T = 5 and 15 with the network of 4 steps, to measure time only.
 * Usage: node dist/bench/fused.js [size=160x90] [rounds=4] [folder=models/x4]
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fuse } from '../src/model/compiler/fuse';
import { sessionOptions } from '../src/model/inference/providers';
import { loadRuntime } from '../src/model/inference/runtime';
import { toImage } from '../src/model/inference/tensorPixels';
import type { TileBatch } from '../src/model/model';
import { encodeModel } from '../src/model/onnx/graph';
import { noiseField } from '../src/sampler/noise';
import { drawsOf, type SamplerPlan } from '../src/sampler/plan';
import { resshift } from '../src/sampler/resshift';
import { bicubic } from '../test/sampler/reference/bicubic';
import { openBundle } from '../test/support/openBundle';
import { openReference } from './reference';
import { printTable } from './table';
import { toSamples } from './toSamples';

const [size, rounds, folder] = [
  process.argv[2] ?? '160x90',
  Number(process.argv[3] ?? 4),
  process.argv[4] ?? 'models/x4',
];
const [width, height] = size.split('x').map(Number) as [number, number];

async function main(): Promise<void> {
  const runtime = loadRuntime();
  const bundle = await openBundle(join(process.cwd(), folder));
  const { manifest } = bundle;
  if (manifest.system !== 'resshift' || manifest.graphs.encode || !manifest.graphs.condition) {
    throw new Error('this benchmark only supports bundles like models/x4');
  }
  const { scale, schedule } = manifest;
  const options = sessionOptions('cpu', 0, 0, bundle.folder);
  const open = (file: string) => runtime.InferenceSession.create(join(bundle.folder, file), options);
  const condition = await open(manifest.graphs.condition.file);
  const denoise = await open(manifest.graphs.denoise.file);
  const reference = await openReference(runtime, bundle);
  const noise = noiseField({ mode: 'shared', seed: 1 });

  const rows = [];
  for (const steps of [1, 4, 5, 15]) {
    const T = steps > schedule.steps ? steps : schedule.steps;
    const whole = resshift({ ...schedule, steps: T });
    const full: SamplerPlan = steps === 1 ? resshift({ ...schedule, keep: [schedule.steps - 1] }) : whole;
    const plan = { ...full, steps: full.steps.map((step) => ({ ...step, t: Math.min(step.t, schedule.steps - 1) })) };
    const { model, ...ports } = fuse(bundle, { plan, colorFix: 'none', strength: 1, depth: 8 });
    const fused = await runtime.InferenceSession.create(encodeModel(model), options);

    for (const count of [1, 4]) {
      const key = { x: 0, y: 0, scene: 0, frame: 0 };
      const batch: TileBatch = {
        ...{ width, height, keys: Array.from({ length: count }, () => key) },
        data: Uint8Array.from(
          { length: count * width * height * 3 },
          (_, i) => 128 + 90 * Math.sin(i / 23) + 30 * Math.sin(i * i),
        ),
      };
      const [w, h] = [width * scale, height * scale];
      const region = { x: 0, y: 0, width: w, height: h, channels: 3 };
      const fields = new Map(
        drawsOf(plan).map((draw) => {
          const field = new Float32Array(3 * w * h);
          noise.fill(field, key, draw, region);
          return [draw, field] as const;
        }),
      );

      const runFused = async (): Promise<Uint8Array> => {
        const feeds = Object.fromEntries(
          ports.noise.map(({ input, draw }) => [input, new runtime.Tensor('float32', fields.get(draw)!, [1, 3, h, w])]),
        );
        const frames = new runtime.Tensor('uint8', batch.data, [count, height, width, 3]);
        return (await fused.run({ ...feeds, frames }))['result']!.data as Uint8Array;
      };

      const runPlain = async (): Promise<Uint8Array> => {
        const lq = new Float32Array(count * 3 * width * height);
        const y = new Float32Array(count * 3 * w * h);
        for (let n = 0; n < count; n++) {
          const image = toImage(batch, n, 8, manifest.range);
          lq.set(image.data, n * image.data.length);
          y.set(bicubic(image, scale).data, n * 3 * w * h);
        }
        const tensor = (data: Float32Array) => new runtime.Tensor('float32', data, [count, 3, h, w]);
        const { cond } = await condition.run({ lq: new runtime.Tensor('float32', lq, [count, 3, height, width]) });
        const plane = 3 * w * h;
        const start = fields.get(0)!;
        let x: Float32Array = y.map((value, i) => plan.start.lq * value + plan.start.noise * start[i % plane]!);
        for (const [i, { t, input, clean, next }] of plan.steps.entries()) {
          const { x0 } = await denoise.run({
            ...{ x: tensor(x.map((value) => input * value)), cond: cond!, y: tensor(y) },
            t: new runtime.Tensor(
              'int64',
              BigInt64Array.from({ length: count }, () => BigInt(t)),
              [count],
            ),
          });
          const out = x0!.data as Float32Array;
          const epsilon = fields.get(i + 1);
          x = x.map((value, j) => {
            const predicted = clean.x * value + clean.out * out[j]! + clean.lq * y[j]!;
            return (
              next.x * value +
              next.lq * y[j]! +
              next.clean[0]! * predicted +
              (epsilon ? next.noise * epsilon[j % plane]! : 0)
            );
          });
        }
        const result = new Uint8Array(count * plane);
        for (let n = 0; n < count; n++) {
          const data = x.subarray(n * plane, (n + 1) * plane);
          result.set(toSamples({ dims: [1, 3, h, w], data }, 8, manifest.range), n * plane);
        }
        return result;
      };

      const runReference = (): Promise<Uint8Array> =>
        reference.run(batch, { plan, colorFix: 'none', strength: 1, depth: 8, noise });

      const [a, b, c] = [await runFused(), await runPlain(), await runReference()];
      const worst = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!), Math.abs(value - c[i]!)), 0);
      const best = { fused: Infinity, plain: Infinity, reference: Infinity };
      for (let round = 0; round < rounds; round++) {
        for (const [name, run] of [
          ['fused', runFused],
          ['plain', runPlain],
          ['reference', runReference],
        ] as const) {
          const started = performance.now();
          await run();
          best[name] = Math.min(best[name], performance.now() - started);
        }
      }
      rows.push({
        steps,
        batch: count,
        'fused, ms': best.fused.toFixed(0),
        'plain loop, ms': best.plain.toFixed(0),
        'fused ÷ plain loop': (best.fused / best.plain).toFixed(2),
        'fused ÷ reference': (best.fused / best.reference).toFixed(2),
        'largest difference, of 255': worst,
      });
    }
    await fused.release();
  }
  const load = loadavg()[0]!.toFixed(1);
  printTable(
    `bench/fused: ${manifest.name}, ${size} → ×${scale}, best of ${rounds} rounds, load average ${load}`,
    rows,
  );
}

void main();
