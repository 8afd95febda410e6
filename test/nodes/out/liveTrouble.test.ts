import assert from 'node:assert/strict';
import { LiveTrouble } from '../../../nodes/out/liveTrouble';
import { RemasterError } from '../../../src/errors';
import type { CameraState } from '../../../src/settings/liveJob';

const lost = { is: 'waiting', code: 'NO_SIGNAL', message: 'no signal', attempt: 1, seconds: 1 } as CameraState;
const running = { is: 'running', width: 64, height: 36, fps: 8 } as CameraState;

describe('the trouble of a camera', () => {
  it('is said once per loss of the connection', () => {
    const trouble = new LiveTrouble();
    const said = [lost, lost, { is: 'connecting' } as CameraState, lost, running, lost].map((one) =>
      trouble.camera(one),
    );
    assert.deepEqual(said, ['no signal', null, null, null, null, 'no signal']);
  });

  it('is said once per error of the target, until it accepts frames', () => {
    const trouble = new LiveTrouble();
    const [full, refused] = ['the disk is full', 'refused'].map((text) => new RemasterError('DISK_FULL', text));
    trouble.written(10);
    assert.equal(trouble.isTargetFailing, false);
    assert.deepEqual(
      [full, full, refused].map((error) => trouble.recoverable(error!)),
      ['the disk is full.', null, 'refused.'],
    );
    trouble.written(10);
    assert.deepEqual([trouble.isTargetFailing, trouble.recoverable(full!)], [true, null]);
    trouble.written(11);
    assert.deepEqual([trouble.isTargetFailing, trouble.recoverable(full!)], [false, 'the disk is full.']);
  });

  it('a new engine counts frames from zero', () => {
    const trouble = new LiveTrouble();
    trouble.written(100);
    trouble.recoverable(new RemasterError('ENGINE_CRASHED', 'it died'));
    trouble.written(0);
    assert.equal(trouble.isTargetFailing, true);
    trouble.written(1);
    assert.equal(trouble.isTargetFailing, false);
  });
});
