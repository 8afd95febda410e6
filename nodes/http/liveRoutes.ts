import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { runtimeOf } from '../runtime';
import { comparePage, livePairs, sendPair } from './comparePage';
import { languageOf } from './language';
import { liveGuard, serveLiveTickets } from './liveGuard';
import { BASE_PATH, type LivePage } from './livePages';
import { MJPEG_HEADERS, mjpegViewer } from './mjpegViewer';
import { FRAME_ANCESTORS, sameSite } from './sameSite';
import { type PageResponse, setHeaders, staticPage } from './staticPage';

/** Milliseconds that a request for one JPEG waits. */
const IMAGE_TIMEOUT_MS = 10_000;

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; img-src 'self' data:; media-src blob:; connect-src 'self'; style-src 'self'; script-src 'self'; base-uri 'none'";
const viewerPage = staticPage('live', `${CONTENT_SECURITY_POLICY}; ${FRAME_ANCESTORS}`, [
  'live.css',
  'live.js',
  'hls.js',
]);

/**
 * Serves the live pages below `httpNodeRoot`, behind the middleware that also protects HTTP In nodes, and behind the
 * permissions of the editor. Called once: Node-RED never removes a route.
 */
export function serveLive(RED: NodeAPI): void {
  const app = RED.httpNode as unknown as Express | undefined;
  if (!app) return; // httpNodeRoot: false
  const { livePages } = runtimeOf(RED);
  const { httpNodeMiddleware } = RED.settings as unknown as { httpNodeMiddleware?: Handler | readonly Handler[] };
  const middleware = httpNodeMiddleware === undefined ? [] : [httpNodeMiddleware].flat();
  app.use(BASE_PATH, sameSite);
  const guard = liveGuard(RED);
  serveLiveTickets(RED);
  const serve = (path: string, show: (page: LivePage, request: Request, response: Response) => void): void => {
    app.get(`${BASE_PATH}/:name${path}`, ...middleware, guard, (request, response) => {
      const page = livePages.get(request.params['name']!);
      response.setHeader('Cache-Control', 'no-store');
      response.setHeader('X-Content-Type-Options', 'nosniff');
      if (page) show(page, request, response);
      else fail(response, 404, 'No live video with this name.');
    });
  };
  serve('', showViewer);
  serve('/state', showState);
  serve('/image', showImage);
  serve('/mjpeg', showStream);
  serve('/compare', ({ title }, request, response) => {
    if (!redirectToFolder('compare', request, response)) showCompare('', title, response);
  });
  serve('/compare/:file', ({ title, pair }, { params }, response) => {
    if (params['file'] === 'pair') sendPair(pair, response);
    else showCompare(params['file']!, title, response);
  });
  serve('/hls/:file', showHlsFile);
  serve('/:file', (_, { params }, response) => sendViewerFile(params['file']!, response));
}

/** Publishes a live page. Returns its URL and an unpublish function. */
export function publishLivePage(RED: NodeAPI, name: string, page: LivePage): { readonly url: string; close(): void } {
  const { httpNodeRoot } = RED.settings as { httpNodeRoot?: string };
  const { path, close } = runtimeOf(RED).livePages.publish(name, page);
  return { url: `${(httpNodeRoot ?? '/').replace(/\/$/, '')}${path}`, close };
}

function showViewer(_: LivePage, request: Request, response: Response): void {
  if (!redirectToFolder(request.params['name']!, request, response)) sendViewerFile('', response);
}

function sendViewerFile(file: string, response: Response): void {
  setHeaders(viewerPage, response);
  if (!viewerPage.send(file, response)) fail(response, 404, 'No such file.');
}

function showState({ title, folder, state }: LivePage, request: Request, response: Response): void {
  response.json({ title, kind: folder === null ? 'mjpeg' : 'hls', ...state(languageOf(request)) });
}

function showImage({ broadcast }: LivePage, _: Request, response: Response): void {
  broadcast.next(IMAGE_TIMEOUT_MS).then(
    ({ data }) => {
      response.setHeader('Content-Type', 'image/jpeg');
      response.end(data);
    },
    () => fail(response, 503, 'No frame arrived.'),
  );
}

function showStream({ broadcast }: LivePage, { method }: Request, response: Response): void {
  if (method === 'HEAD')
    response.writeHead(200, MJPEG_HEADERS).end(); // Express takes it for GET, and it views nothing
  else broadcast.add(mjpegViewer(response, broadcast));
}

function showHlsFile({ folder }: LivePage, { params }: Request, response: Response): void {
  const name = params['file']!;
  if (folder === null || !/^(index\.m3u8|live-[\w-]+\.(mp4|m4s))$/.test(name))
    return fail(response, 404, 'No such file.');
  response.setHeader('Content-Type', name.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp4');
  const file = createReadStream(join(folder, name));
  file.once('error', () => fail(response, 404, 'This file does not exist any more.'));
  response.once('close', () => file.destroy());
  file.pipe(response);
}

function showCompare(file: string, title: string, response: Response): void {
  setHeaders(comparePage, response);
  if (comparePage.send(file, response)) return;
  if (file === 'pairs.json') response.json(livePairs(title));
  else fail(response, 404, 'No such file.');
}

/** A page needs a slash at the end of its address, or its relative links miss its folder. */
function redirectToFolder(name: string, { originalUrl }: Request, response: Response): boolean {
  const [path, query = ''] = originalUrl.split(/(?=\?)/);
  if (path!.endsWith('/')) return false;
  response.statusCode = 302;
  response.setHeader('Location', `${encodeURIComponent(name)}/${query}`);
  response.end();
  return true;
}

function fail(response: Response, code: number, text: string): void {
  if (response.headersSent) return void response.end();
  response.statusCode = code;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(text);
}

// The part of Express that is used.
type Request = IncomingMessage & { readonly params: Readonly<Record<string, string>>; readonly originalUrl: string };
type Response = ServerResponse & PageResponse;
type Handler = (request: Request, response: Response, next: () => void) => void;
interface Express {
  use(path: string, handler: typeof sameSite): void;
  get(path: string, ...handlers: Handler[]): void;
}
