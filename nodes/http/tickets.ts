import { randomBytes } from 'node:crypto';

/** Hours that a ticket is valid. */
export const HOURS = 12;
/** Valid tickets: the oldest are forgotten. */
const MAX_TICKETS = 200;

/** Tickets for the before/after pages of jobs and for live pages: each opens the pages of one scope. */
export class Tickets {
  readonly #issued = new Map<string, { readonly scope: string; readonly until: number }>();

  /** `scope`: the id of a job, or `live/` and the name of a page. Returns 32 characters that are safe in a cookie. */
  issue(scope: string, now = Date.now()): string {
    const ticket = randomBytes(24).toString('base64url');
    this.#issued.set(ticket, { scope, until: now + HOURS * 3_600_000 });
    for (const [old] of this.#issued) {
      if (this.#issued.size <= MAX_TICKETS) break;
      this.#issued.delete(old);
    }
    return ticket;
  }

  opens(ticket: string, scope: string, now = Date.now()): boolean {
    const issued = this.#issued.get(ticket);
    return issued !== undefined && issued.scope === scope && issued.until > now;
  }
}
