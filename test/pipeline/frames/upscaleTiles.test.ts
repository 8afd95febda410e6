import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { bufferCount, from } from 'rxjs';
import { BackpressureWindow } from '../../../src/async/backpressure';
import { Semaphore } from '../../../src/async/semaphore';
import { RemasterError } from '../../../src/errors';
import type { Model, TileBatch } from '../../../src/model/model';
import type { FrameProcessor } from '../../../src/pipeline/frames/frameProcessor';
import { cropTile } from '../../../src/pipeline/frames/cropTile';
import { tileProcessor, type TileSettings } from '../../../src/pipeline/frames/upscaleTiles';
import type { Frame } from '../../../src/pipeline/media/frame';
import { mapInOrder } from '../../../src/pipeline/operators/mapInOrder';
import { nearest } from '../../support/fakeModel';
import { all } from '../../support/frames';

/** Default settings, without a tile cache. */
const CHOICE: TileSettings = {
  tile: null,
  overlap: null,
  colorFix: null,
  noise: 'shared',
  tileCache: null,
  segment: 100,
};

describe('tileProcessor', () => {
  const never = new AbortController().signal;

  function frame(width: number, height: number, depth: 8 | 16 = 8, index = 0): Frame {
    const data = new Uint8Array((width * height * 3 * depth) / 8).map(
      (_, i) => (i * 31 + (i >> 4) * 7 + index * 13) % 256,
    );
    return { index, pts: index, scene: 0, width, height, depth, data };
  }

  for (const depth of [8, 16] as const) {
    for (const [width, height, tile] of [
      [100, 60, 32],
      [33, 17, 16],
      [64, 64, 64],
      [1, 1, 16],
      [200, 3, 48],
      [20, 300, 48], // more than one band of rows
    ] as const) {
      it(`blends ${width}×${height} in tiles of ${tile} without a seam, ${depth} bit`, async () => {
        const info = { scale: 2, tile: { wholeUpTo: 0, size: tile, overlap: 8 } };
        const whole = await tileProcessor(
          nearest(2, { depth }),
          { width, height },
          { ...CHOICE, tile: 4096 },
          assert.fail,
        ).run([frame(width, height, depth), frame(width, height, depth, 1)], never);
        const tiles = await tileProcessor(
          nearest(2, { depth, ...info }),
          { width, height },
          { ...CHOICE, tile },
          assert.fail,
        ).run([frame(width, height, depth), frame(width, height, depth, 1)], never);
        for (const n of [0, 1]) assert.deepEqual(tiles[n], whole[n]);
      });
    }
  }

  describe('AdaIN', () => {
    const wide = (value: number): number => Math.round(((value + 1) / 3) * 65535);
    /** Returns the source with half its contrast, and as the reference the negative. `seen` counts tiles. */
    function referenced(info: Partial<Model['info']>, seen = { tiles: 0 }): Model {
      return {
        ...nearest(1, { referenceRange: [-1, 2], ...info }),
        async run({ data, keys }: TileBatch) {
          seen.tiles += keys.length;
          const size = data.length / keys.length;
          const samples = keys.flatMap((_, n) => {
            const tile = [...data.subarray(n * size, (n + 1) * size)];
            return [...tile.map((v) => wide(v / 510)), ...tile.map((v) => wide(1 - v / 255))];
          });
          return new Uint8Array(Uint16Array.from(samples).buffer);
        },
      };
    }
    const settings = { ...CHOICE, colorFix: 'adain' } as const;
    /** The source, with mean and deviation of its negative: v + 255 − 2 · mean. */
    const expected = ({ data }: Frame): number[] => {
      const mean = [0, 1, 2].map(
        (c) => data.filter((_, i) => i % 3 === c).reduce((a, v) => a + v, 0) / (data.length / 3),
      );
      return Array.from(data, (v, i) => Math.min(255, Math.max(0, v + 255 - 2 * mean[i % 3]!)));
    };
    const check = (found: Frame, source: Frame): void => {
      assert.equal(found.depth, 8);
      assert.equal(found.data.length, source.data.length);
      for (const [i, want] of expected(source).entries())
        assert.ok(Math.abs(found.data[i]! - want) <= 1, `sample ${i}`);
    };

    it('takes the colours of the reference that the model returns, not of the source', async () => {
      const source = frame(40, 24);
      for (const tile of [
        { wholeUpTo: 4096, size: 64, overlap: 8 },
        { wholeUpTo: 0, size: 16, overlap: 8 },
      ]) {
        const [found] = await tileProcessor(referenced({ tile }), source, settings, assert.fail).run([source], never);
        check(found!, source);
      }
    });

    it('keeps the reference of unchanged tiles', async () => {
      const seen = { tiles: 0 };
      const model = referenced({ tile: { wholeUpTo: 0, size: 16, overlap: 4 } }, seen);
      const processor = tileProcessor(model, { width: 64, height: 16 }, { ...settings, tileCache: 0 }, assert.fail);
      const first = frame(64, 16);
      const changed = { ...first, index: 1, data: first.data.map((v, i) => (i === 0 ? 255 - v : v)) };
      const frames: Frame[] = [];
      for (const one of [first, first, changed]) frames.push(...(await processor.run([one], never)));
      check(frames[0]!, first);
      assert.deepEqual(frames[1]!.data, frames[0]!.data);
      check(frames[2]!, changed);
      const count = seen.tiles;
      await tileProcessor(referenced({ tile: model.info.tile }, seen), first, settings, assert.fail).run(
        [first],
        never,
      );
      assert.equal(count, seen.tiles - count + 1); // all of the first frame, one of the third
    });
  });

  it('tiles overlap as requested, by at most half', async () => {
    const tiles = async (overlap: number | null): Promise<number> => {
      const seen = new Set<number>();
      const model = nearest(2);
      const watched: Model = {
        ...model,
        run: (batch, signal) => (seen.add(batch.keys[0]!.x), model.run(batch, signal)),
      };
      const choice = { ...CHOICE, tile: 64, overlap };
      const wide = tileProcessor(watched, { width: 184, height: 20 }, choice, assert.fail);
      const [output] = await wide.run([frame(184, 20, 8)], never);
      assert.equal(output!.width, 368);
      return seen.size;
    };
    assert.deepEqual([await tiles(4), await tiles(null), await tiles(9999)], [3, 4, 5]); // the default of this model is 16
  });

  it('pads unsupported sizes by reflection and crops the output', async () => {
    const sizes: string[] = [];
    const model = nearest(2, { multiple: 16 });
    const watched: Model = {
      ...model,
      run: (batch, signal) => (sizes.push(`${batch.width}x${batch.height}`), model.run(batch, signal)),
    };
    const [output] = await tileProcessor(watched, { width: 20, height: 10 }, CHOICE, assert.fail).run(
      [frame(20, 10)],
      never,
    );
    assert.deepEqual(sizes, ['32x16']);
    const [plain] = await tileProcessor(nearest(2), { width: 20, height: 10 }, CHOICE, assert.fail).run(
      [frame(20, 10)],
      never,
    );
    assert.deepEqual(output, plain);
  });

  it('a model with a fixed tile size gets no other, and still has no seam', async () => {
    for (const [multiple, size] of [
      [16, 32],
      [32, 32],
      [2, 32],
    ] as const) {
      const model = nearest(2, { multiple, cell: 2, tile: { wholeUpTo: 1e6, size, overlap: 6, fixed: true } });
      for (const [width, height] of [
        [100, 60],
        [33, 7],
        [32, 32],
      ] as const) {
        const sizes = new Set<string>();
        const starts: number[] = [];
        const watched: Model = {
          ...model,
          run: (batch, signal) => {
            sizes.add(`${batch.width}x${batch.height}`);
            starts.push(...batch.keys.flatMap(({ x, y }) => [x, y]));
            return model.run(batch, signal);
          },
        };
        const output = await tileProcessor(watched, { width, height }, CHOICE, assert.fail).run(
          [frame(width, height)],
          never,
        );
        assert.deepEqual(
          output,
          await tileProcessor(nearest(2), { width, height }, CHOICE, assert.fail).run([frame(width, height)], never),
        );
        assert.deepEqual([...sizes], [`${size}x${size}`]);
        assert.ok(starts.every((start) => start % 2 === 0));
      }
      assert.throws(() => tileProcessor(model, { width: 9, height: 9 }, { ...CHOICE, tile: 64 }, assert.fail), {
        code: 'BAD_SETTING',
        message: /supports only tiles of 32×32 pixels/,
      });
    }
  });

  it('tiles of a single multiple overlap as well', async () => {
    const model = nearest(1, { multiple: 64, cell: 4, tile: { wholeUpTo: 0, size: 64, overlap: 16 } });
    const [output] = await tileProcessor(model, { width: 150, height: 70 }, CHOICE, assert.fail).run(
      [frame(150, 70)],
      never,
    );
    assert.deepEqual(output, frame(150, 70));
  });

  it('mirrors the frame in a tile beyond the edge', () => {
    const row: Frame = { ...frame(3, 1), data: Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3) };
    assert.deepEqual(
      [...cropTile(row, { x: 1, y: 0, width: 4, height: 1 }).data],
      [2, 2, 2, 3, 3, 3, 2, 2, 2, 1, 1, 1],
    );
  });

  it('the position of a tile in the frame is the key of its noise', async () => {
    const places: string[] = [];
    const model = nearest(1);
    const watched: Model = {
      ...model,
      run: (batch: TileBatch, signal) => (
        places.push(batch.keys.map(({ x, y, scene, frame: f }) => `${x},${y},${scene},${f}`).join(' ')),
        model.run(batch, signal)
      ),
    };
    await tileProcessor(watched, { width: 48, height: 16 }, { ...CHOICE, tile: 32 }, assert.fail).run(
      [frame(48, 16), frame(48, 16, 8, 5)],
      never,
    );
    assert.deepEqual(places, ['0,0,0,0 0,0,0,5', '16,0,0,0 16,0,0,5']);
  });

  it('halves the tiles when memory runs out, with one warning each time and the same output', async () => {
    const model = nearest(2);
    const small: Model = {
      ...model,
      run: async (batch, signal) => {
        if (batch.width > 100) throw new RemasterError('GPU_OUT_OF_MEMORY', 'The model does not fit into memory.');
        return model.run(batch, signal);
      },
    };
    const warnings: string[] = [];
    const [output] = await tileProcessor(small, { width: 300, height: 80 }, CHOICE, (warning) =>
      warnings.push(warning),
    ).run([frame(300, 80)], never);
    assert.deepEqual(
      output,
      (await tileProcessor(model, { width: 300, height: 80 }, CHOICE, assert.fail).run([frame(300, 80)], never))[0],
    );
    assert.equal(warnings.length, 2);
  });

  describe('with batches that overlap in time', () => {
    const [WIDTH, HEIGHT] = [150, 60];
    const cached = { ...CHOICE, tile: 128, tileCache: 2, segment: 4 } as const;
    /** Every frame differs from the one before by one level, and has a part that stays. */
    const creeping = (count: number): Frame[] => {
      const still = frame(WIDTH, HEIGHT);
      const data = (n: number) => still.data.map((value, i) => (i % 450 < 100 ? value : (value + n) % 256));
      return Array.from({ length: count }, (_, n) => ({ ...still, index: n, pts: n, data: data(n) }));
    };
    /** One tile after the other, as in the session thread; `sizes` and `order` are what the model was given. */
    function serial(fails: (width: number, call: number) => boolean = () => false) {
      const model = nearest(2);
      const device = new Semaphore(1);
      const begun: string[] = [];
      const run: Model['run'] = async (batch, signal) => {
        const release = await device.acquire(signal);
        try {
          await sleep(1);
          begun.push(`${batch.keys.map((key) => key.frame).join('+')} ${batch.keys[0]!.x} ${batch.width}`);
          if (fails(batch.width, begun.length)) throw new RemasterError('GPU_OUT_OF_MEMORY', 'It does not fit.');
          return await model.run(batch, signal);
        } finally {
          release();
        }
      };
      return { model: { ...model, run }, begun };
    }
    const inTurn = async (processor: FrameProcessor, frames: readonly Frame[]): Promise<Uint8Array[]> => {
      const made: Uint8Array[] = [];
      for (const one of structuredClone(frames)) made.push((await processor.run([one], never))[0]!.data.slice());
      processor.close();
      return made;
    };
    const atOnce = async (processor: FrameProcessor, frames: readonly Frame[], size: number): Promise<Uint8Array[]> => {
      const copies = structuredClone(frames);
      const made$ = from(copies).pipe(
        bufferCount(size),
        mapInOrder(new BackpressureWindow(99), (batch: Frame[]) => processor.run(batch, never), { atOnce: 3 }),
      );
      const made = (await all(made$)).flat().map(({ data }) => data.slice());
      processor.close();
      return made;
    };

    it('gives the same frames, whatever is kept', async () => {
      for (const settings of [cached, { ...cached, tileCache: 0 }, { ...cached, tileCache: null }]) {
        const make = () => tileProcessor(serial().model, { width: WIDTH, height: HEIGHT }, settings, assert.fail);
        const frames = creeping(13);
        const wanted = await inTurn(make(), frames);
        for (const size of [1, 2]) assert.deepEqual(await atOnce(make(), frames, size), wanted);
      }
    });

    it('makes the frames again, in their order, from where memory ran out on', async () => {
      for (const call of [1, 5, 9]) {
        const warnings: string[] = [];
        const warn = (warning: string): void => void warnings.push(warning);
        const { model, begun } = serial((width, n) => width > 70 && n >= call);
        const frames = creeping(12);
        const made = await atOnce(tileProcessor(model, { width: WIDTH, height: HEIGHT }, cached, warn), frames, 1);
        assert.equal(warnings.length, 1);
        const first = Number(/from frame (\d+) on/.exec(warnings[0]!)![1]);
        const later = tileProcessor(serial().model, { width: WIDTH, height: HEIGHT }, { ...cached, tile: 64 }, assert.fail, first); // prettier-ignore
        const earlier = tileProcessor(serial().model, { width: WIDTH, height: HEIGHT }, cached, assert.fail);
        assert.deepEqual(made.slice(first), await inTurn(later, frames.slice(first)));
        assert.deepEqual(made.slice(0, first), await inTurn(earlier, frames.slice(0, first)));
        const small = begun.filter((one) => !one.endsWith(' 83')).map((one) => Number(one.split(' ')[0]));
        assert.ok(small.length > 0 && small.length < begun.length);
        assert.deepEqual(
          small,
          small.toSorted((a, b) => a - b),
        );
      }
    });

    it('leaves what the model has not begun when a batch fails', async () => {
      const failed = serial();
      let calls = 0;
      const model: Model = {
        ...failed.model,
        async run(batch, signal) {
          const made = await failed.model.run(batch, signal);
          if (++calls === 5) throw new RangeError('broken');
          return made;
        },
      };
      const settings = { ...CHOICE, tile: 16, overlap: 0 };
      const processor = tileProcessor(model, { width: WIDTH, height: HEIGHT }, settings, assert.fail);
      const batches = creeping(4).map((one) => processor.run([one], never));
      for (const batch of batches) await assert.rejects(batch, { message: 'broken' });
      const begun = failed.begun.length;
      await sleep(30);
      assert.ok(begun <= 6 && failed.begun.length <= 6, `${failed.begun.length} tiles`); // one may have begun
      assert.equal((await processor.run(creeping(1), never)).length, 1); // and the next one starts anew
      processor.close();
    });

    it('a processor that is closed leaves them, too', async () => {
      const { model, begun } = serial();
      const processor = tileProcessor(model, { width: WIDTH, height: HEIGHT }, { ...CHOICE, tile: 16 }, assert.fail);
      const batch = processor.run(creeping(1), never);
      await sleep(10);
      processor.close();
      await assert.rejects(batch);
      const count = begun.length;
      await sleep(30);
      assert.ok(begun.length <= count + 1);
    });
  });
});
