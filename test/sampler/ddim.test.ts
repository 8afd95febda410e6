import assert from 'node:assert/strict';
import { close, golden, map, type Precision, type Stored, tensor } from './golden';
import { ddim } from './official/ddim';
import { sample, type Trace } from './reference/sample';
import type { Floats } from './reference/tensor';

describe('ddim', () => {
  type Run = readonly { readonly sample: Stored; readonly pred_xstart: Stored }[];

  interface Case extends Readonly<Record<Precision, Run>> {
    readonly sampler: 'ddim' | 'ddpm';
    readonly steps: number;
    readonly eta: number;
    readonly predict_xstart: boolean;
    readonly clip_denoised: boolean;
    readonly net_t: readonly number[];
    readonly posterior_mean_coef1: readonly number[];
    readonly posterior_mean_coef2: readonly number[];
    readonly posterior_variance: readonly number[];
    readonly noise: readonly Stored[];
  }

  for (const official of golden<{ cases: readonly Case[] }>('resshift_ddim_baseline').cases) {
    const { sampler, steps, eta, predict_xstart: xstart, clip_denoised: clipped } = official;
    const settings = { steps, predicts: xstart ? 'xstart' : 'epsilon', ...(clipped ? { clamp: 1 } : {}) } as const;
    const plan = ddim({ ...settings, solver: sampler === 'ddim' ? { kind: 'ddim', eta } : { kind: 'ddpm' } });

    for (const precision of ['f64', 'f32'] as const) {
      const name = `${sampler}, ${steps} steps, η ${eta}, ${settings.predicts}, ${precision}`;
      it(`the baseline matches the official one: ${name}`, async () => {
        const traces: Trace<Floats>[] = [];
        await sample(
          plan,
          map(tensor(official.noise[0]!, precision), () => 7), // y is not used by this sampler
          (x, t) => map(x, (v) => 0.3 * v + 0.05 * Math.sin(v) + 0.0001 * t),
          (draw, out) => out.data.set(official.noise[draw]!.data),
          (trace) => traces.push(trace),
        );
        assert.deepEqual(
          traces.map((trace) => trace.t),
          official.net_t,
        );
        const tolerance = precision === 'f64' ? 1e-9 : 2e-6;
        for (const [k, expected] of official[precision].entries()) {
          close(traces[k]!.clean.data, expected.pred_xstart.data, tolerance, `x̂₀ of step ${k}`);
          close(traces[k]!.next.data, expected.sample.data, tolerance, `x after step ${k}`);
        }
      });
    }

    it(`the posterior's coefficients of ${steps} steps match the official ones (${sampler}, η ${eta})`, () => {
      const nexts = ddim({ ...settings, solver: { kind: 'ddpm' } })
        .steps.toReversed()
        .map((step) => step.next);
      close(
        nexts.map((next) => next.clean[0]!),
        official.posterior_mean_coef1,
        1e-12,
        'weight of x̂₀',
      );
      close(
        nexts.map((next) => next.x),
        official.posterior_mean_coef2,
        1e-12,
        'weight of x',
      );
      close(
        nexts.map((next) => next.noise ** 2),
        official.posterior_variance,
        1e-12,
        'variance',
      );
    });
  }

  it('rejects η outside 0…1', () => {
    const settings = { steps: 4, predicts: 'epsilon', solver: { kind: 'ddim', eta: 1.1 } } as const;
    assert.throws(() => ddim(settings), {
      code: 'BAD_SETTING',
      message: 'eta is 1.1, but must be a number from 0 to 1',
    });
  });
});
