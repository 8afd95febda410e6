import assert from 'node:assert/strict';
import { targetOptions } from '../../src/pipeline/jobs/live/sinkOptions';
import { checkLiveJob } from '../../src/settings/liveJob';
import { at, liveJob, pattern } from '../pipeline/jobs/live/liveJob';

describe('liveJob', () => {
  it('validates a live job and moves a password from the address to its field', () => {
    const { source } = checkLiveJob(liveJob(at('rtsp://joe:s3cret@h/x')));
    assert.deepEqual(source.input, at('rtsp://h/x', { username: 'joe', password: 's3cret' }));
    for (const wrong of [
      liveJob(pattern('64')),
      liveJob(pattern('64x36', 0)),
      liveJob(pattern(), { source: { stall: 0 } }),
      liveJob(pattern(), { source: { retryMin: 5, retryMax: 1 } }),
      liveJob(pattern(), { target: { kind: 'push', address: 'http://h/x', username: null, password: null } }),
      liveJob(pattern(), {
        target: {
          kind: 'segments',
          folder: '/x',
          name: '../x',
          seconds: 60,
          keep: { count: null, hours: null, bytes: null },
        },
      }),
    ]) {
      assert.throws(() => checkLiveJob(wrong), { code: 'BAD_SETTING' });
    }
  });

  it('a name of recordings leaves room for the number of a second recorder and the time', () => {
    const named = (name: string) => {
      const keep = { count: null, hours: null, bytes: null };
      return liveJob(pattern(), { target: { kind: 'segments', folder: '/x', name, seconds: 60, keep } });
    };
    for (const name of ['d'.repeat(223), 'é'.repeat(111), 'front door'])
      assert.ok(Buffer.byteLength(`${name}-99_2026-11-25_19-00-00+0000.mp4`) <= 255 && checkLiveJob(named(name)));
    for (const name of ['d'.repeat(224), 'é'.repeat(112), '.hidden', 'a/b', 'a\\b', 'a%b', 'a\nb'])
      assert.throws(() => checkLiveJob(named(name)), {
        message: /target\.name must be a (file name of at most 223|text)/,
      });
  });

  it('passes the options of the protocol to push to a server', () => {
    const push = (address: string): string =>
      targetOptions({ kind: 'push', address, username: 'joe', password: 'x/y' }, 1).join(' ');
    assert.equal(push('rtsp://h/door'), '-f rtsp -rtsp_transport tcp rtsp://joe:x%2Fy@h/door');
    assert.equal(push('rtmp://h/live/key'), '-f flv -flvflags no_duration_filesize rtmp://joe:x%2Fy@h/live/key');
    assert.equal(push('srt://h:9000?mode=caller'), '-f mpegts -flush_packets 1 srt://joe:x%2Fy@h:9000?mode=caller');
  });
});
