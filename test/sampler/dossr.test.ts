import assert from 'node:assert/strict';
import { dossr } from '../../src/sampler/dossr';
import { dossrEta, dossrLevel, dossrSchedule } from '../../src/sampler/dossrSchedule';
import type { SamplerPlan } from '../../src/sampler/plan';
import { alphasBar } from '../../src/sampler/stableDiffusion';
import { spread } from '../../src/sampler/timesteps';
import { close, golden, map, type Precision, type Stored, tensor, TOLERANCE } from './golden';
import { corners, decode, encode, encodeMean } from './latentStandIns';
import { erSde, type ErSdeSolver } from './official/erSde';
import { respace } from './official/respace';
import { sample, type Trace } from './reference/sample';
import type { Floats } from './reference/tensor';

describe('dossr', () => {
  interface Run {
    readonly x_at_net: readonly Stored[];
    readonly latent_final: Stored;
    readonly image_8x8_block_corner?: Stored;
  }

  interface SampleCase extends Readonly<Record<Precision, Run>> {
    readonly function: string;
    readonly steps: number;
    readonly cfg_scale: number;
    readonly timesteps_seen_by_net: readonly number[];
    readonly start_img: 'img' | 'img2';
    readonly cond_img: 'img' | 'img2';
    readonly c_latent: Stored;
    readonly x_hat0: Stored;
    readonly noise: readonly Stored[];
  }

  const SOLVERS: Readonly<Record<string, ErSdeSolver>> = {
    DDIM_sample: 'ddim',
    DDIM_shift_sample: 'ddimShift',
    Shift_sample: 'shift',
    ER_SDE_sample: 'erSde2',
    ER_SDE_3_order_sample: 'erSde3',
  };

  function planOf({ function: name, steps }: SampleCase): SamplerPlan {
    const solver = SOLVERS[name];
    if (solver) return erSde({ steps, solver });
    return dossr({ steps, order: name === 'shift_sample_1_order' ? 1 : 3 });
  }

  for (const file of ['dossr_shift_order1', 'dossr_shift_order3', 'dossr_er_sde']) {
    const { cases, images } = golden<{ cases: readonly SampleCase[]; images: Record<'img' | 'img2', Stored> }>(file);
    for (const run of cases) {
      for (const precision of ['f64', 'f32'] as const) {
        const { function: name, steps, cfg_scale: guidance, start_img: start } = run;
        it(`matches the official sampler: ${name}, ${steps} steps, guidance ${guidance}, ${start}, ${precision}`, () =>
          replay(run, images, precision, file === 'dossr_er_sde' && precision === 'f32' ? 5e-6 : TOLERANCE[precision]));
      }
    }
  }

  async function replay(
    run: SampleCase,
    images: Record<'img' | 'img2', Stored>,
    precision: Precision,
    tolerance: number,
  ): Promise<void> {
    const [posterior, ...noise] = run.noise;
    const image = (name: 'img' | 'img2') => map(tensor(images[name], precision), (v) => v * 2 - 1);
    const start = encode(image(run.start_img), tensor(posterior!, precision));
    const condition = encodeMean(image(run.cond_img));
    close(start.data, run.x_hat0.data, precision === 'f64' ? 1e-9 : 1e-6, 'x̂₀ of the low-resolution image');
    close(condition.data, run.c_latent.data, precision === 'f64' ? 1e-9 : 1e-6, 'condition');

    const traces: Trace<Floats>[] = [];
    // ε is linear in the text stand-in, so guidance s makes it s times as strong (the negative prompt counts 0).
    const text = 0.26 * run.cfg_scale;
    const result = await sample(
      planOf(run),
      start,
      (x, t) => map(x, (v, i) => 0.3 * v + 0.05 * Math.sin(v) + 0.001 * t + 0.1 * condition.data[i]! + 0.02 * text),
      (draw, out) => out.data.set(noise[draw]!.data),
      (trace) => traces.push(trace),
    );
    const expected = run[precision];
    assert.deepEqual(
      traces.map((trace) => trace.t),
      run.timesteps_seen_by_net,
    );
    for (const [k, x] of expected.x_at_net.entries()) close(traces[k]!.x.data, x.data, tolerance, `x before step ${k}`);
    close(result.data, expected.latent_final.data, tolerance, 'final latent');
    if (!expected.image_8x8_block_corner) return;
    const blocks = corners(decode(result, 5)).map((v) => (v + 1) / 2);
    close(blocks, expected.image_8x8_block_corner.data, tolerance, 'image');
  }

  interface Schedules {
    readonly base: {
      readonly index: readonly number[];
      readonly betas: readonly number[];
      readonly alphas_cumprod: readonly number[];
      readonly sqrt_alphas_cumprod: readonly number[];
      readonly sqrt_one_minus_alphas_cumprod: readonly number[];
    };
    readonly etas: Readonly<Record<'trunc_12' | 'trunc_13' | 'trunc_23', readonly number[]>>;
    readonly space_timesteps: Readonly<Record<string, readonly number[]>>;
    readonly space_timesteps_ddim: Readonly<Record<string, readonly number[]>>;
    readonly shift: Readonly<Record<string, Readonly<Record<ShiftTable, readonly number[]>>>>;
    readonly er_sde: Readonly<
      Record<string, Readonly<Record<'timesteps' | 'lambdas' | 'vp_alphas' | 'vp_sigmas' | 'etas', readonly number[]>>>
    >;
  }

  type ShiftTable =
    | 'timesteps'
    | 'etas'
    | 'one_minus_etas'
    | 'alphas_cumprod'
    | 'sqrt_recip_alphas_cumprod'
    | 'sqrt_recipm1_alphas_cumprod'
    | 'alphas_multi_one_minus_etas'
    | 'sigmas'
    | 'lambdas';

  const schedules = golden<Schedules>('dossr_schedules');

  it('ᾱ matches the official table', () => {
    const { index, ...base } = schedules.base;
    const table = alphasBar();
    const alphas = index.map((t) => table[t]!);
    close(alphas, base.alphas_cumprod, 1e-12, 'ᾱ');
    close(alphas.map(Math.sqrt), base.sqrt_alphas_cumprod, 1e-12, '√ᾱ');
    close(
      alphas.map((a) => Math.sqrt(1 - a)),
      base.sqrt_one_minus_alphas_cumprod,
      1e-12,
      '√(1−ᾱ)',
    );
    close(
      index.map((t) => 1 - table[t]! / (table[t - 1] ?? 1)),
      base.betas,
      1e-12,
      'β',
    );
  });

  it('η matches the official values for every end of the shift', () => {
    for (const [name, end] of [
      ['trunc_12', 500],
      ['trunc_13', 333],
      ['trunc_23', 666],
    ] as const) {
      close(
        schedules.base.index.map((t) => dossrEta(t, end)),
        schedules.etas[name],
        1e-12,
        name,
      );
    }
  });

  it('the timesteps match the official ones', () => {
    for (const [key, expected] of Object.entries(schedules.space_timesteps)) {
      const [total, count] = key.split(':').map(Number);
      assert.deepEqual(spread(total!, count!), expected);
    }
    for (const [key, expected] of Object.entries(schedules.space_timesteps_ddim)) {
      assert.deepEqual(respace(1000, Number(key.slice('1000:ddim'.length))), expected);
    }
  });

  for (const [steps, table] of Object.entries(schedules.shift)) {
    it(`the coefficients of ${steps} steps match the official solver`, () => {
      const levels = dossrSchedule(Number(steps));
      const check = (name: ShiftTable, value: (level: (typeof levels)[number]) => number) =>
        close(levels.map(value), table[name], 1e-9, name);
      assert.deepEqual(
        levels.map((level) => level.t),
        table.timesteps,
      );
      check('etas', (level) => level.eta);
      check('one_minus_etas', (level) => 1 - level.eta);
      check('alphas_cumprod', (level) => level.alphaBar);
      check('alphas_multi_one_minus_etas', (level) => level.weight);
      check('sigmas', (level) => level.sigma);
      check('lambdas', (level) => level.lambda);
      const called = dossr({ steps: Number(steps), order: 1 }).steps.toReversed();
      close(
        called.map((step) => step.clean.x),
        table.sqrt_recip_alphas_cumprod.slice(1),
        1e-9,
        '1/√ᾱ',
      );
      close(
        called.map((step) => -step.clean.out),
        table.sqrt_recipm1_alphas_cumprod.slice(1),
        1e-9,
        '√(1/ᾱ−1)',
      );
    });
  }

  for (const [steps, table] of Object.entries(schedules.er_sde)) {
    it(`the coefficients of the ER-SDE variants with ${steps} steps match the official ones`, () => {
      const plan = erSde({ steps: Number(steps), solver: 'shift' });
      const unshifted = erSde({ steps: Number(steps), solver: 'ddim' });
      assert.deepEqual(
        plan.steps.map((step) => step.t),
        table.timesteps.toReversed(),
      );
      close([plan.start.lq, ...plan.steps.map((step) => step.next.clean[0]!)], table.vp_alphas, 1e-12, '√ᾱ');
      close([plan.start.noise, ...plan.steps.map((step) => step.next.noise)], table.vp_sigmas, 1e-12, '√(1−ᾱ)');
      close(
        plan.steps.map((step) => step.clean.lq),
        table.etas.slice(1),
        1e-12,
        'η',
      );
      close([...unshifted.steps.map((step) => -step.clean.out), 0], table.lambdas, 1e-12, 'λ');
    });
  }

  it('the forward process and its inverse match the official ones', () => {
    const file = golden<
      Readonly<Record<'x0' | 'x_hat0' | 'noise' | 'c', Stored>> & {
        readonly cases: readonly { t: number; eta: number; x_noisy: Stored; pred_x0: Stored }[];
      }
    >('dossr_forward_shift');
    const table = alphasBar();
    for (const { t, eta, x_noisy: noisy, pred_x0: predicted } of file.cases) {
      const level = dossrLevel(t, table[t]!);
      const [hat, noise] = [file.x_hat0.data, file.noise.data];
      // x_t = √ᾱ·(η·x̂ + (1−η)·x₀) + σ·ε
      const x = file.x0.data.map(
        (v, i) => level.weight * v + level.signal * level.eta * hat[i]! + level.sigma * noise[i]!,
      );
      const out = x.map((v, i) => 0.3 * v + 0.05 * Math.sin(v) + 0.001 * t + 0.1 * file.c.data[i]!);
      close([level.eta], [eta], 1e-6, 'η');
      close(x, noisy.data, 2e-6, `x at ${t}`);
      close(
        x.map((v, i) => (v - level.sigma * out[i]!) / level.signal),
        predicted.data,
        2e-6,
        `x̂₀ at ${t}`,
      );
    }
  });

  it('timesteps come from a running sum, rounded half to even', () => {
    assert.equal(spread(500, 21)[10], 249);
    assert.deepEqual(spread(500, 6), [0, 100, 200, 299, 399, 499]);
    assert.deepEqual(spread(1000, 1), [0]);
  });

  it('η is neither 0 at t = 0 nor 1 at t = 499, and exactly 1 from t = 500 on', () => {
    assert.ok(dossrEta(0) > 2e-6 && dossrEta(0) < 3e-6);
    assert.ok(dossrEta(499) < 1 - 2e-6);
    assert.equal(dossrEta(500), 1);
  });

  it('the last step adds noise too', () => {
    const last = dossr({ steps: 5, order: 3 }).steps.at(-1)!;
    assert.ok(Math.abs(last.next.noise - 0.0291) < 1e-4);
    assert.ok(Math.abs(last.next.x - 0.0069) < 1e-4);
    assert.ok(Math.abs(last.next.lq + 0.00062) < 1e-5);
  });

  it('one step gives the same plan for every order', () => {
    const [one, two, three] = ([1, 2, 3] as const).map((order) => dossr({ steps: 1, order }));
    assert.deepEqual(one, two);
    assert.deepEqual(one, three);
  });

  it('order 2 is order 3 without its last term', () => {
    const [two, three] = ([2, 3] as const).map((order) => dossr({ steps: 5, order }));
    assert.deepEqual(two!.steps.slice(0, 2), three!.steps.slice(0, 2));
    assert.deepEqual(
      two!.steps.map((step) => step.next.clean.length),
      [1, 2, 2, 2, 2],
    );
    assert.deepEqual(
      three!.steps.map((step) => step.next.clean.length),
      [1, 2, 3, 3, 3],
    );
  });

  it('every order preserves a clean image', () => {
    // With x₀ = x̂ = y = 1 and no noise, a state is √ᾱ of its timestep, whatever the order.
    for (const steps of [1, 2, 3, 5, 10, 50]) {
      for (const order of [1, 2, 3] as const) {
        const plan = dossr({ steps, order });
        const levels = dossrSchedule(steps).toReversed();
        for (const [i, { next }] of plan.steps.entries()) {
          const kept = next.x * levels[i]!.signal + next.lq + next.clean.reduce((sum, weight) => sum + weight, 0);
          close([kept], [levels[i + 1]!.signal], 1e-9, `step ${i} of ${steps}, order ${order}`);
        }
      }
    }
  });

  it('rejects invalid settings with their name', () => {
    for (const steps of [0, 500, 1.5, Number.NaN]) {
      assert.throws(() => dossr({ steps, order: 1 }), { code: 'BAD_SETTING', message: /^steps is .* from 1 to 499$/ });
    }
    // @ts-expect-error: JSON may contain it
    assert.throws(() => dossr({ steps: 5, order: 4 }), { code: 'BAD_SETTING', message: /^order is 4/ });
    assert.throws(() => erSde({ steps: 0, solver: 'ddim' }), { code: 'BAD_SETTING' });
  });
});
