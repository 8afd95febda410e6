import { RemasterError } from '../errors';
import type { Model, ModelInfo } from '../model/model';
import { reflect, type TileGrid, tileGrid, tileWeights } from '../sampler/tiles';
import { withColours } from './adain';
import type { Frame } from './frame';
import type { Job } from './job';

/** Frames through the model: cut into tiles, batched, run, put together again. */
export interface Enhancer {
  /** Size of a tile, in source pixels, while memory lasts. */
  readonly tile: { readonly width: number; readonly height: number };
  /** Same order out. */
  run(frames: readonly Frame[], signal: AbortSignal): Promise<Frame[]>;
}

/** Smallest tile tried when memory runs out, in source pixels. */
const SMALLEST_TILE = 64;

export function enhancer(
  model: Model,
  { width, height }: { readonly width: number; readonly height: number },
  { tile, overlap, colorFix }: Pick<Job, 'tile' | 'overlap' | 'colorFix'>,
  warn: (warning: string) => void,
): Enhancer {
  const advice = model.info.tile;
  const advised = { ...model.info, tile: { ...advice, overlap: overlap ?? advice.overlap } };
  let longest = tile ?? tileFor(model.info, width, height);
  let layout = layOut(advised, width, height, longest);
  return {
    tile: { width: layout.grid.x.size, height: layout.grid.y.size },
    async run(frames, signal) {
      for (;;) {
        try {
          const run = layout.isWhole ? runWhole(model, frames, signal) : runTiles(model, layout, frames, signal);
          const made = await run;
          return colorFix === 'adain' ? made.map((frame, n) => withColours(frame, frames[n]!)) : made;
        } catch (error) {
          const isFull = error instanceof RemasterError && error.code === 'GPU_OUT_OF_MEMORY';
          const smaller = Math.ceil(Math.min(longest, Math.max(width, height)) / 2);
          if (!isFull || smaller < SMALLEST_TILE) throw error;
          longest = smaller;
          layout = layOut(advised, width, height, longest);
          warn(`Memory ran out; from frame ${frames[0]!.index} on, tiles are ${longest} pixels.`);
        }
      }
    },
  };
}

/** The whole frame while that is cheapest, else the model's advice. */
const tileFor = ({ tile }: ModelInfo, width: number, height: number): number =>
  width * height <= tile.wholeUpTo ? Math.max(width, height) : tile.size;

interface Layout {
  readonly grid: TileGrid;
  readonly weights: { readonly x: readonly Uint16Array[]; readonly y: readonly Uint16Array[] };
  /** One tile, exactly the frame: nothing to cut and nothing to blend. */
  readonly isWhole: boolean;
  readonly width: number;
  readonly height: number;
}

function layOut({ multiple, tile, scale }: ModelInfo, width: number, height: number, longest: number): Layout {
  const size = Math.max(multiple, Math.ceil(longest / multiple) * multiple);
  // Tiles start on whole cells of the model's working grid, so that overlapping tiles see the same noise.
  const settings = { size, multiple, grid: multiple, overlap: Math.min(tile.overlap, Math.floor(size / 2)) };
  const grid = tileGrid(width, height, settings);
  const isWhole = grid.tiles.length === 1 && grid.x.size === width && grid.y.size === height;
  return { grid, weights: { x: tileWeights(grid.x, scale), y: tileWeights(grid.y, scale) }, isWhole, width, height };
}

async function runWhole(model: Model, frames: readonly Frame[], signal: AbortSignal): Promise<Frame[]> {
  const { width, height } = frames[0]!;
  // A copy, which is small beside the result: the model takes it over, and a retry with tiles needs the frame again.
  const data = concatenate(frames.map((frame) => frame.data));
  const keys = frames.map(({ scene, pts }) => ({ x: 0, y: 0, scene, frame: pts }));
  const made = await model.run({ width, height, data, keys, ...maskOf(frames, (mask) => mask) }, signal);
  return split(frames, made, model.info.scale);
}

async function runTiles(model: Model, layout: Layout, frames: readonly Frame[], signal: AbortSignal): Promise<Frame[]> {
  const { grid, weights, width, height } = layout;
  const { scale } = model.info;
  const sums = frames.map(() => new Uint32Array(width * height * scale * scale * 3));
  for (const { x, y, column, row } of grid.tiles) {
    const data = concatenate(frames.map((frame) => cutTile(frame, x, y, grid.x.size, grid.y.size)));
    const keys = frames.map(({ scene, pts }) => ({ x, y, scene, frame: pts }));
    const size = { width: grid.x.size, height: grid.y.size };
    const holes = maskOf(frames, (mask) => cut(mask, width, height, 1, { x, y, ...size }));
    const made = await model.run({ ...size, data, keys, ...holes }, signal);
    const tileBytes = made.length / frames.length;
    frames.forEach((frame, n) => {
      const tile = samples(made.subarray(n * tileBytes, (n + 1) * tileBytes), frame.depth);
      addTile(sums[n]!, width * scale, height * scale, tile, x * scale, y * scale, weights.x[column]!, weights.y[row]!);
    });
  }
  return frames.map((frame, n) => finished(frame, weigh(sums[n]!, frame.depth), scale));
}

/** One tile of a frame; what sticks out past the edge mirrors the inside. */
export const cutTile = (frame: Frame, x: number, y: number, width: number, height: number): Uint8Array =>
  cut(frame.data, frame.width, frame.height, (3 * frame.depth) / 8, { x, y, width, height });

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A piece of `data`, [height, width] of `pixel` bytes each. */
function cut(data: Uint8Array, width: number, height: number, pixel: number, place: Place): Uint8Array {
  const tile = new Uint8Array(place.width * place.height * pixel);
  const inside = Math.max(0, Math.min(place.width, width - place.x));
  for (let row = 0; row < place.height; row++) {
    const line = reflect(place.y + row, height) * width;
    tile.set(data.subarray((line + place.x) * pixel, (line + place.x + inside) * pixel), row * place.width * pixel);
    for (let column = inside; column < place.width; column++) {
      const from = (line + reflect(place.x + column, width)) * pixel;
      tile.set(data.subarray(from, from + pixel), (row * place.width + column) * pixel);
    }
  }
  return tile;
}

/** The masks of a batch; nothing when its frames have none. */
const maskOf = (frames: readonly Frame[], part: (mask: Uint8Array) => Uint8Array): { readonly mask?: Uint8Array } =>
  frames[0]!.mask ? { mask: concatenate(frames.map(({ mask }) => part(mask!))) } : {};

type Samples = Uint8Array | Uint16Array;

/** Adds a weighted tile to `sums`, which is changed in place. Whole numbers, so the order of the tiles never shows. */
function addTile(
  sums: Uint32Array,
  width: number,
  height: number,
  tile: Samples,
  left: number,
  top: number,
  wx: Uint16Array,
  wy: Uint16Array,
): void {
  const columns = Math.min(wx.length, width - left);
  const rows = Math.min(wy.length, height - top);
  for (let row = 0; row < rows; row++) {
    const down = wy[row]!;
    if (down === 0) continue;
    let from = row * wx.length * 3;
    let to = ((top + row) * width + left) * 3;
    for (let column = 0; column < columns; column++) {
      const weight = down * wx[column]!;
      for (let c = 0; c < 3; c++) sums[to++]! += tile[from++]! * weight;
    }
  }
}

/** Sums of weight 65536 back to samples, rounded. */
function weigh(sums: Uint32Array, depth: 8 | 16): Uint8Array {
  const made = depth === 8 ? new Uint8Array(sums.length) : new Uint16Array(sums.length);
  for (let i = 0; i < sums.length; i++) made[i] = (sums[i]! + 32768) >>> 16;
  return new Uint8Array(made.buffer);
}

const samples = (bytes: Uint8Array, depth: 8 | 16): Samples =>
  depth === 8 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const size = parts[0]!.length;
  const whole = new Uint8Array(size * parts.length);
  parts.forEach((part, i) => whole.set(part, i * size));
  return whole;
}

const split = (frames: readonly Frame[], made: Uint8Array, scale: number): Frame[] => {
  const size = made.length / frames.length;
  return frames.map((frame, n) => finished(frame, made.subarray(n * size, (n + 1) * size), scale));
};

const finished = ({ index, pts, scene, width, height, depth }: Frame, data: Uint8Array, scale: number): Frame => ({
  ...{ index, pts, scene, depth, data },
  width: width * scale,
  height: height * scale,
});
