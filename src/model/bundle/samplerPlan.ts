import { RemasterError } from '../../errors';
import { dossr } from '../../sampler/dossr';
import { osediff } from '../../sampler/osediff';
import type { SamplerPlan } from '../../sampler/plan';
import { resshift } from '../../sampler/resshift';
import { descend } from '../../sampler/timesteps';
import type { Manifest } from './manifest';

/** DoSSR's tables have 500 entries; N steps need N + 1. */
const DOSSR_MAX_STEPS = 499;

/** Maximum number of steps (network calls per frame) of a bundle. */
export function maxSteps(manifest: Manifest): number {
  if (manifest.system === 'resshift') return manifest.schedule.steps;
  return manifest.system === 'osediff' ? 1 : DOSSR_MAX_STEPS;
}

/** The sampler plan for `steps` network calls and a solver `order`; null = the bundle's default. Throws BAD_SETTING. */
export function planFor(manifest: Manifest, steps: number | null, order: 1 | 2 | 3 | null = null): SamplerPlan {
  const count = steps ?? manifest.defaultSteps;
  requireSteps(manifest, count);
  if (order !== null && manifest.system !== 'dossr') {
    const message = `the model ${manifest.name} is a ${manifest.system} model, whose sampler has no order`;
    throw new RemasterError('BAD_SETTING', message, { remedy: 'Leave the order empty, or choose a DoSSR model.' });
  }
  if (manifest.system === 'resshift') {
    return resshift({ ...manifest.schedule, keep: descend(manifest.schedule.steps, count) });
  }
  if (manifest.system === 'osediff') return osediff();
  return dossr({ steps: count, order: order ?? manifest.schedule.order });
}

function requireSteps(manifest: Manifest, steps: number): void {
  const most = maxSteps(manifest);
  if (Number.isInteger(steps) && steps >= 1 && steps <= most) return;
  const allowed = most === 1 ? '1 step only' : `1 to ${most} steps`;
  throw new RemasterError('BAD_SETTING', `the model ${manifest.name} takes ${allowed}, not ${steps}`, {
    remedy: `Leave the number of steps empty for the model's own (${manifest.defaultSteps}).`,
  });
}
