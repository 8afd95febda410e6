import { generator } from '../random';

/** Random choices that depend on the seed and the number of the case only. */
export interface Dice {
  /** 0…1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number;
  pick<T>(list: readonly T[]): T;
}

export function diceOf(seed: number, number: number): Dice {
  const next = generator(seed * 1_000_003 + number);
  next(); // the first numbers of neighbouring states are alike
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return { next, whole, pick: (list) => list[whole(0, list.length - 1)]! };
}
