import { RemasterError } from '../../src/errors';
import { show } from '../../src/settings/showValue';

export type Fields = Readonly<Record<string, unknown>>;

/** The validators return the value, or throw PLAN_INVALID with the name of the field. */
export function record(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(`${full(name)} is ${show(value)}, not an object.`);
}

export function text(value: unknown, name: string, maxLength: number): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
  throw invalid(`${full(name)} is ${show(value)}, not a string of 1 to ${maxLength} characters.`);
}

export function number(value: unknown, name: string, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw invalid(`${full(name)} is ${show(value)}, not a number from ${min} to ${max}.`);
}

export const numberOrNull = (value: unknown, name: string, min: number, max: number): number | null =>
  value === undefined || value === null ? null : number(value, name, min, max);

export function oneOf<const T extends string | number | null>(value: unknown, allowed: readonly T[], name: string): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw invalid(`${full(name)} is ${show(value)}, not one of ${allowed.filter((one) => one !== null).join(', ')}.`);
}

const full = (name: string): string => (name.startsWith('msg.') ? name : `msg.video.${name}`);

export const invalid = (
  message: string,
  remedy = 'Send the message through a video in node and a video upscale node.',
): RemasterError => new RemasterError('PLAN_INVALID', message, { remedy });
