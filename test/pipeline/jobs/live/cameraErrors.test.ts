import assert from 'node:assert/strict';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { connectError } from '../../../../src/pipeline/jobs/live/cameraErrors';
import type { LiveInput } from '../../../../src/settings/liveJob';
import { SOURCE_DEFAULTS } from '../../../../src/settings/liveJob';
import { at } from './liveJob';
import { freePort, guard, type Login } from './peer';

const login = { username: 'joe', password: 's3cr3t word' };

describe('why a camera sends no frame', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  const port = async (server: Server): Promise<number> => {
    servers.push(server);
    server.on('connection', (socket: Socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    return Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  /** A web server that answers so to the authorized; remembers what it was asked. */
  async function site(status: number, location?: string, secret?: Login) {
    const asked: IncomingMessage[] = [];
    const asks = secret && guard(secret);
    const server = createHttpServer((request, response) => {
      asked.push(request);
      const challenge = asks?.(request) ?? null;
      if (challenge !== null) return void response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
      const isStart = request.url === '/video';
      response.writeHead(isStart || !location ? status : 404, location ? { Location: location } : {});
      return void response.write('a picture that never ends');
    });
    return { url: `http://127.0.0.1:${await port(server)}/video`, asked };
  }

  /** An RTSP server that gives these answers, one per request. */
  async function rtsp(...answers: readonly string[]) {
    const asked: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        asked.push(bytes.toString());
        const [, number] = /^CSeq: (\d+)/m.exec(bytes.toString())!;
        const [first, ...rest] = answers[asked.length - 1]!.split('\n');
        if (first === 'close') return void socket.destroy();
        return void socket.write([`RTSP/1.0 ${first}`, `CSeq: ${number}`, ...rest, '', ''].join('\r\n'));
      });
    });
    return { url: `rtsp://127.0.0.1:${await port(server)}/cam?a=b`, asked };
  }

  const never = new AbortController().signal;
  const why = async (input: LiveInput, stderr = 'two\nlines', signal = never): Promise<string[]> => {
    const { code, message, remedy } = await connectError(
      { input, label: 'the camera', ...SOURCE_DEFAULTS },
      stderr,
      signal,
    );
    assert.ok(remedy);
    return [code, message];
  };
  const REJECTED = ['AUTH_FAILED', 'the camera rejected the user name or password.'];
  const REFUSED = ['SOURCE_NOT_FOUND', 'the camera refused the connection.'];
  const NO_STREAM = ['SOURCE_NOT_FOUND', 'the camera has no such stream.'];
  const UNREACHABLE = ['SOURCE_NOT_FOUND', 'the camera cannot be reached.'];
  const REDIRECTS = ['SOURCE_UNREADABLE', 'the camera redirects to a protocol that is not allowed.'];
  const UNKNOWN = ['SOURCE_UNREADABLE', 'the camera sends no video: lines.'];

  describe('over HTTP', () => {
    it('the status of the response tells', async () => {
      for (const [status, answer] of [
        [401, REJECTED],
        [403, REJECTED],
        [404, NO_STREAM],
        [200, UNKNOWN],
        [503, UNKNOWN],
      ] as const)
        assert.deepEqual(await why(at((await site(status)).url)), answer, String(status));
    });

    for (const kind of ['basic', 'digest'] as const) {
      it(`the response after ${kind} authentication counts`, async () => {
        const eye = await site(404, undefined, { ...login, kind });
        assert.deepEqual(await why(at(eye.url, login)), NO_STREAM);
        assert.deepEqual(
          eye.asked.map(({ headers }) => headers.authorization?.split(' ')[0]?.toLowerCase()),
          [undefined, kind],
          'no password before it is asked for',
        );
        assert.deepEqual(await why(at(eye.url, { ...login, password: 'wrong' })), REJECTED);
        assert.deepEqual(await why(at(eye.url)), REJECTED);
      });
    }

    it('a redirect is followed, with the login only on the same server', async () => {
      const other = await site(404, undefined, { ...login, kind: 'basic' });
      const eye = await site(302, other.url, { ...login, kind: 'basic' });
      assert.deepEqual(await why(at(eye.url, login)), REJECTED);
      assert.equal(other.asked.length, 1);
      assert.equal(other.asked[0]!.headers.authorization, undefined);
      const near = await site(302, '/elsewhere', { ...login, kind: 'basic' });
      assert.deepEqual(await why(at(near.url, login)), NO_STREAM);
      for (const place of ['ftp://127.0.0.1/x', 'file:///etc/passwd', 'rtsp://127.0.0.1/x'])
        assert.deepEqual(await why(at((await site(302, place)).url)), REDIRECTS);
      const round = await site(302, '/video');
      assert.deepEqual(await why(at(round.url)), UNKNOWN);
      assert.equal(round.asked.length, 6);
    });
  });

  describe('over RTSP', () => {
    it('the status of the response tells', async () => {
      for (const [answer, reason] of [
        ['401 Unauthorized', REJECTED],
        ['403 Forbidden', REJECTED],
        ['404 Not Found', NO_STREAM],
        ['200 OK', UNKNOWN],
        ['302 Moved\nLocation: http://127.0.0.1/', REDIRECTS],
        ['302 Moved\nLocation: rtsp://127.0.0.1/', UNKNOWN],
        ['what', UNKNOWN],
        ['close', UNKNOWN],
      ] as const)
        assert.deepEqual(await why(at((await rtsp(answer)).url)), reason, answer);
    });

    it('the response after authentication counts', async () => {
      const digest =
        '401 Unauthorized\nWWW-Authenticate: Basic realm="x"\nWWW-Authenticate: Digest realm="x", nonce="y"';
      const right = await rtsp(digest, '404 Not Found');
      assert.deepEqual(await why(at(right.url, login)), NO_STREAM);
      assert.match(right.asked[0]!, /^DESCRIBE rtsp:\/\/127\.0\.0\.1:\d+\/cam\?a=b RTSP\/1\.0\r\nCSeq: 1\r\n/);
      assert.doesNotMatch(right.asked[0]!, /Authorization/);
      assert.match(right.asked[1]!, /\r\nAuthorization: Digest username="joe", realm="x", nonce="y", uri="rtsp:/);
      assert.doesNotMatch(right.asked.join(), /s3cr3t/);
      assert.deepEqual(await why(at((await rtsp(digest, digest)).url, login)), REJECTED);
    });
  });

  it('a closed port refuses, over every protocol on TCP', async () => {
    const closed = await freePort();
    for (const scheme of ['rtsp', 'rtsps', 'http', 'https', 'tcp', 'rtmp', 'rtmps'])
      assert.deepEqual(await why(at(`${scheme}://127.0.0.1:${closed}/x`)), REFUSED, scheme);
    for (const address of [`udp://127.0.0.1:${closed}`, `tcp://127.0.0.1:${closed}?listen=1`, 'udp://:5000'])
      assert.deepEqual(await why(at(address)), UNKNOWN, address);
  });

  it('an open port that says nothing useful leaves the reason to the log', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}).end('Hello\r\n\r\n'));
    const open = await port(silent);
    for (const scheme of ['rtsp', 'rtsps', 'http', 'https', 'tcp', 'rtmp'])
      assert.deepEqual(await why(at(`${scheme}://127.0.0.1:${open}/x`)), UNKNOWN, scheme);
  });

  it('an unknown name cannot be reached', async () => {
    for (const scheme of ['rtsp', 'http', 'tcp', 'srt', 'udp'])
      assert.deepEqual(await why(at(`${scheme}://no-such-name.invalid:9/x`)), UNREACHABLE, scheme);
  });

  it('a device that is not there, or is none', async function () {
    if (process.platform !== 'linux') return this.skip();
    const device = (path: string): LiveInput => ({ kind: 'device', device: path, size: null, rate: null });
    assert.deepEqual(await why(device('/dev/no-such-camera')), ['SOURCE_NOT_FOUND', 'the camera is not connected.']);
    assert.deepEqual(await why(device('/dev/null')), UNKNOWN);
    return undefined;
  });

  it('the log is quoted, without secrets, and decides nothing', async () => {
    const eye = await site(200);
    const log = '401 Unauthorized\nConnection refused: http://joe:s3cr3t%20word@x/?k=t0ken: 404 Not Found';
    const [code, message] = await why(at(`${eye.url}?k=t0ken`, login), log);
    assert.equal(code, 'SOURCE_UNREADABLE');
    assert.match(message!, /sends no video: Connection refused: http:\/\/\*\*\*@x\/\?\*\*\*/);
    assert.deepEqual(await why({ kind: 'pattern', size: '64x36', rate: 1 }, ''), [
      'SOURCE_UNREADABLE',
      'the camera sends no video.',
    ]);
  });

  it('stopping ends the questions at once', async () => {
    const open = await port(createServer((socket) => void socket.on('error', () => {})));
    for (const scheme of ['rtsp', 'rtsps', 'http', 'https']) {
      const stop = new AbortController();
      const asking = why(at(`${scheme}://127.0.0.1:${open}/x`), '', stop.signal);
      setTimeout(() => stop.abort(new Error('stopped')), 50);
      await assert.rejects(asking, { message: 'stopped' }, scheme);
    }
    await assert.rejects(why(at('http://127.0.0.1:1/x'), '', AbortSignal.abort(new Error('before'))), {
      message: 'before',
    });
  });
});
