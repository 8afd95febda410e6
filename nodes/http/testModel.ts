import type { Node, NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import type { EngineRequests } from '../../src/engine/protocol';
import { MODEL_ROWS as ROWS } from '../../src/settings/modelRows';
import type { Throughput } from '../jobs/throughput';
import { dialogValue } from '../message/dialogValues';

type Work = EngineRequests['test']['args'];

/** Model and steps of an open dialog. */
export function workOf(RED: NodeAPI, body: Readonly<Record<string, unknown>>): Work {
  const model = dialogValue(ROWS.model, body['model'], 'Model');
  return {
    model: body['modelType'] === 'env' ? String(RED.util.evaluateNodeProperty(model, 'env', {} as Node, {})) : model,
    provider: dialogValue(ROWS.provider, body['provider'], 'Runs on'),
    device: dialogValue(ROWS.device, body['device'], 'GPU'),
    threads: dialogValue(ROWS.threads, body['threads'], 'Threads'),
    steps: dialogValue(ROWS.steps, body['steps'], 'Steps'),
  };
}

/** Loads a model, runs one tile and records its speed. */
export async function testModel(throughput: Throughput, work: Work): Promise<EngineRequests['test']['result']> {
  const { steps: _, ...choice } = work;
  const tested = await engineFor(choice).ask('test', work);
  throughput.record(work, (tested.tile[0] * tested.tile[1]) / (tested.ms / 1000));
  return tested;
}
