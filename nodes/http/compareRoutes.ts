import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import { errorRecord } from '../../src/errors';
import { noJob, activeJob, type FinishedFile, finishedFile } from '../jobs/jobRegistry';
import { COMPARE_HEADERS, livePairs, type PageResponse, sendPage, sendPair } from './comparePage';
import { momentOf, compareTimes, typeOf } from './compareStills';

/** Hours for which a page may be looked at. */
const HOURS = 12;
const COOKIE = 'remaster_look';
/** Pages open at a time, at most. */
const TICKETS = 200;

/**
 * The before/after page of jobs: of a finished one its two films, of one at work its newest picture. Which files it shows says the job; nothing of the request becomes a path. Pages
 * and films bring no token of the editor, so whoever may read jobs is given a cookie for the page of one of them.
 */
export function serveCompare(RED: NodeAPI): void {
  const tickets = new Map<string, { readonly id: string; readonly until: number }>();
  const reads = RED.auth.needsPermission('remaster-jobs.read');

  RED.httpAdmin.post('/remaster/jobs/:id/look', reads, (request, response) => {
    const id = String(request.params['id']);
    if (!finishedFile(id) && !activeJob(id)) return void response.status(404).json(errorRecord(noJob()));
    const ticket = randomBytes(24).toString('base64url');
    tickets.set(ticket, { id, until: Date.now() + HOURS * 3_600_000 });
    for (const [old] of tickets) {
      if (tickets.size <= TICKETS) break;
      tickets.delete(old);
    }
    // Without a path it holds for what lies beside this address, behind whatever proxy.
    response.set('Set-Cookie', `${COOKIE}=${ticket}; Max-Age=${HOURS * 3600}; HttpOnly; SameSite=Strict`);
    response.status(204).end();
  });

  const guard: typeof reads = (request, response, next) => {
    const ticket = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
    const known = ticket === undefined ? undefined : tickets.get(ticket);
    if (known && known.id === request.params['id'] && known.until > Date.now()) next();
    else reads(request, response, next);
  };
  RED.httpAdmin.get('/remaster/jobs/:id/compare', guard, (request, response) => show(request, '', response));
  RED.httpAdmin.get('/remaster/jobs/:id/compare/:file', guard, (request, response) =>
    show(request, String(request.params['file']), response),
  );
}

function show(
  { params }: { readonly params: Readonly<Record<string, unknown>> },
  file: string,
  response: Response,
): void {
  for (const [name, value] of Object.entries(COMPARE_HEADERS)) response.set(name, value);
  const id = String(params['id']);
  const restored = finishedFile(id);
  const pending = activeJob(id);
  if (!restored && !pending) gone(response, 'There is no such job any more.');
  else if (sendPage(file, response)) return;
  else if (restored) showRestored(restored, file, response);
  else if (file === 'pairs.json') response.json(livePairs(pending!.label));
  else if (file === 'pair') sendPair(pending!.pair, response);
  else gone(response);
}

function showRestored(restored: FinishedFile, file: string, response: Response): void {
  const missing = (): void => gone(response);
  const film = (path: string): void => {
    response.set('Content-Type', typeOf(path));
    response.sendFile(path, { dotfiles: 'allow', cacheControl: false }, (error?: Error) => error && missing());
  };
  if (file === 'pairs.json') return void response.json(compareTimes(restored));
  if (file === 'before') return film(restored.job.input);
  if (file === 'after') return film(restored.result.output);
  const [, side, number] = /^(before|after)-(\d)\.jpg$/.exec(file) ?? [];
  const moment = momentOf(restored, Number(number ?? NaN));
  if (!moment) return missing();
  still(restored, side as 'before' | 'after', moment).then((jpeg) => response.type('image/jpeg').send(jpeg), missing);
}

function gone(response: Response, why = 'It is gone.'): void {
  if (!response.headersSent) response.status(404).type('text/plain').send(why);
}

interface Response extends PageResponse {
  readonly headersSent: boolean;
  status(code: number): Response;
  type(type: string): Response;
  json(body: unknown): unknown;
}

/** One picture of the original, as large as the result, or of the result. */
async function still(
  { job, result }: FinishedFile,
  side: 'before' | 'after',
  moment: { readonly before: number; readonly after: number },
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'remaster-still-'));
  try {
    const output = join(folder, 'still.jpg');
    const input = side === 'before' ? job.input : result.output;
    const { model, provider, device, threads } = job; // its engine is likely to be there still
    const width = side === 'before' ? result.width : null;
    await engineFor({ model, provider, device, threads }).ask('thumbnail', { input, at: moment[side], output, width });
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
