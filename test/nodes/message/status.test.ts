import assert from 'node:assert/strict';
import * as status from '../../../nodes/message/status';
import { ERROR_CODES, RemasterError } from '../../../src/errors';
import type { Progress } from '../../../src/settings/restoreJob';

const progress: Progress = {
  stage: 'restoring',
  frame: 42,
  total: 100,
  share: 0.4267,
  fps: 7.34,
  eta: 720,
  cacheStats: null,
};
const text = ({ text: words }: { text?: string | undefined }): string => words ?? '';

describe('status', () => {
  it('shows share, speed and remaining time', () => {
    assert.equal(text(status.running(progress)), '42% 7.3fps 12m');
    assert.equal(text(status.running({ ...progress, fps: null, eta: null })), '42%');
    assert.equal(text(status.running({ ...progress, share: null, total: null, eta: null })), '42f 7.3fps');
    assert.equal(text(status.running({ ...progress, stage: 'loading' })), 'loading model');
    assert.equal(text(status.paused(progress)), 'paused 42%');
    assert.equal(text(status.queued(2)), 'queued #2');
    assert.equal(text(status.done(1860)), 'done 31m');
    assert.equal(text(status.upscaling(4, 3.14)), 'x4 3.1 fps');
    assert.equal(text(status.ready('detail', 4)), 'x4 · detail');
    assert.equal(text(status.ready('x4', 4)), 'x4');
    assert.equal(text(status.ready('/srv/models/osediff/', null)), 'osediff');
    assert.equal(text(status.ready('a\u001bb\u202e', null)), 'a\\u001bb\\u202e');
  });

  it('shows a failure in two words', () => {
    assert.deepEqual(status.failed(new RemasterError('DISK_FULL', '…')), {
      fill: 'red',
      shape: 'ring',
      text: 'failed: disk full',
    });
    assert.equal(text(status.failed(new TypeError('x is not a function'))), 'failed: internal');
  });

  it('fits below a node', () => {
    const longest: Progress = { ...progress, share: 1, frame: 123_456_789, fps: 0.123456, eta: 86_399 };
    const texts = [
      ...ERROR_CODES.map((code) => status.failed(new RemasterError(code, ''))),
      status.running(longest),
      status.running({ ...longest, share: null, total: null }),
      status.running({ ...longest, fps: 119.88, eta: 9e6 }),
      status.source({
        width: 15_360,
        height: 8640,
        fps: 119.88,
        frames: 1,
        duration: 1,
        interlaced: false,
        audio: false,
        codec: 'x',
        bitDepth: 8,
      }),
      status.ready('a-very-long-name-of-a-model', 4),
    ].map(text);
    for (const each of texts) assert.ok(each.length > 0 && each.length <= 20, `${each} (${each.length})`);
  });

  it('formats seconds, minutes, hours and days', () => {
    assert.deepEqual([0, 59.4, 59.6, 60, 3569, 3570, 11_100, 86_370, 187_200].map(status.clock), [
      '0s',
      '59s',
      '1m',
      '1m',
      '59m',
      '1h00m',
      '3h05m',
      '1d0h',
      '2d4h',
    ]);
  });

  it('clamps percent to 0…100', () => {
    assert.equal(status.percent(progress), 42.7);
    assert.equal(status.percent({ ...progress, share: null }), 42);
    assert.equal(status.percent({ ...progress, share: 1.2 }), 100);
    assert.equal(status.percent({ ...progress, share: null, total: null }), null);
    assert.equal(status.percent({ ...progress, share: null, total: 0 }), null);
  });
});
