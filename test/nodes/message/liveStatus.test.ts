import assert from 'node:assert/strict';
import { live, shownRate } from '../../../nodes/message/liveStatus';
import { tooSlow } from '../../../nodes/message/tooSlow';
import type { LiveProgress } from '../../../src/settings/liveJob';

describe('the status of a camera', () => {
  it('shows the measured frame rate, and the announced one where that is true', () => {
    assert.equal(shownRate(25, null, 200), 25);
    assert.equal(shownRate(null, null, 200), null);
    assert.equal(shownRate(25, 24.1, 200), 25);
    assert.equal(shownRate(25, 40, 124), 25);
    assert.equal(shownRate(25, 40, 125), 40);
    assert.equal(shownRate(null, 40, 2), 40);
    assert.equal(shownRate(25, 12.4, 200), 12);
    assert.equal(shownRate(25, 27.6, 200), 28);
    assert.equal(shownRate(null, 4.96, 200), 5);
    assert.equal(shownRate(null, 0.333, 200), 0.3);
  });

  const progress = (height: number, changes: Partial<LiveProgress> = {}): LiveProgress => ({
    camera: { is: 'running', width: 2 * height, height, fps: 15 },
    ...{ in: 150, out: 2, dropped: 148, fps: 0.2, fpsIn: 15, dropShare: 0.99, latency: null, ageAtDrop: null },
    ...{ steps: 1, model: 'x4', frameStep: 1, isRegionOnly: false, cacheStats: null, width: null, height: null },
    modelHeight: null,
    target: { written: 0, skipped: 0, restarts: 0, encoder: null },
    ...changes,
  });

  it('says what to do when most frames are dropped, the first cure first', () => {
    const shown = (one: LiveProgress): string => live([one]).text!;
    assert.deepEqual([progress(720), progress(240), progress(240, { model: 'x4-live' })].map(shown), [
      '0.2fps lower height',
      '0.2fps use x4-live',
      '0.2fps use a GPU',
    ]);
    // A quality that was lowered already needs another cure.
    assert.equal(shown(progress(720, { modelHeight: 180 })), '0.2fps use x4-live');
    assert.equal(shown(progress(720, { modelHeight: 180, model: 'x4-live' })), '0.2fps use a GPU');
    assert.equal(shown(progress(720, { dropShare: 0.5 })), '0.2fps dropping 50%');
    assert.equal(shown(progress(720, { in: 49, dropShare: 0.6 })), '0.2fps dropping 60%');
    assert.equal(
      tooSlow('front door', progress(720)),
      'front door: this machine restores 0.2 of 15 frames per second. ' +
        'Set “Max. height” of the video in node below 720: half the height takes a quarter of the time.',
    );
    assert.equal(tooSlow('front door', progress(720, { dropShare: 0.3 })), null);
    const waiting = { is: 'waiting', attempt: 1, seconds: 1, code: 'NO_SIGNAL', message: '' } as const;
    assert.equal(tooSlow('front door', progress(720, { camera: waiting })), null);
  });

  it('says that a key frame is waited for', () => {
    assert.equal(live([progress(720, { camera: { is: 'joining' } })]).text, 'waits for key frame');
  });
});
