/** Where the channels of a sound belong. */
export interface Speakers {
  readonly channels: number;
  /** ffmpeg's name, `5.1(side)`; without one, what players assume. Null where they assume nothing. */
  readonly layout: string | null;
}

/** From ffmpeg's name of a layout, which is also `4 channels`; null for a name that does not say how many. */
export function namedSpeakers(name: string): Speakers | null {
  const channels = count(name);
  if (channels === 0) return null;
  return unnamedSpeakers(channels, /^\d+ channels/.test(name) ? null : name);
}

export const unnamedSpeakers = (channels: number, layout: string | null = null): Speakers => ({
  channels,
  layout: layout ?? ASSUMED[channels] ?? null,
});

/** `7.1(wide)` are eight. */
function count(name: string): number {
  if (name in NAMED) return NAMED[name]!;
  const digits = /^\d+(\.\d+)*/.exec(name)?.[0] ?? '0';
  return digits.split('.').reduce((sum, each) => sum + Number(each), 0);
}

const NAMED: Readonly<Record<string, number>> = {
  ...{ mono: 1, stereo: 2, downmix: 2, binaural: 2, quad: 4, hexagonal: 6, octagonal: 8, cube: 8, hexadecagonal: 16 },
};

/** By channels: the layout that ffmpeg assumes where a file names none. */
const ASSUMED: Readonly<Record<number, string>> = {
  ...{ 1: 'mono', 2: 'stereo', 3: '2.1', 4: '4.0', 5: '5.0', 6: '5.1', 7: '6.1', 8: '7.1' },
};

/** Two names of the same loudspeakers: codecs and players do not tell the sides from the back where there is one pair. */
export const isSameLayout = (a: string, b: string): boolean => withoutSides(a) === withoutSides(b);

const withoutSides = (layout: string): string => layout.replace(/^5\.([01])\(side\)$/, '5.$1');
