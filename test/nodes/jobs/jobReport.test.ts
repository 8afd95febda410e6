import assert from 'node:assert/strict';
import { JobReport } from '../../../nodes/jobs/jobReport';
import type { Progress } from '../../../src/settings/restoreJob';

const at = (frame: number): Progress => ({
  ...{ stage: 'restoring', frame, total: 10, share: null, fps: 1, eta: null, cacheStats: null },
});

describe('the report of a job', () => {
  it('is running, queued or paused', () => {
    const report = new JobReport(
      () => {},
      () => {},
    );
    const { onProgress, onQueued } = report.listen(() => true);
    assert.deepEqual(report.state(false), { is: 'running', progress: null });
    onProgress!(at(3));
    onQueued!(2);
    assert.deepEqual(report.state(false), { is: 'queued', position: 2 });
    assert.deepEqual(report.state(true), { is: 'paused', progress: at(3) });
  });

  it('passes progress on before it reports the change', () => {
    const log: string[] = [];
    const report = new JobReport(
      ({ frame }) => log.push(`progress ${frame} ${report.progress?.frame}`),
      () => log.push('change'),
    );
    report.listen(() => true).onProgress!(at(4));
    assert.deepEqual(log, ['progress 4 4', 'change']);
  });

  it('ignores the progress of an earlier run', () => {
    const seen: number[] = [];
    const report = new JobReport(
      ({ frame }) => seen.push(frame),
      () => seen.push(-1),
    );
    let isCurrent = true;
    const { onProgress } = report.listen(() => isCurrent);
    onProgress!(at(1));
    isCurrent = false;
    onProgress!(at(2));
    assert.deepEqual([seen, report.progress?.frame], [[1, -1], 1]);
  });
});
