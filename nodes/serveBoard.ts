import type { NodeAPI } from 'node-red';
import { errorRecord } from '../src/errors';
import { fulfil, pictureOf, rows } from './board';

/** What the sidebar and the previews of the editor ask for. Called once: Node-RED never removes a route. */
export function serveBoard(RED: NodeAPI): void {
  const reads = RED.auth.needsPermission('remaster-jobs.read');
  const writes = RED.auth.needsPermission('remaster-jobs.write');
  RED.httpAdmin.get('/remaster/jobs', reads, (_, response) => {
    response.set('Cache-Control', 'no-store').json(rows());
  });
  RED.httpAdmin.post('/remaster/jobs/:id', writes, (request, response) => {
    try {
      fulfil(String(request.params['id']), (request.body as { action?: unknown } | undefined)?.action);
      response.json(rows());
    } catch (error) {
      const record = errorRecord(error);
      response.status(record.code === 'BAD_SETTING' ? 400 : 404).json(record);
    }
  });
  RED.httpAdmin.get('/remaster/preview/:node', reads, (request, response) => {
    pictureOf(String(request.params['node'])).then(
      (picture) => {
        response.set('Cache-Control', 'no-store');
        if (picture) response.type('image/jpeg').send(Buffer.from(picture));
        else response.status(204).end();
      },
      () => response.status(204).end(), // the end of a job is told elsewhere
    );
  });
}
