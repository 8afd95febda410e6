import { basename } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import type { SourceSummary } from '../../src/engine/protocol';
import { AUTO } from '../../src/settings/chooseModel';
import { type Job, JOB_DEFAULTS, type ReadingSettings, readingSettings } from '../../src/settings/restoreJob';
import { allowedSource, pathRules } from '../message/pathPolicy';
import { SAMPLE } from '../message/sampleClip';
import { runtimeOf } from '../runtime';
import { readingFields } from './readingFields';
import { testModel, workOf } from './testModel';

/** A file and the time to restore it, for the dialog of a video in node. */
export interface Estimate extends SourceSummary {
  readonly label: string;
  /** Null if the file has no duration. */
  readonly seconds: number | null;
  readonly model: string;
  /** The provider of the test with one tile; null: taken from an earlier job or test. */
  readonly provider: string | null;
}

/**
 * Probes the file of an open dialog and estimates the time to restore it. Without a measurement since Node-RED started,
 * the model runs one tile. The path is checked like one from a message, unless the deployed node names it already.
 */
export async function estimate(
  RED: NodeAPI,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Estimate> {
  const { throughput } = runtimeOf(RED);
  const node = textIn(body['node']);
  const path = await fileOf(RED, node, body);
  const asked = workOf(RED, (body['work'] ?? {}) as Readonly<Record<string, unknown>>);
  const { sequenceRate, ...part } = readingFields(body);
  const info = await engineFor(JOB_DEFAULTS).ask('probe', { input: path, sequenceRate }, signal);
  const work =
    asked.model === AUTO
      ? { ...asked, model: await chosenFor({ ...readingSettings(part), input: path, sequenceRate }, asked, signal) }
      : asked;
  const job = { ...JOB_DEFAULTS, ...work, ...part, input: path, output: '' };
  const known = { ...info, label: basename(path), model: work.model };
  const seconds = throughput.estimateSeconds(job, info);
  if (seconds !== null) return { ...known, seconds, provider: null };
  const { provider } = await testModel(throughput, work, signal);
  return { ...known, seconds: throughput.estimateSeconds(job, info), provider };
}

async function chosenFor(
  file: Pick<Job, 'input' | 'sequenceRate'> & ReadingSettings,
  { steps }: Pick<Job, 'steps'>,
  signal: AbortSignal,
): Promise<string> {
  const wants = { scale: null, steps, mask: null, maskColor: null };
  const { model } = await engineFor(JOB_DEFAULTS).ask('choose', { source: { kind: 'file', ...file }, wants }, signal);
  return model;
}

/** The file of an open dialog, if messages may name it or the deployed node does. */
export async function fileOf(RED: NodeAPI, id: string, body: Readonly<Record<string, unknown>>): Promise<string> {
  if (body['source'] === 'sample') return SAMPLE;
  const rules = pathRules(RED.settings, 'remasterInAllowedFolders');
  const node = RED.nodes.getNode(id) ?? ({} as Node);
  const isEnv = body['pathType'] === 'env';
  const value: unknown = isEnv ? RED.util.evaluateNodeProperty(textIn(body['path']), 'env', node, {}) : body['path'];
  const own = await allowedSource(value, 'config', rules);
  return runtimeOf(RED).nodes.inNode(id)?.names(own) ? own : allowedSource(value, 'message', rules);
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
