import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFfmpeg } from '../../../src/pipeline/media/findFfmpeg';
import { setLastFrameDuration } from '../../../src/pipeline/media/lastFrameDuration';
import { type Container } from '../../../src/settings/container';
import { content, lastTime, packets, run } from '../../support/videoContent';
import { binary, description, passthroughOf, scratchFolder } from '../../support/videos';

/** One tick is 1 ms, so that 3010 ticks are exact in every container. */
const SHOWN = { ticks: 3010, timeBase: { num: 1, den: 1000 } };
const SECONDS = 3.01;

const CODECS = {
  'H.264 with B-frames': ['libx264', '-bf', '3'],
  'H.264 without B-frames': ['libx264', '-bf', '0'],
  'H.265': ['libx265', '-x265-params', 'log-level=error'],
  FFV1: ['ffv1'],
} as const;
type CodecName = keyof typeof CODECS;

/** `audio`: its length in seconds. `extras`: chapters and metadata. */
interface Sample {
  readonly codec: CodecName;
  readonly container: Container;
  readonly frames: number;
  readonly isVariable?: boolean;
  readonly audio?: number;
  readonly extras?: boolean;
}
const [B_FRAMES, NO_B_FRAMES] = ['H.264 with B-frames', 'H.264 without B-frames'] as const;
const SAMPLES: readonly Sample[] = [
  ...(['mp4', 'mkv'] as const).flatMap((container): Sample[] => [
    { codec: B_FRAMES, container, frames: 30, audio: 9, extras: true },
    { codec: B_FRAMES, container, frames: 30, isVariable: true },
    { codec: NO_B_FRAMES, container, frames: 30, isVariable: true, audio: 1 },
    { codec: 'H.265', container, frames: 30, audio: 1, extras: true },
    { codec: B_FRAMES, container, frames: 2 },
    { codec: 'H.265', container, frames: 1, audio: 9 },
  ]),
  { codec: B_FRAMES, container: 'mov', frames: 30, audio: 1, extras: true },
  { codec: NO_B_FRAMES, container: 'mov', frames: 1 },
  { codec: 'FFV1', container: 'mov', frames: 2, isVariable: true, audio: 9 },
  { codec: 'FFV1', container: 'mkv', frames: 30, audio: 1 },
  { codec: NO_B_FRAMES, container: 'mkv', frames: 1 },
];

const CHAPTERS = ';FFMETADATA1\ntitle=Two\nartist=Me\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=400\ntitle=One\n';

describe('setLastFrameDuration', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  const metadata = join(folder, 'chapters.txt');
  writeFileSync(metadata, CHAPTERS);
  const bundled = (require('@ffmpeg-installer/ffmpeg') as { path: string }).path;
  const programs = { 'the ffmpeg found here': async () => (await binary()).path, 'the bundled ffmpeg': () => bundled };

  for (const [maker, program] of Object.entries(programs)) {
    for (const sample of SAMPLES) {
      it(`${nameOf(sample)}, by ${maker}`, async () => {
        const made = await make(await program(), sample);
        const before = await content(made);
        assert.equal(await setLastFrameDuration(made, sample.container, SHOWN), true);
        assert.deepEqual(await content(made), before);
        await checkDurations(made, sample);
      });
    }

    it(`a duration shorter than the nominal one, by ${maker}`, async () => {
      for (const container of ['mp4', 'mov', 'mkv'] as const) {
        const made = await make(await program(), { codec: B_FRAMES, container, frames: 30, audio: 1 });
        const end = lastTime(await packets(made));
        assert.equal(await setLastFrameDuration(made, container, { ...SHOWN, ticks: 40 }), true);
        closeTo(secondsIn(await description(made), /Duration: (\S+),/), end + 0.04);
      }
    });

    it(`other structures stay unchanged, by ${maker}`, async () => {
      for (const container of ['mp4', 'mov', 'mkv'] as const) {
        const sample = { codec: B_FRAMES, container, frames: 30, audio: 1 };
        const whole = readFileSync(await make(await program(), sample));
        for (const length of [0, 1, 5, 40, 300, whole.length - 400, whole.length - 30, whole.length - 1])
          await refuses(container, whole.subarray(0, length));
        await refuses(container, Buffer.from(whole.map((byte, i) => (byte * 31 + i * 7) & 255)));
        await refuses(container, Buffer.concat([whole, Buffer.from('more')]));
        const others = container === 'mkv' ? [['-live', '1']] : [['faststart'], ['frag_keyframe+empty_moov']];
        for (const [first, ...more] of others) {
          const options = container === 'mkv' ? [first!, ...more] : ['-movflags', `+${first}`];
          await refuses(container, readFileSync(await make(await program(), sample, ...options)));
        }
        if (container === 'mkv') continue;
        const single = { codec: NO_B_FRAMES, container, frames: 1 };
        await refuses(container, readFileSync(await make(await program(), single, '-movflags', '+frag_keyframe')));
      }
    });
  }

  async function refuses(container: Container, bytes: Buffer): Promise<void> {
    const path = join(folder, `refused.${container}`);
    writeFileSync(path, bytes);
    assert.equal(await setLastFrameDuration(path, container, SHOWN), false);
    assert.ok(readFileSync(path).equals(bytes));
  }

  /** As remaster does it: a NUT file without packet durations, then a stream copy. Returns the path. */
  async function make(program: string, sample: Sample, ...options: readonly string[]): Promise<string> {
    const { codec, container, frames, isVariable = false, audio = 0, extras = false } = sample;
    const times = isVariable ? 'N+4*floor(N/4)' : 'N';
    const segment = join(folder, 'segment.nut');
    run(
      program,
      ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=64x36:rate=10,trim=end_frame=${frames},setpts='${times}'`],
      ...passthroughOf(await findFfmpeg(program)),
      ...['-enc_time_base', '1/1000', '-c:v', ...CODECS[codec], '-pix_fmt', 'yuv420p', '-f', 'nut', segment],
    );
    const path = join(folder, `made.${container}`);
    run(
      program,
      ...['-v', 'error', '-i', segment],
      ...(audio > 0 ? ['-f', 'lavfi', '-i', `sine=duration=${audio}`] : []),
      ...(extras ? ['-i', metadata, '-map_metadata', audio > 0 ? '2' : '1'] : []),
      ...['-map', '0:v', ...(audio > 0 ? ['-map', '1:a', '-c:a', 'aac'] : []), '-c:v', 'copy', '-strict', '-2'],
      ...['-max_interleave_delta', '0', ...(container === 'mkv' ? [] : ['-video_track_timescale', '1000'])],
      ...[...options, path],
    );
    return path;
  }
});

function nameOf({ codec, container, frames, isVariable, audio = 0, extras }: Sample): string {
  return [
    `${frames} frames of ${codec} in .${container}`,
    ...(isVariable ? ['variable frame rate'] : []),
    ...(audio > 0 ? [`${audio} s of audio`] : []),
    ...(extras ? ['chapters and metadata'] : []),
  ].join(', ');
}

async function checkDurations(
  path: string,
  { container, codec, frames, audio = 0, isVariable }: Sample,
): Promise<void> {
  const list = await packets(path);
  assert.equal(list.length, frames);
  const end = lastTime(list) + SECONDS;
  const about = await description(path);
  const total = secondsIn(about, /Duration: (\S+),/);
  if (audio > end) assert.ok(total >= audio && total < audio + 0.1, `${total} s`);
  else closeTo(total, end);
  if (container === 'mkv') {
    closeTo(list.find(({ pts }) => pts === lastTime(list))!.duration, SECONDS);
    closeTo(secondsIn(about, /Stream #0:0[^]*?DURATION *: (\S+)/), end);
    return;
  }
  closeTo(trackSeconds(path), end);
  const isReordered = frames > 2 && (codec === B_FRAMES || codec === 'H.265');
  // Demuxers before ffmpeg 9 report another duration of the last packet where frames are reordered.
  if (!isReordered) closeTo(list.at(-1)!.duration, SECONDS);
  if (!isReordered || !isVariable) assert.equal(lastDelta(path), SHOWN.ticks);
}

/** The duration of the video: by ffprobe where there is one, otherwise from its mdhd box (version 0). */
function trackSeconds(path: string): number {
  const options = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=duration', '-of', 'csv=p=0', path];
  const { status, stdout } = spawnSync('ffprobe', options, { encoding: 'utf8' });
  if (status === 0) return Number.parseFloat(stdout);
  const bytes = readFileSync(path);
  const type = bytes.indexOf('mdhd', bytes.lastIndexOf('moov'));
  return bytes.readUInt32BE(type + 20) / bytes.readUInt32BE(type + 16);
}

/** The last entry of the first stts box, in ticks. */
function lastDelta(path: string): number {
  const bytes = readFileSync(path);
  const type = bytes.indexOf('stts', bytes.lastIndexOf('moov'));
  return bytes.readUInt32BE(type - 4 + bytes.readUInt32BE(type - 4) - 4);
}

/** Seconds of a time such as 00:00:05.91. */
function secondsIn(text: string, pattern: RegExp): number {
  const [hours, minutes, seconds] = pattern.exec(text)![1]!.split(':').map(Number.parseFloat);
  return hours! * 3600 + minutes! * 60 + seconds!;
}

/** ffmpeg shows hundredths of a second. */
const closeTo = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 0.011, `${actual} s instead of ${expected} s`);
