import type { NodeAPI } from 'node-red';
import { engineFor } from '../src/engine/client';
import { errorRecord } from '../src/errors';
import { JOB_DEFAULTS } from '../src/pipeline/job';
import { estimate } from './estimate';
import { listModels } from './models';
import { testModel, workOf } from './trial';

/** What the edit dialogs ask for. Called once: Node-RED never removes a route. */
export function serveAdmin(RED: NodeAPI): void {
  const answer = (response: Response, work: () => Promise<unknown>): void => {
    void (async () => {
      try {
        response.json(await work());
      } catch (error) {
        response.status(500).json(errorRecord(error));
      }
    })();
  };
  const bodyOf = ({ body }: { readonly body?: unknown }) => (body ?? {}) as Readonly<Record<string, unknown>>;
  const reads = RED.auth.needsPermission('remaster-model.read');
  // writing, since these load whatever bundle they are told and keep the machine busy
  const writes = RED.auth.needsPermission('remaster-model.write');
  RED.httpAdmin.get('/remaster/models', reads, (_, response) => answer(response, listModels));
  RED.httpAdmin.get('/remaster/doctor', reads, (_, response) =>
    answer(response, () => engineFor(JOB_DEFAULTS).ask('doctor', { folder: null })),
  );
  RED.httpAdmin.post('/remaster/test', writes, (request, response) =>
    answer(response, () => testModel(workOf(RED, bodyOf(request)))),
  );
  RED.httpAdmin.post('/remaster/forecast', writes, (request, response) =>
    answer(response, () => estimate(RED, bodyOf(request))),
  );
}

interface Response {
  status(code: number): Response;
  json(body: unknown): unknown;
}
