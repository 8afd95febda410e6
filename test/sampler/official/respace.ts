import { requireSetting } from '../../../src/sampler/setting';
import type { Timesteps } from '../../../src/sampler/timesteps';

/** ResShift's `timestep_respacing`: ⌊(T/R)·k⌋. Includes index 0, but usually not the noisiest. */
export function respace(total: number, count: number): Timesteps {
  const allowed = `a whole number from 1 to ${total}`;
  requireSetting('steps', count, allowed, Number.isInteger(count) && count >= 1 && count <= total);
  const stride = total / count;
  return Array.from({ length: count }, (_, k) => Math.floor(stride * k));
}
