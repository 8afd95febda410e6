import assert from 'node:assert/strict';
import { Observable } from 'rxjs';
import { deferred } from '../../../src/async/deferred';
import { startLiveJob } from '../../../src/engine/process/liveJob';
import type { JoinedPipeline } from '../../../src/engine/process/sharedPipelines';
import type { LiveEvent } from '../../../src/engine/liveProtocol';
import { RemasterError } from '../../../src/errors';
import type { CameraPipeline } from '../../../src/pipeline/jobs/live/cameraPipeline';
import { liveJob, pattern } from '../../pipeline/jobs/live/liveJob';

describe('liveJob', () => {
  let sent: LiveEvent['what'][];
  let subscribers: number;
  let left: number;
  const ends = deferred<never>();
  const pipeline = {
    facts: null,
    progress: () => ({ camera: { is: 'connecting' } }),
    frames$: new Observable(() => {
      subscribers++;
      return () => subscribers--;
    }),
    get ended() {
      return ends.promise;
    },
  } as unknown as CameraPipeline;
  const joined: JoinedPipeline = { pipeline, leave: async () => void left++ };

  beforeEach(() => ([sent, subscribers, left] = [[], 0, 0]));

  const start = (join: () => Promise<JoinedPipeline>) =>
    startLiveJob(liveJob(pattern()), join, ({ what }) => sent.push(what));

  it('stops and leaves the pipeline', async () => {
    const job = start(async () => joined);
    assert.equal(await job.pipeline, pipeline);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([sent, subscribers], [['camera'], 1]);
    job.stop();
    assert.deepEqual(await job.ended, { what: 'stopped' });
    assert.deepEqual([subscribers, left], [0, 1]);
  });

  it('a stop before the pipeline is open is not lost', async () => {
    const opens = deferred<JoinedPipeline>();
    const job = start(() => opens.promise);
    job.stop();
    opens.resolve(joined);
    assert.deepEqual(await job.ended, { what: 'stopped' });
    assert.deepEqual([sent, subscribers, left], [[], 0, 1]);
  });

  it('fails with the pipeline, and without one', async () => {
    const failed = start(() => Promise.reject(new RemasterError('FFMPEG_MISSING', 'none')));
    const event = await failed.ended;
    assert.deepEqual([event.what === 'failed' && event.error.code, await failed.pipeline], ['FFMPEG_MISSING', null]);
    const job = start(async () => joined);
    await job.pipeline;
    ends.reject(new RemasterError('AUTH_FAILED', 'wrong'));
    const end = await job.ended;
    assert.deepEqual([end.what === 'failed' && end.error.code, left], ['AUTH_FAILED', 1]);
  });
});
