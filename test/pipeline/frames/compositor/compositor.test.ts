import assert from 'node:assert/strict';
import { type Composed, Compositor, type Part } from '../../../../src/pipeline/frames/compositor/compositor';
import { type Layout, tileLayout } from '../../../../src/pipeline/frames/tileLayout';

const SCALE = 2;
const INFO = { multiple: 1, scale: SCALE, tile: { wholeUpTo: 0, size: 8, overlap: 3 } };

/** Samples that look like noise, equal in every run. */
const noise = (length: number, seed: number, most: number): Uint16Array =>
  Uint16Array.from({ length }, (_, i) => (Math.imul(i + 1, 2654435761) + Math.imul(seed, 40503)) % (most + 1));

const tileBytes = (layout: Layout, seed: number, depth: 8 | 16): Uint8Array => {
  const samples = noise(layout.grid.x.size * layout.grid.y.size * SCALE ** 2 * 3, seed, 2 ** depth - 1);
  return depth === 8 ? Uint8Array.from(samples) : new Uint8Array(samples.buffer);
};

const samplesOf = (data: Uint8Array, depth: 8 | 16): Uint8Array | Uint16Array =>
  depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.length / 2);

/** The weighted sum of all tiles at every pixel, by the definition. */
function summed(layout: Layout, tiles: readonly Uint8Array[], depth: 8 | 16): Uint8Array {
  const [width, height] = [layout.width * SCALE, layout.height * SCALE];
  const sums = new Float64Array(width * height * 3);
  layout.grid.tiles.forEach(({ x, y, column, row }, k) => {
    const [wx, wy] = [layout.weights.x[column]!, layout.weights.y[row]!];
    const tile = samplesOf(tiles[k]!, depth);
    wy.forEach((down, j) =>
      wx.forEach((across, i) => {
        const [px, py] = [x * SCALE + i, y * SCALE + j];
        if (px >= width || py >= height) return;
        for (let c = 0; c < 3; c++)
          sums[(py * width + px) * 3 + c]! += tile[(j * wx.length + i) * 3 + c]! * down * across;
      }),
    );
  });
  const rounded = sums.map((sum) => Math.floor((sum + 32768) / 65536));
  return depth === 8 ? Uint8Array.from(rounded) : new Uint8Array(Uint16Array.from(rounded).buffer);
}

describe('Compositor', () => {
  for (const depth of [8, 16] as const)
    for (const [width, height] of [
      [20, 19],
      [8, 30],
      [33, 5],
      [7, 7],
      [1, 1],
    ] as const)
      it(`makes the weighted sum of the tiles, ${width}x${height}, ${depth} bit`, () => {
        const layout = tileLayout(INFO, width, height, 8);
        const tiles = layout.grid.tiles.map((_, k) => tileBytes(layout, k, depth));
        const parts = tiles.map((data, place): Part => ({ place, frames: [0], data }));
        const [made] = new Compositor({ layout, depth, areTilesKept: true, isRecycled: true, adain: null }).compose({ count: 1, parts, sources: [], spares: [] }); // prettier-ignore
        assert.deepEqual(made!.data, summed(layout, tiles, depth));
      });

  describe('with a few new tiles per frame', () => {
    const layout = tileLayout(INFO, 30, 21, 8);
    const count = layout.grid.tiles.length;
    const tiles = layout.grid.tiles.map((_, k) => tileBytes(layout, k, 8));
    /** Changes tile `place` and tells what the frame is to be. */
    const change = (place: number, seed: number) => {
      tiles[place] = tileBytes(layout, 100 + seed, 8);
      return { place, data: tiles[place].slice(), wanted: summed(layout, tiles, 8) };
    };

    it('equals a frame of which all are new, in the memory of any earlier frame or in new memory', () => {
      assert.ok(count > 6);
      const compositor = new Compositor({ layout, depth: 8, areTilesKept: true, isRecycled: true, adain: null });
      const all = tiles.map((data, place): Part => ({ place, frames: [0], data: data.slice() }));
      const earlier: Composed[] = [...compositor.compose({ count: 1, parts: all, sources: [], spares: [] })];
      assert.deepEqual(earlier[0]!.data, summed(layout, tiles, 8));
      for (let n = 0; n < 12; n++) {
        const { place, data, wanted } = change((n * 5) % count, n);
        const spares = n % 3 === 0 ? [] : earlier.splice(0, n % 2 === 0 ? 1 : 2);
        const [made] = compositor.compose({ count: 1, parts: [{ place, frames: [0], data }], sources: [], spares });
        assert.deepEqual(made!.data, wanted, `frame ${n}`);
        if (n % 3 === 1) assert.ok(spares.some((spare) => spare.data === made!.data));
        earlier.push(made!);
      }
    });

    it('knows which frames of a batch have a new tile', () => {
      const compositor = new Compositor({ layout, depth: 8, areTilesKept: true, isRecycled: true, adain: null });
      const size = tiles[0]!.length;
      const parts = tiles.map((data, place): Part => ({ place, frames: [0], data: data.slice() }));
      const first = summed(layout, tiles, 8);
      const [one, two] = [change(2, 50), change(2, 51)];
      const both = new Uint8Array(2 * size);
      both.set(one.data);
      both.set(two.data, size);
      const batch = [...parts, { place: 2, frames: [1, 3], data: both }];
      const made = compositor.compose({ count: 4, parts: batch, sources: [], spares: [] });
      assert.deepEqual(
        made.map(({ data }) => data),
        [first, one.wanted, one.wanted, two.wanted],
      );
      assert.equal(both.length, 0); // freed: the newest tile must not keep the memory of its batch
      const [next] = compositor.compose({ count: 1, parts: [], sources: [], spares: [] });
      assert.deepEqual(next!.data, two.wanted);
    });
  });
});
