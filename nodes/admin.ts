import type { Node, NodeAPI } from 'node-red';
import { engineFor } from '../src/engine/client';
import { errorRecord } from '../src/errors';
import { JOB_DEFAULTS } from '../src/pipeline/job';
import { learn } from './forecast';
import { listModels } from './models';
import { integerIn } from './typed';

/** What the edit dialogs ask for. Called once: Node-RED never removes a route. */
export function serveAdmin(RED: NodeAPI): void {
  const answer = (response: Response, work: Promise<unknown>): void => {
    work.then(
      (result) => response.json(result),
      (error: unknown) => response.status(500).json(errorRecord(error)),
    );
  };
  RED.httpAdmin.get('/remaster/models', RED.auth.needsPermission('remaster-model.read'), (_, response) => {
    answer(response, listModels());
  });
  RED.httpAdmin.get('/remaster/doctor', RED.auth.needsPermission('remaster-model.read'), (_, response) => {
    answer(response, engineFor(JOB_DEFAULTS).ask('doctor', { folder: null }));
  });
  // writing, since it loads whatever bundle it is told and keeps the machine busy
  RED.httpAdmin.post('/remaster/test', RED.auth.needsPermission('remaster-model.write'), (request, response) => {
    answer(response, testModel(RED, (request.body ?? {}) as Record<string, unknown>));
  });
}

interface Response {
  status(code: number): Response;
  json(body: unknown): unknown;
}

async function testModel(RED: NodeAPI, body: Readonly<Record<string, unknown>>): Promise<unknown> {
  const word = (key: 'model' | 'provider'): string => {
    const value = body[key];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : JOB_DEFAULTS[key];
  };
  const isEnv = body['modelType'] === 'env';
  const choice = {
    model: isEnv ? String(RED.util.evaluateNodeProperty(word('model'), 'env', {} as Node, {})) : word('model'),
    provider: word('provider'),
    device: integerIn(body['device'], 'Device', 0, 255) ?? JOB_DEFAULTS.device,
    threads: integerIn(body['threads'], 'Threads', 0, 1024) ?? JOB_DEFAULTS.threads,
  };
  const work = { ...choice, steps: integerIn(body['steps'], 'Steps', 1, 10_000) };
  const tested = await engineFor(choice).ask('test', work);
  learn(work, (tested.tile[0] * tested.tile[1]) / (tested.ms / 1000));
  return tested;
}
