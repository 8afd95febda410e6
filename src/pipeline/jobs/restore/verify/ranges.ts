/** Increasing numbers in words: `3, 7 to 9 and 12 more`. */
export function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  const shown = runs.slice(0, MOST);
  const words = shown.map(([from, to]) => (from === to ? String(from) : `${from} to ${to}`)).join(', ');
  const rest = runs.slice(MOST).reduce((sum, [from, to]) => sum + to - from + 1, 0);
  return rest === 0 ? words : `${words} and ${rest} more`;
}

const MOST = 5;
