import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EarlierTrials } from '../../../../src/pipeline/jobs/restore/earlierTrials';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { describe as describeFile } from '../../../../src/pipeline/media/describe/describe';
import { timecodeOf } from '../../../../src/pipeline/media/describe/mediaInfo';
import { describeVideo, type VideoDescription } from '../../../../src/pipeline/media/describe/describeVideo';
import type { FfmpegBinary } from '../../../../src/pipeline/media/findFfmpeg';
import { type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { bundled, FFMPEGS, never } from '../../../support/segments';
import { withCaptions, withDolbyVision, withUnknownStream } from '../../../support/sourceKinds';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

const SOUND = ['-f', 'lavfi', '-i', 'sine=d=0.4:r=48000'];
const VIDEO = moving('64x48', '25', 10);

describe('the trial of an output', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  async function restore(
    input: string,
    output: string,
    changes: Partial<Job> = {},
    ffmpeg = binary,
    onModel = (): void => {},
    onProgress: (progress: Progress) => void = () => {},
    earlierTrials?: EarlierTrials,
  ): Promise<Result> {
    const job: Job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      input: at(input),
      output: at(output),
      overwrite: true,
      ...changes,
    };
    const openModel = async ({ depth }: { depth: 8 | 16 }) => {
      const model = nearest(1, { depth });
      return { ...model, run: (...args: Parameters<typeof model.run>) => (onModel(), model.run(...args)) };
    };
    const tools = { binary: await ffmpeg(), openModel, ...(earlierTrials && { earlierTrials }) };
    return restoreVideo(job, tools, never, onProgress);
  }

  /** Kind and codec of every stream of a file. */
  async function streamsOf(name: string): Promise<string[]> {
    const media = await describeFile(await binary(), ['-i', at(name)], never);
    return media!.streams.map(({ kind, codec, isCoverArt }) => `${isCoverArt ? 'cover' : kind} ${codec}`);
  }

  async function opened(name: string): Promise<VideoDescription> {
    const found = await describeVideo(await binary(), ['-i', at(name)], never);
    assert.ok(!('empty' in found));
    return found;
  }

  /** Decodes the sound of the whole file. */
  const soundOf = async (name: string): Promise<Buffer> =>
    ff('-i', at(name), '-map', '0:a:0', '-f', 's16le', '-ac', '1', '-ar', '48000', '-');

  /** Sound that no or not every container can hold, and what it becomes. */
  const SOUNDS: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] = [
    ['dvd.vob', ['-c:v', 'mpeg2video', '-c:a', 'pcm_dvd', '-ac', '2'], { mkv: 'flac', mov: 'pcm_s24le', mp4: 'aac' }],
    [
      'broadcast.ts',
      ['-c:v', 'mpeg2video', '-c:a', 's302m', '-strict', '-2', '-ac', '2'],
      { mkv: 'flac', mov: 'pcm_s24le', mp4: 'aac' },
    ],
    ['old.mov', ['-c:v', 'mpeg4', '-c:a', 'adpcm_ima_qt'], { mkv: 'aac', mov: 'aac', mp4: 'aac' }],
    ['bytes.mkv', ['-c:v', 'mpeg4', '-c:a', 'pcm_u8'], { mkv: 'pcm_u8', mov: 'pcm_u8', mp4: 'aac' }],
  ];
  for (const [input, codecs, becomes] of SOUNDS)
    for (const [name, ffmpeg] of FFMPEGS)
      it(`the sound of ${input} plays in every container, by ${name}`, async () => {
        await ff(...VIDEO, ...SOUND, ...codecs, at(input));
        const length = (await soundOf(input)).length;
        for (const [container, codec] of Object.entries(becomes)) {
          const { warnings } = await restore(input, `out.${container}`, {}, ffmpeg);
          assert.deepEqual(await streamsOf(`out.${container}`), ['video h264', `audio ${codec}`], container);
          const said = warnings.filter((warning) => /^Audio stream 1/.test(warning));
          assert.equal(said.length, (await streamsOf(input))[1] === `audio ${codec}` ? 0 : 1, said.join());
          const difference = Math.abs((await soundOf(`out.${container}`)).length - length) / 2 / 48_000;
          assert.ok(difference < 0.06, `${container}: ${difference} s`);
        }
      });

  it('a stream of unknown kind is left out with a warning, and the sound behind it is kept', async () => {
    const maps = ['-map', '0', '-map', '1', '-map', '1'];
    await ff(...VIDEO, ...SOUND, ...maps, '-c:v', 'libx264', '-c:a', 'mp2', '-f', 'mpegts', at('known.ts'));
    writeFileSync(at('unknown.ts'), withUnknownStream(readFileSync(at('known.ts'))));
    const { warnings } = await restore('unknown.ts', 'unknown.out.mkv');
    assert.deepEqual(warnings, ['Stream 1 (of unknown kind) is not supported in .mkv and was left out.']);
    assert.deepEqual(await streamsOf('unknown.out.mkv'), ['video h264', 'audio mp2']);
  });

  it('covers, subtitles, languages and fonts come into every container, or are named', async () => {
    await ff(...moving('16x16', '25', 1), at('cover.png'));
    writeFileSync(at('words.srt'), '1\n00:00:00,100 --> 00:00:00,300\nWords\n');
    const inputs = [...VIDEO, ...SOUND, '-i', at('words.srt'), '-i', at('cover.png')];
    const maps = ['-map', '0', '-map', '1', '-map', '2', '-map', '3', '-disposition:v:1', 'attached_pic'];
    const codecs = ['-c:v:0', 'libx264', '-c:a', 'aac', '-c:s', 'mov_text', '-c:v:1', 'copy'];
    const languages = ['-metadata:s:a:0', 'language=deu', '-metadata:s:s:0', 'language=fra'];
    await ff(...inputs, ...maps, ...codecs, ...languages, at('all.mp4'));
    for (const [name, ffmpeg] of FFMPEGS)
      for (const [container, streams, warnings] of [
        ['mp4', ['video h264', 'audio aac', 'subtitle mov_text', 'cover png'], []],
        ['mkv', ['video h264', 'audio aac', 'subtitle subrip', 'cover png'], []],
        [
          ...['mov', ['video h264', 'audio aac', 'subtitle mov_text']],
          ['Cover image 3 (png) is not supported in .mov and was left out. An .mkv output keeps it.'],
        ],
      ] as const) {
        const result = await restore('all.mp4', `all.out.${container}`, {}, ffmpeg);
        assert.deepEqual(await streamsOf(`all.out.${container}`), streams, name);
        assert.deepEqual(
          result.warnings.filter((warning) => !/ffmpeg of 2018/.test(warning)),
          warnings,
          name,
        );
        const { media } = await opened(`all.out.${container}`);
        assert.deepEqual(
          [media.streams[1]!.tags['language']!.replace('ger', 'deu'), media.streams[2]!.tags['language']],
          ['deu', 'fra'],
          name,
        );
      }
    await restore('all.out.mkv', 'again.mkv');
    assert.deepEqual(await streamsOf('again.mkv'), ['video h264', 'audio aac', 'subtitle subrip', 'cover png']);
    await restore('all.out.mkv', 'again.mp4');
    assert.deepEqual(await streamsOf('again.mp4'), ['video h264', 'audio aac', 'subtitle mov_text', 'cover png']);
  });

  it('marks of streams and loudspeakers are kept in every container, or are named', async () => {
    writeFileSync(at('words.srt'), '1\n00:00:00,100 --> 00:00:00,300\nWords\n');
    const maps = ['-i', at('words.srt'), ...['0', '1', '1', '2'].flatMap((input) => ['-map', input])];
    const marks = ['default', 'default', 'comment', 'forced'].flatMap((mark, i) => [`-disposition:${i}`, mark]);
    await ff(...VIDEO, ...SOUND, ...maps, '-c:v', 'libx264', '-c:a', 'aac', '-c:s', 'srt', ...marks, at('marked.mkv'));
    const comment = 'Audio stream 2 (aac) is no longer marked as comment.';
    const forced = 'Subtitle stream 3 (subrip) is no longer marked as forced.';
    const shown = 'Subtitle stream 3 (subrip) is marked as default; it was not.';
    const keeps = ' An .mkv output keeps it.';
    // Alone, the ffmpeg of 2018 knows no comments.
    const { ffprobe } = await bundled();
    const old = (said: string): string[] => (ffprobe ? [said] : []);
    for (const [name, ffmpeg, losses] of [
      [...FFMPEGS[0], { mkv: [], mp4: [shown], mov: [comment + keeps, forced + keeps, shown] }],
      [...FFMPEGS[1], { mkv: old(comment), mp4: [...old(comment + keeps), forced + keeps, shown] }],
    ] as const)
      for (const [container, said] of Object.entries(losses)) {
        const { warnings } = await restore('marked.mkv', `marked.out.${container}`, {}, ffmpeg);
        const own = warnings.filter((warning) => !/ffmpeg of 2018/.test(warning));
        assert.deepEqual(own, said, `${container}, ${name}`);
        const { streams } = (await opened(`marked.out.${container}`)).media;
        assert.deepEqual(
          streams.map(({ flags }) => flags.default),
          [true, true, false, container !== 'mkv'],
          `${container}, ${name}`,
        );
        assert.equal(streams[3]!.flags.forced, !said.some((each: string) => each.startsWith(forced)));
      }

    const quad = ['-f', 'lavfi', '-i', 'anullsrc=channel_layout=quad:d=0.4', '-c:v', 'libx264', '-c:a', 'pcm_s16le'];
    await ff(...VIDEO, ...quad, at('quad.mov'));
    assert.deepEqual((await restore('quad.mov', 'quad.out.mov')).warnings, []);
    assert.deepEqual((await restore('quad.mov', 'quad.out.mkv')).warnings, [
      'The loudspeakers quad of audio stream 1 (pcm_s16le) became 4.0 in .mkv.',
    ]);
  }).timeout(240_000);

  it('TTA, of which no decoder takes the first packet alone, is copied, also beside sound that cannot be decoded', async () => {
    const hasSonic = (await binary()).encoders.has('sonic'); // since ffmpeg 9 there is none
    const maps = ['0', '1', ...(hasSonic ? ['1'] : [])].flatMap((input) => ['-map', input]);
    const codecs = ['-c:v', 'libx264', '-c:a:0', 'tta', ...(hasSonic ? ['-c:a:1', 'sonic', '-strict', '-2'] : [])];
    await ff(...VIDEO, ...SOUND, ...maps, ...codecs, at('tta.mkv'));
    const { warnings } = await restore('tta.mkv', 'tta.out.mkv');
    const left = ['Audio stream 2 (sonic) is not supported in .mkv and was left out.'];
    assert.deepEqual(warnings, hasSonic ? left : []);
    assert.deepEqual(await streamsOf('tta.out.mkv'), ['video h264', 'audio tta']);
    const packets = (name: string) => ff('-i', at(name), '-map', '0:1', '-c', 'copy', '-f', 'md5', '-');
    assert.deepEqual(await packets('tta.out.mkv'), await packets('tta.mkv'));
  });

  it('styles of subtitles that get lost are named; an empty stream is named', async () => {
    writeFileSync(at('words.srt'), '1\n00:00:00,100 --> 00:00:00,300\nWords\n');
    const styled = ['-i', at('words.srt'), '-c:s', 'ass', '-c:v', 'libx264'];
    await ff(...VIDEO, ...styled, at('styled.mkv'));
    assert.deepEqual((await restore('styled.mkv', 'styled.mp4')).warnings, [
      'Subtitle stream 1 (ass) was converted to text without its styles (mov_text).',
      'Subtitle stream 1 (ass) is marked as default; it was not.',
    ]);
    assert.deepEqual((await restore('styled.mkv', 'styled.out.mkv')).warnings, []);
    writeFileSync(at('none.srt'), '');
    await ff(...VIDEO, ...SOUND, '-c:v', 'libx264', '-c:a', 'aac', '-t', '0.4', at('sound.mkv'));
    await ff(
      '-i',
      at('sound.mkv'),
      '-i',
      at('words.srt'),
      '-map',
      '0',
      '-map',
      '1',
      '-c',
      'copy',
      '-t',
      '0.05',
      at('empty.mkv'),
    );
    const { warnings } = await restore('empty.mkv', 'empty.out.mkv');
    assert.deepEqual(warnings, ['Subtitle stream 2 (subrip) is empty and was left out.']);
  });

  it('a timed metadata track is named; a time code track is written anew', async () => {
    await ff(...VIDEO, '-c:v', 'libx264', '-timecode', '01:00:00:00', at('code.mov'));
    const result = await restore('code.mov', 'code.out.mov');
    assert.deepEqual(result.warnings, []);
    assert.deepEqual((await opened('code.out.mov')).media.streams[0]!.tags['timecode'], '01:00:00:00');
    for (const container of ['mov', 'mp4', 'mkv']) {
      const cut = `code.cut.${container}`;
      assert.deepEqual((await restore('code.mov', cut, { trim: { start: 0.12, end: null } })).warnings, []);
      assert.equal(timecodeOf((await opened(cut)).media), '01:00:00:03');
    }
    const bytes = readFileSync(at('code.mov'));
    for (let i = bytes.indexOf('tmcd'); i >= 0; i = bytes.indexOf('tmcd', i)) bytes.write('mebx', i);
    writeFileSync(at('phone.mov'), bytes);
    for (const container of ['mov', 'mp4', 'mkv'])
      assert.match(
        (await restore('phone.mov', `phone.out.${container}`)).warnings.join(' '),
        /^Data stream 1 \(of unknown kind\)/,
      );
  });

  it('warnings are known before the first frame, and are those of the result', async () => {
    await ff(...VIDEO, ...SOUND, '-c:v', 'ffv1', '-c:a', 'flac', at('flac.mkv'));
    let early: readonly string[] | undefined;
    const onProgress = ({ frame, warnings }: Progress): void => {
      if (frame === 0) early ??= warnings;
    };
    const { warnings } = await restore('flac.mkv', 'flac.mp4', {}, binary, () => {}, onProgress);
    assert.match(warnings[0]!, /^Audio stream 1 \(flac\) is not supported in \.mp4; it was encoded as AAC/);
    assert.deepEqual(early, warnings);
  });

  it('of a video without other streams is not made again for one of the same kind: the result is the same', async () => {
    let trials = 0;
    class Counted extends EarlierTrials {
      override losses(...[key, find]: Parameters<EarlierTrials['losses']>): ReturnType<EarlierTrials['losses']> {
        return super.losses(key, () => (trials++, find()));
      }
    }
    const earlier = new Counted();
    await ff(...VIDEO, '-c:v', 'ffv1', '-pix_fmt', 'yuv444p', at('alone.mkv'));
    await ff(...VIDEO, ...SOUND, '-c:v', 'ffv1', '-pix_fmt', 'yuv444p', '-c:a', 'flac', at('heard.mkv'));
    const run = (name: string, kept?: EarlierTrials): Promise<Result> =>
      restore(
        name,
        'again.mp4',
        {},
        binary,
        () => {},
        () => {},
        kept,
      );
    const { warnings } = await run('alone.mkv');
    const bytes = readFileSync(at('again.mp4'));
    assert.equal(warnings.length, 1, warnings.join());
    for (const name of ['alone.mkv', 'alone.mkv']) {
      assert.deepEqual((await run(name, earlier)).warnings, warnings);
      assert.ok(readFileSync(at('again.mp4')).equals(bytes));
    }
    assert.equal(trials, 1);
    for (const name of ['heard.mkv', 'heard.mkv']) assert.equal((await run(name, earlier)).warnings.length, 2);
    assert.equal(trials, 1, 'sound is tried each time');
  });

  it('chapters and the metadata of phones are kept, and nothing is said', async () => {
    writeFileSync(at('meta'), ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=400\ntitle=One\n');
    const phone = [
      '-metadata',
      'com.apple.quicktime.make=Apple',
      '-metadata',
      'com.apple.quicktime.location.ISO6709=+48+011/',
    ];
    const inputs = ['-i', at('meta'), '-map', '0', '-map_chapters', '1', '-c:v', 'libx264'];
    await ff(...VIDEO, ...inputs, ...phone, '-movflags', 'use_metadata_tags', at('phone.mp4'));
    for (const [name, ffmpeg] of FFMPEGS)
      for (const container of ['mov', 'mp4', 'mkv']) {
        const { warnings } = await restore('phone.mp4', `chapters.${container}`, {}, ffmpeg);
        assert.deepEqual(
          warnings.filter((warning) => !/ffmpeg of 2018/.test(warning)),
          [],
          `${container} ${name}`,
        );
        const { media } = await opened(`chapters.${container}`);
        assert.deepEqual(
          [media.chapters[0]?.title, media.tags['com.apple.quicktime.make']],
          ['One', 'Apple'],
          `${container} ${name}`,
        );
      }
  });

  describe('colour', () => {
    const HLG = 'log-level=error:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc';
    before(async () => {
      const tags = ['-color_primaries', 'bt2020', '-color_trc', 'arib-std-b67', '-colorspace', 'bt2020nc'];
      await ff(...VIDEO, '-pix_fmt', 'yuv420p10le', '-c:v', 'libx265', '-x265-params', HLG, ...tags, at('hlg.mp4'));
    });
    for (const [name, ffmpeg] of FFMPEGS)
      for (const [codec, container] of [
        ['h264', 'mp4'],
        ['h265', 'mov'],
        ['prores', 'mov'],
        ['ffv1', 'mkv'],
      ] as const)
        it(`the tags of the source are in ${codec}, .${container}, by ${name}`, async () => {
          const { warnings } = await restore('hlg.mp4', `hlg.out.${container}`, { codec }, ffmpeg);
          const { colour } = await opened(`hlg.out.${container}`);
          assert.deepEqual(colour, { matrix: 'bt2020nc', primaries: 'bt2020', transfer: 'arib-std-b67', range: 'tv' });
          assert.match(warnings.join(' '), /HLG/);
          assert.doesNotMatch(warnings.join(' '), /could not be stored/);
        });
  });

  describe('what the frames lose is known before the first one:', () => {
    const tagged = (transfer: string): string[] => [
      ...['-vf', `setparams=color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc`],
      ...['-pix_fmt', 'yuv420p10le', '-c:v', 'ffv1'],
    ];
    const asStandard = (what: string): string =>
      `The video is ${what}; the model works on its samples as if they were standard video.`;
    const as = (format: string): string[] => ['-pix_fmt', format, '-c:v', 'ffv1'];
    const resolution = (what: string): string =>
      `The video is ${what}; the output is 4:2:0. H.264, H.265 and FFV1 keep its colour resolution with the pixel format yuv444p.`;
    const interlaced = ['-vf', 'tinterlace=interleave_top', '-c:v', 'mpeg2video', '-flags', '+ilme+ildct'];
    const KINDS: readonly (readonly [string, readonly string[], string])[] = [
      ['PQ', tagged('smpte2084'), asStandard('PQ (HDR)')],
      ['HLG', tagged('arib-std-b67'), asStandard('HLG (HDR)')],
      ['logarithmic transfer', tagged('log100'), asStandard('logarithmic')],
      ['logarithmic transfer of 316 to 1', tagged('log316'), asStandard('logarithmic')],
      ['linear transfer', tagged('linear'), asStandard('linear')],
      ['bits beyond 10', as('yuv420p12le'), 'The video has 12 bits per sample; the output has 10.'],
      ['4:2:2', as('yuv422p'), resolution('4:2:2')],
      ['4:4:4', as('yuv444p'), resolution('4:4:4')],
      ['fields', interlaced, 'The video is interlaced; each pair of fields became one frame.'],
    ];
    for (const [kind, options, said] of KINDS)
      it(kind, async () => {
        await ff(...moving('64x48', '50', 40), ...options, at('kind.mkv'));
        let early: readonly string[] | undefined;
        const onProgress = ({ frame, warnings }: Progress): void => {
          if (frame === 0) early = warnings ?? early;
        };
        const { warnings } = await restore('kind.mkv', 'kind.mp4', {}, binary, () => {}, onProgress);
        assert.deepEqual(warnings, [said]);
        assert.deepEqual(early, warnings);
      });
  });

  it('captions and transparency that get lost are named', async function () {
    await ff(...VIDEO, '-c:v', 'mpeg2video', '-bf', '0', '-f', 'mpeg2video', at('plain.m2v'));
    writeFileSync(at('captions.m2v'), withCaptions(readFileSync(at('plain.m2v'))));
    assert.deepEqual((await restore('captions.m2v', 'captions.mkv')).warnings, [
      'Closed captions in the video were lost.',
    ]);
    if (!(await binary()).encoders.has('libvpx-vp9')) this.skip();
    await ff(...VIDEO, '-c:v', 'libvpx-vp9', '-pix_fmt', 'yuva420p', at('alpha.webm'));
    assert.deepEqual((await restore('alpha.webm', 'alpha.mp4')).warnings, [
      'The transparency of the source was left out.',
    ]);
    const { warnings } = await restore('alpha.webm', 'alpha.mkv', { codec: 'ffv1' });
    assert.deepEqual(warnings, ['The transparency of the source was left out.']);
  });

  const refusedBefore = async (
    input: string,
    output: string,
    changes: Partial<Job>,
    code: string,
    message: RegExp,
    ffmpeg = binary,
  ) => {
    let frames = 0;
    await assert.rejects(
      restore(input, output, changes, ffmpeg, () => frames++),
      { code, message },
    );
    assert.equal(frames, 0);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    );
  };

  it('Dolby Vision is named, and its profile 5 refused before the first frame, also by the ffmpeg of 2018', async () => {
    const base = ['-pix_fmt', 'yuv420p10le', '-c:v', 'libx265', '-x265-params', 'log-level=error:range=full'];
    await ff(...VIDEO, ...base, '-color_range', 'pc', '-tag:v', 'hvc1', at('base.mp4'));
    writeFileSync(at('vision.mp4'), withDolbyVision(readFileSync(at('base.mp4')), 8));
    const { warnings } = await restore('vision.mp4', 'vision.out.mp4');
    assert.ok(warnings.includes('The metadata of Dolby Vision (profile 8) was lost.'), warnings.join());
    writeFileSync(at('vision.mp4'), withDolbyVision(readFileSync(at('base.mp4')), 5));
    const alone = async (): Promise<FfmpegBinary> => ({ ...(await bundled()), ffprobe: null });
    for (const ffmpeg of [binary, alone])
      await refusedBefore('vision.mp4', 'vision.out.mp4', {}, 'SOURCE_UNREADABLE', /Dolby Vision profile 5/, ffmpeg);
  });

  it('a codec that the container cannot hold is refused before the first frame', async () => {
    await ff(...VIDEO, '-c:v', 'libx264', at('plain.mp4'));
    const changes = { codec: 'custom', encoder: 'huffyuv', pixelFormat: 'yuv422p' } as const;
    await refusedBefore(
      'plain.mp4',
      'huff.mp4',
      changes,
      'BAD_SETTING',
      /huff\.mp4 cannot be written with these settings/,
    );
  });

  it('leaves only sources and outputs in the folder', () =>
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.') || name.includes('partial')),
      [],
    ));
});
