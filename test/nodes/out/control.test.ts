import assert from 'node:assert/strict';
import { ACTIONS, type Action } from '../../../nodes/message/actions';
import { controlCameras, controlFiles, repeatLast } from '../../../nodes/out/control';
import { PendingJobs } from '../../../nodes/jobs/pendingJobs';
import { message } from '../support/messages';

const hasCode = (code: string) => (error: { code?: string }) => error.code === code;

describe('the control of jobs by actions', () => {
  it('pauses files until start or resume', async () => {
    for (const again of ['start', 'resume', 'restart', 'stop'] as const) {
      const jobs = new PendingJobs(() => {});
      await controlFiles(jobs, 'pause');
      assert.equal(jobs.isPaused, true);
      await controlFiles(jobs, 'skip');
      assert.equal(jobs.isPaused, true);
      await controlFiles(jobs, again);
      assert.equal(jobs.isPaused, false, again);
    }
  });

  it('files have no snapshot', async () => {
    await assert.rejects(controlFiles(new PendingJobs(() => {}), 'snapshot'), hasCode('BAD_SETTING'));
  });

  it('a camera cannot wait: pause and skip stop it, resume starts it again', async () => {
    const done: Record<string, string> = {};
    for (const action of ACTIONS) {
      const log: string[] = [];
      const cameras = {
        snapshot: async () => void log.push('snapshot'),
        restart: async () => void log.push('start'),
        stop: async () => void log.push('stop'),
      };
      await controlCameras(cameras, action, message({}));
      done[action] = log.join(' ');
    }
    const expected: Record<Action, string> = {
      ...{ start: 'start', resume: 'start', restart: 'stop start', snapshot: 'snapshot' },
      ...{ stop: 'stop', pause: 'stop', skip: 'stop' },
    };
    assert.deepEqual(done, expected);
  });

  it('a message with an action becomes one with the last video', () => {
    const input = message({ action: 'start', reset: true, topic: 'old', other: 1 });
    repeatLast('start', { topic: 'tape', video: { id: 'v' } }, input);
    assert.deepEqual(input.msg, { _msgid: 'm', topic: 'tape', other: 1, video: { id: 'v' } });
    assert.throws(() => repeatLast('restart', null, message({})), hasCode('NO_PLAN'));
  });
});
