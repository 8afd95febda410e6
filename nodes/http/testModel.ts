import type { Node, NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import type { EngineRequests } from '../../src/engine/protocol';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import type { Throughput } from '../jobs/throughput';
import { integerIn } from '../message/typedInput';

type Work = EngineRequests['test']['args'];

/** Model and steps of an open dialog. */
export function workOf(RED: NodeAPI, body: Readonly<Record<string, unknown>>): Work {
  const textIn = (key: 'model' | 'provider'): string => {
    const value = body[key];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : JOB_DEFAULTS[key];
  };
  const isEnv = body['modelType'] === 'env';
  return {
    model: isEnv ? String(RED.util.evaluateNodeProperty(textIn('model'), 'env', {} as Node, {})) : textIn('model'),
    provider: textIn('provider'),
    device: integerIn(body['device'], 'GPU', 0, 255) ?? JOB_DEFAULTS.device,
    threads: integerIn(body['threads'], 'Threads', 0, 1024) ?? JOB_DEFAULTS.threads,
    steps: integerIn(body['steps'], 'Steps', 1, 10_000),
  };
}

/** Loads a model, runs one tile and records its speed. */
export async function testModel(throughput: Throughput, work: Work): Promise<EngineRequests['test']['result']> {
  const { steps: _, ...choice } = work;
  const tested = await engineFor(choice).ask('test', work);
  throughput.record(work, (tested.tile[0] * tested.tile[1]) / (tested.ms / 1000));
  return tested;
}
