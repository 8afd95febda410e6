import assert from 'node:assert/strict';
import { canBeChosen, chooseModel } from '../../src/settings/chooseModel';
import type { ModelWants } from '../../src/settings/modelWish';
import type { FrameTraits, SourceTraits } from '../../src/settings/sourceTraits';

const ALL = ['inpaint', 'restore', 'x2', 'x4', 'x4-dossr', 'x4-live', 'x4-onestep'];
const NONE: ModelWants = { scale: null, steps: null, isMasked: false };
const camera: SourceTraits = { kind: 'camera' };

/** A clean, well coded, progressive video of 25 frames per second, with changes. */
const video = (width: number, height: number, changes: Partial<FrameTraits> = {}): FrameTraits => ({
  ...{ kind: 'video', width, height, framesPerSecond: 25, isInterlaced: false, codec: 'h264' },
  ...{ bitsPerPixel: 0.1, noise: 1, ...changes },
});

const image = (width: number, height: number, changes: Partial<FrameTraits> = {}): FrameTraits =>
  video(width, height, { kind: 'image', framesPerSecond: null, codec: 'jpeg', bitsPerPixel: 2, ...changes });

const SOURCES: readonly (readonly [what: string, source: SourceTraits, model: string, reason: RegExp])[] = [
  ['a camera', camera, 'x4-live', /a camera does not wait/],
  // tapes and DVDs
  [
    'a tape by DV',
    video(720, 576, { codec: 'dvvideo', isInterlaced: true, bitsPerPixel: 2.4 }),
    'x2',
    /as tapes and DVDs/,
  ],
  [
    'a noisy tape by DV',
    video(720, 576, { codec: 'dvvideo', isInterlaced: true, noise: 6 }),
    'restore',
    /noisy \(6\.0 of/,
  ],
  ['a tape as FFV1, deinterlaced', video(720, 576, { codec: 'ffv1', bitsPerPixel: 9 }), 'x2', /it is ffv1 at 720×576/],
  ['a noisy tape as FFV1', video(720, 576, { codec: 'ffv1', bitsPerPixel: 9, noise: 9 }), 'restore', /noisy/],
  [
    'an American tape',
    video(720, 486, { codec: 'v210', isInterlaced: true, framesPerSecond: 29.97 }),
    'x2',
    /interlaced/,
  ],
  [
    'a DVD of a broadcast',
    video(720, 576, { codec: 'mpeg2video', isInterlaced: true, bitsPerPixel: 0.4 }),
    'x2',
    /tapes and/,
  ],
  [
    'a DVD of cinema, with grain',
    video(720, 480, { codec: 'mpeg2video', framesPerSecond: 23.976, noise: 6 }),
    'x2',
    /mpeg2video/,
  ],
  [
    'a DVD of cinema, ruined',
    video(720, 480, { codec: 'mpeg2video', framesPerSecond: 24, noise: 12 }),
    'restore',
    /noisy/,
  ],
  ['a DVD with half of the columns', video(352, 576, { codec: 'mpeg2video', isInterlaced: true }), 'x2', /interlaced/],
  ['a tape as H.264, interlaced', video(640, 480, { isInterlaced: true }), 'x2', /interlaced at 640×480/],
  // small and middle videos of the web
  [
    'a small video of the web',
    video(320, 240, { codec: 'flv1', bitsPerPixel: 0.2 }),
    'x4',
    /it is small, with 320×240/,
  ],
  ['a noisy small video', video(320, 240, { noise: 10 }), 'x4', /small/],
  ['a video of 360 lines', video(640, 360), 'x4', /small/],
  ['a disc of MPEG-1', video(352, 288, { codec: 'mpeg1video', bitsPerPixel: 0.4 }), 'x4', /small/],
  ['a phone of 2008, upright', video(240, 320, { codec: 'h263' }), 'x4', /240×320/],
  ['a video of 480 lines', video(854, 480), 'x2', /twice 854×480 fills a screen/],
  ['an upright video of 480 columns', video(480, 854), 'x2', /twice 480×854/],
  ['a noisy video of 480 lines', video(640, 480, { noise: 6 }), 'x2', /twice 640×480/],
  // as large as a screen
  ['clean 720p', video(1280, 720), 'x2', /clean at 1280×720/],
  ['noisy 720p', video(1280, 720, { noise: 5.5 }), 'restore', /large enough at 1280×720, and noisy/],
  ['wide 720p, noisy', video(1280, 534, { noise: 5.5 }), 'restore', /noisy/],
  ['starved 720p', video(1280, 720, { bitsPerPixel: 0.02 }), 'restore', /strongly compressed \(0\.020 bits/],
  ['the same bits by H.265, which needs fewer', video(1280, 720, { codec: 'hevc', bitsPerPixel: 0.02 }), 'x2', /clean/],
  [
    'the same bits by MPEG-4, which needs more',
    video(1280, 720, { codec: 'mpeg4', bitsPerPixel: 0.04 }),
    'restore',
    /compressed/,
  ],
  ['a camcorder, 1080i', video(1920, 1080, { isInterlaced: true, noise: 4.5 }), 'restore', /noisy/],
  ['cinema in 1080p, with grain', video(1920, 1080, { framesPerSecond: 23.976, noise: 6 }), 'x2', /clean/],
  [
    'broadcast in 1080i of 24, no cinema',
    video(1920, 1080, { framesPerSecond: 24, isInterlaced: true, noise: 6 }),
    'restore',
    /noisy/,
  ],
  ['clean 2160p', video(3840, 2160), 'restore', /large already, with 3840×2160/],
  [
    'nothing known but the size',
    video(1280, 720, { framesPerSecond: null, bitsPerPixel: null, noise: null }),
    'x2',
    /clean/,
  ],
  ['a codec of which nothing is known', video(1280, 720, { codec: 'cinepak', bitsPerPixel: 0.001 }), 'x2', /clean/],
  // images
  ['a photograph of a megapixel', image(1200, 900), 'x4', /it has 1200×900 pixels/],
  ['a photograph of 6 megapixels', image(3000, 2000, { noise: 9 }), 'x2', /3000×2000/],
  ['a noisy photograph of 12 megapixels', image(4000, 3000, { noise: 9 }), 'restore', /4000×3000 pixels and noisy/],
  ['a strongly compressed one', image(4000, 3000, { bitsPerPixel: 0.4 }), 'restore', /pixels and strongly/],
  ['a clean one', image(4000, 3000), 'x2', /4000×3000 pixels$/],
];

describe('chooseModel', () => {
  for (const [what, source, expected, why] of SOURCES) {
    it(`${what}: ${expected}`, () => {
      const { model, reason } = chooseModel(source, NONE, ALL);
      assert.equal(model, expected);
      assert.match(reason, why);
      assert.ok(canBeChosen(model));
    });
  }

  it('settings come before the looks of the source', () => {
    const of = (source: SourceTraits, wants: Partial<ModelWants>): string =>
      chooseModel(source, { ...NONE, ...wants }, ALL).model;
    const tape = video(720, 576, { isInterlaced: true, noise: 9 });
    assert.deepEqual(
      [0.5, 1, 1.5, 2, 3, 4].map((scale) => of(tape, { scale })),
      ['restore', 'restore', 'x2', 'x2', 'x4', 'x4'],
    );
    assert.equal(of(tape, { isMasked: true }), 'inpaint');
    assert.deepEqual([of(camera, { steps: 1 }), of(camera, { steps: 4 })], ['x4-live', 'x4']); // the quick one has one step
    assert.equal(of(camera, { scale: 2 }), 'x4-live'); // and makes it smaller again
    assert.deepEqual([of(tape, { scale: 8 }), of(tape, { steps: 15 })], ['x4', 'restore']); // which then says why not
  });

  it('a model that is not installed is replaced by the next that is, and named', () => {
    const tape = video(720, 576, { isInterlaced: true });
    const without = (...names: string[]) =>
      chooseModel(
        tape,
        NONE,
        ALL.filter((name) => !names.includes(name)),
      );
    assert.equal(without('x2').model, 'x4');
    assert.match(without('x2').reason, /as tapes and DVDs are; x2 suits it better, but is not installed$/);
    assert.equal(without('x2', 'x4', 'x4-live').model, 'restore');
    const of4 = { ...NONE, scale: 4 };
    assert.equal(chooseModel(tape, of4, ['x2', 'x4-live', 'restore']).model, 'x4-live'); // x2 is too small
    assert.throws(() => chooseModel(tape, NONE, ['x4-dossr', 'mine']), {
      code: 'MODEL_NOT_FOUND',
      message: /x2, x4, x4-live, restore, none is installed/,
    });
  });

  it('research is never chosen, and neither is a path or a model of a user', () => {
    for (const name of ['x4-dossr', 'x4-onestep', './x4', 'auto', 'toString']) assert.ok(!canBeChosen(name), name);
  });
});
