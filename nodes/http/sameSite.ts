import type { IncomingMessage, ServerResponse } from 'node:http';

/** What every page of ours allows to frame it. */
export const FRAME_ANCESTORS = "frame-ancestors 'self'";

/**
 * Middleware of all our pages: other sites may neither read, show nor call them. A link on another site opens a page:
 * the site that links does not see it.
 */
export function sameSite(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  // Node-RED's admin app allows every origin on all that is below its root, and so on the pages of flows, too.
  response.removeHeader('Access-Control-Allow-Origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-site');
  response.setHeader('Content-Security-Policy', FRAME_ANCESTORS); // a page replaces it by its own, which has the same
  if (!isOfOtherSite(request)) return next();
  response.statusCode = 403;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end('Another site may not use this.');
}

/** Browsers send these headers over HTTPS and on localhost; programs do not. */
function isOfOtherSite({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  if (headers['sec-fetch-site'] !== 'cross-site') return false;
  const isVisit = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return !(method === 'GET' && isVisit);
}
