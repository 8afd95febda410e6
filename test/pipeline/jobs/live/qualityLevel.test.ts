import assert from 'node:assert/strict';
import { deferred } from '../../../../src/async/deferred';
import { RemasterError } from '../../../../src/errors';
import type { Model, ModelRequest } from '../../../../src/model/model';
import { CrossCameraBatch } from '../../../../src/pipeline/jobs/live/crossCameraBatch';
import type { CameraInfo } from '../../../../src/pipeline/jobs/live/cameraProbe';
import type { QualityStep } from '../../../../src/pipeline/jobs/live/qualityLadder';
import { openQualityLevel } from '../../../../src/pipeline/jobs/live/qualityLevel';
import { openQualityLevels } from '../../../../src/pipeline/jobs/live/qualityLevels';
import { resolveColour } from '../../../../src/pipeline/media/colour';
import type { RgbFrame } from '../../../../src/pipeline/media/frame';
import { nearest } from '../../../support/fakeModel';
import { liveJob, pattern } from './liveJob';

const never = new AbortController().signal;
const UNKNOWN = { matrix: null, primaries: null, transfer: null, range: null };

/** A frame of soft waves. */
function waves(width: number, height: number, shift = 0): RgbFrame {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++, at++) data[at] = 128 + 60 * Math.sin((x + shift) / 5 + c) + 50 * Math.cos(y / 4);
  return { width, height, data };
}
const WHOLE: QualityStep = { isFallback: false, steps: 1, size: 1, isRegionOnly: false, frameStep: 1 };

function infoOf({ width, height }: RgbFrame): CameraInfo {
  const colour = { matrix: null, primaries: null, transfer: null, range: null };
  const size = { width, height };
  return {
    ...{ ...size, sent: size, fps: null, pixelAspect: { num: 1, den: 1 }, isInterlaced: false },
    colour: resolveColour(colour, { ...size, pixels: { chroma: '4:2:0', isFullRange: false } }),
  };
}

describe('a quality level', () => {
  it('gives the model smaller frames, but not below 90 lines, and does not enlarge what comes out', async () => {
    for (const [width, height, scale, small, stored] of [
      [640, 360, null, [160, 90], [640, 360]],
      [320, 180, null, [160, 90], [640, 360]],
      [160, 90, null, [160, 90], [640, 360]],
      [640, 360, 1, [160, 90], [640, 360]],
      [640, 360, 0.5, [160, 90], [320, 180]],
    ] as const) {
      const step = { ...WHOLE, size: 0.25 };
      const way = openQualityLevel(nearest(4), null, { ...liveJob(pattern()), scale }, step, () => {}, assert.fail);
      assert.equal(way.lines, null);
      const frame = waves(width, height);
      const shown = await way.upscale(
        { info: infoOf(frame), index: 0, at: 0, data: frame.data },
        new CrossCameraBatch(1).join(),
        never,
      );
      assert.deepEqual([shown.width / 4, shown.height / 4], small);
      assert.deepEqual([shown.stored.width, shown.stored.height], stored);
      assert.equal(way.lines, small[1]);
    }
  });

  it('uses small tiles while only a corner changes, and the default when everything does', async () => {
    const sizes: number[] = [];
    const model: Model = {
      ...nearest(2),
      async run({ width, data }) {
        sizes.push(width);
        return new Uint8Array(4 * data.length);
      },
    };
    let changes = 0;
    const way = openQualityLevel(
      model,
      null,
      { ...liveJob(pattern()), tileCache: 0 },
      WHOLE,
      () => changes++,
      assert.fail,
    );
    const frame = waves(160, 128);
    const info = infoOf(frame);
    const show = async (index: number, isAll: boolean): Promise<void> => {
      const data = frame.data.slice().fill(index % 256, 0, isAll ? undefined : 30);
      await way.upscale({ info, index, at: 0, data }, new CrossCameraBatch(1).join(), never);
    };
    for (let n = 0; n < 40; n++) await show(n, false);
    assert.deepEqual([changes, sizes[0], sizes.at(-1)], [1, 160, 64]);
    for (let n = 40; n < 280; n++) await show(n, true);
    assert.deepEqual([changes, sizes.at(-1)], [2, 160]);
    for (let n = 280; n < 780; n++) await show(0, false);
    assert.equal(changes, 2, 'nothing changes, so nothing is to be gained');
  });

  it('says that memory ran out and tiles became smaller, of the frame and of the region', async () => {
    const model: Model = {
      ...nearest(2),
      async run({ width, data }) {
        if (width > 100) throw new RemasterError('GPU_OUT_OF_MEMORY', 'full');
        return new Uint8Array(4 * data.length);
      },
    };
    const frame = waves(320, 256);
    const colour = resolveColour(UNKNOWN, { ...frame, pixels: { chroma: '4:2:0', isFullRange: false } });
    const info = { ...frame, sent: frame, fps: null, pixelAspect: { num: 1, den: 1 }, isInterlaced: false, colour };
    const region = { left: 0, top: 0, width: 0.6, height: 0.6, when: 'always' } as const;
    for (const isRegionOnly of [false, true]) {
      const warnings: string[] = [];
      const settings = { ...liveJob(pattern()), tileCache: null, region };
      const level = openQualityLevel(
        model,
        null,
        settings,
        { ...WHOLE, isRegionOnly },
        () => {},
        (one) => warnings.push(one),
      );
      await level.upscale({ info, index: 7, at: 0, data: frame.data }, new CrossCameraBatch(1).join(), never);
      assert.match(warnings.at(-1)!, /^Memory ran out; tiles are \d+ pixels from frame 7 on\.$/);
    }
  });

  it('a model that is loaded when its camera is already closed is closed too', async () => {
    const disposed: (number | null)[] = [];
    const loading = deferred<void>();
    const tools = {
      async openModel({ steps }: ModelRequest) {
        if (steps !== null) await loading.promise;
        return {
          ...nearest(2, { steps: steps ?? 4 }),
          [Symbol.asyncDispose]: async () => void disposed.push(steps),
        };
      },
      openFaceFinder: () => assert.fail('no faces'),
    };
    const settings = { ...liveJob(pattern()), steps: null, overload: 'adapt', faces: 'aligned' } as const;
    const levels = await openQualityLevels(settings, tools, () => {}, assert.fail, new AbortController().signal);
    const fewer = levels.steps.find(({ steps }) => steps < 4)!;
    const late = levels.levelFor(fewer);
    await levels[Symbol.asyncDispose]();
    assert.deepEqual(disposed, [null]);
    loading.resolve();
    await assert.rejects(late, /closed/);
    assert.deepEqual(disposed, [null, fewer.steps]);
  });
});
