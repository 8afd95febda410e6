import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import type { EngineRequests } from '../../src/engine/protocol';
import { errorRecord } from '../../src/errors';
import { makeOwnedFolder } from '../../src/pipeline/jobs/ownedFolder';
import type { FinishedFile } from '../jobs/endedJobs';
import { type JobRegistry, noSuchJob } from '../jobs/jobRegistry';
import { runtimeOf } from '../runtime';
import { comparePage, livePairs, sendPair } from './comparePage';
import { comparePairs, contentTypeOf, timesOfStill } from './compareStills';
import { type PageResponse, setHeaders } from './staticPage';
import { ticketCookie } from './ticketCookie';

const COOKIE = ticketCookie('remaster_look');

/**
 * The before/after page of a job: both videos of a finished job, the newest frame of a running one. The job names the
 * files; no part of the request becomes a path. A page and its videos cannot send the editor's token, so a user with
 * permission to read jobs gets a cookie for the page of one job.
 */
export function serveCompare(RED: NodeAPI): void {
  const { jobs, tickets } = runtimeOf(RED);
  const reads = RED.auth.needsPermission('remaster-jobs.read');

  RED.httpAdmin.post('/remaster/jobs/:id/look', reads, (request, response) => {
    const id = String(request.params['id']);
    if (!jobs.finished(id) && !jobs.active(id)) return void response.status(404).json(errorRecord(noSuchJob()));
    response.set('Set-Cookie', COOKIE.headerFor(tickets.issue(id)));
    response.status(204).end();
  });

  const guard: typeof reads = (request, response, next) => {
    const ticket = COOKIE.ticketIn(request);
    if (ticket !== null && tickets.opens(ticket, String(request.params['id']))) next();
    else reads(request, response, next);
  };
  RED.httpAdmin.get('/remaster/jobs/:id/compare', guard, (request, response) => show(jobs, request, '', response));
  RED.httpAdmin.get('/remaster/jobs/:id/compare/:file', guard, (request, response) =>
    show(jobs, request, String(request.params['file']), response),
  );
}

function show(
  jobs: JobRegistry,
  { params }: { readonly params: Readonly<Record<string, unknown>> },
  file: string,
  response: Response,
): void {
  setHeaders(comparePage, response);
  const id = String(params['id']);
  const finished = jobs.finished(id);
  const active = jobs.active(id);
  if (!finished && !active) notFound(response, 'This job does not exist any more.');
  else if (comparePage.send(file, response)) return;
  else if (finished) showFinished(finished, file, response);
  else if (file === 'pairs.json') response.json(livePairs(active!.label));
  else if (file === 'pair') sendPair(active!.pair, response);
  else notFound(response);
}

function showFinished(finished: FinishedFile, file: string, response: Response): void {
  const missing = (): void => notFound(response);
  const sendVideo = (path: string): void => {
    response.set('Content-Type', contentTypeOf(path));
    response.sendFile(path, { dotfiles: 'allow', cacheControl: false }, (error?: Error) => error && missing());
  };
  if (file === 'pairs.json') return void response.json(comparePairs(finished));
  if (file === 'before') return sendVideo(finished.job.input);
  if (file === 'after') return sendVideo(finished.result.output);
  const [, side, number, ending] = /^(before|after|added)-(\d)\.(jpg|json)$/.exec(file) ?? [];
  const times = timesOfStill(finished, Number(number ?? NaN));
  if (!times || (side === 'added') !== (ending === 'json')) return missing();
  if (side === 'added') addedTo(finished, times).then((added) => response.json(added), missing);
  else stillOf(finished, side as Side, times).then((jpeg) => response.type('image/jpeg').send(jpeg), missing);
}

type Side = 'before' | 'after';

type Added = Pick<EngineRequests['added']['result'], 'mean' | 'share'>;

interface StillTimes {
  readonly before: number;
  readonly after: number;
}

/** What the model has added to a frame, as the page reads it. */
async function addedTo(finished: FinishedFile, times: StillTimes): Promise<Added & { readonly map: string }> {
  const before = await stillOf(finished, 'before', times);
  const after = await stillOf(finished, 'after', times);
  const { mean, share, map } = await engineOf(finished).ask('added', { before, after });
  return { mean, share, map: `data:image/jpeg;base64,${Buffer.from(map).toString('base64')}` };
}

/** The one of these settings, which probably still runs. */
const engineOf = ({ job: { model, provider, device, threads } }: FinishedFile) =>
  engineFor({ model, provider, device, threads });

function notFound(response: Response, why = 'This file does not exist any more.'): void {
  if (!response.headersSent) response.status(404).type('text/plain').send(why);
}

interface Response extends PageResponse {
  readonly headersSent: boolean;
  status(code: number): Response;
  type(type: string): Response;
}

/** A still of the result, or of the source scaled to the size of the result. */
async function stillOf(finished: FinishedFile, side: Side, times: StillTimes): Promise<Buffer> {
  const { job, result } = finished;
  const folder = await makeOwnedFolder('still');
  try {
    const output = join(folder, 'still.jpg');
    const input = side === 'before' ? job.input : result.output;
    const width = side === 'before' ? result.width : null;
    await engineOf(finished).ask('thumbnail', { input, at: times[side], output, width });
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
