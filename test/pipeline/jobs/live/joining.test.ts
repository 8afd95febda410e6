import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RemasterError } from '../../../../src/errors';
import { readCamera } from '../../../../src/pipeline/jobs/live/cameraConnection';
import { cameraInfo, probeCamera } from '../../../../src/pipeline/jobs/live/cameraProbe';
import { binary, ff, scratchFolder } from '../../../support/videos';
import { at, liveJob } from './liveJob';

/** Frames per second, and from one key frame to the next. */
const [RATE, GOP] = [10, 30];
/** Shades before and after the second key frame. */
const [BEFORE, AFTER] = [220, 60];

const CODECS = {
  h264: { aud: Buffer.from([0, 0, 0, 1, 9]), encoder: ['libx264', '-x264-params'], keySlices: [0x65] },
  hevc: {
    aud: Buffer.from([0, 0, 0, 1, 0x46]),
    encoder: ['libx265', '-x265-params'],
    keySlices: [0x26, 0x28],
  },
} as const;

describe('a camera joined between key frames', function () {
  this.timeout(90_000);
  const folder = scratchFolder();

  /** MPEG-TS that begins with the headers and `count` frames that need an earlier one; then two whole groups follow. */
  async function stream(codec: keyof typeof CODECS, count: number): Promise<Buffer> {
    const { aud, encoder } = CODECS[codec];
    const file = (name: string): string => join(folder, `${codec}-${count}-${name}`);
    const shade = (value: number): string =>
      `color=gray:size=64x48:rate=${RATE}:duration=${value === BEFORE ? GOP / RATE : (2 * GOP) / RATE},format=gray,lut=${value}`;
    const options = `aud=1:keyint=${GOP}:min-keyint=${GOP}:scenecut=0:bframes=0:log-level=error`;
    await ff(
      ...['-f', 'lavfi', '-i', `${shade(BEFORE)}[a];${shade(AFTER)}[b];[a][b]concat`, '-pix_fmt', 'yuv420p'],
      ...['-c:v', encoder[0], encoder[1], codec === 'h264' ? options.replace(':log-level=error', '') : options],
      ...['-f', codec, file('whole')],
    );
    const whole = readFileSync(file('whole'));
    const starts: number[] = [];
    for (let from = whole.indexOf(aud); from >= 0; from = whole.indexOf(aud, from + 5)) starts.push(from);
    const units = starts.map((from, i) => whole.subarray(from, starts[i + 1]));
    assert.equal(units.length, 3 * GOP);
    const first = units[0]!;
    const slice = Math.max(...CODECS[codec].keySlices.map((kind) => first.indexOf(Buffer.from([0, 0, 1, kind]))));
    assert.ok(slice > 0);
    const torn = Array.from({ length: count }, (_, i) => units[10 + (i % 15)]!);
    writeFileSync(file('torn'), Buffer.concat([first.subarray(0, slice), ...torn, ...units.slice(GOP)]));
    const input = ['-f', codec, '-framerate', String(RATE), '-i', file('torn'), '-c', 'copy', '-copyinkf'];
    return ff(...input, '-f', 'mpegts', '-');
  }

  /** Sends `bytes` to each client, in `seconds`, and ends, or falls silent. */
  async function camera(bytes: Buffer, seconds: number, isSilent = false) {
    const sockets = new Set<Socket>();
    const serve = async (socket: Socket): Promise<void> => {
      await once(socket, 'data');
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n');
      const step = Math.ceil(bytes.length / Math.max(1, seconds * 20));
      for (let from = 0; from < bytes.length && !socket.destroyed; from += step) {
        socket.write(bytes.subarray(from, from + step));
        if (seconds > 0) await sleep(50);
      }
      if (!isSilent) socket.end();
    };
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}); // the reader has left
      void serve(socket).catch(() => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`,
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  for (const codec of ['h264', 'hevc'] as const) {
    it(`${codec}: nothing is given out before the first whole frame, and everything after it`, async function () {
      const program = await binary();
      if (!program.encoders.has(CODECS[codec].encoder[0])) return this.skip();
      await using eye = await camera(await stream(codec, 20), 0);
      const job = liveJob(at(eye.url));
      const signal = new AbortController().signal;
      const info = cameraInfo(await probeCamera(job, program, 1, signal), null);
      const shades: number[] = [];
      await readCamera(job, program, info, signal, (data) => shades.push(data[data.length >> 1]!));
      assert.ok(shades.length > 2 * GOP - 3, `${shades.length} frames`);
      assert.ok(
        shades.every((shade) => Math.abs(shade - AFTER) < 8),
        shades.join(),
      );
      return undefined;
    });
  }

  it('it is waited for while packets come, longer than for a silent camera, and told', async () => {
    const program = await binary();
    await using eye = await camera(await stream('h264', 130), 19); // the key frame comes after 13 s
    const job = liveJob(at(eye.url), { source: { stall: 2 } });
    const signal = new AbortController().signal;
    const told: string[] = [];
    const facts = await probeCamera(job, program, 1, signal, () => told.push('probe'));
    const stop = new AbortController();
    const end = readCamera(
      job,
      program,
      cameraInfo(facts, null),
      stop.signal,
      () => stop.abort(new Error('seen')),
      () => told.push('read'),
    );
    await assert.rejects(end, /seen/);
    assert.deepEqual(told, ['probe', 'read']);
  });

  it('it is given up when its packets stop', async () => {
    const program = await binary();
    const whole = await stream('h264', 60);
    const job = liveJob(at(''), { source: { stall: 2 } });
    const connect = (address: string) => ({ ...job, source: { ...job.source, input: at(address) } });
    const signal = new AbortController().signal;
    await using eye = await camera(whole, 0);
    const info = cameraInfo(await probeCamera(connect(eye.url), program, 1, signal), null);
    await using torn = await camera(whole.subarray(0, Math.floor(whole.length / 188 / 3) * 188), 3, true);
    const end = await readCamera(connect(torn.url), program, info, signal, () => {});
    assert.ok(end instanceof RemasterError);
    assert.deepEqual([end.code, end.message], ['NO_SIGNAL', 'the camera has sent no frame for 2 s.']);
  });

  it('a camera that sends sound only is named', async () => {
    const program = await binary();
    const sound = await ff('-f', 'lavfi', '-i', 'sine=duration=5', '-c:a', 'mp2', '-f', 'mpegts', '-');
    await using eye = await camera(sound, 0);
    const failure = probeCamera(liveJob(at(eye.url)), program, 1, new AbortController().signal);
    await assert.rejects(failure, (error: unknown) => {
      assert.ok(error instanceof RemasterError);
      assert.deepEqual([error.code, error.message], ['SOURCE_UNREADABLE', 'the camera sends sound, but no video.']);
      return true;
    });
  });
});
