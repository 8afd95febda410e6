import type { Dice } from './dice';

/** Harms the bytes of a file in one of these ways, so that they are others. */
export function harmed(bytes: Buffer, dice: Dice): { readonly how: string; readonly changed: Buffer } {
  for (;;) {
    const how = dice.pick(Object.keys(MUTATIONS) as (keyof typeof MUTATIONS)[]);
    const changed = MUTATIONS[how](bytes, dice);
    if (!changed.equals(bytes)) return { how, changed };
  }
}

const MUTATIONS = {
  flips: (bytes: Buffer, dice: Dice): Buffer => {
    const changed = Buffer.from(bytes);
    for (let n = dice.pick([1, 2, 8, 64]); n > 0; n--) {
      const at = dice.whole(0, bytes.length - 1);
      changed[at] = changed[at]! ^ (1 << dice.whole(0, 7));
    }
    return changed;
  },
  cut: (bytes: Buffer, dice: Dice): Buffer => bytes.subarray(0, Math.floor(bytes.length * dice.next())),
  hole: (bytes: Buffer, dice: Dice): Buffer => {
    const [from, to] = range(bytes, dice);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  zeros: (bytes: Buffer, dice: Dice): Buffer => Buffer.from(bytes).fill(0, ...range(bytes, dice)),
  shuffle: (bytes: Buffer, dice: Dice): Buffer => {
    const size = dice.pick([188, 512, 2048]);
    const blocks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    for (let n = dice.pick([1, 2, 8]); n > 0; n--) {
      const [a, b] = [dice.whole(0, blocks.length - 1), dice.whole(0, blocks.length - 1)];
      [blocks[a], blocks[b]] = [blocks[b]!, blocks[a]!];
    }
    return Buffer.concat(blocks);
  },
} as const;

/** At least a byte, at most a third. */
function range(bytes: Buffer, dice: Dice): [from: number, to: number] {
  const length = Math.ceil((bytes.length / 3) * dice.next() ** 2) || 1;
  const from = dice.whole(0, bytes.length - length);
  return [from, from + length];
}
