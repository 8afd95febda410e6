import assert from 'node:assert/strict';
import { type Deferred, deferred } from '../../../src/async/deferred';
import { SharedPipelines } from '../../../src/engine/process/sharedPipelines';
import type { LiveEvent } from '../../../src/engine/liveProtocol';
import type { CameraPipeline } from '../../../src/pipeline/jobs/live/cameraPipeline';
import { liveJob, pattern } from '../../pipeline/jobs/live/liveJob';

const EVENT: LiveEvent = { what: 'camera', state: { is: 'connecting' } };

describe('sharedPipelines', () => {
  let opened: { readonly ends: Deferred<never>; readonly tell: (event: LiveEvent) => void }[];
  let closed: number;
  let failure: Error | null;
  let pipelines: SharedPipelines;

  beforeEach(() => {
    [opened, closed, failure] = [[], 0, null];
    pipelines = new SharedPipelines(async (_settings, tell) => {
      const ends = deferred<never>();
      ends.promise.catch(() => {});
      opened.push({ ends, tell });
      if (failure) throw failure;
      return { ended: ends.promise, close: async () => void closed++ } as unknown as CameraPipeline;
    });
  });

  const join = (id: string, changes: object = {}, onEvent: (event: LiveEvent) => void = () => {}) =>
    pipelines.join(id, liveJob(pattern(), changes), onEvent, null);

  it('jobs that differ only in target or quality share one; the last to leave closes it', async () => {
    const joined = await Promise.all([
      join('a'),
      join('b', { target: { kind: 'hls', folder: '/hls' }, quality: 3 }),
      join('c', { steps: 2 }),
    ]);
    assert.equal(opened.length, 2);
    assert.equal(joined[0].pipeline, joined[1].pipeline);
    await joined[0].leave();
    assert.equal(closed, 0);
    await joined[1].leave();
    assert.equal(closed, 1);
    await joined[2].leave();
    await join('a');
    assert.deepEqual([opened.length, closed], [3, 2]);
  });

  it('tells its events to all that have not left', async () => {
    const told: string[] = [];
    const [first] = await Promise.all([join('a', {}, () => told.push('a')), join('b', {}, () => told.push('b'))]);
    opened[0]!.tell(EVENT);
    await first.leave();
    opened[0]!.tell(EVENT);
    assert.deepEqual(told, ['a', 'b', 'b']);
  });

  it('a later job opens a new one when the last has ended or could not be opened', async () => {
    const { leave } = await join('a');
    opened[0]!.ends.reject(new Error('the camera is gone'));
    await new Promise((resolve) => setImmediate(resolve));
    const second = await join('b');
    assert.equal(opened.length, 2);
    await leave();
    assert.equal((await join('c')).pipeline, second.pipeline, 'the second one is still open');
    failure = new Error('no ffmpeg');
    await assert.rejects(join('d', { steps: 3 }), failure);
    failure = null;
    await join('e', { steps: 3 });
    assert.equal(opened.length, 4);
  });
});
