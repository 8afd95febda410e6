import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import type { LiveJpeg } from '../../src/settings/liveJob';
import type { NextPair } from '../jobs/jpegPair';
import { COMPARE_HEADERS, livePairs, type PageResponse, sendPage, sendPair } from './comparePage';
import type { FrameBroadcast, Viewer } from './frameBroadcast';
import { type Language, languageOf } from './language';
import { livePage } from './livePage';

/** One live picture that can be looked at in a browser. */
export interface LivePage {
  readonly title: string;
  readonly gallery: FrameBroadcast;
  /** Where HLS is written; null: pictures come as MJPEG. */
  readonly folder: string | null;
  /** In words, and whether pictures come. */
  readonly state: (language: Language) => { readonly text: string; readonly running: boolean };
  /** Before and after of the next picture. */
  readonly pair: NextPair;
}

/** What is shown now, by name. */
const exhibits = new Map<string, LivePage>();

/** Milliseconds a request for one picture waits. */
const PATIENCE = 10_000;
/** Milliseconds after which a viewer who takes nothing is sent away. */
const STUCK = 30_000;

/** Where in the site of the flow live pictures are. */
const ROOM = '/remaster/live';

/**
 * The pages of live pictures, below the root of the flow's own HTTP nodes: its login covers them as well. Called once, for
 * Node-RED never removes a route.
 */
export function serveLive(RED: NodeAPI): void {
  const app = RED.httpNode as unknown as Express | undefined;
  if (!app) return; // httpNodeRoot: false
  const { httpNodeMiddleware } = RED.settings as unknown as { httpNodeMiddleware?: Handler | readonly Handler[] };
  const before = httpNodeMiddleware === undefined ? [] : [httpNodeMiddleware].flat();
  const serve = (path: string, show: (shown: LivePage, request: Request, response: Response) => void): void => {
    app.get(`${ROOM}/:name${path}`, ...before, (request, response) => {
      const shown = exhibits.get(request.params['name']!);
      response.setHeader('Cache-Control', 'no-store');
      response.setHeader('X-Content-Type-Options', 'nosniff');
      if (shown) show(shown, request, response);
      else say(response, 404, 'There is no live picture of this name now.');
    });
  };
  serve('', ({ title, folder }, request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    const sources =
      "img-src 'self'; media-src blob:; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
    response.setHeader('Content-Security-Policy', `default-src 'none'; ${sources}`);
    response.end(livePage(title, folder === null ? 'mjpeg' : 'hls', languageOf(request)));
  });
  serve('/state', ({ state }, request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(state(languageOf(request))));
  });
  serve('/image', ({ gallery }, _, response) => {
    gallery.next(PATIENCE).then(
      ({ data }) => {
        response.setHeader('Content-Type', 'image/jpeg');
        response.end(data);
      },
      () => say(response, 503, 'No picture came.'),
    );
  });
  serve('/mjpeg', ({ gallery }, _, response) => {
    if (gallery.isFull) say(response, 503, 'Too many viewers.');
    else gallery.add(mjpegViewer(response, gallery));
  });
  serve('/compare', ({ title }, { originalUrl }, response) => {
    const [path, query = ''] = originalUrl.split(/(?=\?)/);
    if (path!.endsWith('/')) return showCompare('', title, response);
    response.statusCode = 302; // the page's own files lie beside it
    response.setHeader('Location', `compare/${query}`);
    response.end();
  });
  serve('/compare/:file', ({ title, pair }, { params }, response) => {
    if (params['file'] === 'pair') sendPair(pair, response);
    else showCompare(params['file']!, title, response);
  });
  serve('/hls/:file', ({ folder }, { params }, response) => {
    const name = params['file']!;
    if (folder === null || !/^(index\.m3u8|live-[\w-]+\.(mp4|m4s))$/.test(name))
      return say(response, 404, 'There is no such file.');
    response.setHeader('Content-Type', name.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp4');
    const file = createReadStream(join(folder, name));
    file.once('error', () => say(response, 404, 'It is gone.'));
    response.once('close', () => file.destroy());
    file.pipe(response);
  });
}

function showCompare(file: string, title: string, response: Response): void {
  for (const [name, value] of Object.entries(COMPARE_HEADERS)) response.set(name, value);
  if (sendPage(file, response)) return;
  if (file === 'pairs.json') response.json(livePairs(title));
  else say(response, 404, 'There is no such file.');
}

/** Shows something under a name, or with a number behind it when somebody else has that name. Answers with its address and the way to take it off. */
export function publishLivePage(RED: NodeAPI, wanted: string, what: LivePage): { readonly url: string; close(): void } {
  const stem = slug(wanted);
  let name = stem;
  for (let n = 2; exhibits.has(name); n++) name = `${stem}-${n}`;
  exhibits.set(name, what);
  const { httpNodeRoot } = RED.settings as { httpNodeRoot?: string };
  return {
    url: `${(httpNodeRoot ?? '/').replace(/\/$/, '')}${ROOM}/${name}`,
    close() {
      exhibits.delete(name);
      what.gallery.close();
    },
  };
}

export const slug = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60) || 'camera';

/** A stream of JPEGs to a browser. The next is written only when the one before has left. */
function mjpegViewer(response: Response, gallery: FrameBroadcast): Viewer {
  response.writeHead(200, { 'Content-Type': `multipart/x-mixed-replace; boundary=${BOUNDARY}`, Connection: 'close' });
  response.write(`--${BOUNDARY}\r\n`);
  let stuck: NodeJS.Timeout | undefined;
  const viewer: Viewer = {
    show({ data }: LiveJpeg) {
      response.write(`Content-Type: image/jpeg\r\nContent-Length: ${data.length}\r\n\r\n`);
      response.write(data);
      // The boundary follows at once: browsers show a picture when they see its end.
      const isThrough = response.write(`\r\n--${BOUNDARY}\r\n`);
      if (!isThrough) stuck = setTimeout(() => response.destroy(), STUCK);
      return isThrough;
    },
    end: () => void response.end(),
  };
  response.on('drain', () => {
    clearTimeout(stuck);
    gallery.ready(viewer);
  });
  response.on('error', () => {}); // 'close' follows
  response.on('close', () => {
    clearTimeout(stuck);
    gallery.remove(viewer);
  });
  return viewer;
}

const BOUNDARY = 'remaster-picture';

function say(response: Response, code: number, text: string): void {
  if (response.headersSent) return void response.end();
  response.statusCode = code;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(text);
}

// Express, as far as it is used.
type Request = IncomingMessage & { readonly params: Readonly<Record<string, string>>; readonly originalUrl: string };
type Response = ServerResponse & PageResponse & { json(body: unknown): unknown };
type Handler = (request: Request, response: Response, next: () => void) => void;
interface Express {
  get(path: string, ...handlers: Handler[]): void;
}
