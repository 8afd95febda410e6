import assert from 'node:assert/strict';
import { ENCODER_DRAW, noiseField, type NoiseKey, type NoiseRegion, type NoiseSettings } from '../../src/sampler/noise';
import { normalQuantiles } from '../../src/sampler/normal';

describe('noise', () => {
  const SIDE = 768;
  const WHOLE: NoiseRegion = { x: -100, y: -57, width: SIDE, height: SIDE, channels: 1 };
  const KEY: NoiseKey = { scene: 0, frame: 0 };

  interface Asked {
    readonly settings?: Partial<NoiseSettings>;
    readonly key?: Partial<NoiseKey>;
    readonly draw?: number;
    readonly region?: Partial<NoiseRegion>;
  }

  function field({ settings, key, draw = 0, region }: Asked = {}): Float32Array {
    const window = { ...WHOLE, ...region };
    const out = new Float32Array(window.width * window.height * window.channels).fill(Number.NaN);
    noiseField({ mode: 'shared', seed: 1, ...settings }).fill(out, { ...KEY, ...key }, draw, window);
    return out;
  }

  /** Mean of `value(i)` over 0 … count−1. */
  function mean(count: number, value: (i: number) => number): number {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += value(i);
    return sum / count;
  }

  /** Five standard deviations of the mean of `count` numbers of standard deviation `deviation`: exceeded once in 1.7 million tries. */
  const bound = (count: number, deviation = 1): number => (5 * deviation) / Math.sqrt(count);

  function assertUnrelated(a: Float32Array, b: Float32Array, what: string): void {
    const product = mean(a.length, (i) => a[i]! * b[i]!);
    assert.ok(Math.abs(product) < bound(a.length), `${what}: correlation ${product}`);
    const squares = mean(a.length, (i) => (a[i]! ** 2 - 1) * (b[i]! ** 2 - 1));
    assert.ok(Math.abs(squares) < bound(a.length, 2), `${what}: correlation of squares ${squares / 2}`);
  }

  it('the quantile table is symmetric and ascending, has mean 0 and variance 1, and matches published values', () => {
    const table = normalQuantiles();
    assert.equal(table.length, 65536);
    for (let i = 1; i < table.length; i++) assert.ok(table[i]! > table[i - 1]!);
    for (let i = 0; i < table.length; i++) assert.equal(table[i], -table[table.length - 1 - i]!);
    assert.ok(Math.abs(mean(table.length, (i) => table[i]! ** 2) - 1) < 1e-7);
    const at = (p: number) => (table[p * 65536 - 1]! + table[p * 65536]!) / 2;
    assert.ok(Math.abs(at(0.75) - 0.67449) < 5e-5);
    assert.ok(Math.abs(at(1 - 2 ** -7) - 2.41756) < 2e-4);
  });

  const POWERS = {
    1: (v: number) => v,
    2: (v: number) => v * v,
    3: (v: number) => v * v * v,
    4: (v: number) => v * v * v * v,
  };

  it('a field has the moments of N(0, 1)', () => {
    for (const seed of [0, 1, -1]) {
      const e = field({ settings: { seed } });
      const n = e.length;
      const moment = (power: 1 | 2 | 3 | 4) => mean(n, (i) => POWERS[power](e[i]!));
      assert.ok(Math.abs(moment(1)) < bound(n), `mean ${moment(1)}`);
      assert.ok(Math.abs(moment(2) - 1) < bound(n, Math.sqrt(2)), `variance ${moment(2)}`);
      assert.ok(Math.abs(moment(3)) < bound(n, Math.sqrt(15)), `skewness ${moment(3)}`);
      assert.ok(Math.abs(moment(4) - 3) < bound(n, Math.sqrt(96)), `kurtosis ${moment(4)}`);
      assert.ok(Math.max(...e.subarray(0, 100_000)) > 3.5);
    }
  });

  it('the values follow the normal distribution in every interval', () => {
    const e = field();
    const table = normalQuantiles();
    const cells = 256;
    const edges = Float32Array.from({ length: cells - 1 }, (_, k) => table[(k + 1) * (65536 / cells)]!);
    const counts = new Float64Array(cells);
    for (const v of e) {
      let [low, high] = [0, cells - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (v < edges[middle]!) high = middle;
        else low = middle + 1;
      }
      counts[low]!++;
    }
    const expected = e.length / cells;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    assert.ok(Math.abs(chiSquare - (cells - 1)) < 5 * Math.sqrt(2 * (cells - 1)), `χ² ${chiSquare}`);
  });

  it('neighbours are uncorrelated along rows, columns and diagonals', () => {
    const steps = [
      [1, 0],
      [2, 0],
      [3, 0],
      [8, 0],
      [0, 1],
      [0, 2],
      [0, 64],
      [1, 1],
      [-1, 1],
      [2, 1],
      [64, 64],
    ] as const;
    const e = field();
    for (const [dx, dy] of steps) {
      assertUnrelated(e, field({ region: { x: WHOLE.x + dx, y: WHOLE.y + dy } }), `(${dx}, ${dy})`);
    }
  });

  it('two points from the same random word are uncorrelated', () => {
    const e = field();
    const even = e.filter((_, i) => i % 2 === 0); // WHOLE.x is even
    assertUnrelated(
      even,
      e.filter((_, i) => i % 2 === 1),
      'within a pair',
    );
  });

  it('channels, draws, scenes and seeds are uncorrelated', () => {
    const two = field({ region: { channels: 2 } });
    assertUnrelated(two.subarray(0, SIDE * SIDE), two.subarray(SIDE * SIDE), 'channels');
    const e = field();
    const others: Readonly<Record<string, Asked>> = {
      'draw 1': { draw: 1 },
      'draw 2': { draw: 2 },
      'the encoder’s draw': { draw: ENCODER_DRAW },
      'scene 1': { key: { scene: 1 } },
      'scene −1': { key: { scene: -1 } },
      'scene 2³²': { key: { scene: 2 ** 32 } },
      'scene 2⁵² + 1': { key: { scene: 2 ** 52 + 1 } },
      'seed 0': { settings: { seed: 0 } },
      'seed 2': { settings: { seed: 2 } },
      'seed 1 + 2³²': { settings: { seed: 1 + 2 ** 32 } },
      'seed −1': { settings: { seed: -1 } },
      'independent noise': { settings: { mode: 'independent' } },
    };
    for (const [what, other] of Object.entries(others)) assertUnrelated(e, field(other), what);
  });

  it('seed and scene, scene and frame, draw and channel are not interchangeable', () => {
    assertUnrelated(
      field({ key: { scene: 2 } }),
      field({ settings: { seed: 2 }, key: { scene: 1 } }),
      'seed and scene',
    );
    const independent = { mode: 'independent' } as const;
    const ab = field({ settings: independent, key: { scene: 3, frame: 4 } });
    assertUnrelated(ab, field({ settings: independent, key: { scene: 4, frame: 3 } }), 'scene and frame');
    const drawOne = field({ draw: 1 });
    const channelOne = field({ region: { channels: 2 } }).subarray(SIDE * SIDE);
    assertUnrelated(drawOne, channelOne, 'draw and channel');
  });

  it('no two of a thousand rows begin with the same values', () => {
    const rows = new Set<string>();
    for (let draw = 0; draw < 10; draw++) {
      for (let scene = -5; scene < 5; scene++) {
        const e = field({ draw, key: { scene }, region: { x: 0, y: 0, width: 4, height: 10 } });
        for (let row = 0; row < 10; row++) rows.add(e.subarray(row * 4, row * 4 + 4).join());
      }
    }
    assert.equal(rows.size, 1000);
  });

  it('shared noise is the same in every frame of a shot', () => {
    assert.deepEqual(field({ key: { frame: 1 } }), field({ key: { frame: 2 } }));
  });

  it('independent noise is uncorrelated between frames and between shots', () => {
    const settings = { mode: 'independent' } as const;
    const e = field({ settings, key: { frame: 7 } });
    for (const frame of [6, 8, -7, 7 + 2 ** 32]) {
      assertUnrelated(e, field({ settings, key: { frame } }), `frame ${frame}`);
    }
    assertUnrelated(e, field({ settings, key: { scene: 1, frame: 7 } }), 'scene');
  });

  it('mixed noise is N(0, 1) with a correlation of α²/(1+α²) between frames', () => {
    for (const share of [0, 0.5, 1, 2]) {
      const settings = { mode: 'mixed', share } as const;
      const [a, b] = [1, 2].map((frame) => field({ settings, key: { frame } }));
      const n = a!.length;
      const variance = mean(n, (i) => a![i]! ** 2);
      assert.ok(Math.abs(variance - 1) < bound(n, Math.sqrt(2)), `variance ${variance}`);
      const correlation = mean(n, (i) => a![i]! * b![i]!);
      const expected = share ** 2 / (1 + share ** 2);
      assert.ok(Math.abs(correlation - expected) < bound(n, Math.SQRT2), `share ${share}: ${correlation}`);
    }
    assert.deepEqual(field({ settings: { mode: 'mixed' } }), field({ settings: { mode: 'mixed', share: 1 } }));
  });

  it('every region reads the same field, in every mode', () => {
    const windows = [
      { x: -100, y: -57, width: 1, height: 1 },
      { x: -99, y: -56, width: 2, height: 3 },
      { x: -1, y: -1, width: 3, height: 2 },
      { x: 0, y: 0, width: 64, height: 64 },
      { x: 1, y: 5, width: 63, height: 9 },
      { x: 33, y: 17, width: 128, height: 1 },
      { x: SIDE - 101, y: 0, width: 1, height: 100 },
    ];
    for (const mode of ['shared', 'independent', 'mixed'] as const) {
      const asked = { settings: { mode }, key: { scene: -3, frame: 90_000 }, draw: 2 };
      const whole = field({ ...asked, region: { channels: 3 } });
      for (const window of windows) {
        const { x, y, width, height } = window;
        const part = field({ ...asked, region: { ...window, channels: 3 } });
        for (const [i, v] of part.entries()) {
          const channel = Math.floor(i / (width * height));
          const row = y - WHOLE.y + (Math.floor(i / width) % height);
          const column = x - WHOLE.x + (i % width);
          assert.equal(
            v,
            whole[(channel * SIDE + row) * SIDE + column],
            `${mode} at ${i} of ${JSON.stringify(window)}`,
          );
        }
      }
    }
  });

  it('the result does not depend on earlier calls', () => {
    const noise = noiseField({ mode: 'mixed', seed: 5 });
    const once = new Float32Array(64);
    const again = new Float32Array(64).fill(9);
    const region = { x: 0, y: 0, width: 8, height: 8, channels: 1 };
    noise.fill(once, KEY, 0, region);
    noise.fill(new Float32Array(64), { scene: 1, frame: 1 }, 3, region);
    noise.fill(again, KEY, 0, region);
    assert.deepEqual(again, once);
  });

  it('the values never change between machines and versions', () => {
    const region = { x: -1, y: -1, width: 2, height: 2, channels: 1 };
    const key = { scene: -9_007_199_254_740_991, frame: 1_234_567_890_123 };
    const shared = field({ settings: { seed: 42 }, key, draw: 3, region });
    const mixed = field({ settings: { seed: 42, mode: 'mixed' }, key, draw: 3, region });
    assert.deepEqual(
      [...shared].map((v) => v.toFixed(5)),
      ['1.64181', '1.93623', '0.78174', '-0.79804'],
    );
    assert.deepEqual(
      [...mixed].map((v) => v.toFixed(5)),
      ['1.67722', '2.51674', '1.15984', '-0.22684'],
    );
  });

  it('rejects invalid settings with their name', () => {
    // @ts-expect-error: JSON may contain it
    assert.throws(() => noiseField({ mode: 'warped', seed: 0 }), {
      code: 'BAD_SETTING',
      message: /^noise is warped/,
    });
    assert.throws(() => noiseField({ mode: 'shared', seed: 0.5 }), { code: 'BAD_SETTING', message: /^seed is 0.5/ });
    assert.throws(() => noiseField({ mode: 'mixed', seed: 0, share: -1 }), {
      code: 'BAD_SETTING',
      message: /^share is -1/,
    });
  });
});
