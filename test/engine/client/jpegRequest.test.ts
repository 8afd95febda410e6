import assert from 'node:assert/strict';
import { JpegRequest } from '../../../src/engine/client/jpegRequest';
import type { LiveRequest } from '../../../src/engine/liveProtocol';
import { notingChannel } from './channel';

const jpegAbove = (newerThan: number): LiveRequest => ({ what: 'requestJpeg', newerThan });

describe('jpegRequest', () => {
  it('is sent once; a process that has sent none yet may answer with any frame', () => {
    const channel = notingChannel();
    const request = new JpegRequest(channel);
    request.open(7);
    request.open(8);
    assert.deepEqual(channel.take(), [jpegAbove(-1)]);
    request.close();
    request.open(9);
    assert.deepEqual(channel.take(), [jpegAbove(9)]);
  });

  it('waits for the next process, which is asked for any frame', () => {
    const channel = notingChannel();
    const request = new JpegRequest(channel);
    request.resend();
    request.close();
    request.open(7);
    request.restart();
    channel.take();
    request.resend();
    assert.deepEqual(channel.take(), [jpegAbove(-1)]);
    request.close();
    request.restart();
    request.resend();
    assert.deepEqual(channel.take(), []);
    channel.isUp = false;
    request.open(9);
    assert.deepEqual(channel.take(), []);
    request.resend();
    assert.deepEqual(channel.take(), [jpegAbove(-1)]);
  });
});
