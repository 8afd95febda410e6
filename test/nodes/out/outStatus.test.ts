import assert from 'node:assert/strict';
import type { Node } from 'node-red';
import { outcomeStatus, OutStatus } from '../../../nodes/out/outStatus';
import { RemasterError } from '../../../src/errors';
import type { Progress, Result } from '../../../src/settings/restoreJob';
import { shownBy } from '../support/messages';

const progress: Progress = {
  ...{ stage: 'restoring', frame: 5, total: 10, share: null, fps: 2, eta: 3, cacheStats: null },
};

describe('the status of a video out node', () => {
  it('shows the state of its jobs, and what happened last when none is left', () => {
    const node = shownBy();
    const line = new OutStatus(node as unknown as Node);
    line.showJobs({ is: 'paused', progress });
    line.idle = outcomeStatus({ status: 'done', result: { elapsed: 3 } as Result });
    line.showJobs({ is: 'empty' });
    line.showJobs({ is: 'empty' }); // no update without a change
    assert.deepEqual(node.texts, ['waiting', 'paused 50%', 'done 3s']);
    line.close();
    line.showJobs({ is: 'paused', progress: null });
    assert.equal(node.texts.length, 3);
  });

  it('names how a job has ended', () => {
    const error = new RemasterError('DISK_FULL', '');
    assert.deepEqual(
      [outcomeStatus({ status: 'stopped', progress }), outcomeStatus({ status: 'failed', error, progress: null })].map(
        ({ text }) => text,
      ),
      ['stopped', 'failed: disk full'],
    );
  });
});
