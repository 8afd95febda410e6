import { existsSync } from 'node:fs';
import type { BatchInput } from './findSources';
import { presetOf } from './presetOf';

/** `tapes`, or with a preset `tapes=vhs-pal`. A path that exists is one, also with an equals sign in it. Throws BAD_SETTING. */
export function parseInput(text: string): BatchInput {
  const [, path, preset] = /^(.+)=([^=\\/]+)$/s.exec(text) ?? [];
  if (path === undefined || preset === undefined || existsSync(text)) return { path: text };
  return { path, settings: presetOf(preset) };
}
