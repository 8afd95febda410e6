import assert from 'node:assert/strict';
import type { Model } from '../../../src/model/model';
import { TileCache } from '../../../src/pipeline/frames/tileCache';
import { tileProcessor, type TileSettings } from '../../../src/pipeline/frames/upscaleTiles';
import type { Frame } from '../../../src/pipeline/media/frame';
import { nearest } from '../../support/fakeModel';

const [WIDTH, HEIGHT] = [150, 90];
const never = new AbortController().signal;
const EXACT: TileSettings = {
  tile: 32,
  overlap: 8,
  colorFix: null,
  noise: 'shared',
  tileCache: 0,
  segment: 4,
};

/** Pseudo-random numbers, equal in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A static scene with occasional changes, and a cut in the middle. */
function video(count: number, depth: 8 | 16 = 8, by = 255): Frame[] {
  const next = random(7);
  const data = new Uint8Array((WIDTH * HEIGHT * 3 * depth) / 8).map(() => 128 * next());
  return Array.from({ length: count }, (_, index) => {
    if (index % 3 > 0) {
      const [x, y] = [Math.floor(next() * (WIDTH - 4)), Math.floor(next() * (HEIGHT - 4))];
      for (let row = y; row < y + 4; row++) {
        const from = ((row * WIDTH + x) * 3 * depth) / 8;
        for (let i = from; i < from + 12; i += depth / 8) data[i] = (data[i]! + by) % 256;
      }
    }
    const scene = index < count / 2 ? 0 : Math.ceil(count / 2);
    return { index, pts: index, scene, width: WIDTH, height: HEIGHT, depth, data: data.slice() };
  });
}

/** A model whose pixels depend on their position, the scene and the whole tile; counts the inferred tiles. */
function watched(depth: 8 | 16 = 8): Model & { readonly tiles: { x: number; y: number; frame: number }[] } {
  const model = nearest(2, { depth });
  const tiles: { x: number; y: number; frame: number }[] = [];
  return {
    ...model,
    tiles,
    async run(batch, signal) {
      tiles.push(...batch.keys.map(({ x, y, frame }) => ({ x, y, frame })));
      const size = batch.data.length / batch.keys.length;
      const data = batch.data.map((value, i) => {
        const n = Math.floor(i / size);
        const key = batch.keys[n]!;
        return value + batch.data[n * size + ((i * 31) % size)]! + key.x + 3 * key.y + 7 * key.scene;
      });
      return model.run({ ...batch, data }, signal);
    },
  };
}

async function through(
  frames: readonly Frame[],
  settings: TileSettings,
  group = 1,
  first = 0,
): Promise<{ output: Frame[]; tiles: number; model: ReturnType<typeof watched> }> {
  const model = watched(frames[0]!.depth);
  const enhance = tileProcessor(model, { width: WIDTH, height: HEIGHT }, settings, assert.fail, first);
  const output: Frame[] = [];
  for (let n = 0; n < frames.length; n += group) {
    output.push(...(await enhance.run(structuredClone(frames.slice(n, n + group)), never)));
  }
  return { output, tiles: model.tiles.length, model };
}

describe('TileCache', () => {
  for (const depth of [8, 16] as const) {
    for (const [name, tile] of [
      ['tiles', 32],
      ['whole frames', null],
    ] as const) {
      // prettier-ignore
      it(`gives bit-identical output, ${name}, ${depth} bit, in batches of 1, 2 and 5`, async () => {
        const frames = video(24, depth);
        const all = await through(frames, { ...EXACT, tile, tileCache: null });
        for (const group of [1, 2, 5]) {
          const some = await through(frames, { ...EXACT, tile }, group);
          assert.deepEqual(some.output, all.output);
          assert.ok(some.tiles <= (tile === null ? 0.75 : 0.3) * all.tiles, `${some.tiles} of ${all.tiles}`);
        }
      });
    }
  }

  it('infers a tile once for all equal frames of a scene, and again after a cut', async () => {
    const [first] = video(1);
    const frames = Array.from({ length: 9 }, (_, n) => ({ ...first!, index: n, pts: n, scene: n < 6 ? 0 : 6 }));
    const { model } = await through(frames, { ...EXACT, tile: null });
    assert.deepEqual(model.tiles, [{ x: 0, y: 0, frame: 0 }, { x: 0, y: 0, frame: 6 }]); // prettier-ignore
  });

  it('is off with independent noise', async () => {
    const frames = video(6);
    for (const noise of ['independent', 'mixed'] as const) {
      const { tiles } = await through(frames, { ...EXACT, noise });
      assert.equal(tiles, (await through(frames, { ...EXACT, tileCache: null })).tiles);
    }
  });

  it('reports its savings', async () => {
    const frames = video(12);
    const model = nearest(2, { pauseMs: 5 });
    const enhance = tileProcessor(model, { width: WIDTH, height: HEIGHT }, EXACT, assert.fail);
    assert.deepEqual(enhance.cacheStats, { share: 0, speedup: 1 });
    for (const frame of frames) await enhance.run([frame], never);
    const saved = enhance.cacheStats ?? assert.fail();
    assert.ok(saved.share > 0.6 && saved.share < 1, String(saved.share));
    assert.ok(saved.speedup > 1);
    const forgetful = tileProcessor(
      model,
      { width: WIDTH, height: HEIGHT },
      { ...EXACT, tileCache: null },
      assert.fail,
    );
    assert.equal(forgetful.cacheStats, null);
  });

  it('compares with the last inferred tile, so that tolerated differences cannot accumulate', async () => {
    const still = video(1)[0]!;
    // One level per frame adds up to ten.
    const creeping = Array.from({ length: 10 }, (_, n) => ({
      ...still,
      index: n,
      pts: n,
      data: still.data.map((value) => value + n),
    }));
    const { model } = await through(creeping, { ...EXACT, tile: null, tileCache: 2, segment: 1000 });
    assert.deepEqual(model.tiles.map(({ frame }) => frame), [0, 3, 6, 9]); // prettier-ignore
  });

  it('with a tolerance, infers all tiles again at every segment, so that a resume is not visible', async () => {
    const frames = video(12, 8, 1);
    const settings = { ...EXACT, tileCache: 2 };
    const all = await through(frames, settings);
    for (const resumed of [4, 8]) {
      const rest = await through(frames.slice(resumed), settings, 1, resumed);
      assert.deepEqual(rest.output, all.output.slice(resumed));
    }
    assert.ok(all.tiles < (await through(frames, { ...settings, tileCache: null })).tiles);
  });

  it('infers a tile again when its mask changes', async () => {
    const still = video(1)[0]!;
    const frames = Array.from({ length: 4 }, (_, n) => ({
      ...still,
      index: n,
      pts: n,
      mask: new Uint8Array(WIDTH * HEIGHT).fill(255, n < 2 ? 0 : 10),
    }));
    const { model } = await through(frames, { ...EXACT, tile: null });
    assert.deepEqual(model.tiles.map(({ frame }) => frame), [0, 2]); // prettier-ignore
  });

  describe('the tolerance', () => {
    const place = { x: 1, y: 1, width: 2, height: 2 };
    const frame = (data: Uint8Array, depth: 8 | 16 = 8): Frame => ({
      ...{ index: 0, pts: 0, scene: 0, width: 4, height: 4, depth, data },
    });
    /** Whether a tile counts as changed after one of its samples has become larger by `by`, or smaller. */
    function notices(depth: 8 | 16, tolerance: number, by: number, at = 0): boolean {
      const cache = new TileCache({ tolerance, refresh: 1000, first: 1 });
      const samples = Array.from({ length: 48 }, () => 20_000);
      const bytes = (values: readonly number[]): Uint8Array =>
        depth === 8
          ? Uint8Array.from(values, (value) => value / 200)
          : new Uint8Array(Uint16Array.from(values).buffer.slice(0));
      cache.nextFrame();
      assert.ok(cache.changed(frame(bytes(samples), depth), 0, place));
      const index = 3 * (4 * (place.y + Math.floor(at / 6)) + place.x) + (at % 6);
      return cache.changed(frame(bytes(samples.with(index, 20_000 + by)), depth), 0, place) !== null;
    }

    it('counts in levels of 8 bit, and a difference equal to it is no change', () => {
      for (let at = 0; at < 12; at++) {
        assert.equal(notices(8, 2, 200 * 2, at), false);
        assert.equal(notices(8, 2, 200 * 3, at), true);
        assert.equal(notices(8, 2, 200 * -3, at), true);
        assert.equal(notices(8, 0, 200, at), true);
      }
    });

    it('is 257 times as large for 16 bit', () => {
      for (let at = 0; at < 12; at++) {
        assert.equal(notices(16, 2, 514, at), false);
        assert.equal(notices(16, 2, -514, at), false);
        assert.equal(notices(16, 2, 515, at), true);
        assert.equal(notices(16, 2, -515, at), true);
        assert.equal(notices(16, 0, 1, at), true);
      }
    });

    it('does not count pixels outside the tile', () => assert.equal(notices(8, 0, 200, 17), false));
  });

  it('with a tolerance forgets all tiles every `refresh` frames of the whole job, and never when exact', () => {
    const frame: Frame = { index: 0, pts: 0, scene: 0, width: 1, height: 1, depth: 8, data: new Uint8Array(3) };
    const inferred = (tolerance: number, first: number): boolean[] => {
      const cache = new TileCache({ tolerance, refresh: 3, first });
      return Array.from({ length: 7 }, () => {
        cache.nextFrame();
        return cache.changed(frame, 0, { x: 0, y: 0, width: 1, height: 1 }) !== null;
      });
    };
    assert.deepEqual(inferred(1, 0), [true, false, false, true, false, false, true]);
    assert.deepEqual(inferred(1, 2), [true, true, false, false, true, false, false]);
    assert.deepEqual(inferred(0, 0), [true, false, false, false, false, false, false]);
  });
});
