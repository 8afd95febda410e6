import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VideoDescription } from '../../../src/pipeline/media/describe/describeVideo';
import type { StreamInfo } from '../../../src/pipeline/media/describe/mediaInfo';
import type { CarriedSpans, Made } from '../../../src/pipeline/media/losses/made';
import { LOSSES, whatIsLost } from '../../../src/pipeline/media/whatIsLost';
import { root } from '../../support/root';

const stream = (
  index: number,
  kind: StreamInfo['kind'],
  codec: string,
  changes: Partial<StreamInfo> = {},
): StreamInfo => ({
  ...{
    index,
    kind,
    codec,
    isCoverArt: false,
    tags: {},
    timeBase: { num: 1, den: 1000 },
    start: 0,
    video: null,
    flags: {},
    speakers: null,
  },
  ...changes,
});

const VIDEO = stream(0, 'video', 'h264');
const SOUND = stream(1, 'audio', 'aac', { tags: { language: 'deu' } });

/** A video with sound, as source and as result. */
const SAME: VideoDescription = {
  media: { streams: [VIDEO, SOUND], chapters: [], tags: { title: 'Two' }, duration: 1 },
  ...{ stream: 0, codec: 'h264', width: 64, height: 48, pixelAspect: { num: 1, den: 1 } },
  pixels: { bitDepth: 8, hasAlpha: false, isFullRange: false, chroma: '4:2:0' },
  colour: { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' },
  ...{ sideData: [], dolbyVisionProfile: null, timeBase: { num: 1, den: 1000 } },
  ...{ framesPerSecond: 25, duration: 1, interlaceFlag: false },
};

const MADE: Made = {
  source: SAME,
  isInterlaced: false,
  streams: { carried: [{ stream: SOUND, treatment: { codec: 'copy', becomes: null } }], left: [] },
  container: 'mp4',
  colour: { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' },
  ...{ extras: true, isCut: false },
};

type Change = readonly [
  Partial<Omit<Made, 'source'>>,
  Partial<VideoDescription>,
  Partial<VideoDescription>,
  (CarriedSpans | null)?,
];

const span = (count: number, seconds: number) => ({ count, seconds });
const WORDS = stream(1, 'subtitle', 'subrip');
const COPY = { codec: 'copy', becomes: null };
const carried = (...streams: StreamInfo[]) => ({
  streams: { left: [], carried: streams.map((each) => ({ stream: each, treatment: COPY })) },
});
const PCM = stream(1, 'audio', 'pcm_s16le', { speakers: { channels: 4, layout: 'quad' } });
const pcm = (channels: number, layout: string | null): StreamInfo => ({ ...PCM, speakers: { channels, layout } });
const FORCED = { ...WORDS, flags: { default: false, forced: true, comment: true, dub: false } };
const media = (changes: Partial<VideoDescription['media']>) => ({ media: { ...SAME.media, ...changes } });

/** For each kind: changes of how it was made, of the source and of the result, and the message. */
const CASES: Readonly<Record<string, readonly (readonly [Change, string])[]>> = {
  left: [
    [
      [{ streams: { ...MADE.streams, left: [{ stream: stream(2, 'subtitle', 'xsub'), why: 'unsupported' }] } }, {}, {}],
      'Subtitle stream 2 (xsub) is not supported in .mp4 and was left out. An .mkv output keeps it.',
    ],
    [
      [{ streams: { ...MADE.streams, left: [{ stream: stream(2, 'unknown', 'none'), why: 'unsupported' }] } }, {}, {}],
      'Stream 2 (of unknown kind) is not supported in .mp4 and was left out.',
    ],
    [
      [{ streams: { ...MADE.streams, left: [{ stream: stream(2, 'subtitle', 'ass'), why: 'empty' }] } }, {}, {}],
      'Subtitle stream 2 (ass) is empty and was left out.',
    ],
    [
      [{ streams: { ...MADE.streams, left: [{ stream: stream(2, 'video', 'hevc'), why: 'unsupported' }] } }, {}, {}],
      'Video stream 2 (hevc) was left out: only the first video is restored.',
    ],
    [
      [
        {
          container: 'mkv',
          streams: {
            ...MADE.streams,
            left: [{ stream: stream(2, 'video', 'tiff', { isCoverArt: true }), why: 'unsupported' }],
          },
        },
        {},
        {},
      ],
      'Cover image 2 (tiff) is not supported in .mkv and was left out.',
    ],
  ],
  converted: [
    [
      [{ streams: { left: [], carried: [{ stream: SOUND, treatment: { codec: 'aac', becomes: 'AAC' } }] } }, {}, {}],
      'Audio stream 1 (aac) is not supported in .mp4; it was encoded as AAC.',
    ],
    [
      [
        {
          streams: {
            left: [],
            carried: [
              {
                stream: stream(2, 'subtitle', 'ass'),
                treatment: { codec: 'mov_text', becomes: 'text without its styles' },
              },
            ],
          },
        },
        {},
        media({ streams: [VIDEO, stream(1, 'subtitle', 'mov_text')] }),
      ],
      'Subtitle stream 2 (ass) was converted to text without its styles (mov_text).',
    ],
  ],
  streams: [
    [
      [{}, media({ streams: [VIDEO, { ...SOUND, tags: {} }] }), media({ streams: [VIDEO] })],
      'Audio stream 1 (aac) is missing in the output.',
    ],
  ],
  lengths: [
    [
      [{}, {}, {}, [{ source: span(100, 2), result: span(80, 1.49) }]],
      'Audio stream 1 (aac) lasts 1.49 s in the output instead of 2.00 s.',
    ],
    [
      [
        { streams: { left: [], carried: [{ stream: WORDS, treatment: { codec: 'copy', becomes: null } }] } },
        {},
        media({ streams: [VIDEO, WORDS] }),
        [{ source: span(5, 2), result: span(4, 2) }],
      ],
      'Subtitle stream 1 (subrip) has 4 texts in the output instead of 5.',
    ],
  ],
  languages: [
    [
      [{}, {}, media({ streams: [VIDEO, { ...SOUND, tags: {} }] })],
      'The language deu of audio stream 1 (aac) was lost.',
    ],
  ],
  flags: [
    [
      [
        carried(FORCED),
        {},
        media({
          streams: [VIDEO, { ...FORCED, flags: { default: false, forced: false, comment: false, dub: false } }],
        }),
      ],
      'Subtitle stream 1 (subrip) is no longer marked as forced, comment. An .mkv output keeps it.',
    ],
    [
      [carried(FORCED), {}, media({ streams: [VIDEO, { ...FORCED, flags: { ...FORCED.flags, default: true } }] })],
      'Subtitle stream 1 (subrip) is marked as default; it was not.',
    ],
    [
      [
        carried({ ...SOUND, flags: { default: false } }),
        media({ streams: [VIDEO, { ...SOUND, flags: { default: false } }, { ...SOUND, flags: { default: true } }] }),
        media({ streams: [VIDEO, { ...SOUND, flags: { default: true } }] }),
      ],
      'Audio stream 1 (aac) is marked as default; it was not.',
    ],
    [
      [
        carried({ ...SOUND, flags: { dub: false } }),
        {},
        media({ streams: [VIDEO, { ...SOUND, flags: { dub: true } }] }),
      ],
      'Audio stream 1 (aac) is marked as dub; it was not.',
    ],
    [
      [
        {},
        media({ streams: [{ ...VIDEO, flags: { hearing_impaired: true } }, SOUND] }),
        media({ streams: [{ ...VIDEO, flags: { hearing_impaired: false } }, SOUND] }),
      ],
      'Video stream 0 (h264) is no longer marked as hearing impaired. An .mkv output keeps it.',
    ],
  ],
  speakers: [
    [
      [carried(PCM), {}, media({ streams: [VIDEO, pcm(4, '4.0')] })],
      'The loudspeakers quad of audio stream 1 (pcm_s16le) became 4.0 in .mp4.',
    ],
    [
      [carried(PCM), {}, media({ streams: [VIDEO, pcm(2, 'stereo')] })],
      'Audio stream 1 (pcm_s16le) has 2 channels in the output instead of 4.',
    ],
  ],
  colour: [
    [
      [{}, {}, { colour: { ...SAME.colour, transfer: null } }],
      'The transfer characteristics bt709 could not be stored in .mp4 with this codec.',
    ],
    [
      [{}, {}, { colour: { ...SAME.colour, matrix: 'bt470bg' } }],
      'The colour matrix bt709 could not be stored in .mp4 with this codec.',
    ],
    [
      [{ colour: { ...MADE.colour, range: 'pc' } }, {}, {}],
      'The colour range pc could not be stored in .mp4 with this codec.',
    ],
  ],
  hdr: [
    [
      [{}, { colour: { ...SAME.colour, transfer: 'smpte2084' } }, {}],
      'The video is PQ (HDR); the model works on its samples as if they were standard video.',
    ],
  ],
  mastering: [[[{}, { sideData: ['mastering'] }, {}], 'The mastering display of HDR10 was lost.']],
  light: [[[{}, { sideData: ['light'] }, {}], 'The light levels of HDR10 were lost.']],
  hdr10plus: [[[{}, { sideData: ['hdr10plus'] }, {}], 'The dynamic metadata of HDR10+ was lost.']],
  dolbyVision: [[[{}, { dolbyVisionProfile: 8 }, {}], 'The metadata of Dolby Vision (profile 8) was lost.']],
  dolbyVision5: [
    [
      [{}, { dolbyVisionProfile: 5 }, {}],
      'its colours are those of Dolby Vision profile 5, which ffmpeg cannot decode',
    ],
  ],
  matrix: [[[{}, { colour: { ...SAME.colour, matrix: 'ycgco' } }, {}], 'its colour matrix ycgco is not supported']],
  captions: [[[{}, { sideData: ['captions'] }, {}], 'Closed captions in the video were lost.']],
  stereo: [[[{}, { sideData: ['stereo'] }, {}], 'The layout of the stereoscopic video was lost.']],
  spherical: [[[{}, { sideData: ['spherical'] }, {}], 'The projection of the spherical video was lost.']],
  fields: [[[{ isInterlaced: true }, {}, {}], 'The video is interlaced; each pair of fields became one frame.']],
  depth: [
    [
      [{}, { pixels: { ...SAME.pixels, bitDepth: 12 } }, { pixels: { ...SAME.pixels, bitDepth: 10 } }],
      'The video has 12 bits per sample; the output has 10.',
    ],
  ],
  subsampling: [
    [
      [{}, { pixels: { ...SAME.pixels, chroma: '4:2:2' } }, {}],
      'The video is 4:2:2; the output is 4:2:0. H.264, H.265 and FFV1 keep its colour resolution with the pixel format yuv444p.',
    ],
  ],
  alpha: [[[{}, { pixels: { ...SAME.pixels, hasAlpha: true } }, {}], 'The transparency of the source was left out.']],
  aspect: [[[{}, { pixelAspect: { num: 16, den: 15 } }, {}], 'The pixel aspect ratio 16:15 could not be stored.']],
  chapters: [
    [[{}, media({ chapters: [{ start: 0, title: 'One' }] }), {}], '1 chapters were lost.'],
    [
      [{}, media({ chapters: [{ start: 1, title: 'One' }] }), media({ chapters: [{ start: 0, title: 'One' }] }), []],
      'The chapter “One” starts at another time: .mp4 has no gaps.',
    ],
  ],
  metadata: [
    [
      [{}, media({ tags: { title: 'Two', 'com.apple.quicktime.make': 'Apple', encoder: 'x' } }), {}],
      'Metadata could not be stored in .mp4: com.apple.quicktime.make. An .mkv output keeps it.',
    ],
  ],
  timecode: [[[{}, media({ tags: { timecode: '01:00:00:00' } }), {}], 'The time code 01:00:00:00 was lost.']],
};

const lost = ([made, source, result, spans = null]: Change) =>
  whatIsLost({ ...MADE, ...made, source: { ...SAME, ...source } }, { ...SAME, ...result }, spans);

describe('whatIsLost', () => {
  it('finds nothing between a source and the same result', () => assert.deepEqual(lost([{}, {}, {}]), []));

  for (const { kind, verdict } of LOSSES)
    it(`${kind}: each difference is said once, and no other`, () => {
      assert.ok(CASES[kind], `no case for ${kind}`);
      for (const [change, message] of CASES[kind]) assert.deepEqual(lost(change), [{ kind, verdict, message }]);
    });

  it('a property that is kept or not wanted is not lost', () => {
    assert.deepEqual(lost([{}, {}, {}, [{ source: span(100, 2), result: span(80, 1.5) }]]), []);
    const words = { streams: { left: [], carried: [{ stream: WORDS, treatment: { codec: 'copy', becomes: null } }] } };
    const subtitled = media({ streams: [VIDEO, WORDS] });
    assert.deepEqual(lost([words, {}, subtitled, [{ source: span(5, 2), result: span(5, 2) }]]), []);
    assert.deepEqual(lost([{}, {}, {}, [{ source: null, result: span(80, 1.5) }]]), []);
    const unmarked = { ...FORCED, flags: { default: false } };
    assert.deepEqual(lost([carried(FORCED), {}, media({ streams: [VIDEO, unmarked] })]), [], 'flags that are unknown');
    const [silent, chosen] = [false, true].map((isDefault) => ({ ...SOUND, flags: { default: isDefault } }));
    const only = media({ streams: [VIDEO, chosen!] });
    assert.deepEqual(
      lost([carried(silent!), media({ streams: [VIDEO, silent!] }), only]),
      [],
      'players play the only sound',
    );
    for (const [before, after] of [
      [pcm(6, '5.1(side)'), pcm(6, '5.1')],
      [pcm(16, null), pcm(16, 'hexadecagonal')],
      [{ ...PCM, speakers: null }, PCM],
      [PCM, { ...PCM, speakers: null }],
      [
        { ...PCM, codec: 'flac' },
        { ...pcm(4, '4.0'), codec: 'flac' },
      ],
    ] as const)
      assert.deepEqual(lost([carried(before), {}, media({ streams: [VIDEO, after] })]), []);
    const hdr = { sideData: ['mastering', 'light', 'captions'] } as const;
    assert.deepEqual(lost([{}, hdr, hdr]), []);
    const chapters = media({ chapters: [{ start: 0, title: 'One' }], tags: { timecode: '01:00:00:00' } });
    assert.deepEqual(lost([{ extras: false }, chapters, {}]), []);
    assert.deepEqual(lost([{ isCut: true }, chapters, {}]), []);
    assert.deepEqual(lost([{}, {}, { colour: { ...SAME.colour, range: null } }]), [], 'limited is what players assume');
    const rgb = {
      pixels: { ...SAME.pixels, chroma: 'rgb' },
      colour: { ...SAME.colour, matrix: null, range: null },
    } as const;
    assert.deepEqual(lost([{ colour: { ...MADE.colour, matrix: 'gbr', range: 'pc' } }, rgb, rgb]), []);
    assert.deepEqual(lost([{}, {}, { pixels: { ...SAME.pixels, bitDepth: 10, chroma: '4:4:4' } }]), []);
  });

  it('the table in docs/losses.md lists every kind', () => {
    const page = readFileSync(join(root, 'docs', 'losses.md'), 'utf8');
    const rows = [...page.matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\| (a warning|refused)/gm)].map(([, ...cells]) => cells);
    const expected = LOSSES.map(({ what, outcome, verdict }) => [
      what,
      outcome,
      verdict === 'warned' ? 'a warning' : verdict,
    ]);
    assert.deepEqual(rows, expected, 'run: node scripts/tables.js');
  });
});
