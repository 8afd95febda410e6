import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CameraFacts, probeCamera } from '../../../../src/pipeline/jobs/live/cameraProbe';
import type { LiveInput } from '../../../../src/settings/liveJob';
import { binary, ff } from '../../../support/videos';
import { at, liveJob, pattern } from './liveJob';

describe('cameraProbe', function () {
  this.timeout(30_000);

  const probe = async (input: LiveInput): Promise<CameraFacts> =>
    probeCamera(liveJob(input), await binary(), 1, new AbortController().signal);

  /** Probes a camera that sends this video. */
  async function facts(...args: readonly string[]): Promise<CameraFacts> {
    const video = await ff('-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=10:duration=3', ...args, '-');
    const server = createServer((_, response) => response.end(video));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      return await probe(at(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it('a test pattern', async () => {
    const { format, fps, pixelAspect, isInterlaced } = await probe(pattern('64x36', 10));
    assert.deepEqual([format.width, format.height, fps, isInterlaced], [64, 36, 10, false]);
    assert.deepEqual(pixelAspect, { num: 1, den: 1 });
  });

  it('MJPEG has full range and the matrix of JPEG', async () => {
    const { format } = await facts('-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg', '-f', 'mjpeg');
    assert.deepEqual([format.colour.range, format.colour.matrix], ['pc', 'bt470bg']);
  });

  it('H.264 says its colour, fields and pixel aspect', async () => {
    const { format, pixelAspect, isInterlaced } = await facts(
      ...['-vf', 'setsar=4/3', '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-f', 'h264', '-x264opts'],
      'interlaced=1:tff=1:colormatrix=bt709:colorprim=bt709:transfer=bt709:fullrange=off',
    );
    assert.deepEqual(format.colour, { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' });
    assert.deepEqual([pixelAspect, isInterlaced], [{ num: 4, den: 3 }, true]);
  });

  it('uncompressed R′G′B′', async () => {
    const { format, fps } = await facts('-pix_fmt', 'bgr0', '-c:v', 'rawvideo', '-f', 'nut');
    assert.deepEqual([format.width, format.height, format.colour.matrix, fps], [64, 36, null, 10]);
  });
});
