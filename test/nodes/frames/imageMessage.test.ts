import assert from 'node:assert/strict';
import { util } from '@node-red/util';
import { imageMessage } from '../../../nodes/frames/imageMessage';
import type { FrameImage } from '../../../src/settings/framesJob';
import { message } from '../support/messages';

const bytes = new Uint8Array([0, 1, 2, 3]);
const place = { index: 30, pts: 15, time: 1.5, width: 2, height: 1, dropped: 4 };
const frame = (isLast: boolean): FrameImage => ({ ...place, data: bytes.subarray(1, 3), isLast, warnings: [] });
const source = { source: { label: 'tape.mov' } };

describe('the message of a frame', () => {
  it('is a copy of the message with the video, with an image instead of the plan', () => {
    const { msg } = message({ video: { id: 'v' }, action: 'start', other: { kept: true } });
    const made = imageMessage({ util }, msg, source, frame(false), { id: 's', index: 2 });
    assert.deepEqual(made, {
      ...{ _msgid: 'm', other: { kept: true }, topic: 'tape.mov' },
      payload: Buffer.from([1, 2]),
      parts: { id: 's', index: 2, type: 'array', len: 1 },
      frame: place,
    });
    assert.ok('video' in msg);
  });

  it('the last one has the count, and a topic of the user stays', () => {
    const made = imageMessage({ util }, message({ topic: 'mine' }).msg, source, frame(true), { id: 's', index: 2 });
    assert.deepEqual([made.topic, (made as { parts?: { count?: number } }).parts!.count], ['mine', 3]);
  });
});
