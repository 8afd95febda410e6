import type { NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import { errorRecord } from '../../src/errors';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { runtimeOf } from '../runtime';
import { estimate } from './estimate';
import { withoutValues } from './hideVariables';
import { servePresets } from './presetRoutes';
import { sameSite } from './sameSite';
import { testModel, workOf } from './testModel';

/** The routes of the edit dialogs, the sidebar and the previews. Called once: Node-RED never removes a route. */
export function serveEditor(RED: NodeAPI): void {
  RED.httpAdmin.use('/remaster', sameSite);
  serveDialogs(RED);
  servePresets(RED);
  serveJobs(RED);
}

function serveDialogs(RED: NodeAPI): void {
  const { models, throughput } = runtimeOf(RED);
  const respond = (response: Response, work: (closed: AbortSignal) => Promise<unknown>, request: Fields = {}): void => {
    const closed = new AbortController();
    response.once('close', () => closed.abort(new Error('the request was closed')));
    void (async () => {
      try {
        response.json(await work(closed.signal));
      } catch (error) {
        if (closed.signal.aborted) return; // no one reads the answer
        response.status(500).json(withoutValues(error, request));
      }
    })();
  };
  const bodyOf = ({ body }: { readonly body?: unknown }) => (body ?? {}) as Fields;
  const reads = RED.auth.needsPermission('remaster-model.read');
  // write permission: these load any bundle the request names and use the whole machine
  const writes = RED.auth.needsPermission('remaster-model.write');
  RED.httpAdmin.get('/remaster/models', reads, (_, response) => respond(response, () => models.list()));
  RED.httpAdmin.get('/remaster/doctor', reads, (_, response) =>
    respond(response, () => engineFor(JOB_DEFAULTS).ask('doctor', { folder: null })),
  );
  RED.httpAdmin.post('/remaster/test', writes, (request, response) =>
    respond(response, async (closed) => testModel(throughput, workOf(RED, bodyOf(request)), closed), bodyOf(request)),
  );
  RED.httpAdmin.post('/remaster/forecast', writes, (request, response) =>
    respond(response, (closed) => estimate(RED, bodyOf(request), closed), bodyOf(request)),
  );
}

type Fields = Readonly<Record<string, unknown>>;

interface Response {
  status(code: number): Response;
  json(body: unknown): unknown;
  once(event: 'close', listener: () => void): unknown;
}

function serveJobs(RED: NodeAPI): void {
  const { jobs, batches } = runtimeOf(RED);
  const readsJobs = RED.auth.needsPermission('remaster-jobs.read');
  const writesJobs = RED.auth.needsPermission('remaster-jobs.write');

  RED.httpAdmin.get('/remaster/jobs', readsJobs, (_, response) => {
    response.set('Cache-Control', 'no-store').json(jobs.list());
  });
  RED.httpAdmin.post('/remaster/jobs/:id', writesJobs, (request, response) => {
    try {
      jobs.control(String(request.params['id']), (request.body as { action?: unknown } | undefined)?.action);
      response.json(jobs.list());
    } catch (error) {
      const record = errorRecord(error);
      response.status(record.code === 'BAD_SETTING' ? 400 : 404).json(record);
    }
  });
  RED.httpAdmin.get('/remaster/batches', readsJobs, (request, response) => {
    const { search } = request.query;
    response.set('Cache-Control', 'no-store').json(batches.list(typeof search === 'string' ? search : ''));
  });
  RED.httpAdmin.post('/remaster/batches/:id', writesJobs, (request, response) => {
    try {
      batches.control(String(request.params['id']), request.body);
      response.json({});
    } catch (error) {
      const record = errorRecord(error);
      response.status(record.code === 'BAD_SETTING' ? 400 : 404).json(record);
    }
  });
  RED.httpAdmin.get('/remaster/preview/:node', readsJobs, (request, response) => {
    jobs.preview(String(request.params['node'])).then(
      (jpeg) => {
        response.set('Cache-Control', 'no-store');
        if (jpeg) response.type('image/jpeg').send(Buffer.from(jpeg));
        else response.status(204).end();
      },
      () => response.status(204).end(), // the node that runs the job reports the error
    );
  });
}
