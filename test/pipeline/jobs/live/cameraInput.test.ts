import assert from 'node:assert/strict';
import { deviceOptions, cameraInput } from '../../../../src/pipeline/jobs/live/cameraInput';
import { binary } from '../../../support/videos';
import { at } from './liveJob';

describe('cameraInput', () => {
  const options = async (address: string, changes: object = {}, program: object = {}): Promise<string> => {
    const { options: list } = await cameraInput(
      { ...(await binary()), crashesOnNames: false, hasRtspTimeout: true, ...program },
      at(address, changes),
    );
    return list.join(' ');
  };

  it('allows only the protocols of the address, never files', async () => {
    for (const address of [
      'rtsp://h/x',
      'http://h/x',
      'http://h/x.m3u8',
      'tcp://h:1',
      'udp://:1',
      'rtmp://h/a/b',
      'srt://h:1',
    ]) {
      const found = await options(address);
      const [, protocols] = /-protocol_whitelist (\S+)/.exec(found) ?? [];
      assert.ok(protocols && !/\b(file|pipe|data|concat|subfile)\b/.test(protocols), found);
      assert.ok(found.endsWith(`-i ${address}`));
    }
    assert.match(await options('http://h/x.m3u8'), /-re .*-f hls/);
    assert.match(await options('http://h/x.m3u8?a=b'), /-re .*-f concat/);
    assert.match(await options('http://h/x'), /-format_whitelist mpjpeg/);
    assert.doesNotMatch(await options('http://h/x'), /\bhls\b|concat/);
  });

  it('uses the option names of the ffmpeg version', async () => {
    assert.match(await options('rtsp://h/x'), /-rtsp_flags prefer_tcp -timeout \d+/);
    assert.match(
      await options('rtsp://h/x', { transport: 'udp' }, { hasRtspTimeout: false }),
      /-rtsp_transport udp -stimeout \d+/,
    );
  });

  it('reads unbuffered where that works', async () => {
    assert.match(await options('tcp://h:1'), /-avioflags direct/);
    assert.doesNotMatch(await options('tcp://h:1', {}, { hasRtspTimeout: false }), /avioflags/);
  });

  it('passes the password on stdin where ffmpeg supports it', async () => {
    const login = { username: 'joe', password: 's3cret' };
    const newer = { ...(await binary()), crashesOnNames: false, hasRtspTimeout: true };
    const { options: list, script } = await cameraInput(newer, at('rtsp://h/x', login));
    assert.doesNotMatch(list.join(' '), /s3cret/);
    assert.match(script!, /^ffconcat version 1.0\nfile 'rtsp:\/\/joe:s3cret@h\/x'\noption rtsp_flags 'prefer_tcp'\n/);
  });

  it('passes all possible secrets on stdin, and restricts the formats there too', async () => {
    const newer = { ...(await binary()), crashesOnNames: false, hasRtspTimeout: true };
    const login = { username: 'joe', password: "s3'cret" };
    for (const [address, formats] of [
      ['http://h/x', /option format_whitelist 'mpjpeg,/],
      ['http://h/x.m3u8', /option format_whitelist 'hls,mpegts,/],
      ['rtmp://h/live/x', /option format_whitelist 'flv'/],
      ['srt://h:1', /option format_whitelist 'mpegts'/],
    ] as const) {
      const { options: list, script } = await cameraInput(newer, at(address, login));
      assert.doesNotMatch(list.join(' '), /cret/);
      assert.match(script!, new RegExp(`^ffconcat version 1.0\nfile '${address.replace('//', '//joe:s3%27cret@')}'\n`));
      assert.match(script!, formats);
      const { options: open, script: token } = await cameraInput(newer, at(`${address}?key=t0ken`));
      assert.ok(!open.join(' ').includes('t0ken') && token!.includes('t0ken'));
    }
    assert.match((await cameraInput(newer, at("http://h/it's?a"))).script!, /\nfile 'http:\/\/h\/it'\\''s\?a'\n/);
    assert.equal((await cameraInput(newer, at('udp://:5000?fifo_size=9'))).script, null);
  });

  it('passes them on stdin to the ffmpeg of 2018 too, which knows no options there', async () => {
    const old = { ...(await binary()), crashesOnNames: true, hasRtspTimeout: false };
    const login = { username: 'joe', password: 's3cret', transport: 'udp' };
    for (const [address, formats] of [
      ['rtsp://10.0.0.1/x', null],
      ['http://10.0.0.1/x', 'concat,mpjpeg,'],
      ['http://10.0.0.1/x.m3u8', 'concat,hls,mpegts,'],
      ['rtmp://10.0.0.1/live/x', 'concat,flv'],
      ['srt://10.0.0.1:1', 'concat,mpegts'],
    ] as const) {
      const { options: list, script } = await cameraInput(old, at(address, login as object));
      assert.doesNotMatch(list.join(' '), /s3cret/);
      assert.equal(script, `ffconcat version 1.0\nfile '${address.replace('//', '//joe:s3cret@')}'\n`);
      const [, allowed] = / -format_whitelist (\S+) -i pipe:0$/.exec(list.join(' ')) ?? [];
      assert.ok(formats === null ? allowed === undefined : allowed!.startsWith(formats), list.join(' '));
      assert.doesNotMatch(/-protocol_whitelist (\S+)/.exec(list.join(' '))![1]!, /file|data|subfile/);
    }
  });

  it('refuses what could not be hidden: the ffmpeg of 2018, a login, and the name of a web server', async () => {
    const old = { ...(await binary()), version: '2018', crashesOnNames: true, hasRtspTimeout: false };
    const login = { username: 'joe', password: 's3cret' };
    for (const address of ['http://localhost/x', 'http://localhost/x.m3u8']) {
      const refused = cameraInput(old, at(address, login));
      await assert.rejects(refused, {
        code: 'BAD_SETTING',
        message: 'ffmpeg 2018 would show the password or token of http://localhost to all users of this machine.',
        remedy: /newer ffmpeg .*IP address/,
      });
      assert.equal((await cameraInput(old, at(address))).script, null); // nothing to hide
      assert.match((await cameraInput({ ...old, hasRtspTimeout: true }, at(address, login))).script!, /option headers/);
    }
    assert.match((await cameraInput(old, at('rtmp://localhost/live/x', login))).script!, /joe:s3cret@/);
  });

  it('resolves names for an ffmpeg that crashes on them; rejects encrypted addresses there', async () => {
    const old = { crashesOnNames: true };
    assert.match(await options('rtsp://localhost:8554/x', {}, old), /-i rtsp:\/\/(127\.0\.0\.1|\[::1\]):8554\/x$/);
    assert.match(await options('http://localhost/x', {}, old), /-headers Host: localhost/);
    assert.match(await options('http://localhost:8080/x', {}, old), /-headers Host: localhost:8080\r\n/);
    await assert.rejects(options('rtsps://cam.local/x', {}, old), { code: 'BAD_SETTING' });
    await assert.rejects(options('rtsp://no-such-name.invalid/x', {}, old), { code: 'SOURCE_NOT_FOUND' });
  });

  it('opens a local camera with the API of each operating system', () => {
    const camera = { kind: 'device', device: '/dev/video0', size: '1280x720', rate: 30 } as const;
    assert.equal(deviceOptions(camera, 'linux').join(' '), '-f v4l2 -video_size 1280x720 -framerate 30 -i /dev/video0');
    assert.equal(
      deviceOptions({ ...camera, device: 'USB Cam: 2', size: null, rate: null }, 'win32').join(' '),
      '-f dshow -i video=USB Cam\\: 2',
    );
    assert.equal(
      deviceOptions({ ...camera, device: 'FaceTime' }, 'darwin').join(' '),
      '-f avfoundation -video_size 1280x720 -framerate 30 -i FaceTime:none',
    );
    for (const device of ['video0', '/etc/passwd', '/dev/../etc/passwd', '-y'])
      assert.throws(() => deviceOptions({ ...camera, device }, 'linux'), { code: 'BAD_SETTING' });
  });
});
