import { builtInPresets, findPreset, type Preset } from '../presets/preset';
import { type OptionValues, usage, usageOf } from './options';
import type { Print } from './infoCommands';

/** `remaster presets`, `remaster presets show NAME`. */
export async function presetsCommand([action, name, more]: readonly string[], print: Print): Promise<number> {
  if (action === undefined) {
    const presets = builtInPresets();
    print(presets, presets.map((preset) => `${preset.name.padEnd(14)} ${preset.about ?? ''}`).join('\n'));
    return 0;
  }
  if (action !== 'show' || name === undefined || more !== undefined) throw usage(usageOf('presets'));
  const preset = await findPreset(name);
  print(preset, JSON.stringify(preset, null, 2));
  return 0;
}

/** The preset that `--preset` names. Throws BAD_SETTING. */
export async function presetIn({ preset }: OptionValues): Promise<{ readonly preset?: Preset }> {
  return typeof preset === 'string' ? { preset: await findPreset(preset) } : {};
}
