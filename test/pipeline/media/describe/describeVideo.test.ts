import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeVideo, type VideoDescription } from '../../../../src/pipeline/media/describe/describeVideo';
import { FLAGS, type StreamInfo } from '../../../../src/pipeline/media/describe/mediaInfo';
import type { FfmpegBinary } from '../../../../src/pipeline/media/findFfmpeg';
import { bundled, never } from '../../../support/segments';
import { withCaptions, withDolbyVision, withUnknownStream } from '../../../support/sourceKinds';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

/** The parts of a description that are compared; the same from ffprobe, from ffmpeg alone, and from the ffmpeg of 2018 alone. */
interface Expected extends Partial<
  Pick<VideoDescription, 'width' | 'height' | 'interlaceFlag' | 'dolbyVisionProfile'>
> {
  /** Kind and codec of each stream. */
  readonly streams?: readonly string[];
  readonly languages?: readonly (string | undefined)[];
  readonly covers?: readonly number[];
  /** Of each stream, joined. */
  readonly flags?: readonly string[];
  readonly speakers?: readonly string[];
  readonly aspect?: string;
  /** Bits, chroma, with alpha, full range. */
  readonly pixels?: string;
  readonly colour?: string;
  readonly sideData?: readonly string[];
  readonly rate?: number;
  /** Within half a frame. */
  readonly duration?: number | null;
  readonly chapters?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

const X265 = ['-c:v', 'libx265', '-x265-params'];
const HDR10 = [
  'log-level=error:hdr10=1:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc',
  'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400',
].join(':');

describe('describeVideo', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  /** Ways to read a file. */
  const ways: readonly (readonly [string, () => Promise<FfmpegBinary>])[] = [
    ['by ffprobe', binary],
    ['by ffmpeg alone', async () => ({ ...(await binary()), ffprobe: null })],
    ['by the ffmpeg of 2018 alone', async () => ({ ...(await bundled()), ffprobe: null })],
  ];

  async function described(path: string, ffmpeg: FfmpegBinary): Promise<VideoDescription> {
    const found = await describeVideo(ffmpeg, ['-i', `file:${path}`], never);
    assert.ok(!('empty' in found));
    return found;
  }

  /** The parts of a description that `expected` names. */
  function summary(found: VideoDescription, expected: Expected): Expected {
    const { media, pixels, colour, pixelAspect, sideData, framesPerSecond, width, height } = found;
    const { interlaceFlag, dolbyVisionProfile } = found;
    const streams: readonly StreamInfo[] = media.streams;
    const whole: Required<Expected> = {
      ...{ width, height, interlaceFlag, dolbyVisionProfile },
      streams: streams.map(({ kind, codec }) => `${kind} ${codec}`),
      languages: streams.map(({ tags }) => tags['language']),
      covers: streams.filter(({ isCoverArt }) => isCoverArt).map(({ index }) => index),
      flags: streams.map(({ flags }) => FLAGS.filter((flag) => flags[flag]).join(' ')),
      speakers: streams.flatMap(({ speakers }) => (speakers ? [`${speakers.channels} ${speakers.layout}`] : [])),
      aspect: `${pixelAspect.num}:${pixelAspect.den}`,
      pixels: [pixels.bitDepth, pixels.chroma, pixels.hasAlpha, pixels.isFullRange].join(' '),
      colour: [colour.matrix, colour.primaries, colour.transfer, colour.range].join(' '),
      sideData: sideData.toSorted(),
      rate: Math.round((framesPerSecond ?? 0) * 1000) / 1000,
      duration:
        expected.duration && Math.abs(expected.duration - (found.duration ?? 0)) < 0.021
          ? expected.duration
          : found.duration,
      chapters: media.chapters.map(({ start, title }) => `${start} ${title}`),
      tags: Object.fromEntries(Object.keys(expected.tags ?? {}).map((name) => [name, media.tags[name]!])),
    };
    return Object.fromEntries(Object.keys(expected).map((name) => [name, whole[name as keyof Expected]]));
  }

  function reads(what: string, make: () => Promise<string>, expected: Expected, of2018: Expected = expected): void {
    let made: Promise<string> | undefined;
    for (const [way, ffmpeg] of ways)
      it(`${what}, ${way}`, async () => {
        const path = await (made ??= make());
        const isWrittenBy2018 = expected.flags !== undefined && !(await binary()).hasFpsMode; // it has no others
        const wanted = way === 'by the ffmpeg of 2018 alone' || isWrittenBy2018 ? of2018 : expected;
        assert.deepEqual(summary(await described(path, await ffmpeg()), wanted), wanted);
      });
  }

  const encoded =
    (name: string, ...options: readonly string[]) =>
    async (): Promise<string> => {
      await ff(...moving('64x48', '25', 10), ...options, at(name));
      return at(name);
    };

  reads('size, rate, duration and format', encoded('plain.mp4', '-pix_fmt', 'yuv420p', '-c:v', 'libx264'), {
    ...{ width: 64, height: 48, aspect: '1:1', rate: 25, duration: 0.4 },
    ...{
      streams: ['video h264'],
      pixels: '8 4:2:0 false false',
      colour: '   ',
      sideData: [],
      dolbyVisionProfile: null,
    },
  });
  for (const [container, codec] of [
    ['avi', 'mpeg4'],
    ['mkv', 'ffv1'],
    ['flv', 'flv1'],
    ['wmv', 'wmv2'],
  ] as const)
    reads(`the duration of .${container}`, encoded(`length.${container}`, '-c:v', codec, '-pix_fmt', 'yuv420p'), {
      duration: 0.4,
    });
  for (const [container, codec, margin] of [
    ['ts', 'libx264', 0.002],
    ['vob', 'mpeg2video', 0.002],
    ['mpg', 'mpeg1video', 0.002],
    ['avi', 'mpeg4', 0.021], // half a frame: its times count frames
  ] as const)
    it(`the duration of a short .${container} with sound that begins before, the same with every way`, async () => {
      const path = at(`short.${container}`);
      const sound = ['-f', 'lavfi', '-i', 'sine=d=0.4', '-c:a', 'mp2', '-c:v', codec, '-pix_fmt', 'yuv420p'];
      await ff(...moving('64x48', '25', 10), ...sound, path);
      const durations = await Promise.all(
        ways.map(async ([, ffmpeg]) => (await described(path, await ffmpeg())).duration ?? NaN),
      );
      for (const duration of durations) assert.ok(Math.abs(duration - durations[0]!) < margin, durations.join(' '));
    });
  reads('no duration where there is none', encoded('raw.h264', '-c:v', 'libx264'), { duration: null });

  reads(
    'all streams, also behind one of unknown kind',
    async () => {
      const sound = ['-f', 'lavfi', '-i', 'sine=d=0.4', '-map', '0', '-map', '1', '-map', '1'];
      await ff(
        ...moving('64x36', '25', 10),
        ...sound,
        '-c:v',
        'libx264',
        '-c:a',
        'mp2',
        '-f',
        'mpegts',
        at('known.ts'),
      );
      writeFileSync(at('unknown.ts'), withUnknownStream(readFileSync(at('known.ts'))));
      return at('unknown.ts');
    },
    { streams: ['video h264', 'unknown none', 'audio mp2'], width: 64, height: 36 },
  );

  reads(
    'covers and languages',
    async () => {
      await ff(...moving('16x16', '25', 1), at('cover.png'));
      const inputs = ['-f', 'lavfi', '-i', 'sine=d=0.4', '-i', at('cover.png'), '-map', '0', '-map', '1', '-map', '2'];
      const codecs = ['-c:v:0', 'libx264', '-c:a', 'aac', '-c:v:1', 'copy', '-disposition:v:1', 'attached_pic'];
      await ff(...moving('64x48', '25', 10), ...inputs, ...codecs, '-metadata:s:a:0', 'language=deu', at('cover.mp4'));
      return at('cover.mp4');
    },
    { streams: ['video h264', 'audio aac', 'video png'], covers: [2], languages: ['und', 'deu', undefined] },
  );

  for (const [container, texts, flags, of2018] of [
    [
      ...['mkv', 'srt'],
      ['default', 'hearing_impaired dub comment', 'visual_impaired original', 'forced', ''],
      ['default', '', '', 'forced', ''],
    ],
    [
      ...['mp4', 'mov_text'],
      ['default', 'default hearing_impaired dub comment', 'visual_impaired', 'default forced', ''],
      ['default', 'default', '', 'default', ''],
    ],
  ] as const)
    reads(
      `the flags of streams in .${container}`,
      async () => {
        writeFileSync(at('words.srt'), '1\n00:00:00,100 --> 00:00:00,300\nWords\n');
        const inputs = [...['-f', 'lavfi', '-i', 'sine=d=0.4'], '-i', at('words.srt')];
        const maps = [0, 1, 1, 2, 2].flatMap((input) => ['-map', String(input)]);
        const codecs = ['-c:v', 'libx264', '-c:a', 'aac', '-c:s', texts];
        const marks = ['default', 'hearing_impaired+dub+comment', 'visual_impaired+original', 'forced', '0'];
        const flagged = marks.flatMap((mark, i) => [`-disposition:${i}`, mark]);
        await ff(...moving('64x48', '25', 10), ...inputs, ...maps, ...codecs, ...flagged, at(`flags.${container}`));
        return at(`flags.${container}`);
      },
      { flags },
      { flags: of2018 },
    );

  reads(
    'loudspeakers, and those that players assume',
    async () => {
      const inputs = ['mono', 'stereo', 'quad', '5.1(side)', '7.1'].flatMap((layout) => [
        ...['-f', 'lavfi', '-i', `anullsrc=channel_layout=${layout},atrim=duration=0.1`],
      ]);
      const maps = [1, 2, 3, 4, 5, 3].flatMap((input) => ['-map', String(input)]);
      const codecs = ['-c:v', 'ffv1', '-c:a', 'flac', '-c:a:5', 'pcm_s16le'];
      await ff(
        ...moving('64x48', '25', 10),
        ...inputs,
        '-map',
        '0',
        ...maps,
        ...codecs,
        '-shortest',
        at('speakers.mkv'),
      );
      return at('speakers.mkv');
    },
    { speakers: ['1 mono', '2 stereo', '4 quad', '6 5.1(side)', '8 7.1', '4 4.0'] },
  );

  reads(
    'chapters, and metadata with the marks of its own format',
    async () => {
      writeFileSync(
        at('meta'),
        ';FFMETADATA1\ntitle=a\\=b\\;c\\#d\\\\e\\\nf\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=100\nEND=300\ntitle=One\n',
      );
      const inputs = ['-i', at('meta'), '-map', '0', '-map_metadata', '1', '-map_chapters', '1'];
      await ff(...moving('64x48', '25', 10), ...inputs, '-c:v', 'ffv1', at('chapters.mkv'));
      return at('chapters.mkv');
    },
    { chapters: ['0.1 One'], tags: { title: 'a=b;c#d\\e\nf' } },
  );

  reads(
    "QuickTime's metadata of phones",
    encoded(
      ...(['phone.mov', '-c:v', 'libx264', '-movflags', 'use_metadata_tags'] as const),
      ...['-metadata', 'com.apple.quicktime.make=Apple'],
    ),
    { tags: { 'com.apple.quicktime.make': 'Apple' } },
  );

  reads('HDR10', encoded('hdr.mp4', '-pix_fmt', 'yuv420p10le', ...X265, HDR10, '-tag:v', 'hvc1'), {
    pixels: '10 4:2:0 false false',
    colour: 'bt2020nc bt2020 smpte2084 tv',
    sideData: ['light', 'mastering'],
  });
  reads(
    'captions',
    async () => {
      await ff(...moving('64x48', '25', 10), '-c:v', 'mpeg2video', '-bf', '0', '-f', 'mpeg2video', at('plain.m2v'));
      writeFileSync(at('captions.m2v'), withCaptions(readFileSync(at('plain.m2v'))));
      return at('captions.m2v');
    },
    { sideData: ['captions'] },
  );

  reads(
    'interlaced HEVC',
    encoded('fields.mp4', '-vf', 'tinterlace=interleave_top', ...X265, 'interlace=tff:log-level=error'),
    { interlaceFlag: true },
  );
  reads('the full range of Motion JPEG', encoded('motion.avi', '-pix_fmt', 'yuvj422p', '-c:v', 'mjpeg'), {
    colour: 'bt470bg   pc',
  });
  for (const [name, pixels] of [
    ['yuv420p', '8 4:2:0 false false'],
    ['yuv422p10le', '10 4:2:2 false false'],
    ['yuv444p12le', '12 4:4:4 false false'],
    ['yuva444p', '8 4:4:4 false false'], // every pixel of the pattern is opaque
    ['gray', '8 gray false true'],
    ['bgra', '8 rgb false false'],
    ['gbrp10le', '10 rgb false false'],
    ['rgb48le', '16 rgb false false'],
  ] as const)
    reads(`the pixel format ${name}`, encoded(`${name}.mkv`, '-pix_fmt', name, '-c:v', 'ffv1', '-level', '3'), {
      pixels,
    });

  reads('rgb555le', encoded('rgb555.nut', '-pix_fmt', 'rgb555le', '-c:v', 'rawvideo'), {
    pixels: '8 rgb false false',
  });
  it('a format that ffmpeg cannot name is not taken for rgb555le, whose tag it gets', async () => {
    await encoded('deep.mov', '-pix_fmt', 'yuva444p10le', '-c:v', 'prores_ks')();
    const { pixels } = await described(at('deep.mov'), { ...(await bundled()), ffprobe: null });
    assert.deepEqual([pixels.chroma, pixels.bitDepth], ['4:4:4', 16]);
  });

  it('VP9 with transparency has alpha, though its decoder gives none', async function () {
    if (!(await binary()).encoders.has('libvpx-vp9')) this.skip();
    await encoded('alpha.webm', '-c:v', 'libvpx-vp9', '-pix_fmt', 'yuva420p')();
    for (const [, ffmpeg] of ways)
      assert.equal((await described(at('alpha.webm'), await ffmpeg())).pixels.hasAlpha, true);
  });

  it("the container's pixel aspect ratio beats the codec's, as in players", async () => {
    await ff(...moving('64x48', '25', 4), '-vf', 'setsar=1', '-c:v', 'libx264', at('square.mp4'));
    await ff('-i', at('square.mp4'), '-c', 'copy', '-aspect', '2:1', at('wide.mkv'));
    for (const [, ffmpeg] of ways) {
      const { pixelAspect } = await described(at('wide.mkv'), await ffmpeg());
      assert.equal((64 * pixelAspect.num) / (48 * pixelAspect.den), 2);
    }
  });

  it('a turned or mirrored video has the size that is displayed, with every way', async () => {
    await ff(...moving('64x48', '25', 4), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('straight.mp4'));
    for (const [name, matrix, size] of [
      ['left', [0, -1, 1, 0], [48, 64]],
      ['right', [0, 1, -1, 0], [48, 64]],
      ['half', [-1, 0, 0, -1], [64, 48]],
      ['mirrored', [-1, 0, 0, 1], [64, 48]],
      ['turned and mirrored', [0, 1, 1, 0], [48, 64]],
    ] as const) {
      const bytes = readFileSync(at('straight.mp4'));
      const track = bytes.indexOf('tkhd') + 4 + 40; // the matrix (14496-12, 8.3.2): a b u, c d v, x y w
      [matrix[0], matrix[1], 0, matrix[2], matrix[3]].forEach((value, i) =>
        bytes.writeInt32BE(value * 0x10000, track + i * 4),
      );
      writeFileSync(at(`${name}.mp4`), bytes);
      for (const [way, ffmpeg] of ways) {
        const { width, height } = await described(at(`${name}.mp4`), await ffmpeg());
        assert.deepEqual([width, height], size, `${name}, ${way}`);
      }
    }
  });

  it('Dolby Vision is known by its profile', async () => {
    const range = [
      '-pix_fmt',
      'yuv420p10le',
      ...X265,
      'log-level=error:range=full',
      '-color_range',
      'pc',
      '-tag:v',
      'hvc1',
    ];
    await encoded('base.mp4', ...range)();
    writeFileSync(at('vision.mp4'), withDolbyVision(readFileSync(at('base.mp4')), 5));
    for (const [way, ffmpeg] of ways) {
      // The ffmpeg of 2018 does not know it; `probe` then reads the box.
      const isKnown = (await ffmpeg()).hasFpsMode || way === 'by ffprobe';
      assert.equal((await described(at('vision.mp4'), await ffmpeg())).dolbyVisionProfile, isKnown ? 5 : null, way);
    }
  });

  it('a video without a frame says which stream is empty, and no video says so', async () => {
    await ff('-f', 'lavfi', '-i', 'sine=d=0.2', at('sound.wav'));
    writeFileSync(at('nothing.mp4'), 'nothing');
    for (const [, ffmpeg] of ways) {
      const sound = await describeVideo(await ffmpeg(), ['-i', `file:${at('sound.wav')}`], never);
      assert.ok('empty' in sound);
      assert.deepEqual([sound.empty, sound.media?.streams.length], [null, 1]);
      const nothing = await describeVideo(await ffmpeg(), ['-i', `file:${at('nothing.mp4')}`], never);
      assert.deepEqual(nothing, { media: null, empty: null });
    }
  });

  it('a file with many streams starts one ffmpeg after the other, beside that of the first frames', async function () {
    if (process.platform === 'win32') this.skip();
    const sounds = Array.from({ length: 6 }, () => ['-f', 'lavfi', '-i', 'sine=duration=0.1']).flat();
    const maps = Array.from({ length: 7 }, (_, i) => ['-map', `${i}`]).flat();
    await ff(...moving('64x36', '25', 3), ...sounds, ...maps, '-c:v', 'ffv1', '-c:a', 'flac', at('many.mkv'));
    const real = await binary();
    const path = at('counted');
    const script = `#!/bin/sh\necho + >> "$0.log"\n"${real.path}" "$@"\ncode=$?\necho - >> "$0.log"\nexit $code\n`;
    writeFileSync(path, script, { mode: 0o755 });
    const { media } = await described(at('many.mkv'), { ...real, path, ffprobe: null });
    assert.equal(media.streams.length, 7);
    const marks = readFileSync(`${path}.log`, 'utf8').trim().split('\n');
    assert.ok(marks.length > 20, 'each stream took some');
    const running = marks.map((_, i) => marks.slice(0, i + 1).reduce((sum, one) => sum + (one === '+' ? 1 : -1), 0));
    assert.equal(Math.max(...running), 2);
  });
});
