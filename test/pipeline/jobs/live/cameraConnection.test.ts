import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readCamera } from '../../../../src/pipeline/jobs/live/cameraConnection';
import { cameraInfo, probeCamera } from '../../../../src/pipeline/jobs/live/cameraProbe';
import { binary, ff } from '../../../support/videos';
import { at, liveJob } from './liveJob';

/** An MJPEG camera that sends `count` pictures to every viewer, and then others without end. */
async function camera(before: Buffer, count: number, after: Buffer) {
  const timers: NodeJS.Timeout[] = [];
  const server: Server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace;boundary=frame' });
    response.write('--frame\r\n');
    let sent = 0;
    const send = (): void => {
      const picture = sent++ < count ? before : after;
      response.write(`Content-type: image/jpeg\r\nContent-length: ${picture.length}\r\n\r\n`);
      response.write(picture);
      response.write('\r\n--frame\r\n');
    };
    timers.push(setInterval(send, 40));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const picture = (size: string, shade: number, format = 'yuvj420p'): Promise<Buffer> =>
  ff(
    ...['-f', 'lavfi', '-i', `color=gray:size=128x128,scale=${size.replace('x', ':')},format=gray,lut=${shade}`],
    ...['-frames:v', '1', '-pix_fmt', format, '-f', 'mjpeg', '-'],
  );

describe('a connection to a camera', function () {
  this.timeout(60_000);
  const never = new AbortController().signal;

  for (const [name, size, width, height] of [
    ['width', '98x36', 98, 36],
    ['height', '64x35', 64, 35],
    ['shape', '33x130', 33, 130],
  ] as const) {
    it(`ends at the first frame of another ${name}, and passes on all before it`, async () => {
      const program = await binary();
      const dark = await picture('64x36', 40);
      await using eye = await camera(dark, 12, await picture(size, 200, 'yuvj444p'));
      for (const filters of [{}, { temporalDenoise: 'low', deinterlace: 'on' }] as const) {
        const job = { ...liveJob(at(eye.url)), ...filters };
        const info = cameraInfo(await probeCamera(job, program, 1, never), null);
        assert.deepEqual(info.sent, { width: 64, height: 36 });
        const shades: number[] = [];
        const end = await readCamera(job, program, info, never, (data) => shades.push(data[data.length >> 1]!));
        assert.deepEqual(end, { width, height });
        assert.ok(
          shades.every((shade) => Math.abs(shade - 40) < 3),
          shades.join(),
        );
        // The filters still hold their last frames back when the size changes.
        assert.ok('deinterlace' in filters ? shades.length > 5 : shades.length === 12, shades.join());
      }
    });
  }
});
