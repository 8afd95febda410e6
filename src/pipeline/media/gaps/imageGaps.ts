import { open } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ImageSequence } from '../imageSequence';
import type { Gap } from './findGaps';

/** Images that a name names. */
const NAMED = 5;

/** What a folder of images lacks: numbers that are left out, and images that end too early. In words. */
export async function imageWarnings(
  folder: string,
  { names, empty }: Pick<ImageSequence, 'names' | 'empty'>,
): Promise<string[]> {
  const gaps = numberGaps([...names, ...empty].toSorted());
  const torn: string[] = [];
  for (const name of names) if (await isTorn(join(folder, name))) torn.push(name);
  return [
    ...(gaps.length === 0 ? [] : [`Images are missing between ${list(gaps)}.`]),
    ...(torn.length === 0 ? [] : [`These images are not complete: ${list(torn)}.`]),
  ];
}

export const list = (names: readonly string[]): string =>
  `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} others` : ''}`;

/**
 * The empty images within a range of seconds. They have no time of their own: those behind them come earlier by the time of
 * one image.
 */
export function emptyImages({ names, empty, rate }: ImageSequence, start: number, end: number): Gap[] {
  return empty.flatMap((image) => {
    const to = names.filter((name) => name < image).length / rate;
    const isInside = to > start && to < end;
    return isInside ? [{ from: to - 1 / rate, to, frames: 1, seconds: 1 / rate, packets: [], image }] : [];
  });
}

/** Neighbours between whose numbers some are left out; none where the names do not count one by one. */
function numberGaps(names: readonly string[]): string[] {
  const numbers = names.map((name) => Number(/(\d+)\D*$/.exec(name)?.[1] ?? NaN));
  const steps = numbers.slice(1).map((number, i) => number - numbers[i]!);
  const others = steps.filter((step) => step !== 1);
  if (others.length > steps.length / 10 + 1) return [];
  return steps.flatMap((step, i) => (step > 1 ? [`${names[i]!} and ${names[i + 1]!}`] : []));
}

/** The last bytes of an image; cameras write up to some kilobytes behind them. */
const ENDS: Readonly<Record<string, Buffer>> = {
  '.png': Buffer.from('IEND'),
  '.jpg': Buffer.from([0xff, 0xd9]),
  '.jpeg': Buffer.from([0xff, 0xd9]),
};
const TAIL = 65_536; // bytes

async function isTorn(path: string): Promise<boolean> {
  const end = ENDS[extname(path).toLowerCase()];
  if (end === undefined) return false;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.lastIndexOf(end, bytesRead) < 0;
  } finally {
    await file.close();
  }
}
