import assert from 'node:assert/strict';
import { EndedJobs, type JobSummary } from '../../../nodes/jobs/endedJobs';
import type { SourceSummary } from '../../../src/engine/protocol';
import { JOB_DEFAULTS, type Result } from '../../../src/settings/restoreJob';

const job = { ...JOB_DEFAULTS, input: '/in/a.mov', output: '/out/a.mp4' };
const result = { output: '/out/a.mp4', framesOut: 9, elapsed: 3, fps: 3, cacheStats: null } as unknown as Result;
const summary = (label: string, isFile = true): JobSummary => ({
  ...{ node: 'out', stage: 'up', label, model: 'x2' },
  file: isFile ? { job, info: {} as SourceSummary } : null,
});

describe('ended jobs', () => {
  it('are listed newest first, and only the last 20', () => {
    const ended = new EndedJobs();
    for (let n = 0; n < 22; n++) ended.add(`id${n}`, summary(`${n}`), { status: 'stopped', progress: null });
    const rows = ended.rows();
    assert.deepEqual([rows.length, rows[0]!['label'], rows[19]!['label']], [20, '21', '2']);
  });

  it('can be compared if a file is finished', () => {
    const ended = new EndedJobs();
    ended.add('camera', summary('door', false), { status: 'failed', error: new Error('gone'), progress: null });
    ended.add('half', summary('half'), { status: 'stopped', progress: null });
    ended.add('whole', summary('whole'), { status: 'done', result });
    assert.deepEqual(
      ended.rows().map(({ id, is, compare }) => [id, is, compare]),
      [
        ['whole', 'done', true],
        ['half', 'stopped', false],
        ['camera', 'failed', false],
      ],
    );
    assert.deepEqual(ended.finished('whole'), { label: 'whole', job, info: {}, result });
    assert.deepEqual([ended.finished('half'), ended.finished('other')], [null, null]);
  });

  it('keep nothing of the node that ran them', () => {
    const ended = new EndedJobs();
    const released = new WeakSet();
    const entry = { ...summary('a'), control: () => {} };
    released.add(entry);
    ended.add('a', entry, { status: 'done', result });
    assert.ok(!('control' in ended.finished('a')!));
    assert.ok(!('control' in ended.rows()[0]!));
  });
});
