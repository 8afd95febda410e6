import assert from 'node:assert/strict';
import { estimateSeconds, recordThroughput, pixelsOf } from '../../../nodes/jobs/throughput';
import type { SourceSummary } from '../../../src/engine/protocol';
import { type Job, JOB_DEFAULTS } from '../../../src/settings/restoreJob';

describe('forecast', () => {
  const info: SourceSummary = {
    width: 100,
    height: 50,
    fps: 25,
    frames: 1000,
    duration: 40,
    interlaced: false,
    audio: false,
    codec: 'h264',
    bitDepth: 8,
  };
  const job = (changes: Partial<Job> = {}): Job => ({ ...JOB_DEFAULTS, input: 'a', output: 'b', ...changes });

  it('says nothing of what was never seen, nor of a file that does not say how long it is', () => {
    assert.equal(estimateSeconds(job(), info), null);
    recordThroughput(job(), Number.NaN);
    assert.equal(estimateSeconds(job(), info), null);
    recordThroughput(job(), 5000);
    assert.equal(estimateSeconds(job(), { ...info, duration: null }), null);
    assert.equal(estimateSeconds(job({ steps: 2 }), info), null);
  });

  it('takes as long as its frames and their pixels', () => {
    recordThroughput(job(), 5000); // one frame a second
    assert.equal(estimateSeconds(job(), info), 1000);
    assert.equal(estimateSeconds(job({ trim: { start: 10, end: 20 } }), info), 250);
    assert.equal(estimateSeconds(job({ trim: { start: 90, end: null } }), info), 0);
    assert.equal(estimateSeconds(job({ maxFps: 5 }), info), 200);
    assert.equal(estimateSeconds(job({ maxHeight: 25 }), info), 250);
    assert.equal(pixelsOf(job({ maxHeight: 500 }), info), 5000);
  });
});
