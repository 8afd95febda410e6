import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RemasterError } from '../../../../src/errors';
import { readCamera } from '../../../../src/pipeline/jobs/live/cameraConnection';
import { cameraInfo, probeCamera } from '../../../../src/pipeline/jobs/live/cameraProbe';
import { openHttpJpegs } from '../../../../src/pipeline/jobs/live/httpJpegs';
import { binary, ff } from '../../../support/videos';
import { at, liveJob } from './liveJob';
import { type Form, FORMS, startJpegCamera } from './jpegCamera';

/** ffmpeg gives a frame out when the next one comes. */
const AHEAD = 3;
const SHADES = [30, 60, 90, 120, 150, 180, 210];

describe('a camera that sends JPEGs over HTTP', function () {
  this.timeout(60_000);
  let jpegs: readonly Buffer[];
  before(async () => {
    const flat = (shade: number): Promise<Buffer> =>
      ff('-f', 'lavfi', '-i', `color=gray:size=64x36,format=gray,lut=${shade}`, '-frames:v', '1', '-f', 'mjpeg', '-');
    jpegs = await Promise.all(SHADES.map(flat));
  });

  /** The JPEGs that arrive, as indexes of SHADES; at most AHEAD are sent before the first of them has arrived. */
  async function see(form: Form, count: number): Promise<{ seen: number[]; requests: number }> {
    const program = await binary();
    const seen: number[] = [];
    let isProbing = true;
    let before = 0;
    const isTorn = (index: number): boolean => form === FORMS['torn jpegs in between'] && index % 3 === 2;
    const arrived = (sent: number): boolean => {
      const whole = Array.from({ length: sent - before }, (_, i) => before + i).filter((index) => !isTorn(index));
      return isProbing || whole.length < seen.length + AHEAD;
    };
    await using camera = await startJpegCamera(form, jpegs, arrived);
    const job = liveJob(at(camera.url));
    const stop = new AbortController();
    const info = cameraInfo(await probeCamera(job, program, 1, stop.signal), null);
    assert.deepEqual(info.sent, { width: 64, height: 36 });
    await new Promise((resolve) => setTimeout(resolve, 100)); // the last connection is closed
    [isProbing, before] = [false, camera.sent];
    const end = readCamera(job, program, info, stop.signal, (data) => {
      const shade = data[data.length >> 1]!;
      seen.push(SHADES.findIndex((one) => Math.abs(one - shade) < 8));
      if (seen.length >= count) stop.abort(new Error('seen'));
    });
    await assert.rejects(end, /seen/, `it ended after ${seen.join()}`);
    if (seen[0]! < 0) seen.shift(); // a torn one that came first: whether the camera marks ends is not known yet
    const sent = Array.from({ length: 2 * count }, (_, i) => before + i);
    const wanted = sent.filter((index) => !isTorn(index)).map((index) => index % SHADES.length);
    assert.equal(seen.slice(0, count).join(), wanted.slice(0, count).join());
    return { seen, requests: camera.requests };
  }

  for (const [what, form] of Object.entries(FORMS))
    it(`${what}: every JPEG arrives, at once and in order`, async () => {
      const { requests } = await see(form, 10);
      if (form.count === 1) assert.ok(requests >= 10, `${requests} requests`);
      else assert.equal(requests, 2, 'one for the format, one for the jpegs');
    });

  it('an address that is asked for one JPEG at a time logs in once, and is asked at the wanted rate', async () => {
    const program = await binary();
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers.authorization ?? '');
      if (asked.at(-1) === '') response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end();
      else response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(jpegs[asked.length % jpegs.length]);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/snapshot.cgi`;
    const stop = new AbortController();
    try {
      const job = { ...liveJob(at(url, { username: 'joe', password: 'a:b' })), maxFps: 25 };
      const info = cameraInfo(await probeCamera(job, program, 1, stop.signal), null);
      asked.length = 0;
      let seen = 0;
      const end = readCamera({ ...job, maxFps: 20 }, program, info, stop.signal, () => {
        if (++seen >= 8) stop.abort(new Error('seen'));
      });
      await assert.rejects(end, /seen/);
      assert.equal(asked.filter((login) => login === '').length, 1);
      assert.ok(asked.slice(1).every((login) => login === `Basic ${Buffer.from('joe:a:b').toString('base64')}`));
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('a redirect gets the login on the same server only', async () => {
    const program = await binary();
    const logins = new Map<string, string>();
    const other = createServer(({ url, headers }, response) => {
      logins.set(url!, headers.authorization ?? '');
      response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(jpegs[0]);
    });
    const listen = (server: Server): Promise<string> =>
      new Promise((resolve) =>
        server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
      );
    const away = await listen(other);
    const targets: Readonly<Record<string, string>> = { '/here': '/own', '/away': `${away}/foreign` };
    const first = createServer(({ url, headers }, response) => {
      logins.set(url!, headers.authorization ?? '');
      const location = targets[url!];
      if (!headers.authorization) response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
      else if (location !== undefined) response.writeHead(302, { Location: location }).end();
      else response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(jpegs[0]);
    });
    const home = await listen(first);
    try {
      for (const path of ['/here', '/away']) {
        const job = liveJob(at(home + path, { username: 'joe', password: 'x' }));
        assert.equal((await probeCamera(job, program, 1, new AbortController().signal)).format.width, 64);
      }
      assert.deepEqual([logins.get('/own'), logins.get('/foreign')], ['Basic am9lOng=', '']);
    } finally {
      for (const server of [first, other]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    }
  });

  it('a response with several that ends is a lost connection', async () => {
    const program = await binary();
    const form = { ...FORMS['well-formed parts']!, count: 2 };
    await using camera = await startJpegCamera(form, jpegs, () => true);
    const job = liveJob(at(camera.url));
    const signal = new AbortController().signal;
    const info = cameraInfo(await probeCamera(job, program, 1, signal), null);
    let seen = 0;
    const end = await readCamera(job, program, info, signal, () => seen++);
    assert.ok(end instanceof RemasterError);
    assert.deepEqual([end.code, end.message, seen], ['NO_SIGNAL', 'the camera closed the connection.', 2]);
    assert.equal(camera.requests, 2);
  });

  it('a response without a JPEG, a status and a page are told', async () => {
    const program = await binary();
    const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
      '/empty': (response) => response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end('nothing'),
      '/busy': (response) => response.writeHead(503).end(),
    };
    const server = createServer((request, response) => answers[request.url!]!(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const said = async (path: string): Promise<string> => {
        const job = liveJob(at(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`));
        return probeCamera(job, program, 1, new AbortController().signal).then(
          () => 'video',
          (error: Error) => error.message,
        );
      };
      assert.match(await said('/empty'), /the camera sends no video: the response holds no JPEG\./);
      assert.match(await said('/busy'), /the camera sends no video: the server responded with status 503\./);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('a response that is refused is closed', async () => {
    let isClosed = false;
    const server = createServer((_, response) => {
      response.on('close', () => (isClosed = true));
      response.writeHead(503).write('busy, '); // and no end
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { source } = liveJob(at(`http://127.0.0.1:${port}/`));
    try {
      const { signal } = new AbortController();
      await assert.rejects(openHttpJpegs(source, null, signal), (error: RemasterError) => /503/.test(error.detail));
      while (!isClosed) await new Promise((resolve) => setTimeout(resolve, 10)); // or the test ends by its timeout
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
