import { resolve } from 'node:path';
import type { NodeAPI, NodeMessage } from 'node-red';
import type { BatchInput } from '../../src/batch/findSources';
import { parseInput } from '../../src/batch/parseInput';
import { presetOf } from '../../src/batch/presetOf';
import { RemasterError } from '../../src/errors';
import type { FileSettings } from '../../src/settings/batchJob';
import { show } from '../../src/settings/showValue';
import { allowedSource, allowedTarget, type Origin, pathRules } from '../message/pathPolicy';
import { modelOfPreset, presetFor } from '../message/presets';

/** A file, a folder or a pattern, and where it was named. Plain JSON: it is stored. */
export interface Request {
  readonly path: string;
  readonly origin: Origin;
  /** The preset that a message names or has. Absent: that of the node. */
  readonly preset?: unknown;
}

/** The most paths of one message. */
const MAX_PATHS = 10_000;

/** What the node says about every input. */
interface NodeChoice {
  /** Name of its preset; empty or absent: none. */
  readonly preset?: string | undefined;
  /** Whether its model node leaves the model to the preset. */
  readonly isAuto: boolean;
}

type Requesting = NodeMessage & { readonly filename?: unknown; readonly preset?: unknown };

/** The paths of `msg.filename`, one or a list, with `msg.preset`; null if there is none. Throws BAD_SETTING. */
export function requestsOf({ filename, preset }: Requesting): readonly Request[] | null {
  if (filename === undefined || filename === null || filename === '') return null;
  const list: readonly unknown[] = Array.isArray(filename) ? filename : [filename];
  const wrong = list.find((path) => typeof path !== 'string' || path.trim() === '');
  if (wrong === undefined && list.length > 0 && list.length <= MAX_PATHS)
    return list.map((path) => ({ path: path as string, origin: 'message', ...(isGiven(preset) && { preset }) }));
  const what = wrong === undefined ? `a list of ${list.length} paths` : show(wrong);
  throw new RemasterError('BAD_SETTING', `msg.filename is ${what}, not a path or a list of at most ${MAX_PATHS}.`, {
    remedy: 'Correct the message.',
  });
}

/**
 * The input of a request. What a message has named is checked: the path itself, and every folder and file that it leads to.
 * Errors: BAD_SETTING, PATH_NOT_ALLOWED.
 */
export async function inputOf(
  RED: Pick<NodeAPI, 'settings'>,
  request: Request,
  { preset, isAuto }: NodeChoice,
): Promise<BatchInput> {
  const rules = pathRules(RED.settings, 'remasterInAllowedFolders');
  const { origin } = request;
  if (origin === 'config') {
    const { path, preset: own } = parseInput(request.path);
    return { path: resolve(rules.base, path), settings: await settingsOf(RED, own ?? preset, isAuto) };
  }
  const { path } = request;
  const settings = await settingsOf(RED, request.preset ?? preset, isAuto);
  const assertAllowed = (one: string, isFolder: boolean): Promise<string> =>
    (isFolder ? allowedTarget : allowedSource)(one, 'message', rules);
  await allowedTarget(path, 'message', rules); // a pattern too; whether a file is a playlist is asked when it is found
  return { path: resolve(rules.base, path), settings, assertAllowed };
}

const isGiven = (preset: unknown): boolean => preset !== undefined && preset !== null && preset !== '';

/** Those of a preset of the package or of the user, by its name, or of one that a message has. */
async function settingsOf(RED: Pick<NodeAPI, 'settings'>, wish: unknown, isAuto: boolean): Promise<FileSettings> {
  const preset = await presetFor(RED, wish);
  if (preset === null) return {};
  if (isAuto) modelOfPreset(preset); // throws for a bundle that only the model node may name
  return presetOf(preset);
}
