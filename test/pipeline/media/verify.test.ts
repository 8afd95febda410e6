import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rational } from '../../../src/pipeline/media/frame';
import { nutFrameHeader, nutHeader } from '../../../src/pipeline/media/nut';
import { verify } from '../../../src/pipeline/media/verify';
import { bundled, FFMPEGS, never, run } from '../../support/segments';
import { binary, scratchFolder } from '../../support/videos';

const [MS, NTSC, PHONE, SLOW, TRANSPORT]: readonly Rational[] = [
  { num: 1, den: 1000 },
  { num: 1001, den: 24_000 },
  { num: 1, den: 600 },
  { num: 1, den: 25 },
  { num: 1, den: 90_000 },
] as const;

describe('verify', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const path = join(folder, 'output.nut');

  /** A file with frames at these ticks: NUT can have any clock. */
  function write(timeBase: Rational, pts: readonly number[]): void {
    const data = Buffer.alloc(2 * 2 * 3);
    const raw = { fourcc: Buffer.from('RGB\x18', 'latin1'), decodeDelay: 0, codecData: Buffer.alloc(0) };
    const header = nutHeader({ ...raw, width: 2, height: 2, pixelAspect: { num: 1, den: 1 } }, timeBase);
    const frames = pts.flatMap((time) => [nutFrameHeader(time, true, data.length), data]);
    writeFileSync(path, Buffer.concat([header, ...frames]));
  }

  const check = async (timeBase: Rational, pts: readonly number[], isStartExact = true): Promise<void> =>
    verify(await binary(), path, { pts, timeBase }, isStartExact, never);
  const wrongTime = (frame: number, tick: number, { num, den }: Rational) => ({
    code: 'ENCODE_FAILED',
    message: `Frame ${frame} of the output is at the wrong time, tick ${tick} of ${num}/${den} s; the output was discarded.`,
  });
  const wrongCount = (found: number, expected: number) => ({
    code: 'ENCODE_FAILED',
    message: `The output has ${found} frames instead of ${expected}; it was discarded.`,
  });

  for (const clock of [MS, NTSC, PHONE, SLOW, TRANSPORT, { num: 1, den: 1_000_000_000 }]) {
    it(`frames at the ticks of ${clock.num}/${clock.den} s must be there, and at no other tick`, async () => {
      const times = [7, 8, 12, 100, 101, 250];
      write(clock, times);
      for (const isStartExact of [true, false]) await check(clock, times, isStartExact);
      await assert.rejects(check(clock, times.slice(0, 5)), wrongCount(6, 5));
      await assert.rejects(check(clock, times.slice(1)), wrongCount(6, 5));
      await assert.rejects(check(clock, [...times, 251]), wrongCount(6, 7));
      for (const i of [0, 2, 5])
        for (const step of [-1, 1]) {
          const found = times.with(i, times[i]! + step);
          write(clock, found);
          await assert.rejects(check(clock, times), wrongTime(i, times[i]! + step, clock));
          if (i === 5) await assert.rejects(check(clock, times, false), wrongTime(i, times[i]! + step, clock));
        }
      // Without an exact start, the first frame may be moved by a millisecond, but then the others as well.
      write(clock, times.with(0, 6));
      const isShort = clock.num * 1000 <= clock.den;
      await assert.rejects(check(clock, times, false), isShort ? wrongTime(1, 8, clock) : wrongTime(0, 6, clock));
    });
  }

  it('the same times in another clock are exact', async () => {
    write(TRANSPORT, [0, 3600, 7200]);
    await check(SLOW, [0, 1, 2]);
    await assert.rejects(check(SLOW, [0, 1, 3]), wrongTime(2, 7200, TRANSPORT));
    write(SLOW, [0, 1, 2]);
    await check(TRANSPORT, [0, 3600, 7200]);
    await check({ num: 2, den: 50 }, [0, 1, 2]);
  });

  it('in a coarser clock, frames are at the nearest tick', async () => {
    const times = Array.from({ length: 60 }, (_, i) => i);
    const nearest = times.map((i) => Math.round((i * 1001) / 24));
    write(MS, nearest);
    await check(NTSC, times);
    await check(NTSC, times, false);
    for (const i of [0, 30, 59])
      for (const step of i > 0 ? [-1, 1] : [1]) {
        write(MS, nearest.with(i, nearest[i]! + step));
        await assert.rejects(check(NTSC, times), wrongTime(i, nearest[i]! + step, MS));
      }
    // Half a tick may be rounded up or down.
    for (const found of [1, 2]) {
      write(MS, [0, found]);
      await check({ num: 1, den: 2000 }, [0, 3]);
    }
    write(MS, [0, 3]);
    await assert.rejects(check({ num: 1, den: 2000 }, [0, 3]), wrongTime(1, 3, MS));
    write(MS, [0, 1]);
    await assert.rejects(check({ num: 1, den: 1_000_000 }, [0, 1501]), wrongTime(1, 1, MS));
    await check({ num: 1, den: 1_000_000 }, [0, 1500]);
    await check({ num: 1, den: 1_000_000 }, [0, 500]);
    await assert.rejects(check({ num: 1, den: 1_000_000 }, [0, 499]), wrongTime(1, 1, MS));
  });

  it('where the start is not exact, the first frame is at most 1 ms off, and the others as much', async () => {
    const times = [200, 300, 500, 900];
    for (const shift of [-90, -1, 1, 89, 90]) {
      write(
        TRANSPORT,
        times.map((time) => time + shift),
      );
      await check(TRANSPORT, times, false);
      await assert.rejects(check(TRANSPORT, times), wrongTime(0, 200 + shift, TRANSPORT));
      for (const i of [1, 3]) {
        write(
          TRANSPORT,
          times.map((time, k) => time + shift + (k === i ? 1 : 0)),
        );
        await assert.rejects(check(TRANSPORT, times, false), wrongTime(i, times[i]! + shift + 1, TRANSPORT));
      }
    }
    for (const shift of [-91, 91]) {
      write(
        TRANSPORT,
        times.map((time) => time + shift),
      );
      await assert.rejects(check(TRANSPORT, times, false), wrongTime(0, 200 + shift, TRANSPORT));
    }
    // Two clocks: 7 ticks are 291.96 ms, and the track starts at 292 ms.
    const finer = { num: 1, den: 24_000 };
    write(finer, [7008, 8009, 9010]);
    await check(NTSC, [7, 8, 9], false);
    write(finer, [7007 + 25, 8008 + 25]);
    await assert.rejects(check(NTSC, [7, 8], false), wrongTime(0, 7032, finer));
    write(finer, [7007 + 24, 8008 + 24]);
    await check(NTSC, [7, 8], false);
  });

  for (const [name, ffmpeg] of FFMPEGS) {
    it(`only the packets of the video count, in any order, by ${name}`, async () => {
      const output = join(folder, 'output.mp4');
      run(
        await binary(),
        ...[
          '-f',
          'lavfi',
          '-i',
          'sine=duration=1',
          '-f',
          'lavfi',
          '-i',
          'testsrc2=size=64x36:rate=25,trim=end_frame=25',
        ],
        ...['-c:v', 'libx264', '-bf', '3', '-map', '0:a', '-map', '1:v', '-c:a', 'aac'],
        ...['-v', 'error', output], // the sine of 2018 warns about its own duration
      );
      const pts = Array.from({ length: 25 }, (_, i) => i);
      await verify(await ffmpeg(), output, { pts, timeBase: SLOW }, true, never);
      const short = verify(await ffmpeg(), output, { pts: pts.slice(1), timeBase: SLOW }, true, never);
      await assert.rejects(short, wrongCount(25, 24));
    });
  }

  it('a file that ffmpeg cannot read is an error', async () => {
    writeFileSync(path, 'not a video');
    await assert.rejects(check(MS, [0]), { code: 'ENCODE_FAILED', message: /^ffmpeg ended with code 1/ });
    const stopped = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(verify(await bundled(), path, { pts: [0], timeBase: MS }, true, stopped), /stopped/);
  });
});
