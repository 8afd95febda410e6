import { basename } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import type { SourceSummary } from '../../src/engine/protocol';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { estimateSeconds } from '../jobs/throughput';
import { sources } from '../message/nodeRegistry';
import { allowedSource, pathRules } from '../message/pathPolicy';
import { SAMPLE } from '../message/sampleClip';
import { integerIn, numberIn, trimOf } from '../message/typedInput';
import { testModel, workOf } from './testModel';

/** What the dialog of a video in node tells of a file before it is restored. */
export interface Estimate extends SourceSummary {
  readonly label: string;
  /** Of the work; null when the file does not say how long it is. */
  readonly seconds: number | null;
  readonly model: string;
  /** On which one tile was tried for it; null: known from work that was done before. */
  readonly provider: string | null;
}

/**
 * Looks at the file that an open dialog names and says how long it would take here; when nothing like it was done since
 * Node-RED began, the model is tried on one tile. The path counts as one from a message, for nobody has deployed it yet, unless the deployed node has it already.
 */
export async function estimate(RED: NodeAPI, body: Readonly<Record<string, unknown>>): Promise<Estimate> {
  const node = textIn(body['node']);
  const path = await fileOf(RED, node, body);
  const work = workOf(RED, (body['work'] ?? {}) as Readonly<Record<string, unknown>>);
  const sequenceRate = numberIn(body['sequenceRate'], 'Pictures per second', 0.01, 1000) ?? JOB_DEFAULTS.sequenceRate;
  const part = {
    trim: trimOf(body['trimStart'], body['trimEnd']),
    maxFps: numberIn(body['maxFps'], 'Frames per second', 0.01, 1000),
    maxHeight: integerIn(body['maxHeight'], 'Lines', 16, 16_384),
  };
  const info = await engineFor(JOB_DEFAULTS).ask('probe', { input: path, sequenceRate });
  const job = { ...JOB_DEFAULTS, ...work, ...part, input: path, output: '' };
  const known = { ...info, label: basename(path), model: work.model };
  const seconds = estimateSeconds(job, info);
  if (seconds !== null) return { ...known, seconds, provider: null };
  const { provider } = await testModel(work);
  return { ...known, seconds: estimateSeconds(job, info), provider };
}

async function fileOf(RED: NodeAPI, id: string, body: Readonly<Record<string, unknown>>): Promise<string> {
  if (body['source'] === 'sample') return SAMPLE;
  const rules = pathRules(RED.settings, 'remasterInAllowedFolders');
  const node = RED.nodes.getNode(id) ?? ({} as Node);
  const isEnv = body['pathType'] === 'env';
  const value: unknown = isEnv ? RED.util.evaluateNodeProperty(textIn(body['path']), 'env', node, {}) : body['path'];
  const own = await allowedSource(value, 'config', rules);
  return sources.get(id)?.names(own) ? own : allowedSource(value, 'message', rules);
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
