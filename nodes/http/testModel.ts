import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import type { EngineRequests } from '../../src/engine/protocol';
import { CHOICE_ROWS, QUALITY_ROWS } from '../../src/settings/modelRows';
import type { Throughput } from '../jobs/throughput';
import { dialogValues, labelsOf } from '../message/dialogValues';

type Work = EngineRequests['test']['args'];

const ROWS = { ...CHOICE_ROWS, steps: QUALITY_ROWS.steps };
const LABELS = { ...labelsOf(join(__dirname, '..', 'model'), 'remaster-model'), steps: 'Steps' };

/** Model and steps of an open dialog. */
export function workOf(RED: NodeAPI, body: Readonly<Record<string, unknown>>): Work {
  const { model, ...work } = dialogValues(ROWS, body, LABELS);
  const isVariable = body['modelType'] === 'env';
  return { ...work, model: isVariable ? String(RED.util.evaluateNodeProperty(model, 'env', {} as Node, {})) : model };
}

/** Loads a model, runs one tile and records its speed. `signal`: the user has closed the dialog. */
export async function testModel(
  throughput: Throughput,
  work: Work,
  signal: AbortSignal,
): Promise<EngineRequests['test']['result']> {
  const { steps: _, ...choice } = work;
  const tested = await engineFor(choice).ask('test', work, signal);
  throughput.record(work, (tested.tile[0] * tested.tile[1]) / (tested.ms / 1000));
  return tested;
}
