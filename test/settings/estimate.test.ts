import assert from 'node:assert/strict';
import { estimateWords, frameSeconds, type JobEstimate } from '../../src/settings/estimate';
import { checkEstimateJob } from '../../src/settings/estimateJob';
import { restoredFrames } from '../../src/settings/frameCount';

describe('an estimate', () => {
  const known: JobEstimate = {
    ...{ frames: 1000, measuredOn: 3, secondsPerFrame: 2, seconds: 2000, skipsUnchanged: false },
    ...{ others: [], untimed: [] },
  };
  const words = (changes: Partial<JobEstimate>): string =>
    estimateWords({ ...known, ...changes }, (seconds) => `${seconds}s`);
  const other = (name: string, secondsPerFrame: number) => ({ name, secondsPerFrame, seconds: 1000 * secondsPerFrame });

  it('is one line: the whole, the frames, and the seconds of one', () => {
    assert.equal(words({}), 'about 2000s: 1000 frames of 2 s, measured on 3');
    assert.equal(words({ frames: 1, seconds: 2, measuredOn: 1 }), 'about 2s: 1 frame of 2 s, measured on 1');
    assert.equal(words({ frames: null, seconds: null }), 'an unknown number of frames of 2 s, measured on 3');
    assert.match(words({ skipsUnchanged: true }), /; less where areas do not change$/);
  });

  it('names the fastest model if it saves a fifth, and each that cannot be timed', () => {
    assert.match(words({ others: [other('x4', 1.6), other('x4-live', 0.1)] }), /; x4-live would take 100s$/);
    assert.match(words({ others: [other('x4', 1.6)] }), /; x4 would take 1600s$/);
    assert.match(words({ others: [other('x4', 1.61)] }), /on 3$/);
    const untimed = [{ name: 'mine', reason: 'no memory' }];
    assert.match(words({ untimed }), /; mine cannot be timed: no memory$/);
  });

  it('writes two digits of short times', () => {
    assert.deepEqual([0.03812, 0.999, 7.34, 41.6].map(frameSeconds), ['0.038 s', '1 s', '7.3 s', '42 s']);
  });

  it('refuses the settings that the job refuses', () => {
    assert.equal(checkEstimateJob({ input: 'a.mp4', codec: 'h265' }).codec, 'h265');
    assert.throws(() => checkEstimateJob({ input: 'a.mp4', encoder: 'libx264' }), { code: 'BAD_SETTING' });
    assert.throws(() => checkEstimateJob({ input: 'a.mp4', output: 'b.mp4' }), { code: 'BAD_SETTING' });
  });

  it('counts the frames that are left of the source', () => {
    const job = { trim: null, maxFps: null };
    const source = { fps: 25, duration: 100 };
    assert.equal(restoredFrames(source, job), 2500);
    assert.equal(restoredFrames(source, { ...job, maxFps: 5 }), 500);
    assert.equal(restoredFrames(source, { ...job, maxFps: 50 }), 2500);
    assert.equal(restoredFrames(source, { ...job, trim: { start: 90, end: null } }), 250);
    assert.equal(restoredFrames(source, { ...job, trim: { start: 90, end: 95 } }), 125);
    assert.equal(restoredFrames(source, { ...job, trim: { start: 100, end: null } }), 0);
    assert.equal(restoredFrames({ fps: 25, duration: 0 }, job), 1); // of one frame
    assert.equal(restoredFrames({ fps: null, duration: 100 }, job), null);
    assert.equal(restoredFrames({ fps: 25, duration: null }, job), null);
  });
});
