import assert from 'node:assert/strict';
import { Tickets } from '../../../nodes/http/tickets';

describe('tickets for before/after pages', () => {
  it('open the page of their job, and of no other', () => {
    const tickets = new Tickets();
    const ticket = tickets.issue('a');
    assert.match(ticket, /^[\w-]{32}$/);
    assert.deepEqual(
      [tickets.opens(ticket, 'a'), tickets.opens(ticket, 'b'), tickets.opens('guessed', 'a')],
      [true, false, false],
    );
  });

  it('are valid for 12 hours', () => {
    const tickets = new Tickets();
    const ticket = tickets.issue('a', 0);
    const hour = 3_600_000;
    assert.deepEqual([tickets.opens(ticket, 'a', 12 * hour - 1), tickets.opens(ticket, 'a', 12 * hour)], [true, false]);
  });

  it('are forgotten when 200 newer ones exist', () => {
    const tickets = new Tickets();
    const [first, second] = [tickets.issue('a'), tickets.issue('a')];
    for (let n = 0; n < 199; n++) tickets.issue('b');
    assert.deepEqual([tickets.opens(first, 'a'), tickets.opens(second, 'a')], [false, true]);
  });
});
