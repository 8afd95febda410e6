import { openModel } from '../src/model/inference/openModel';
import type { Model } from '../src/model/model';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';

/** Opens a bundle named `BUNDLE[:STEPS]`, with the default settings of a job. */
export function openBundle(named: string): Promise<Model> {
  const [model, steps] = named.split(':');
  const { provider, device, threads, order, strength, noise, seed } = JOB_DEFAULTS;
  return openModel({
    ...{ model: model!, provider, device, threads, order, strength, noise, seed },
    ...{ steps: steps ? Number(steps) : null, colorFix: null, depth: 8 },
  });
}

export const titleOf = ({ info }: Model): string => `${info.name}, ${info.steps} step(s)`;
