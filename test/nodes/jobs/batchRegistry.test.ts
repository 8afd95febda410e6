import assert from 'node:assert/strict';
import { type BatchEntry, type BatchOrder, BatchRegistry, type BatchState } from '../../../nodes/jobs/batchRegistry';
import type { BatchFile, FileState } from '../../../src/batch/batchFile';
import { NO_FILES } from '../../../src/batch/totals';

describe('the batches of the sidebar', () => {
  const file = (id: number, state: FileState): BatchFile => ({
    ...{ id, input: `/in/Tape ${id}.mov`, output: null, state, seconds: 5, frames: 1, model: null, warnings: [] },
    error: state === 'failed' ? { code: 'INTERNAL', message: 'secret broke', remedy: '', detail: 'log' } : null,
    progress: null,
  });
  let state: BatchState;
  let files: readonly BatchFile[];
  let orders: BatchOrder[];
  let registry: BatchRegistry;
  let remove: () => void;
  const entry = (): BatchEntry => ({
    ...{ node: 'node', label: 'tapes', model: () => 'x2', state: () => state, files: () => files },
    totals: () => ({ ...NO_FILES, files: files.length, failed: 1, done: 1, eta: 90, share: 0.257 }),
    control: (order) => void orders.push(order),
    hide: (text) => text.replace('secret', '${NAME}'),
  });
  const row = (search?: string) =>
    registry.list(search)[0] as { is: string; actions: string[]; files: { id: number }[] } & Record<string, unknown>;
  beforeEach(() => {
    [state, orders] = ['running', []];
    files = (['skipped', 'done', 'failed', 'waiting', 'running', 'waiting'] as const).map((one, i) => file(i, one));
    registry = new BatchRegistry();
    remove = registry.register('id', entry());
  });

  it('have totals, one remaining time, and their files: those that run first, finished ones last', () => {
    const { counts, files: rows, ...rest } = row();
    assert.deepEqual(
      rows.map(({ id }) => id),
      [4, 3, 5, 2, 1, 0],
    );
    assert.deepEqual(counts, { files: 6, waiting: 0, running: 0, done: 1, skipped: 0, failed: 1 });
    assert.deepEqual(rest, {
      ...{ id: 'id', node: 'node', label: 'tapes', model: 'x2', is: 'running', eta: 90, percent: 25, more: 0 },
      actions: ['pause', 'retry', 'clear', 'stop'],
    });
    const failed = rows[3] as unknown as { said: string; name: string };
    assert.deepEqual([failed.said, failed.name], ['${NAME} broke', 'Tape 2.mov']);
  });
  it('list at most a hundred files, and the others by search', () => {
    files = Array.from({ length: 250 }, (_, id) => file(id, 'waiting'));
    assert.deepEqual([row().files.length, row()['more']], [100, 150]);
    assert.deepEqual(
      row('tape 24').files.map(({ id }) => id),
      [24, ...Array.from({ length: 10 }, (_, i) => 240 + i)],
    );
  });
  it('offer what their state allows', () => {
    const offered = (now: BatchState): readonly string[] => {
      state = now;
      return row().actions;
    };
    assert.deepEqual(offered('paused'), ['resume', 'retry', 'clear', 'stop']);
    assert.deepEqual(offered('watching'), ['pause', 'retry', 'clear', 'stop']);
    assert.deepEqual(offered('over'), ['retry', 'clear']);
  });
  it('are listed while they have files or run, and until their node is removed', () => {
    files = [];
    assert.equal(registry.list().length, 1);
    state = 'over';
    assert.deepEqual(registry.list(), []);
    state = 'running';
    registry.register('id', entry());
    remove(); // of an earlier deploy
    assert.equal(registry.list().length, 1);
  });
  it('take orders that are whole, and refuse others', () => {
    registry.control('id', { action: 'pause' });
    registry.control('id', { action: 'retry', file: 3 });
    registry.control('id', { action: 'move', file: 3, to: 'first' });
    assert.deepEqual(orders, [
      { action: 'pause', file: null, to: null },
      { action: 'retry', file: 3, to: null },
      { action: 'move', file: 3, to: 'first' },
    ]);
    for (const wrong of [
      null,
      'pause',
      {},
      { action: 'jump' },
      { action: 'move' },
      { action: 'move', file: 1, to: 'x' },
    ])
      assert.throws(() => registry.control('id', wrong), { code: 'BAD_SETTING' }, JSON.stringify(wrong));
    assert.throws(() => registry.control('id', { action: 'retry', file: '3' }), { code: 'BAD_SETTING' });
    assert.throws(() => registry.control('other', { action: 'pause' }), { code: 'PLAN_STAGE_GONE' });
    assert.equal(orders.length, 3);
  });
});
