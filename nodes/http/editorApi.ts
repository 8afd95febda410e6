import type { NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import { errorRecord } from '../../src/errors';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { controlJob, previewOf, listJobs } from '../jobs/jobRegistry';
import { listModels } from '../message/knownModels';
import { estimate } from './estimate';
import { testModel, workOf } from './testModel';

/** What the edit dialogs, the sidebar and the previews of the editor ask for. Called once: Node-RED never removes a route. */
export function serveEditor(RED: NodeAPI): void {
  serveDialogs(RED);
  serveJobs(RED);
}

function serveDialogs(RED: NodeAPI): void {
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

function serveJobs(RED: NodeAPI): void {
  const readsJobs = RED.auth.needsPermission('remaster-jobs.read');
  const writesJobs = RED.auth.needsPermission('remaster-jobs.write');

  RED.httpAdmin.get('/remaster/jobs', readsJobs, (_, response) => {
    response.set('Cache-Control', 'no-store').json(listJobs());
  });
  RED.httpAdmin.post('/remaster/jobs/:id', writesJobs, (request, response) => {
    try {
      controlJob(String(request.params['id']), (request.body as { action?: unknown } | undefined)?.action);
      response.json(listJobs());
    } catch (error) {
      const record = errorRecord(error);
      response.status(record.code === 'BAD_SETTING' ? 400 : 404).json(record);
    }
  });
  RED.httpAdmin.get('/remaster/preview/:node', readsJobs, (request, response) => {
    previewOf(String(request.params['node'])).then(
      (picture) => {
        response.set('Cache-Control', 'no-store');
        if (picture) response.type('image/jpeg').send(Buffer.from(picture));
        else response.status(204).end();
      },
      () => response.status(204).end(), // the end of a job is told elsewhere
    );
  });
}
