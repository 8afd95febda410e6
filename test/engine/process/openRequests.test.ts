import assert from 'node:assert/strict';
import { deferred } from '../../../src/async/deferred';
import { OpenRequests } from '../../../src/engine/process/openRequests';
import type { Reply } from '../../../src/engine/protocol';
import { RemasterError, StoppedError } from '../../../src/errors';

describe('openRequests', () => {
  it('sends the answer or why there is none, and tells when each has ended', async () => {
    const replies: Reply[] = [];
    const sizes: number[] = [];
    const requests = new OpenRequests(
      (reply) => replies.push(reply),
      () => sizes.push(requests.size),
    );
    const first = deferred<number>();
    const both = [
      requests.answer('a', () => first.promise),
      requests.answer('b', () => Promise.reject(new RemasterError('DISK_FULL', 'full'))),
    ];
    first.resolve(7);
    await Promise.all(both);
    assert.deepEqual(
      replies.map((reply) => (reply.type === 'failed' ? reply.error.code : reply.type === 'answer' && reply.result)),
      ['DISK_FULL', 7],
    );
    assert.deepEqual(sizes, [1, 0]);
  });

  it('stops one request, and all', async () => {
    const reasons: StoppedError[] = [];
    const requests = new OpenRequests(
      () => {},
      () => {},
    );
    const untilStopped = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => (reasons.push(signal.reason as StoppedError), resolve())),
      );
    const all = ['a', 'b', 'c'].map((id) => requests.answer(id, untilStopped));
    requests.stop('b', false);
    requests.stop('unknown', false);
    assert.deepEqual(reasons, [new StoppedError(false)]);
    requests[Symbol.dispose]();
    await Promise.all(all);
    assert.deepEqual(
      reasons.map(({ keep }) => keep),
      [false, true, true],
    );
  });
});
