import assert from 'node:assert/strict';
import { resshift, type ResShiftSettings } from '../../src/sampler/resshift';
import { resshiftSchedule } from '../../src/sampler/resshiftSchedule';
import { descend } from '../../src/sampler/timesteps';
import { close, golden, map, type Precision, type Stored, tensor, TOLERANCE } from './golden';
import { respace } from './official/respace';
import { bicubic } from './reference/bicubic';
import { sample, type Trace } from './reference/sample';
import type { Floats, Tensor } from './reference/tensor';
import { enlarge, meanPool } from './standIns';

describe('resshift', () => {
  interface Params {
    readonly sf: number;
    readonly steps: number;
    readonly min_noise_level: number;
    readonly kappa: number;
    readonly etas_end: number;
    readonly schedule_kwargs: { readonly power: number };
    readonly timestep_respacing: number | null;
    readonly scale_factor: number;
    readonly normalize_input: boolean;
    readonly latent_flag: boolean;
  }

  interface Run {
    readonly predict_type: 'xstart' | 'residual' | 'epsilon' | 'epsilon_scale';
    readonly clip_denoised: boolean;
    readonly z_y: Stored;
    readonly x_T: Stored;
    readonly steps: readonly {
      readonly t: number;
      readonly sample: Stored;
      readonly x_in?: Stored;
      readonly pred_xstart?: Stored;
      readonly mean?: Stored;
    }[];
    readonly decoded: Stored;
  }

  interface LoopCase extends Readonly<Record<Precision, Run>> {
    readonly name: string;
    readonly params: Params;
    readonly y: Stored;
    readonly lq: Stored;
    readonly mask?: Stored;
    readonly stage: { readonly f: number; readonly C: number };
    readonly noise: readonly Stored[];
  }

  const OFFICIAL: ResShiftSettings = {
    steps: 15,
    kappa: 2,
    minNoise: 0.04,
    etasEnd: 0.99,
    power: 0.3,
    predicts: 'xstart',
    input: { kind: 'latent', variance: 1 },
  };

  function settingsOf(params: Params, predicts: Run['predict_type'], clipped: boolean): ResShiftSettings {
    const { steps, kappa, timestep_respacing: respacing } = params;
    return {
      steps,
      kappa,
      minNoise: params.min_noise_level,
      etasEnd: params.etas_end,
      power: params.schedule_kwargs.power,
      predicts: predicts === 'epsilon_scale' ? 'epsilonScale' : predicts,
      input: !params.normalize_input
        ? { kind: 'none' }
        : params.latent_flag
          ? { kind: 'latent', variance: 1 }
          : { kind: 'pixel' },
      ...(respacing === null ? {} : { keep: respace(steps, respacing) }),
      ...(clipped ? { clamp: 1 } : {}),
    };
  }

  /** The stand-in networks of the golden runs, as described in `net` of the files. */
  const NETWORKS: Record<Run['predict_type'], (x: number, lq: number, t: number, mask: number) => number> = {
    xstart: (x, lq, t, mask) => 0.7 * x + 0.3 * lq + 0.01 * t + 0.05 * mask,
    epsilon: (x, lq, t) => 0.3 * x + 0.05 * Math.sin(x) + 0.001 * t + 0.1 * lq,
    epsilon_scale: (x, lq, t) => 0.5 * x - 0.2 * lq + 0.002 * t,
    residual: (x, lq, t) => 0.25 * x - 0.4 * lq + 0.003 * t,
  };

  for (const file of ['4step', '15step', 'tasks', 'predict_types']) {
    const { cases } = golden<{ cases: readonly LoopCase[] }>(`resshift_loop_${file}`);
    for (const loop of cases) {
      for (const precision of ['f64', 'f32'] as const) {
        it(`matches the official sampler: ${loop.name}, ${loop[precision].predict_type}, ${precision}`, () =>
          replay(loop, precision));
      }
    }
  }

  async function replay({ params, stage, y, lq, mask, noise, ...runs }: LoopCase, precision: Precision): Promise<void> {
    const run = runs[precision];
    const predicts = run.predict_type;
    const illConditioned = precision === 'f32' && predicts.startsWith('epsilon');
    const tolerance = illConditioned ? 5e-5 : TOLERANCE[precision];

    const image = tensor(y, precision);
    const large = params.sf === 1 ? image : bicubic(image, params.sf);
    const latent = encode(large, stage, params.scale_factor);
    close(latent.data, run.z_y.data, tolerance, 'z_y');

    const lowQuality = tensor(lq, precision);
    const [h, w] = [latent.dims[2], latent.dims[3]];
    const condition = meanPool(lowQuality, lowQuality.dims[2] / h, stage.C);
    const pooledMask = mask && meanPool(tensor(mask, precision), tensor(mask, precision).dims[2] / h);
    const traces: Trace<Floats>[] = [];
    const plan = resshift(settingsOf(params, predicts, run.clip_denoised));
    const result = await sample(
      plan,
      latent,
      (x, t) => map(x, (v, i) => NETWORKS[predicts](v, condition.data[i]!, t, pooledMask?.data[i % (h * w)] ?? 0)),
      (draw, out) => out.data.set(noise[draw]!.data),
      (trace) => traces.push(trace),
    );

    close(traces[0]!.x.data, run.x_T.data, tolerance, 'x_T');
    assert.deepEqual(
      traces.map((trace) => trace.t),
      run.steps.map((step) => step.t),
    );
    for (const [k, step] of run.steps.entries()) {
      const { input, clean, next } = traces[k]!;
      close(next.data, step.sample.data, tolerance, `x after step ${k}`);
      if (step.x_in) close(input.data, step.x_in.data, tolerance, `input of step ${k}`);
      if (step.pred_xstart) close(clean.data, step.pred_xstart.data, tolerance, `x̂₀ of step ${k}`);
      if (!step.mean) continue;
      const mean = map(next, (v, i) => v - plan.steps[k]!.next.noise * noise[k + 1]!.data[i]!);
      close(mean.data, step.mean.data, tolerance, `mean of step ${k}`);
    }
    const decoded = enlarge(
      map(result, (v) => v / params.scale_factor),
      stage.f,
      3,
    );
    close(decoded.data, run.decoded.data, tolerance, 'decoded');
  }

  /** encode(x)[k] = (1 + 0.1k)·meanpool(x[k mod 3]) + 0.02k */
  function encode(x: Tensor, { f, C }: LoopCase['stage'], scale: number): Tensor {
    const pooled = meanPool(x, f, C);
    const plane = pooled.dims[2] * pooled.dims[3];
    const channel = (i: number) => Math.floor(i / plane);
    return map(pooled, (v, i) => ((1 + 0.1 * channel(i)) * v + 0.02 * channel(i)) * scale);
  }

  interface Table {
    readonly num_timesteps: number;
    readonly kappa: number;
    readonly timestep_map: readonly number[];
    readonly sqrt_etas: readonly number[];
    readonly etas: readonly number[];
    readonly etas_prev: readonly number[];
    readonly alpha: readonly number[];
    readonly posterior_variance: readonly number[];
    readonly posterior_log_variance_clipped: readonly number[];
    readonly posterior_mean_coef1: readonly number[];
    readonly posterior_mean_coef2: readonly number[];
    readonly weight_loss_mse: readonly number[];
    readonly input_std_latent: readonly number[];
    readonly input_max_pixel: readonly number[];
    readonly prior_noise_std: number;
  }

  const schedules = golden<{
    configs: Record<string, { diffusion_params: Params; schedule: Table }>;
    respacing: Record<string, Table>;
    other_hyper: Record<
      string,
      {
        args: { steps: number; min_noise_level: number; kappa: number; power: number; etas_end: number };
        schedule: Table;
      }
    >;
  }>('resshift_schedules');

  for (const [name, { diffusion_params: params, schedule }] of Object.entries(schedules.configs)) {
    it(`the schedule of ${name} matches the official one`, () =>
      checkTable(settingsOf(params, 'xstart', false), schedule));
  }

  for (const [name, schedule] of Object.entries(schedules.respacing)) {
    it(`the respaced schedule ${name} matches the official one`, () =>
      checkTable({ ...OFFICIAL, keep: respace(15, schedule.num_timesteps) }, schedule));
  }

  for (const [name, { args, schedule }] of Object.entries(schedules.other_hyper)) {
    const { steps, kappa, power, min_noise_level: minNoise, etas_end: etasEnd } = args;
    it(`the schedule ${name} matches the official one`, () =>
      checkTable({ ...OFFICIAL, steps, kappa, power, minNoise, etasEnd }, schedule));
  }

  function checkTable(settings: ResShiftSettings, table: Table): void {
    const { kappa } = settings;
    const levels = resshiftSchedule(settings);
    const check = (what: string, actual: readonly number[], expected: readonly number[]) =>
      close(actual, expected, 1e-12, what);
    assert.deepEqual(
      levels.map((level) => level.t),
      table.timestep_map,
    );
    check(
      '√η',
      levels.map((level) => level.sqrtEta),
      table.sqrt_etas,
    );
    check(
      'η',
      levels.map((level) => level.eta),
      table.etas,
    );
    check(
      'η before',
      levels.map((level) => level.etaBefore),
      table.etas_prev,
    );
    check(
      'α',
      levels.map((level) => level.c2 * level.eta),
      table.alpha,
    );
    check(
      'c1',
      levels.map((level) => level.c1),
      table.posterior_mean_coef1,
    );
    check(
      'c2',
      levels.map((level) => level.c2),
      table.posterior_mean_coef2,
    );
    check(
      'variance',
      levels.map((level) => level.posteriorVariance),
      table.posterior_variance,
    );
    const clipped = levels.map((level, k) => (k === 0 ? levels[1]! : level).posteriorVariance);
    check('log variance', clipped.map(Math.log), table.posterior_log_variance_clipped);
    check(
      'loss weight',
      levels.map((level, k) => level.c2 ** 2 / (2 * clipped[k]!)),
      table.weight_loss_mse,
    );

    const latent = resshift(settings);
    const pixel = resshift({ ...settings, input: { kind: 'pixel' } });
    check('latent scale', latent.steps.map((step) => 1 / step.input).toReversed(), table.input_std_latent);
    check('pixel scale', pixel.steps.map((step) => 1 / step.input).toReversed(), table.input_max_pixel);
    check('prior noise', [latent.start.noise, kappa], [table.prior_noise_std, table.kappa]);
  }

  interface Ops {
    readonly config: string;
    readonly x0: Stored;
    readonly y: Stored;
    readonly noise: Stored;
    readonly x_t: Stored;
    readonly prior_sample: Stored;
    readonly per_t: readonly ({ readonly t: number } & Readonly<Record<Operation, Stored>> &
      Readonly<
        Record<'q_variance' | 'q_log_variance' | 'posterior_variance' | 'posterior_log_variance_clipped', number>
      >)[];
  }

  type Operation =
    | 'q_sample'
    | 'q_mean'
    | 'posterior_mean'
    | 'scale_input_latent'
    | 'scale_input_pixel'
    | 'scale_input_off'
    | 'xstart_from_eps'
    | 'xstart_from_eps_scale'
    | 'xstart_from_residual'
    | 'eps_from_xstart';

  const ops = golden<Readonly<Record<Precision, readonly Ops[]>>>('resshift_ops');
  for (const precision of ['f64', 'f32'] as const) {
    for (const op of ops[precision]) {
      it(`every operation of ${op.config} matches the official one, ${precision}`, () => checkOps(op, precision));
    }
  }

  /** Every operation of the official class is a row of numbers in a plan or in the forward process. */
  function checkOps({ config, per_t: perT, prior_sample: prior, ...fixed }: Ops, precision: Precision): void {
    const tolerance = precision === 'f64' ? 1e-9 : 5e-5;
    const [x0, y, noise, x] = [fixed.x0, fixed.y, fixed.noise, fixed.x_t].map((stored) => tensor(stored).data);
    const settings = settingsOf(schedules.configs[config]!.diffusion_params, 'xstart', false);
    const levels = resshiftSchedule(settings);
    const stepOf = (changes: Partial<ResShiftSettings>, t: number) =>
      resshift({ ...settings, ...changes }).steps.at(-1 - t)!;
    const { start } = resshift(settings);
    close(
      y!.map((v, i) => start.lq * v + start.noise * noise![i]!),
      prior.data,
      tolerance,
      'prior_sample',
    );

    for (const official of perT) {
      const { t } = official;
      // x_t = (1−η)·x₀ + η·y + κ√η·ε
      const { eta, sqrtEta } = levels[t]!;
      const forward = { clean: 1 - eta, lq: eta, noise: settings.kappa * sqrtEta };
      const check = (name: Operation, value: (i: number) => number) =>
        close(
          x!.map((_, i) => value(i)),
          official[name].data,
          tolerance,
          `${name} at ${t}`,
        );
      const mean = (i: number) => forward.clean * x0![i]! + forward.lq * y![i]!;
      check('q_mean', mean);
      check('q_sample', (i) => mean(i) + forward.noise * noise![i]!);
      check('eps_from_xstart', (i) => (x![i]! - mean(i)) / forward.noise);
      close([forward.noise ** 2], [official.q_variance], tolerance, 'q_variance');
      close([Math.log(forward.noise ** 2)], [official.q_log_variance], tolerance, 'q_log_variance');

      const { next } = stepOf({}, t);
      check('posterior_mean', (i) => next.x * x![i]! + next.clean[0]! * x0![i]!);
      close([next.noise ** 2], [official.posterior_variance], tolerance, 'posterior_variance');
      const clipped = Math.log(levels[Math.max(1, t)]!.posteriorVariance);
      close([clipped], [official.posterior_log_variance_clipped], tolerance, 'posterior_log_variance_clipped');

      check('scale_input_latent', (i) => stepOf({}, t).input * x![i]!);
      check('scale_input_pixel', (i) => stepOf({ input: { kind: 'pixel' } }, t).input * x![i]!);
      check('scale_input_off', (i) => stepOf({ input: { kind: 'none' } }, t).input * x![i]!);
      for (const [predicts, name] of [
        ['epsilon', 'xstart_from_eps'],
        ['epsilonScale', 'xstart_from_eps_scale'],
        ['residual', 'xstart_from_residual'],
      ] as const) {
        const { clean } = stepOf({ predicts }, t);
        const out = noise!;
        check(name, (i) => clean.x * x![i]! + clean.out * out[i]! + clean.lq * y![i]!);
      }
    }
  }

  it('etasEnd is the end of √η: sampling starts from y with noise of standard deviation 1.98', () => {
    const { start, steps } = resshift(OFFICIAL);
    close([start.noise], [1.98], 1e-12, 'start');
    assert.equal(start.lq, 1);
    close([resshiftSchedule(OFFICIAL).at(-1)!.eta], [0.9801], 1e-12, 'η');
    assert.deepEqual(
      steps.map((step) => step.t),
      [14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    );
  });

  it('the input scale does not affect the posterior, which uses the unscaled state', () => {
    const [latent, none] = (['latent', 'none'] as const).map((kind) =>
      resshift({ ...OFFICIAL, input: { kind, variance: 1 } }),
    );
    assert.deepEqual(
      latent!.steps.map((step) => step.next),
      none!.steps.map((step) => step.next),
    );
    assert.ok(latent!.steps.every((step) => step.input < 1));
  });

  it('a latent of another variance is scaled by that variance', () => {
    const { steps, start } = resshift({ ...OFFICIAL, input: { kind: 'latent', variance: 0.25 } });
    close([steps[0]!.input], [1 / Math.sqrt(0.25 + start.noise ** 2)], 1e-12, 'input');
  });

  it('the last step returns the prediction without noise', () => {
    for (const keep of [undefined, [0], [14], [3, 14], [0, 7, 14]]) {
      const { steps } = resshift({ ...OFFICIAL, ...(keep && { keep }) });
      assert.deepEqual(steps.at(-1)!.next, { x: 0, lq: 0, clean: [1], noise: 0 });
    }
  });

  it('the weights of the posterior sum to 1, so a clean image is preserved', () => {
    for (const keep of [undefined, respace(15, 4), descend(15, 4)]) {
      for (const { next } of resshift({ ...OFFICIAL, ...(keep && { keep }) }).steps) {
        close([next.x + next.clean[0]!], [1], 1e-12, 'sum');
      }
    }
  });

  it('a shortened schedule passes the original indices to the network and starts at the noisiest', () => {
    const [theirs, ours] = [respace(15, 4), descend(15, 4)].map((keep) => resshift({ ...OFFICIAL, keep }));
    assert.deepEqual(
      theirs!.steps.map((step) => step.t),
      [11, 7, 3, 0],
    );
    assert.deepEqual(
      ours!.steps.map((step) => step.t),
      [14, 9, 5, 0],
    );
    close([ours!.start.noise], [1.98], 1e-12, 'start');
    assert.ok(theirs!.start.noise < 1.6);
  });

  it('a schedule of one step has only its noisy end, where upstream divides by zero', () => {
    const plan = resshift({ ...OFFICIAL, steps: 1 });
    close([plan.start.noise], [1.98], 1e-12, 'start');
    assert.equal(plan.steps.length, 1);
    assert.deepEqual(plan.steps[0]!.next, { x: 0, lq: 0, clean: [1], noise: 0 });
  });

  it('rejects invalid settings with their name', () => {
    const bad: readonly [Partial<ResShiftSettings>, RegExp][] = [
      [{ steps: 0 }, /^steps is 0/],
      [{ steps: 2.5 }, /^steps is 2.5/],
      [{ kappa: 0 }, /^kappa is 0/],
      [{ minNoise: Number.NaN }, /^minNoise is NaN/],
      [{ minNoise: 3 }, /^minNoise is 3, but must be so small/],
      [{ power: -1 }, /^power is -1/],
      [{ etasEnd: 1.01 }, /^etasEnd is 1.01/],
      [{ etasEnd: 1, predicts: 'epsilon' }, /^etasEnd is 1, but must be below 1/],
      // @ts-expect-error: JSON may contain it
      [{ predicts: 'v' }, /^predicts is v, but must be one of xstart/],
      [{ input: { kind: 'latent', variance: -1 } }, /^input.variance is -1/],
      [{ clamp: 0 }, /^clamp is 0/],
      [{ keep: [] }, /^keep is \[\]/],
      [{ keep: [3, 3] }, /^keep is \[3, 3\]/],
      [{ keep: [3, 1] }, /^keep is \[3, 1\]/],
      [{ keep: [0, 15] }, /^keep is \[0, 15\], but must be a rising list of whole numbers from 0 to 14$/],
    ];
    for (const [change, message] of bad) {
      assert.throws(() => resshift({ ...OFFICIAL, ...change }), { code: 'BAD_SETTING', message });
    }
  });
});
