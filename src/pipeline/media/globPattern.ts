/**
 * A glob pattern that matches each of `names` that `isKept` and none of the others, in their order: alternatives, each for
 * neighbours. The names are sorted, and differ; in the folder a point and an ending, the same for all, follow each.
 */
export function patternOfKept(names: readonly string[], isKept: (name: string) => boolean): string {
  const all = names.map((name) => ({ letters: Array.from(name), isKept: isKept(name) }));
  const [first, last] = [all[0]!.letters, all.at(-1)!.letters];
  const differs = first.findIndex((letter, i) => letter !== last[i]);
  const common = differs < 0 ? first.length : differs; // sorted, so the others begin like that too
  const alternatives = cover(all, common, common);
  const others = alternatives.length === 1 ? alternatives[0]! : `{${alternatives.join(',')}}`;
  return globEscaped(first.slice(0, common)) + others;
}

/** The letters with a backslash before those that mean something in a glob pattern. */
export const globEscaped = (letters: readonly string[] | string): string =>
  Array.from(letters, (letter) => (/[\\*?[\]{},]/.test(letter) ? `\\${letter}` : letter)).join('');

interface Name {
  readonly letters: readonly string[];
  readonly isKept: boolean;
}

/** Patterns for the kept ones of names that are equal up to `depth`, without what comes before `from`. */
function cover(names: readonly Name[], from: number, depth: number): string[] {
  if (names.every(({ isKept }) => !isKept)) return [];
  if (names.every(({ isKept }) => isKept)) return wholePattern(names, from, depth);
  const alternatives: string[] = [];
  let digits: Name[][] = []; // neighbours, all kept
  const endDigits = (): void => {
    if (digits.length === 1) alternatives.push(...wholePattern(digits[0]!, from, depth + 1));
    if (digits.length > 1) alternatives.push(rangePattern(digits, from, depth));
    digits = [];
  };
  for (const group of grouped(names, depth)) {
    const isRange = /^\d$/.test(letterAt(group[0]!, depth)) && group.every(({ isKept }) => isKept);
    if (isRange) digits.push(group);
    else {
      endDigits();
      alternatives.push(...cover(group, from, depth + 1));
    }
  }
  endDigits();
  return alternatives;
}

/** Of names that are equal up to `depth`, and of which no other name begins like that. */
function wholePattern(names: readonly Name[], from: number, depth: number): string[] {
  const isLonger = names.every(({ letters }) => letters.length >= depth);
  if (names.length === 1 || !isLonger) return names.map(({ letters }) => globEscaped(letters.slice(from)));
  return [`${globEscaped(names[0]!.letters.slice(from, depth))}*`];
}

/** Of groups with digits at `depth`, in order. */
function rangePattern(groups: readonly (readonly Name[])[], from: number, depth: number): string {
  const [low, high] = [groups[0]![0]!, groups.at(-1)![0]!];
  return `${globEscaped(low.letters.slice(from, depth))}[${letterAt(low, depth)}-${letterAt(high, depth)}]*`;
}

/** Names with the same letter at `depth`, in order. */
function grouped(names: readonly Name[], depth: number): Name[][] {
  const found = new Map<string, Name[]>();
  for (const name of names) {
    const letter = letterAt(name, depth);
    const others = found.get(letter);
    if (others) others.push(name);
    else found.set(letter, [name]);
  }
  return [...found.values()];
}

/** With the point behind a name, and nothing behind that. */
const letterAt = ({ letters }: Name, depth: number): string => letters[depth] ?? (depth === letters.length ? '.' : '');
