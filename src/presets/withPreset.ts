import { badSetting, checkValue, isRecord } from '../settings/checkRows';
import type { Row, Rows } from '../settings/row';
import { builtInPreset, checkPreset, type Preset } from './preset';
import { rowIn } from './presetRows';

/** The name of a preset of the package, or a preset. */
export type PresetWish = string | Preset | null | undefined;

/** Errors: BAD_SETTING. */
const presetOf = (wish: unknown): Preset | null =>
  wish === undefined || wish === null ? null : typeof wish === 'string' ? builtInPreset(wish) : checkPreset(wish);

/** The settings of a preset that a job with these rows has, where it takes their values. */
function presetSettings(rows: Rows, { settings }: Preset): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => {
      const row = rowIn(rows, name);
      return row !== null && isValue(row, value);
    }),
  );
}

/** Settings of a preset for a job whose codec is given: another codec may not have the quality and the pixel format. */
export function forCodec<T extends Readonly<Record<string, unknown>>>(settings: T, codec: unknown): T {
  if (codec === undefined || codec === settings['codec']) return settings;
  const { quality: _, pixelFormat: __, ...others } = settings;
  return others as unknown as T;
}

function isValue(row: Row, value: unknown): boolean {
  try {
    checkValue(row, value, '', badSetting);
    return true;
  } catch {
    return false; // a camera has fewer ways to deinterlace than a file
  }
}

/**
 * Lays the settings of a preset under those that are given: the only place where presets and settings meet. The result
 * names the preset. Errors: BAD_SETTING.
 */
export function withPreset<T extends { readonly preset?: PresetWish }>(
  rows: Rows,
  given: T,
): Omit<T, 'preset'> & { readonly preset?: string } {
  if (!isRecord(given)) return given; // which the check of the job refuses
  const { preset: wish, ...explicit } = given;
  const preset = presetOf(wish);
  if (preset === null) return explicit;
  const set = Object.entries(explicit).filter(([, value]) => value !== undefined);
  const own = Object.fromEntries(set) as typeof explicit & { readonly codec?: unknown };
  return { ...forCodec(presetSettings(rows, preset), own.codec), ...own, preset: preset.name };
}

/**
 * The same for the fields of a dialog, which has all of them: one that has its default leaves the setting to the preset.
 */
export function underFields<T extends Readonly<Record<string, unknown>>>(
  rows: Rows,
  fields: T,
  preset: Preset | null,
): T {
  if (preset === null) return fields;
  const isDefault = (name: string): boolean => fields[name] === rows[name]!.default;
  const codec = Object.hasOwn(fields, 'codec') && !isDefault('codec') ? fields['codec'] : undefined;
  const laid = Object.entries(forCodec(presetSettings(rows, preset), codec)).filter(
    ([name]) => Object.hasOwn(fields, name) && isDefault(name),
  );
  return { ...fields, ...Object.fromEntries(laid) };
}
