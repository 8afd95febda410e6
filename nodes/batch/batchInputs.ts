import { resolve } from 'node:path';
import type { NodeAPI, NodeMessage } from 'node-red';
import type { BatchInput } from '../../src/batch/findSources';
import { parseInput } from '../../src/batch/parseInput';
import { presetOf } from '../../src/batch/presetOf';
import { RemasterError } from '../../src/errors';
import { allowedSource, allowedTarget, type Origin, pathRules } from '../message/pathPolicy';
import { show } from '../message/planFields';

/** A file, a folder or a pattern, and where it was named. Plain JSON: it is stored. */
export interface Request {
  readonly path: string;
  readonly origin: Origin;
}

/** The most paths of one message. */
const MAX_PATHS = 10_000;

/** The paths of `msg.filename`: one, or a list; null if there is none. Throws BAD_SETTING. */
export function requestsOf({ filename }: NodeMessage & { readonly filename?: unknown }): readonly Request[] | null {
  if (filename === undefined || filename === null || filename === '') return null;
  const list: readonly unknown[] = Array.isArray(filename) ? filename : [filename];
  const wrong = list.find((path) => typeof path !== 'string' || path.trim() === '');
  if (wrong === undefined && list.length > 0 && list.length <= MAX_PATHS)
    return list.map((path) => ({ path: path as string, origin: 'message' }));
  const what = wrong === undefined ? `a list of ${list.length} paths` : show(wrong);
  throw new RemasterError('BAD_SETTING', `msg.filename is ${what}, not a path or a list of at most ${MAX_PATHS}.`, {
    remedy: 'Correct the message.',
  });
}

/**
 * The input of a request. What a message has named is checked: the path itself, and every folder and file that it leads to.
 * Errors: BAD_SETTING, PATH_NOT_ALLOWED.
 */
export async function inputOf(RED: Pick<NodeAPI, 'settings'>, { path, origin }: Request): Promise<BatchInput> {
  const rules = pathRules(RED.settings, 'remasterInAllowedFolders');
  if (origin === 'config') {
    const input = parseInput(path);
    return { path: resolve(rules.base, input.path), settings: presetOf(input.preset) };
  }
  const assertAllowed = (one: string, isFolder: boolean): Promise<string> =>
    (isFolder ? allowedTarget : allowedSource)(one, 'message', rules);
  await allowedTarget(path, 'message', rules); // a pattern too; whether a file is a playlist is asked when it is found
  return { path: resolve(rules.base, path), assertAllowed };
}
