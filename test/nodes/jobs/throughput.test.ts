import assert from 'node:assert/strict';
import { pixelsOf, Throughput } from '../../../nodes/jobs/throughput';
import type { SourceSummary } from '../../../src/engine/protocol';
import { type Job, JOB_DEFAULTS } from '../../../src/settings/restoreJob';

describe('throughput', () => {
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

  it('returns no estimate before a measurement, nor for a file without a duration', () => {
    const throughput = new Throughput();
    assert.equal(throughput.estimateSeconds(job(), info), null);
    throughput.record(job(), Number.NaN);
    assert.equal(throughput.estimateSeconds(job(), info), null);
    throughput.record(job(), 5000);
    assert.equal(throughput.estimateSeconds(job(), { ...info, duration: null }), null);
    assert.equal(throughput.estimateSeconds(job({ steps: 2 }), info), null);
  });

  it('estimates by frames and pixels', () => {
    const throughput = new Throughput();
    throughput.record(job(), 5000); // one frame per second
    assert.equal(throughput.estimateSeconds(job(), info), 1000);
    assert.equal(throughput.estimateSeconds(job({ trim: { start: 10, end: 20 } }), info), 250);
    assert.equal(throughput.estimateSeconds(job({ trim: { start: 90, end: null } }), info), 0);
    assert.equal(throughput.estimateSeconds(job({ maxFps: 5 }), info), 200);
    assert.equal(throughput.estimateSeconds(job({ maxHeight: 25 }), info), 250);
    assert.equal(pixelsOf(job({ maxHeight: 500 }), info), 5000);
  });
});
