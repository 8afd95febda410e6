import { normalQuantiles } from './normal';
import { requireSetting } from './setting';

export interface NoiseSettings {
  /** `shared`: one noise field per shot. `independent`: one per frame. `mixed`: a weighted sum (PYoCo, arXiv 2305.10474). */
  readonly mode: 'shared' | 'independent' | 'mixed';
  /** Any safe integer. */
  readonly seed: number;
  /** α of `mixed`: the shared part weighs α/√(1+α²), the frame's own 1/√(1+α²). At least 0; 1 unless given. */
  readonly share?: number;
}

/** Presentation times (whole numbers, may be negative) of the shot's first frame and of this frame. */
export interface NoiseKey {
  readonly scene: number;
  readonly frame: number;
}

/** A region of the noise field, in points of the model's working grid. `x` and `y` may be negative (reflect padding). */
export interface NoiseRegion {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * Counter-based noise: ε is a function of (seed, shot or frame, draw, channel, y, x). The same point has the same value in
 * every region, so results do not depend on tiles, batches, retries or the machine.
 */
export interface NoiseField {
  /** Fills `out`, [channels, height, width], with N(0, 1). `draw` is any whole number; a plan counts its own from 0. */
  fill(out: Float32Array, key: NoiseKey, draw: number, region: NoiseRegion): void;
}

/** The draw that samples a VAE's posterior. Plans count their draws from 0. */
export const ENCODER_DRAW = -1;

export function noiseField({ mode, seed, share = 1 }: NoiseSettings): NoiseField {
  requireSetting('noise', mode, 'shared, independent or mixed', ['shared', 'independent', 'mixed'].includes(mode));
  requireSetting('seed', seed, 'a whole number', Number.isSafeInteger(seed));
  requireSetting('share', share, 'a number of at least 0', share >= 0 && share < Infinity);
  const scene = (key: NoiseKey): FieldKey => fieldKey([...halves(seed), SCENE, ...halves(key.scene)]);
  const frame = (key: NoiseKey): FieldKey =>
    fieldKey([...halves(seed), FRAME, ...halves(key.scene), ...halves(key.frame)]);
  const length = Math.sqrt(1 + share ** 2);
  const fields: Record<NoiseSettings['mode'], NoiseField> = {
    shared: { fill: (out, key, draw, region) => paint(out, scene(key), draw, region, 1, false) },
    independent: { fill: (out, key, draw, region) => paint(out, frame(key), draw, region, 1, false) },
    mixed: {
      fill(out, key, draw, region) {
        paint(out, scene(key), draw, region, share / length, false);
        paint(out, frame(key), draw, region, 1 / length, true);
      },
    },
  };
  return fields[mode];
}

/** 64-bit key of a noise field or of one row: two halves, mixed separately. */
type FieldKey = readonly [number, number];

const SCENE = 1;
const FRAME = 2;

/** Splits an integer up to 2⁵³ into two 32-bit words, so that distant times do not collide. */
const halves = (value: number): readonly [number, number] => [value | 0, Math.floor(value / 2 ** 32) | 0];

const fieldKey = (words: readonly number[]): FieldKey => words.reduce(absorb, [0x6a09e667, 0xbb67ae85] as FieldKey);

const absorb = ([a, b]: FieldKey, word: number): FieldKey => [
  mix((Math.imul(a, 0x9e3779b1) + word) | 0),
  mix((Math.imul(b, 0x85ebca6b) ^ word) | 0),
];

/** murmur3's finaliser: every input bit affects every output bit. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The hot loop: 11 million samples per 720p frame and four draws. */
function paint(
  out: Float32Array,
  key: FieldKey,
  draw: number,
  { x, y, width, height, channels }: NoiseRegion,
  weight: number,
  add: boolean,
): void {
  const rowOf = (channel: number, row: number): FieldKey => absorb(absorb(absorb(key, draw), channel), y + row);
  const table = normalQuantiles();
  const line = new Float32Array(width + 2);
  const lead = x & 1;
  const firstPair = x >> 1;
  const pairs = (lead + width + 1) >> 1;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      fillLine(line, table, rowOf(channel, row), firstPair, pairs);
      const start = (channel * height + row) * width;
      if (weight === 1 && !add) out.set(line.subarray(lead, lead + width), start);
      else if (add) for (let i = 0; i < width; i++) out[start + i]! += weight * line[lead + i]!;
      else for (let i = 0; i < width; i++) out[start + i] = weight * line[lead + i]!;
    }
  }
}

/** One 32-bit word per pair of neighbours, even x first; the pair of a point depends only on its global x. */
function fillLine(line: Float32Array, table: Float32Array, [a, b]: FieldKey, first: number, pairs: number): void {
  for (let i = 0; i < pairs; i++) {
    // triple32 (Wellons), with the second half of the row key added between its rounds, so that rows with colliding
    // counters still differ.
    let h = (Math.imul(first + i, 0x9e3779b1) + a) | 0;
    h = Math.imul(h ^ (h >>> 17), 0xed5ad4bb);
    h = Math.imul((h ^ (h >>> 11)) + b, 0xac4c1b51);
    h = Math.imul(h ^ (h >>> 15), 0x31848bab);
    h ^= h >>> 14;
    line[2 * i] = table[h & 0xffff]!;
    line[2 * i + 1] = table[h >>> 16]!;
  }
}
