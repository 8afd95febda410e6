import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { framemd5 } from '../../../support/framemd5';
import { binary, ff, scratchFolder } from '../../../support/videos';

/** Presentation times of the packets of a stream, in seconds, and its length. */
async function packetsOf(
  path: string,
  stream: string,
): Promise<{ readonly times: readonly number[]; readonly end: number }> {
  const list = (await ff('-i', path, '-map', `0:${stream}`, '-c', 'copy', '-copyts', '-f', 'framecrc', '-')).toString();
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)/m.exec(list)!;
  const packets = [...list.matchAll(/^0, *-?\d+, *(-?\d+), *(\d+),/gm)].map(([, pts, duration]) => [
    Number(pts),
    Number(duration),
  ]);
  const seconds = (ticks: number): number => (ticks * Number(num)) / Number(den);
  return {
    times: packets.map(([pts]) => seconds(pts!)),
    end: Math.max(...packets.map(([pts, length]) => seconds(pts! + length!))),
  };
}

describe('restoreVideo with a clock that jumps', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  async function piece(
    name: string,
    seconds: number,
    clock: number,
    codecs: readonly string[],
    hertz = 440,
  ): Promise<Buffer> {
    const inputs = [
      '-f',
      'lavfi',
      '-i',
      `testsrc2=size=64x48:rate=25:duration=${seconds}`,
      '-f',
      'lavfi',
      '-i',
      `sine=frequency=${hertz}:duration=${seconds}`,
    ];
    await ff(...inputs, ...codecs, '-output_ts_offset', String(clock), at(name));
    return readFileSync(at(name));
  }
  const MPEG = ['-c:v', 'mpeg2video', '-q:v', '2', '-bf', '0', '-c:a', 'mp2'];

  /** Name, clocks of the pieces in seconds, and the jump that is named. */
  const CASES = [
    ['restarts.ts', [0, 0, 0], MPEG, 2, /jumps at 0\.\d\d s by -0\.\d\d s, at 1\.\d\d s by -0\.\d\d s; /],
    [
      'ahead.ts',
      [0, 3600],
      ['-c:v', 'libx264', '-bf', '2', '-g', '10', '-c:a', 'mp2'],
      1,
      /jumps at 0\.\d\d s by 3599\.\d\d s; /,
    ],
    ['cells.mpg', [0, 0], MPEG, 1, /jumps at \d\.\d\d s by -\d\.\d\d s; /],
  ] as const;
  for (const [name, clocks, codecs, jumps, warning] of CASES)
    it(`${name}: frames follow each other, the sound stays in step, and the jump is named`, async () => {
      const extension = name.slice(-4);
      const pieces: Buffer[] = [];
      for (const clock of clocks) pieces.push(await piece(`piece${extension}`, 0.8, clock, codecs));
      writeFileSync(at(name), Buffer.concat(pieces));
      const output = at(`${name}.mkv`);
      const job = {
        ...JOB_DEFAULTS,
        model: 'x4',
        input: at(name),
        output,
        codec: 'ffv1' as const,
        pixelFormat: 'gbrp' as const,
      };
      const tools = { binary: await binary(), openModel: async () => nearest(1) };
      const { warnings } = await restoreVideo(job, tools, new AbortController().signal, () => {});
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.match(warnings[0]!, warning);

      const [wanted, found] = [await framemd5(at(name)), await framemd5(output)];
      assert.deepEqual(
        found.map(({ md5 }) => md5),
        wanted.map(({ md5 }) => md5),
      );
      assert.equal(found.length, 20 * clocks.length);
      const video = await packetsOf(output, 'v:0');
      const steps = video.times.slice(1).map((time, i) => time - video.times[i]!);
      assert.ok(steps.filter((step) => Math.abs(step - 0.04) > 0.002).length <= jumps, steps.join(' '));
      assert.ok(
        steps.every((step) => step > 0.02 && step < 0.1),
        steps.join(' '),
      );
      const sound = await packetsOf(output, 'a:0');
      assert.ok(Math.abs(sound.end - video.end) < 0.1, `${sound.end} s of sound, ${video.end} s of video`);
      assert.ok(Math.abs(video.end - 0.8 * clocks.length) < 0.1, `${video.end} s`);
    });

  it('one time that is 149 hours late is passed over, and named', async () => {
    const bytes = await piece('whole.wmv', 1.6, 0, ['-c:v', 'wmv2', '-q:v', '2', '-bf', '0', '-c:a', 'wmav2']);
    const times = (await packetsOf(at('whole.wmv'), 'v:0')).times;
    const stored = Buffer.alloc(4);
    stored.writeUInt32LE(Math.round(times[8]! * 1000) + 3100); // the preroll that ffmpeg writes
    const place = bytes.indexOf(stored);
    assert.ok(place > 0 && bytes.indexOf(stored, place + 1) < 0);
    bytes[place + 3] = bytes[place + 3]! | 0x20;
    writeFileSync(at('late.wmv'), bytes);
    const output = at('late.mkv');
    const job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      input: at('late.wmv'),
      output,
      codec: 'ffv1',
      pixelFormat: 'gbrp',
    } as const;
    const tools = { binary: await binary(), openModel: async () => nearest(1) };
    const { warnings } = await restoreVideo(job, tools, new AbortController().signal, () => {});
    assert.match(warnings.join('\n'), /^The clock of the source jumps at 0\.\d\d s by 53687\d\.\d\d s; [^\n]*$/);
    const [wanted, found] = [await framemd5(at('whole.wmv')), await framemd5(output)];
    const hashes = (frames: typeof wanted): readonly string[] => frames.map(({ md5 }) => md5);
    assert.deepEqual(hashes(found), hashes(wanted));
    const steps = found.slice(1).map(({ seconds }, i) => seconds - found[i]!.seconds);
    assert.ok(
      steps.every((step) => Math.abs(step - 0.04) < 0.002),
      steps.join(' '),
    );
  });

  /** Hertz of each piece, and its seconds. */
  const TONES = [300, 700, 1500];
  const PIECE = 3;

  /** The tone of sound, by its crossings of zero. */
  async function hertzOf(path: string, from: number, seconds: number): Promise<number> {
    const range = ['-ss', String(from), '-t', String(seconds)];
    const bytes = await ff('-i', path, ...range, '-map', '0:a:0', '-f', 's16le', '-ac', '1', '-ar', '48000', '-');
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
    assert.ok(samples.length > 0.8 * seconds * 48_000, `${samples.length} samples`);
    const crossings = samples.reduce(
      (count, sample, i) => count + (i > 0 && samples[i - 1]! < 0 && sample >= 0 ? 1 : 0),
      0,
    );
    return (crossings * 48_000) / samples.length;
  }

  for (const [name, clocks, codecs, extension, cuts] of [
    ['a restart', [0, 0, 0], MPEG, 'ts', [['mp4', 5.2, 7]]],
    [
      'a jump ahead',
      [0, 3600, 3603],
      ['-c:v', 'libx264', '-bf', '2', '-g', '10', '-c:a', 'mp2'],
      'ts',
      [['mkv', 6.5, null]],
    ],
    ['a restart of a program stream', [0, 0, 0], MPEG, 'mpg', [['mkv', 5.2, 7]]],
  ] as const)
    it(`a cut behind ${name} has the frames and the sound of its time`, async () => {
      const pieces: Buffer[] = [];
      for (const [i, clock] of clocks.entries())
        pieces.push(await piece(`part.${extension}`, PIECE, clock, codecs, TONES[i]));
      const source = at(`joined.${extension}`);
      writeFileSync(source, Buffer.concat(pieces));
      const all = await framemd5(source);
      assert.equal(all.length, 25 * PIECE * clocks.length);
      const tools = { binary: await binary(), openModel: async () => nearest(1) };
      for (const [container, start, end] of cuts) {
        const output = at(`cut.${container}`);
        const lossless = container === 'mkv';
        const settings = { codec: lossless ? 'ffv1' : 'h264', pixelFormat: lossless ? 'gbrp' : null } as const;
        const job = {
          ...JOB_DEFAULTS,
          model: 'x4',
          input: source,
          output,
          overwrite: true,
          ...settings,
          trim: { start, end },
        };
        await restoreVideo(job, tools, new AbortController().signal, () => {});
        const isInside = (time: number): boolean => time > start - 0.001 && time < (end ?? Infinity) - 0.001;
        const wanted = all.filter(({ seconds }) => isInside(seconds - all[0]!.seconds));
        const made = await framemd5(output);
        assert.equal(made.length, wanted.length);
        if (lossless)
          assert.deepEqual(
            made.map(({ md5 }) => md5),
            wanted.map(({ md5 }) => md5),
          );
        const video = await packetsOf(output, 'v:0');
        const sound = await packetsOf(output, 'a:0');
        assert.ok(Math.abs(sound.end - video.end) < 0.15, `${sound.end} s of sound, ${video.end} s of video`);
        for (const time of [0.2, video.end - 0.7]) {
          const tone = TONES[Math.floor((start + time + 0.2) / PIECE)]!;
          const heard = await hertzOf(output, time, 0.4);
          assert.ok(Math.abs(heard / tone - 1) < 0.1, `${heard} Hz at ${time} s instead of ${tone} Hz`);
        }
      }
    });
});
