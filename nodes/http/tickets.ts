import { randomBytes } from 'node:crypto';

/** Hours that a ticket is valid. */
export const HOURS = 12;
/** Valid tickets: the oldest are forgotten. */
const MAX_TICKETS = 200;

/** Tickets for the before/after pages of jobs: each opens the page of one job. */
export class Tickets {
  readonly #issued = new Map<string, { readonly job: string; readonly until: number }>();

  /** Returns 32 characters that are safe in a cookie. */
  issue(job: string, now = Date.now()): string {
    const ticket = randomBytes(24).toString('base64url');
    this.#issued.set(ticket, { job, until: now + HOURS * 3_600_000 });
    for (const [old] of this.#issued) {
      if (this.#issued.size <= MAX_TICKETS) break;
      this.#issued.delete(old);
    }
    return ticket;
  }

  opens(ticket: string, job: string, now = Date.now()): boolean {
    const issued = this.#issued.get(ticket);
    return issued !== undefined && issued.job === job && issued.until > now;
  }
}
