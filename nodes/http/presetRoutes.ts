import type { NodeAPI } from 'node-red';
import { errorRecord } from '../../src/errors';
import { deletePreset, listPresets, savePreset } from '../message/presets';

/** The routes of the presets in the dialog of video in. Called once, behind `sameSite`. */
export function servePresets(RED: NodeAPI): void {
  const reads = RED.auth.needsPermission('remaster-model.read');
  const writes = RED.auth.needsPermission('remaster-model.write');
  const respond = (response: Response, work: () => Promise<unknown>): void =>
    void work().then(
      (body) => response.json(body),
      (error: unknown) => {
        const record = errorRecord(error);
        response.status(record.code === 'BAD_SETTING' ? 400 : 500).json(record);
      },
    );
  RED.httpAdmin.get('/remaster/presets', reads, (_, response) => respond(response, () => listPresets(RED)));
  RED.httpAdmin.post('/remaster/presets', writes, (request, response) =>
    respond(response, () => savePreset(RED, request.body)),
  );
  RED.httpAdmin.delete('/remaster/presets/:name', writes, (request, response) =>
    respond(response, async () => {
      await deletePreset(RED, String(request.params['name']));
      return listPresets(RED);
    }),
  );
}

interface Response {
  status(code: number): Response;
  json(body: unknown): unknown;
}
