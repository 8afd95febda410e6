import { RemasterError } from '../errors';
import type { FileSettings } from '../settings/batchJob';

/** The settings of a preset, by its name. Throws BAD_SETTING. */
export function presetOf(name: string): FileSettings {
  throw new RemasterError('BAD_SETTING', `There is no preset ${name}.`, { remedy: 'Give the input without a preset.' });
}
