import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { FAULTS, type Outcome } from './outcome';

/** Counts the outcomes of a part by kind. */
export interface Tally {
  add(outcome: Outcome): void;
  /** Cases with at least one fault. */
  readonly faults: number;
  /** A row per kind, and one for all. */
  rows(): readonly Readonly<Record<string, string | number>>[];
}

interface Counts {
  cases: number;
  readonly endings: Map<string, number>;
  readonly faults: Map<string, number>;
}

export function tally(): Tally {
  const kinds = new Map<string, Counts>();
  const all = empty();
  let faults = 0;
  return {
    get faults() {
      return faults;
    },
    add(outcome) {
      const counts = kinds.get(outcome.kind) ?? empty();
      kinds.set(outcome.kind, counts);
      for (const each of [counts, all]) count(each, outcome);
      if (outcome.faults.length > 0) faults++;
    },
    rows: () => [
      ...[...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, counts]) => row(kind, counts)),
      row('all', all),
    ],
  };
}

const empty = (): Counts => ({ cases: 0, endings: new Map(), faults: new Map() });

function count(counts: Counts, { ending, faults }: Outcome): void {
  const add = (to: Map<string, number>, name: string): void => void to.set(name, (to.get(name) ?? 0) + 1);
  counts.cases++;
  add(counts.endings, ending);
  for (const fault of new Set(faults)) add(counts.faults, fault);
}

const row = (kind: string, { cases, endings, faults }: Counts): Record<string, string | number> => ({
  kind,
  cases,
  ...Object.fromEntries(FAULTS.map((fault) => [fault, faults.get(fault) ?? 0])),
  'ended as': [...endings].toSorted(([, a], [, b]) => b - a).map(([name, n]) => `${n} ${name}`).join(', '),
}); // prettier-ignore

const FILE = 'bench/torture.md';

/** Replaces the section of a part in bench/torture.md, and prints it. */
export function writeTable(name: string, title: string, counted: Tally, minutes: number): void {
  const rows = counted.rows();
  const columns = Object.keys(rows.at(-1)!);
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const table = [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((each) => line(columns.map((column) => each[column]!))),
  ];
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const when = `${new Date().toISOString().slice(0, 10)}, ${minutes.toFixed(0)} min, load ${loadavg()[1]!.toFixed(1)} at the end`;
  const section = `## ${name}\n\n${title}. ${counted.faults} with a fault.\n\n${table.join('\n')}\n\n${machine}, ${when}\n`;
  console.log(`\n${section}`);
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '# bench/torture\n\n';
  const sections = before.split(/^(?=## )/m);
  const at = sections.findIndex((each) => each.startsWith(`## ${name}\n`));
  if (at >= 0) sections[at] = section;
  else sections.push(section);
  writeFileSync(FILE, `${sections.map((each) => each.trimEnd()).join('\n\n')}\n`);
}
