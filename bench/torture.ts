/**
 * bench/torture: harmed sources, kills, full disks, harmed bundles and faults of cameras. No case may crash, hang, leave
 * anything behind, end as INTERNAL, show a stack trace or lose frames in silence. A part depends on its seed only; a case
 * that fails prints its number and keeps its input. Writes the tables of the parts that ran into bench/torture.md; Ctrl-C
 * ends after the current case, with the table.
 * Usage: node dist/bench/torture.js [part …] [count] [seed=1] [first case=0]   (parts: inputs kills disks bundles cameras)
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { bundles } from './torture/bundles';
import { cameras } from './torture/cameras';
import { disks } from './torture/disks';
import { inputs } from './torture/inputs';
import { kills } from './torture/kills';
import type { Outcome, Part } from './torture/outcome';
import { tally, writeTable } from './torture/tally';

const PARTS: Readonly<Record<string, readonly [run: Part, count: number, what: string]>> = {
  inputs: [inputs, 1000, 'harmed sources'],
  kills: [kills, 200, 'kills at random moments'],
  disks: [disks, 50, 'full disks'],
  bundles: [bundles, 100, 'harmed bundles'],
  cameras: [cameras, 40, 'faults of cameras'],
};

const names = process.argv.slice(2).filter((each) => !/^\d+$/.test(each));
const [count, seed = 1, first = 0] = process.argv.slice(2).filter((each) => /^\d+$/.test(each)).map(Number); // prettier-ignore

async function main(): Promise<void> {
  const unknown = names.find((name) => !(name in PARTS));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}.`);
  const base = tmpdir(); // the parts have temporary folders of their own
  const kept = join(base, `remaster-torture-kept-${seed}`);
  let isEnough = false;
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (isEnough = true));
  for (const name of names.length > 0 ? names : Object.keys(PARTS)) {
    const [run, usual, what] = PARTS[name]!;
    const folder = mkdtempSync(join(base, `remaster-torture-${name}-`));
    const counted = tally();
    const started = performance.now();
    let number = first;
    try {
      for await (const outcome of run({ folder, seed, first, count: count ?? usual })) {
        counted.add(outcome);
        if (outcome.faults.length > 0) report(outcome, join(kept, `${name}-${number}`), `${name} 1 ${seed} ${number}`);
        if (++number % 25 === 0) console.error(`${name}: ${number - first} cases`);
        if (isEnough) break;
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const minutes = (performance.now() - started) / 60_000;
    writeTable(name, `${number - first} ${what}, seed ${seed}`, counted, minutes);
    if (counted.faults > 0) process.exitCode = 1;
  }
}

/** Prints the faults of a case and how to repeat it, and keeps its input. */
function report({ faults, words, keep }: Outcome, kept: string, again: string): void {
  console.error(`${faults.join(', ')}: ${words}\n  again: node dist/bench/torture.js ${again}`);
  for (const path of keep.filter((each) => existsSync(each))) {
    mkdirSync(kept, { recursive: true });
    cpSync(path, join(kept, basename(path)), { recursive: true });
    console.error(`  kept: ${join(kept, basename(path))}`);
  }
}

void main();
