import assert from 'node:assert/strict';
import { modelCache } from '../../../src/engine/process/modelCache';
import type { Model, ModelRequest } from '../../../src/model/model';

describe('the loaded models of an engine', () => {
  /** Opens these models one after the other, each given back at once; returns those that were closed. */
  const closedAfter = async (...names: readonly string[]): Promise<string[]> => {
    const closed: string[] = [];
    const cache = modelCache(async ({ model }) => {
      const dispose = async (): Promise<void> => void closed.push(model);
      return { [Symbol.asyncDispose]: dispose } as Partial<Model> as Model;
    });
    for (const model of names) {
      const borrowed = await cache.open({ model } as ModelRequest);
      await borrowed[Symbol.asyncDispose]();
    }
    return closed;
  };

  it('keep all small models of the package, among which a batch chooses', async () => {
    assert.deepEqual(await closedAfter('x2', 'restore', 'x4', 'x2', 'restore', 'x4'), ['x2', 'restore', 'x4']); // each opened twice, which is cheap
  });
  it('keep two others, those that were used last', async () => {
    assert.deepEqual(await closedAfter('/a', '/b', 'x2', '/c'), ['/a']);
    assert.deepEqual(await closedAfter('/a', '/b', '/a', '/c'), ['/a', '/b']);
  });
});
