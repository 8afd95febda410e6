import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FfmpegBinary } from '../../../src/pipeline/media/findFfmpeg';
import { type LastPacket, sourceEnd } from '../../../src/pipeline/media/sourceEnd';
import { probe } from '../../../src/pipeline/media/probe';
import { bundled, FFMPEGS, never, run } from '../../support/segments';
import { binary, scratchFolder } from '../../support/videos';

/** Name of a file, encoder and options for 30 frames at 25 frames per second, and the last packet in ticks. */
const VIDEOS: readonly (readonly [name: string, options: readonly string[], last: LastPacket])[] = [
  ['long last image.gif', ['-pix_fmt', 'bgr8', '-final_delay', '300'], { pts: 116, duration: 300 }],
  ['B-frames.mp4', ['-c:v', 'libx264', '-bf', '3'], { pts: 14_848, duration: 512 }],
  ['no B-frames.mov', ['-c:v', 'libx264', '-bf', '0', '-video_track_timescale', '600'], { pts: 696, duration: 24 }],
  ['B-frames.mkv', ['-c:v', 'libx264', '-bf', '3'], { pts: 1160, duration: 40 }],
  ['mpeg4.avi', ['-c:v', 'mpeg4'], { pts: 29, duration: 1 }],
  ['later start.mp4', ['-c:v', 'mpeg4', '-vf', 'settb=1/25,setpts=N+50'], { pts: 14_848, duration: 512 }],
];

describe('sourceEnd', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  function write(name: string, options: readonly string[], frames = 30): string {
    const pattern = ['-f', 'lavfi', '-i', `testsrc2=size=64x36:rate=25,trim=end_frame=${frames}`];
    run(found, '-v', 'error', ...pattern, ...options, at(name));
    return at(name);
  }
  let found: FfmpegBinary;
  before(async () => {
    found = await binary();
  });

  const last = async (ffmpeg: FfmpegBinary, path: string, pts: number): Promise<LastPacket | null> =>
    (await sourceEnd(ffmpeg, await probe(found, path, never), pts, never)).last;

  for (const [name, ffmpeg] of FFMPEGS) {
    for (const [file, options, packet] of VIDEOS)
      it(`${file}, by ${name}`, async () => {
        assert.deepEqual(await last(await ffmpeg(), write(file, options), packet.pts), packet);
      });

    it(`B-frames at 600 ticks per second are not said to last one tick, by ${name}`, async () => {
      const path = write('B-frames.mov', ['-c:v', 'libx264', '-bf', '3', '-video_track_timescale', '600']);
      const packet = await last(await ffmpeg(), path, 696);
      if (packet !== null) assert.deepEqual(packet, { pts: 696, duration: 24 }); // ffmpeg 5 to 8 guess
    });

    it(`a transport stream, by ${name}`, async () => {
      const path = write('stream.ts', ['-c:v', 'libx264', '-bf', '3']);
      const packet = await last(await ffmpeg(), path, 104_400);
      assert.deepEqual(packet, { pts: 104_400, duration: 3600 });
    });

    it(`a folder of images, by ${name}`, async () => {
      mkdirSync(at(`images ${name}`));
      write(`images ${name}/%02d.png`, [], 12);
      const info = await probe(found, at(`images ${name}`), never, 10);
      assert.deepEqual((await sourceEnd(await ffmpeg(), info, 11, never)).last, { pts: 11, duration: 1 });
    });

    it(`only the end of a long file is read, by ${name}`, async () => {
      const real = await ffmpeg();
      const path = at('recording ffmpeg');
      writeFileSync(path, `#!/bin/sh\necho "$@" > "$0.args"\nexec "${real.path}" "$@"\n`, { mode: 0o755 });
      const seek = (): string | undefined => / -ss (\S+) /.exec(readFileSync(`${path}.args`, 'utf8'))?.[1];
      // One key frame, at the start: the reader goes back to it.
      const long = write('long.mp4', ['-c:v', 'libx264', '-bf', '3', '-g', '9999'], 1500);
      const end = { pts: 1499 * 512, duration: 512 };
      assert.deepEqual(await last({ ...real, path }, long, end.pts), end);
      assert.equal(seek(), '49.960000');
      const info = { ...(await probe(found, long, never)), timeBase: { num: 1001, den: 24_000 } };
      await sourceEnd({ ...real, path }, info, 1000, never);
      assert.equal(seek(), '31.708333');
      // Many key frames: only packets of the last seconds arrive, so a wrong end would be found.
      const many = write('many.mkv', ['-c:v', 'ffv1', '-g', '1'], 1500);
      assert.deepEqual(await last({ ...real, path }, many, 59_960), { pts: 59_960, duration: 40 });
      assert.equal(seek(), '49.960000');
      assert.deepEqual(await last({ ...real, path }, many, 10_001), { pts: 59_960, duration: 40 });
      assert.equal(seek(), '0.001000');
      for (const pts of [0, 9999, 10_000]) {
        assert.deepEqual(await last({ ...real, path }, many, pts), { pts: 59_960, duration: 40 });
        assert.equal(seek(), undefined);
      }
    });
  }

  it('a range is not read beyond some seconds behind it', async function () {
    if (process.platform === 'win32') this.skip();
    const path = write('hour.mkv', ['-c:v', 'ffv1', '-g', '1'], 3000);
    const info = await probe(found, path, never);
    const program = at('listed ffmpeg');
    // It would write for ever behind the packets of the file.
    const endless = `"${found.path}" "$@"; while echo '0, 999999, 999999, 40, 1, 0x0'; do sleep 0.01; done`;
    writeFileSync(program, `#!/bin/sh\n${endless}\n`, { mode: 0o755 });
    const end = await sourceEnd({ ...found, path: program }, info, 1000, never, 2);
    assert.ok(end.seconds! > 12 && end.seconds! < 13, `${end.seconds}`);
    assert.equal(end.last?.duration, 40);
    assert.deepEqual((await sourceEnd(found, info, 1000, never)).last, { pts: 119_960, duration: 40 });
  });

  it('a list of any length is read to its end', async () => {
    const info = await probe(found, write('some.mp4', ['-c:v', 'mpeg4']), never);
    const count = 500_000; // 90 MB
    const line = `"0, " i ", " i ", 1, 1000, 0x12345678, ${'x'.repeat(150)}"`;
    const script = `#!/bin/sh\necho '#tb 0: 1/25'\nexec awk 'BEGIN { for (i = 0; i <= ${count}; i++) print ${line} }'\n`;
    writeFileSync(at('long ffmpeg'), script, { mode: 0o755 });
    const end = await sourceEnd({ ...found, path: at('long ffmpeg') }, info, 0, never);
    const seconds = (count + 1) / 25;
    assert.deepEqual(end, { last: { pts: count, duration: 1 }, seconds, ends: new Map([[0, seconds]]) });
  });

  it('null where the container does not say how long frames last', async () => {
    const path = write('flash.flv', ['-c:v', 'flv1', '-threads', '1']);
    assert.equal(await last(await bundled(), path, 1160), null);
  });

  it('null where the container does not say when the last frame is shown', async () => {
    assert.equal(await last(found, write('raw.h264', ['-c:v', 'libx264', '-bf', '3']), 0), null);
  });

  it('the source ends with the last packet of any stream, at its own clock', async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=2:sample_rate=48000', '-c:v', 'ffv1', '-c:a', 'pcm_s16le'];
    for (const [name, seconds] of [
      ['sound.mkv', 2],
      ['sound.mov', 2],
    ] as const) {
      const info = await probe(found, write(name, sound, 30), never);
      for (const [, ffmpeg] of FFMPEGS)
        assert.ok(Math.abs((await sourceEnd(await ffmpeg(), info, 0, never)).seconds! - seconds) < 0.03);
    }
    const info = await probe(found, write('raw.h264', ['-c:v', 'libx264', '-bf', '3']), never);
    assert.equal((await sourceEnd(found, info, 0, never)).seconds, null);
  });

  it('the last packet in display order counts, and of equal ones the later', async () => {
    const info = await probe(found, write('short.mp4', ['-c:v', 'mpeg4']), never);
    const listed = async (...lines: readonly string[]): Promise<LastPacket | null> => {
      const list = lines.map((line) => `0, ${line}, 18, 0x32aa065a`).join('\n');
      writeFileSync(at('listing ffmpeg'), `#!/bin/sh\ncat <<'END'\n#tb 0: 1/25\n${list}\nEND\n`, { mode: 0o755 });
      return (await sourceEnd({ ...found, path: at('listing ffmpeg') }, info, 0, never)).last;
    };
    assert.deepEqual(await listed('0, 0, 1', '1, 4, 2', '2, 2, 3'), { pts: 4, duration: 2 });
    assert.deepEqual(await listed('0, 0, 1', '1, 4, 2', '2, 4, 3'), { pts: 4, duration: 3 });
    assert.deepEqual(await listed('-2, -2, 7', '-1, -1, 8'), { pts: -1, duration: 8 });
    assert.equal(await listed('0, 0, 1', '1, 4, 0'), null);
    // One tick is a guess where all frames are further apart.
    assert.equal(await listed('0, 0, 1', '1, 6, 1', '2, 2, 1', '3, 4, 1'), null);
    assert.deepEqual(await listed('0, 0, 1', '1, 6, 1', '2, 2, 1', '3, 3, 1'), { pts: 6, duration: 1 });
    assert.deepEqual(await listed('0, 0, 2', '1, 6, 2', '2, 3, 2'), { pts: 6, duration: 2 });
    assert.deepEqual(await listed('0, 5, 1'), { pts: 5, duration: 1 });
    assert.deepEqual(await listed('0, 4, 1', 'NOPTS, NOPTS, 1'), { pts: 4, duration: 1 });
    assert.deepEqual(await listed('0, -9223372036854775808, 5', '0, 0, 6'), { pts: 0, duration: 6 });
    assert.equal(await listed('0, -9223372036854775808, 5'), null);
    assert.equal(await listed(), null);
  });
});
