import assert from 'node:assert/strict';
import { parseAddress, redact, withCredentials } from '../../src/settings/cameraAddress';

describe('cameraAddress', () => {
  it('parses an address and separates user name and password', () => {
    assert.deepEqual(parseAddress('rtsp://joe:p%40ss:x@cam.local:554/stream1?token=t0ken'), {
      scheme: 'rtsp',
      host: 'cam.local',
      address: 'rtsp://cam.local:554/stream1?token=t0ken',
      username: 'joe',
      password: 'p@ss:x',
      label: 'cam.local:554/stream1',
    });
    assert.equal(parseAddress('udp://@:5000').address, 'udp://:5000');
    assert.equal(parseAddress('http://[::1]:8080/v').host, '::1');
    assert.equal(withCredentials('rtsp://h/x', 'a b', "p'@:"), 'rtsp://a%20b:p%27%40%3A@h/x');
  });

  it('rejects invalid addresses without repeating them', () => {
    for (const wrong of [
      '',
      '-i',
      '/etc/passwd',
      'file:///etc/passwd',
      'concat:a|b',
      'rtsp://',
      'rtsp://h/a b',
      'rtsp://h\n-y',
      'data:x',
    ]) {
      assert.throws(
        () => parseAddress(wrong),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'BAD_SETTING');
          if (wrong.length > 5) assert.ok(!error.message.includes(wrong));
          return true;
        },
        wrong,
      );
    }
  });

  it('removes credentials from the output of ffmpeg', () => {
    const said = 'rtsp://joe:s3cret@h/x?key=abc: refused; Basic am9lOnMzY3JldA; password s3cret';
    const clean = redact(said, ['joe:s3cret', 's3cret', 'key=abc']);
    assert.doesNotMatch(clean, /s3cret|key=abc|am9lOnMzY3JldA/);
    assert.match(clean, /rtsp:\/\/\*\*\*@h\/x/);
  });
});
