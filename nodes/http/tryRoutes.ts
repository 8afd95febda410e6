import type { NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { runtimeOf } from '../runtime';
import { fileOf } from './estimate';
import { withoutValues } from './hideVariables';
import { readingFields } from './readingFields';
import { FRAME_ANCESTORS } from './sameSite';
import { workOf } from './testModel';
import { ticketCookie } from './ticketCookie';

/** Each try has its own: several pages may be open. */
const cookieOf = (id: string) => ticketCookie(`remaster_try_${id.replaceAll(/[^\w-]/g, '')}`);
const HEADERS = {
  'Content-Security-Policy': `default-src 'self'; img-src 'self' data:; base-uri 'none'; ${FRAME_ANCESTORS}`,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'private, no-store',
};

/** Files of the page of a try, so that a name never becomes a path. */
const FILE = /^(?:index\.html|page\.js|tokens\.css|compare\.css|try\.css)$/;
const MEDIA = /^\d{1,2}(?:-\d{1,2})?(?:-(?:image|plain|map))?\.(?:jpg|mp4)$/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Starts tries for the dialog of a video in node, and serves their pages. A page cannot send the editor's token, so the
 * user who started it gets a cookie for it.
 */
export function serveTries(RED: NodeAPI): void {
  const { trials, tickets } = runtimeOf(RED);
  // write permission: it uses the whole machine
  const writes = RED.auth.needsPermission('remaster-model.write');
  const reads = RED.auth.needsPermission('remaster-jobs.read');

  RED.httpAdmin.post('/remaster/try/new', writes, (request, response) => {
    const body = (request.body ?? {}) as Fields;
    start(RED, body).then(
      (id) => {
        response.set('Set-Cookie', cookieOf(id).headerFor(tickets.issue(id)));
        response.json({ id });
      },
      (error: unknown) => response.status(500).json(withoutValues(error, body)),
    );
  });

  const guard: typeof reads = (request, response, next) => {
    const id = String(request.params['id']);
    const ticket = cookieOf(id).ticketIn(request);
    if (ticket !== null && tickets.opens(ticket, id)) next();
    else reads(request, response, next);
  };
  const send = (id: unknown, file: string, folder: '' | 'media', response: Response): void => {
    response.set(HEADERS);
    const trial = trials.get(String(id));
    const root = trial && `${trial.folder}/${folder}`;
    if (trial?.pending && file === 'trial.js')
      return void response.type('text/javascript').send(`window.remasterTrial = ${JSON.stringify(trial.pending)};\n`);
    const isOurs = folder === 'media' ? MEDIA.test(file) : FILE.test(file) || file === 'trial.js';
    if (!root || !isOurs)
      return void response.status(404).type('text/plain').send('This page does not exist any more.');
    response.sendFile(file, { root, dotfiles: 'allow', cacheControl: false }, (error?: Error) => {
      if (error && !response.headersSent) response.status(404).end();
    });
  };
  RED.httpAdmin.get('/remaster/try/:id', guard, ({ params }, response) =>
    send(params['id'], 'index.html', '', response),
  );
  RED.httpAdmin.get('/remaster/try/:id/:file', guard, ({ params }, response) =>
    send(params['id'], String(params['file']), '', response),
  );
  RED.httpAdmin.get('/remaster/try/:id/media/:file', guard, ({ params }, response) =>
    send(params['id'], String(params['file']), 'media', response),
  );
}

interface Response {
  readonly headersSent: boolean;
  set(headers: object): unknown;
  status(code: number): Response;
  type(type: string): Response;
  send(body: string): unknown;
  end(): unknown;
  sendFile(path: string, options: object, done: (error?: Error) => void): unknown;
}

/** The file and the hardware of an open dialog. The models are chosen for the file. */
async function start(RED: NodeAPI, body: Fields): Promise<string> {
  const input = await fileOf(RED, typeof body['node'] === 'string' ? body['node'] : '', body);
  const work = body['work'] === undefined ? JOB_DEFAULTS : workOf(RED, body['work'] as Fields);
  const { provider, device, threads, loadLimit } = work;
  const options = {
    ...{ input, provider, device, threads, loadLimit },
    ...readingFields(body),
  };
  return runtimeOf(RED).trials.start(engineFor(JOB_DEFAULTS), options, (error) => withoutValues(error, body));
}
