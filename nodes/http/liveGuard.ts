import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { runtimeOf } from '../runtime';
import { ticketCookie } from './ticketCookie';
import type { Tickets } from './tickets';

const COOKIE = ticketCookie('remaster_live');

type Request = IncomingMessage & { readonly params: Readonly<Record<string, string>>; readonly originalUrl: string };
type Handler = (request: Request, response: ServerResponse, next: () => void) => void;

/**
 * Who may see a live page: with `adminAuth` and without `httpNodeAuth`, a user who may read jobs, or a browser with a
 * ticket for this page; everybody if the node says so. A ticket comes in the address and goes on as a cookie, because a
 * page and its pictures cannot send the editor's token.
 */
export function liveGuard(RED: NodeAPI): Handler {
  const { livePages, tickets } = runtimeOf(RED);
  const { adminAuth, httpNodeAuth, httpAdminRoot } = RED.settings as unknown as Readonly<Record<string, unknown>>;
  if (!adminAuth || httpNodeAuth) return (_request, _response, next) => next();
  // With httpAdminRoot: false, Node-RED's check of permissions lets everyone pass.
  const isReader = RED.auth.needsPermission('remaster-jobs.read') as unknown as Handler;
  const reads = httpAdminRoot === false ? refuse : isReader;
  return (request, response, next) => {
    const name = request.params['name']!;
    const page = livePages.get(name);
    if (!page || page.isPublic || opens(tickets, name, COOKIE.ticketIn(request))) return next();
    const [path, query] = request.originalUrl.split('?');
    const ticket = new URLSearchParams(query).get('ticket');
    if (!opens(tickets, name, ticket)) return reads(request, response, next);
    response.setHeader('Set-Cookie', COOKIE.headerFor(ticket));
    response.setHeader('Location', `./${path!.endsWith('/') ? '' : `${encodeURIComponent(name)}/`}`);
    response.statusCode = 302;
    response.end();
  };
}

const refuse: Handler = (_request, response) => {
  response.statusCode = 403;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end('Only the editor gives access to this page, and it is off (httpAdminRoot: false).');
};

/** The route by which the editor gets a ticket for a page; its user may read jobs. */
export function serveLiveTickets(RED: NodeAPI): void {
  const { livePages, tickets } = runtimeOf(RED);
  const reads = RED.auth.needsPermission('remaster-jobs.read');
  RED.httpAdmin.post('/remaster/live/:name/ticket', reads, (request, response) => {
    const name = String(request.params['name']);
    if (!livePages.get(name)) return void response.status(404).end();
    response.set('Cache-Control', 'no-store').json({ ticket: tickets.issue(scopeOf(name)) });
  });
}

const opens = (tickets: Tickets, name: string, ticket: string | null): ticket is string =>
  ticket !== null && tickets.opens(ticket, scopeOf(name));

/** No job has an id like this. */
const scopeOf = (name: string): string => `live/${name}`;
