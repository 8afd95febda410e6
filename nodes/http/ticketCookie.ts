import type { IncomingMessage } from 'node:http';
import { HOURS } from './tickets';

/** How a page that has been opened with a ticket shows it again. */
interface TicketCookie {
  ticketIn(request: Pick<IncomingMessage, 'headers'>): string | null;
  /** The value of the header `Set-Cookie`. */
  headerFor(ticket: string): string;
}

export const ticketCookie = (name: string): TicketCookie => ({
  ticketIn: ({ headers }) => new RegExp(`(?:^|; )${name}=([\\w-]+)`).exec(headers.cookie ?? '')?.[1] ?? null,
  // Without a path the cookie is valid for the folder of the address that sets it, behind any proxy.
  headerFor: (ticket) => `${name}=${ticket}; Max-Age=${HOURS * 3600}; HttpOnly; SameSite=Strict`,
});
