import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Missing, whatIsMissing } from '../../../../src/pipeline/jobs/restore/missing';
import { isTruncated as endsEarly } from '../../../../src/pipeline/jobs/restore/truncation';
import { resolveColour } from '../../../../src/pipeline/media/colour';
import { openVideo } from '../../../../src/pipeline/media/decode';
import { complaintsOf } from '../../../../src/pipeline/media/gaps/complaints';
import { probe } from '../../../../src/pipeline/media/probe';
import { sourceEnd } from '../../../../src/pipeline/media/sourceEnd';
import { framemd5 } from '../../../support/framemd5';
import { paffStream } from '../../../support/paff';
import { binary, ff, passthrough, scratchFolder } from '../../../support/videos';

/** Frames of the sources that are damaged, at 25 frames per second. */
const FRAMES = 200;

/** Name of a source, and the options that make it of H.264 with sound. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'film.mp4': ['-c', 'copy', '-movflags', '+faststart'],
  'film.mkv': ['-c', 'copy'],
  'film.ts': ['-c', 'copy'],
  'film.flv': ['-c', 'copy'],
  'fragments.mp4': ['-c', 'copy', '-movflags', 'frag_keyframe+empty_moov'],
  'film.avi': ['-c:v', 'mpeg4', '-q:v', '3', '-c:a', 'mp2'],
  'film.mpg': ['-c:v', 'mpeg2video', '-q:v', '3', '-c:a', 'mp2'],
  'film.wmv': ['-c:v', 'wmv2', '-c:a', 'wmav2'],
  'film.mxf': ['-c:v', 'mpeg2video', '-q:v', '3', '-c:a', 'pcm_s16le', '-ar', '48000'],
};

type Damage = (bytes: Buffer) => Buffer;

const zeroed =
  (from: number, to: number): Damage =>
  (bytes) =>
    Buffer.from(bytes).fill(0, Math.floor(bytes.length * from), Math.floor(bytes.length * to));

const cut: Damage = (bytes) => bytes.subarray(0, Math.floor(bytes.length * 0.55));

interface Examined extends Missing {
  /** That were decoded. */
  readonly frames: number;
}

const never = new AbortController().signal;

/** Decodes a video as a job does, and counts with ffmpeg alone. */
async function examine(path: string): Promise<Examined> {
  const found = await binary();
  const info = await probe(found, path, never);
  const sound = info.media.streams.filter(({ kind }) => kind === 'audio').map(({ index }) => index);
  const colour = resolveColour(info.colour, info);
  const options = {
    colour,
    depth: 8,
    temporalDenoise: 'off',
    hwaccel: 'off',
    from: 0,
    sound,
  } as const;
  await using source = openVideo(found, info, options, never);
  let frames = 0;
  for await (const _ of source.read()) frames++;
  assert.equal(frames, (await framemd5(path)).length, 'frames of ffmpeg alone');
  const missing = await whatIsMissing(found, info, { trim: null }, source.decoded, sound[0] ?? null, never);
  const { seconds } = await sourceEnd(found, info, missing.hasJumps ? null : source.decoded.times.at(-1)!, never);
  const isShort = !missing.hasJumps && endsEarly(info, { trim: null }, seconds ?? Infinity);
  return { ...missing, isTruncated: missing.isTruncated || isShort, frames };
}

describe('whatIsMissing of a part', () => {
  const folder = scratchFolder();

  it('counts the jumps of the clock and the damaged packets within it only', async () => {
    const [one, path] = [join(folder, 'one.ts'), join(folder, 'joined.ts')];
    const video = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=25,trim=end_frame=50', '-c:v', 'libx264', '-g', '10'];
    await ff(...video, one);
    const [first, second] = [readFileSync(one), readFileSync(one)];
    const at = 188 * Math.floor(first.length / 188 / 4); // half a second
    first[at + 1]! |= 0x80; // an error of the transport
    writeFileSync(path, Buffer.concat([first, second]));
    const found = await binary();
    const info = await probe(found, path, never);
    const decoded = { times: [0], resized: [], jumps: [], complaints: complaintsOf(info) };
    const warnings = async (start: number, end: number): Promise<readonly string[]> =>
      (await whatIsMissing(found, info, { trim: { start, end } }, decoded, null, never)).warnings;
    const [damaged, ...none] = await warnings(0, 0.9);
    assert.match(damaged!, /^[12] packets of the source are damaged or incomplete\.$/);
    assert.deepEqual(none, []);
    const [jump, ...others] = await warnings(0, 3);
    assert.match(jump!, /^The clock of the source jumps at 1\.\d\d s by -1\.\d\d s;/);
    assert.match(others.join(), /^\d packets of the source are damaged or incomplete\.$/); // one less for the join
  });
});

const NOTHING = { damage: null, isTruncated: false, warnings: [] };

/** Cut anywhere, these do not say how long they were. */
const OF_ANY_LENGTH = /\.(ts|mpg)$/;

describe('whatIsMissing', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  before(async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=8', '-c:a', 'aac'];
    const video = ['-f', 'lavfi', '-i', `testsrc2=size=64x48:rate=25,trim=end_frame=${FRAMES}`];
    await ff(...video, ...sound, '-c:v', 'libx264', '-g', '25', '-threads', '1', at('film.mov'));
    for (const [name, options] of Object.entries(SOURCES)) await ff('-i', at('film.mov'), ...options, at(name));
  });

  for (const name of Object.keys(SOURCES)) {
    it(`of ${name}, intact: nothing`, async () => {
      const { frames, damage, isTruncated, warnings } = await examine(at(name));
      assert.deepEqual({ frames, damage, isTruncated, warnings }, { ...NOTHING, frames: FRAMES });
    });

    for (const [what, damaged] of [
      ['zeros from the middle on', zeroed(0.55, 1)],
      ['a fifth of zeros', zeroed(0.3, 0.5)],
      ['only its first half', cut],
    ] as const)
      it(`of ${name} with ${what}: it is said`, async () => {
        const source = at(`damaged ${name}`);
        writeFileSync(source, damaged(readFileSync(at(name))));
        const { frames, damage, isTruncated, warnings } = await examine(source);
        assert.ok(frames > 20 && frames < 0.99 * FRAMES, `${frames} frames`);
        if (damaged === cut && OF_ANY_LENGTH.test(name))
          assert.match(warnings[0]!, /bytes .* missing|packets .* incomplete/);
        else assert.ok(isTruncated || damage !== null);
        if (damage === null) return;
        const [, lost, all] = /^(\d+) of (\d+) frames are missing \(\d\.\d\d s\): between \d\.\d\d s and/.exec(damage)!;
        assert.ok(Math.abs(Number(all) - FRAMES) <= 2 && Number(lost) + frames === Number(all), damage);
      });
  }

  const moving = (seconds = 4, rate = 25): string[] => [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=size=64x48:rate=${rate}:duration=${seconds}`,
  ];
  const pauses = async (): Promise<string[]> => [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=60:duration=8'],
    ...['-vf', "select='lt(mod(t,2),0.5)+eq(mod(n,97),0)'", ...(await passthrough())],
  ];
  const open = ['-x264-params', 'open-gop=1:keyint=25:bframes=3:scenecut=0'];
  const vp9 = ['-c:v', 'libvpx-vp9', '-b:v', '100k', '-auto-alt-ref', '1', '-lag-in-frames', '25'];
  const av1 = ['-c:v', 'libaom-av1', '-strict', '-2', '-cpu-used', '8', '-b:v', '100k'];
  /** Frames that are refreshed bit by bit, after one key frame. */
  const refresh = () => [...moving(), '-c:v', 'libx264', '-x264-params', 'intra-refresh=1:keyint=25'];
  const mbaff = () => [
    ...moving(4, 50),
    ...['-vf', 'tinterlace=interleave_top', '-c:v', 'libx264', '-flags', '+ilme+ildct'],
  ];
  const HEALTHY: Readonly<Record<string, () => readonly string[] | Promise<readonly string[]>>> = {
    'MBAFF.mkv': mbaff,
    'MBAFF.ts': mbaff,
    'alt-ref.webm': () => [...moving(), ...vp9],
    'VP8 alt-ref.webm': () => [
      ...moving(),
      '-c:v',
      'libvpx',
      '-b:v',
      '100k',
      '-auto-alt-ref',
      '1',
      '-lag-in-frames',
      '25',
    ],
    'AV1.mkv': () => [...moving(1), ...av1],
    'screen.mkv': async () => [...(await pauses()), '-c:v', 'libx264', '-bf', '2'],
    'screen.mp4': async () => [...(await pauses()), '-c:v', 'libx264', '-bf', '2'],
    'screen.webm': async () => [...(await pauses()), ...vp9],
    'animation.gif': async () => [...moving(1, 10), '-vf', 'setpts=N*(N+1)*3/TB/100', ...(await passthrough())],
    'open.mkv': () => [...moving(), '-c:v', 'libx264', ...open],
    'open H.265.mkv': () => [
      ...moving(),
      ...['-c:v', 'libx265', '-x265-params', 'log-level=error:open-gop=1:keyint=25:bframes=4'],
    ],
    'refresh.ts': refresh,
    'refresh.mkv': refresh,
    'alt-ref.mp4': () => [...moving(), ...vp9],
    'AV1.mp4': () => [...moving(1), ...av1],
    'AV1.webm': () => [...moving(1), ...av1],
    'screen.ts': async () => [...(await pauses()), '-c:v', 'libx264', '-bf', '2'],
    'screen.gif': async () => [...(await pauses()), '-t', '4'],
    'animation.apng': async () => [...moving(1, 10), '-vf', 'setpts=N*(N+1)*3/TB/100', ...(await passthrough())],
    'packed.avi': () => [...moving(), '-c:v', 'mpeg4', '-bf', '2'],
    'pictures.avi': () => [...moving(), '-c:v', 'mjpeg'],
  };
  for (const [name, options] of Object.entries(HEALTHY))
    it(`of ${name}, which is healthy: nothing`, async () => {
      await ff(...(await options()), at(name));
      const { damage, isTruncated, warnings } = await examine(at(name));
      assert.deepEqual({ damage, isTruncated, warnings }, NOTHING);
    });

  for (const container of ['h264', 'ts', 'mkv', 'mp4'])
    it(`of fields in pictures of their own (PAFF), .${container}: nothing`, async () => {
      writeFileSync(at('paff.h264'), paffStream(50));
      if (container !== 'h264')
        await ff('-fflags', '+genpts', '-i', at('paff.h264'), '-c', 'copy', at(`paff.${container}`));
      const { frames, damage, isTruncated, warnings } = await examine(at(`paff.${container}`));
      assert.deepEqual({ frames, damage, isTruncated, warnings }, { ...NOTHING, frames: 50 });
    });

  const JOINED = [
    ['H.264', 'mkv', ['-c:v', 'libx264', ...open]],
    ['H.264 of closed groups', 'ts', ['-c:v', 'libx264', '-g', '25', '-bf', '2']],
    ['H.265', 'ts', ['-c:v', 'libx265', '-x265-params', 'log-level=error:open-gop=1:keyint=25:bframes=4']],
    ['H.265 without B-frames', 'mkv', ['-c:v', 'libx265', '-x265-params', 'log-level=error:keyint=25:bframes=0']],
    ['MPEG-2', 'ts', ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2']],
    ['MPEG-2', 'mpg', ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2']],
  ] as const;

  /** Frames before the first key frame, and those of them that ffmpeg alone decodes, but not as in the whole video. */
  async function startOf(path: string, whole: string): Promise<{ readonly all: number; readonly torn: number }> {
    const list = (await ff('-i', path, '-map', '0:v:0', '-c', 'copy', '-copyinkf', '-f', 'framecrc', '-')).toString();
    const packets = [...list.matchAll(/^0, *(-?\d+), *(-?\d+), *\d+, *\d+, *\w+(?:, F=0x(\w+))?/gm)].map(
      ([, dts, pts, flags]) => ({ time: Number.isSafeInteger(Number(pts)) ? Number(pts) : Number(dts), flags }),
    );
    const key = packets.findIndex(({ flags }) => (parseInt(flags ?? '1', 16) & 1) === 1);
    const all = packets.filter(({ time }, i) => i < key || time < packets[key]!.time).length;
    const right = new Set((await framemd5(whole)).map(({ md5 }) => md5));
    const wrong = (await framemd5(path)).filter(({ md5 }) => !right.has(md5));
    return { all, torn: wrong.length };
  }

  for (const [name, container, options] of JOINED)
    it(`of ${name} that begins between key frames, .${container}: the frames at its start, and nothing else`, async () => {
      const type = container === 'mpg' ? 'mpg' : 'ts';
      await ff(...moving(), ...options, at(`whole.${type}`));
      const bytes = readFileSync(at(`whole.${type}`));
      const from = Math.floor((bytes.length * 0.3) / 188) * 188;
      const part =
        type === 'ts'
          ? Buffer.concat([bytes.subarray(0, 3 * 188), bytes.subarray(from)]) // with its tables
          : bytes.subarray(bytes.indexOf(Buffer.from([0, 0, 1, 0xba]), from));
      writeFileSync(at(`joined.${type}`), part);
      const joined = at(`joined.${container}`);
      if (container === 'mkv') await ff('-i', at('joined.ts'), '-c', 'copy', '-copyinkf', joined);
      const { frames, damage, isTruncated, warnings } = await examine(joined);
      const { all, torn } = await startOf(joined, at(`whole.${type}`));
      assert.ok(frames < 90 && all > 2, `${frames} frames, ${all} before a key frame`);
      assert.deepEqual([damage, isTruncated, warnings.length], [null, false, 1], warnings.join('\n'));
      const said = warnings[0]!.replace(/ \(\d\.\d\d s\)/, '').replace('The source begins between key frames: ', '');
      const words =
        torn === 0
          ? `its first ${all} frames cannot be decoded and are left out.`
          : torn === all
            ? `its first ${all} frames are not whole.`
            : `of its first ${all} frames, ${torn} are not whole and ${all - torn} are left out.`;
      assert.equal(said, words);
      assert.ok(torn === 0 || name.startsWith('H.265'), 'only H.265 frames are shown without what they need');
    });
});
