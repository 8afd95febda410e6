import assert from 'node:assert/strict';
import { fail, finish, type QueuedFile, queuedFile } from '../../src/batch/batchFile';
import { FileQueue, type Move } from '../../src/batch/fileQueue';
import { jobOfFile } from '../../src/settings/batchJob';

const file = (id: number): QueuedFile => {
  const path = `/in/${id}.mov`;
  const source = { path, subfolder: '', settings: {}, key: path, isFolder: false, bytes: 1, modifiedMs: 1 };
  return queuedFile(id, path, { source, job: jobOfFile({}, path, `/out/${id}.mp4`), key: null });
};

describe('the queue of a batch', () => {
  let queue: FileQueue;
  const ids = (): number[] => queue.files.map(({ id }) => id);
  const done = (id: number): void => {
    const result = { is: 'finished', output: '', input: '', source: '', job: '', bytes: 1, modifiedMs: 1 } as const;
    finish(queue.find(id)!, 'done', { ...result, frames: 1, seconds: 1, model: 'x2', warnings: [] });
  };
  beforeEach(() => {
    queue = new FileQueue();
    queue.add([1, 2, 3, 4].map(file));
  });

  it('moves files that wait among those that wait', () => {
    queue.find(2)!.state = 'running';
    const move = (id: number, to: Move, expected: readonly number[]): void => {
      assert.ok(queue.move(id, to));
      assert.deepEqual(ids(), expected, `${id} ${to}`);
    };
    move(4, 'first', [4, 2, 1, 3]);
    move(4, 'up', [4, 2, 1, 3]);
    move(4, 'down', [1, 2, 4, 3]);
    move(1, 'last', [4, 2, 3, 1]);
    move(1, 'down', [4, 2, 3, 1]);
    assert.equal(queue.move(2, 'first'), false, 'it runs');
    assert.equal(queue.move(9, 'first'), false);
    assert.equal(queue.next()?.id, 4);
  });
  it('tries files that have failed again, at the end', () => {
    fail(queue.find(1)!, new Error('x'));
    fail(queue.find(3)!, new Error('x'));
    assert.equal(queue.retry(3), 1);
    assert.deepEqual([ids(), queue.find(3)!.error], [[1, 2, 4, 3], null]);
    assert.equal(queue.retry(2), 0, 'it has not failed');
    assert.equal(queue.retry(), 1);
    assert.equal(queue.next()?.id, 2);
  });
  it('forgets finished files, and keeps those that have failed', () => {
    done(1);
    fail(queue.find(2)!, new Error('x'));
    queue.clear();
    assert.deepEqual(ids(), [2, 3, 4]);
  });
  it('has a file once: added again, it takes the place of the one that is over', () => {
    done(1);
    queue.add([
      { ...file(1), id: 5 },
      { ...file(2), id: 6 },
    ]);
    assert.deepEqual(ids(), [2, 3, 4, 5, 6], 'the second still waits');
  });
});
