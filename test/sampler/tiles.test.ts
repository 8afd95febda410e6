import assert from 'node:assert/strict';
import { reflect, type TileAxis, tileAxis, tileGrid, type TileSettings, tileWeights } from '../../src/sampler/tiles';

describe('tiles', () => {
  const SETTINGS: readonly TileSettings[] = [
    { size: 64, overlap: 16, multiple: 64 },
    { size: 128, overlap: 16, multiple: 8 },
    { size: 96, overlap: 0, multiple: 4 },
    { size: 8, overlap: 7, multiple: 1 },
    { size: 100, overlap: 60, multiple: 5 },
    { size: 256, overlap: 33, multiple: 2, grid: 2 },
    { size: 64, overlap: 10, multiple: 16, grid: 8 },
    { size: 1, overlap: 0, multiple: 1 },
  ];

  /** Every length from 1 to 2000 with every setting, with fewer samples where nothing changes. */
  function* axes(): Generator<readonly [TileAxis, TileSettings]> {
    for (const settings of SETTINGS) {
      for (let length = 1; length <= 2000; length += length < 200 ? 1 : 17)
        yield [tileAxis(length, settings), settings];
    }
  }

  function check(holds: boolean, { length }: TileAxis, settings: TileSettings): void {
    if (!holds) assert.fail(`length ${length}, ${JSON.stringify(settings)}`);
  }

  it('tiles have equal sizes, allowed positions and cover the whole axis', () => {
    for (const [axis, settings] of axes()) {
      const { length, size, starts } = axis;
      const { multiple, grid = 1 } = settings;
      assert.equal(starts[0], 0);
      assert.equal(size % multiple, 0);
      check(size <= settings.size, axis, settings);
      check(
        starts.every((start) => start % grid === 0 && start < length),
        axis,
        settings,
      );
      const end = starts.at(-1)! + size;
      check(end >= length, axis, settings);
      // Only a single tile, or one that must start on the grid, extends past the end.
      if (starts.length > 1) check(end < length + grid, axis, settings);
      else check(size < length + multiple, axis, settings);
    }
  });

  it('neighbours share at least the overlap and are evenly distributed', () => {
    for (const [axis, settings] of axes()) {
      const { grid = 1, overlap } = settings;
      const advances = axis.starts.slice(1).map((start, k) => start - axis.starts[k]!);
      for (const advance of advances) check(advance > 0 && axis.size - advance >= overlap, axis, settings);
      if (advances.length > 0) check(Math.max(...advances) - Math.min(...advances) <= grid, axis, settings);
    }
  });

  it('one tile fewer, or tiles one multiple smaller, would not cover', () => {
    for (const [axis, settings] of axes()) {
      const { size, overlap: asked, multiple, grid = 1 } = settings;
      const overlap = Math.ceil(asked / grid) * grid;
      const count = axis.starts.length;
      const reach = (n: number, side: number) => n * side - (n - 1) * overlap;
      if (count > 1) check(reach(count - 1, size) < axis.length, axis, settings);
      check(reach(count, axis.size - multiple) < axis.length, axis, settings);
    }
  });

  it('the weights of a pixel sum to exactly 256 over at most two tiles, and to 0 outside', () => {
    for (const [axis, settings] of axes()) {
      for (const scale of axis.length % 25 === 0 ? [1, 2, 3, 4] : [1]) {
        const weights = tileWeights(axis, scale);
        const sums = new Uint32Array((axis.starts.at(-1)! + axis.size) * scale);
        const tiles = new Uint32Array(sums.length);
        for (const [k, start] of axis.starts.entries()) {
          assert.equal(weights[k]!.length, axis.size * scale);
          for (let i = 0; i < axis.size * scale; i++) {
            sums[start * scale + i]! += weights[k]![i]!;
            tiles[start * scale + i]! += Number(weights[k]![i]! > 0);
          }
        }
        const inside = axis.length * scale;
        check(
          sums.every((sum, i) => sum === (i < inside ? 256 : 0)),
          axis,
          settings,
        );
        check(
          tiles.every((count) => count <= 2),
          axis,
          settings,
        );
      }
    }
  });

  it('blend ranges lie inside both tiles, centred in the overlap, and do not touch', () => {
    for (const [axis, settings] of axes()) {
      const { starts, size, crossings } = axis;
      assert.equal(crossings.length, starts.length - 1);
      for (const [k, { from, to }] of crossings.entries()) {
        const [left, right] = [starts[k]!, starts[k + 1]!];
        check(from >= right && to <= left + size, axis, settings);
        assert.ok(to - from <= settings.overlap);
        check(Math.abs(from - right - (left + size - to)) <= 1, axis, settings);
        if (k > 0) check(from >= crossings[k - 1]!.to, axis, settings);
      }
    }
  });

  it('a ramp is linear, and twice as fine for output twice as large', () => {
    const axis = tileAxis(112, { size: 64, overlap: 16, multiple: 64 });
    assert.deepEqual(axis, { length: 112, size: 64, starts: [0, 48], crossings: [{ from: 48, to: 64 }] });
    const [, right] = tileWeights(axis);
    assert.deepEqual(
      [...right!.subarray(0, 17)],
      [8, 24, 40, 56, 72, 88, 104, 120, 136, 152, 168, 184, 200, 216, 232, 248, 256],
    );
    const [left] = tileWeights(axis, 2);
    assert.deepEqual([...left!.subarray(94, 100)], [256, 256, 252, 244, 236, 228]);
  });

  it('a frame of one tile is not blended, and a smaller frame is padded', () => {
    const settings = { size: 64, overlap: 16, multiple: 8 };
    assert.deepEqual(tileAxis(64, settings), { length: 64, size: 64, starts: [0], crossings: [] });
    assert.deepEqual(tileAxis(61, settings), { length: 61, size: 64, starts: [0], crossings: [] });
    assert.deepEqual(tileAxis(9, settings), { length: 9, size: 16, starts: [0], crossings: [] });
    assert.deepEqual(tileAxis(1, settings).size, 8);
    const [weights] = tileWeights(tileAxis(61, settings));
    assert.deepEqual([weights![0], weights![60], weights![61]], [256, 256, 0]);
  });

  it('blending in integers is exact and does not depend on the order of the tiles', () => {
    const grid = tileGrid(150, 130, { size: 64, overlap: 24, multiple: 8 });
    const [across, down] = [tileWeights(grid.x), tileWeights(grid.y)];
    const value = (x: number, y: number, k: number) => (x * 7 + y * 13 + k * 101) % 256;
    const blend = (order: typeof grid.tiles) => {
      const sum = new Uint32Array(150 * 130);
      for (const tile of order) {
        const k = grid.tiles.indexOf(tile);
        for (let i = 0; i < grid.x.size * grid.y.size; i++) {
          const [x, y] = [tile.x + (i % grid.x.size), tile.y + Math.floor(i / grid.x.size)];
          if (x >= 150 || y >= 130) continue;
          const weight = across[tile.column]![x - tile.x]! * down[tile.row]![y - tile.y]!;
          sum[y * 150 + x]! += weight * value(x, y, k);
        }
      }
      return sum;
    };
    const forwards = blend(grid.tiles);
    assert.deepEqual(blend(grid.tiles.toReversed()), forwards);
    assert.deepEqual(blend(grid.tiles.toSorted((a, b) => a.x - b.x || b.y - a.y)), forwards);
  });

  it('equal tiles blend to the same values, in 8 and 16 bit', () => {
    const axis = tileAxis(300, { size: 64, overlap: 24, multiple: 8 });
    const weights = tileWeights(axis, 4);
    for (const value of [1, 255, 65535]) {
      const sum = new Uint32Array(1200);
      for (const [k, start] of axis.starts.entries()) {
        for (const [i, weight] of weights[k]!.entries()) if (weight > 0) sum[start * 4 + i]! += weight * 256 * value;
      }
      assert.ok(sum.every((v) => v / 65536 === value));
    }
  });

  it('a grid is the product of its axes, row by row', () => {
    const { x, y, tiles } = tileGrid(100, 60, { size: 64, overlap: 8, multiple: 4 });
    assert.deepEqual([x.starts, y.starts], [[0, 44], [0]]);
    assert.deepEqual([x.size, y.size], [56, 60]);
    assert.deepEqual(tiles, [
      { column: 0, row: 0, x: 0, y: 0 },
      { column: 1, row: 0, x: 44, y: 0 },
    ]);
  });

  it('reflection does not repeat the edge, for any position and length', () => {
    assert.deepEqual(
      [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7].map((i) => reflect(i, 4)),
      [2, 1, 0, 1, 2, 3, 2, 1, 0, 1],
    );
    assert.deepEqual(
      [-3, 0, 1, 1000].map((i) => reflect(i, 1)),
      [0, 0, 0, 0],
    );
    assert.deepEqual(
      [-1, 0, 1, 2, 3].map((i) => reflect(i, 2)),
      [1, 0, 1, 0, 1],
    );
    for (let length = 1; length < 30; length++) {
      for (let i = -100; i < 100; i++) {
        const place = reflect(i, length);
        assert.ok(place >= 0 && place < length && Number.isInteger(place));
        assert.equal(place, reflect(-i, length));
        assert.equal(place, reflect(i + 2 * (length - 1), length));
      }
    }
  });

  it('rejects invalid settings with their name', () => {
    const good = { size: 64, overlap: 16, multiple: 8 };
    const bad: readonly [number, Partial<TileSettings>, RegExp][] = [
      [0, {}, /^length is 0/],
      [100, { size: 60 }, /^tile size is 60, but must be a multiple of 8$/],
      [100, { size: 0 }, /^tile size is 0/],
      [100, { overlap: 64 }, /^overlap is 64, but must be a whole number from 0 to 63$/],
      [100, { overlap: -1 }, /^overlap is -1/],
      [100, { multiple: 0 }, /^multiple is 0/],
      [100, { grid: 3 }, /^grid is 3, but must be a divisor of 8$/],
    ];
    for (const [length, change, message] of bad) {
      assert.throws(() => tileAxis(length, { ...good, ...change }), { code: 'BAD_SETTING', message });
    }
  });
});
