import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AsyncDisposableStack } from '../../src/async/asyncDisposableStack';

describe('AsyncDisposableStack', () => {
  const log: string[] = [];
  beforeEach(() => void (log.length = 0));
  const resource = (name: string) => ({
    name,
    async [Symbol.asyncDispose]() {
      log.push(`${name} closes`);
      await nextTurn();
      log.push(`${this.name} is closed`);
    },
  });

  it('closes everything once, in reverse, one after the other', async () => {
    const stack = new AsyncDisposableStack();
    assert.equal(stack.use(resource('a')).name, 'a');
    stack.defer(() => log.push('b'));
    assert.equal(
      stack.adopt('c', (value) => log.push(value)),
      'c',
    );
    stack.use({ [Symbol.dispose]: () => void log.push('d') });
    stack.use(resource('e'));
    assert.deepEqual([log, stack.disposed], [[], false]);
    await stack.disposeAsync();
    await stack.disposeAsync();
    assert.deepEqual(log, ['e closes', 'e is closed', 'd', 'c', 'b', 'a closes', 'a is closed']);
    assert.equal(stack.disposed, true);
  });

  it('closes at the end of a block, also of one that fails', async () => {
    const run = async (): Promise<void> => {
      await using stack = new AsyncDisposableStack();
      stack.defer(() => log.push('closed'));
      throw new Error('no');
    };
    await assert.rejects(run(), /^Error: no$/);
    assert.deepEqual(log, ['closed']);
  });

  it('goes on behind what fails to close', async () => {
    const stack = new AsyncDisposableStack();
    const [one, two] = [new Error('one'), new Error('two')];
    stack.defer(() => log.push('first'));
    stack.defer(() => Promise.reject(two));
    await assert.rejects(stack.disposeAsync(), (error) => error === two);
    assert.deepEqual(log, ['first']);

    const both = new AsyncDisposableStack();
    both.defer(() => log.push('again'));
    both.defer(() => Promise.reject(two));
    both.defer(() => {
      throw one;
    });
    await assert.rejects(both.disposeAsync(), (error: AggregateError) => {
      assert.deepEqual(error.errors, [one, two]);
      return error instanceof AggregateError;
    });
    assert.deepEqual(log, ['first', 'again']);
  });

  it('moves to another one, and closes nothing itself then', async () => {
    const stack = new AsyncDisposableStack();
    stack.defer(() => log.push('closed'));
    const moved = stack.move();
    await stack.disposeAsync();
    assert.deepEqual([log, stack.disposed, moved.disposed], [[], true, false]);
    await moved.disposeAsync();
    assert.deepEqual(log, ['closed']);
    assert.throws(() => stack.move(), ReferenceError);
  });

  it('takes nothing when it is disposed of, and only what can be closed', async () => {
    const stack = new AsyncDisposableStack();
    assert.deepEqual([stack.use(null), stack.use(undefined)], [null, undefined]);
    assert.throws(() => stack.use({} as AsyncDisposable), TypeError);
    await stack.disposeAsync();
    assert.throws(() => stack.defer(() => {}), ReferenceError);
    assert.throws(() => stack.use(resource('late')), ReferenceError);
  });
});
