import type { FileSettings } from '../settings/batchJob';
import { usage } from './options';

/** The settings of a preset, by its name. */
export function presetOf(name: string): FileSettings {
  throw usage(`There is no preset ${name}.`);
}
