import { cpus, totalmem } from 'node:os';

/** Prints a Markdown table, with the machine and the date. */
export function printTable(title: string, rows: readonly Readonly<Record<string, string | number>>[]): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  console.log(`\n${title}\n`);
  console.log(line(columns));
  console.log(line(columns.map(() => '---')));
  for (const row of rows) console.log(line(columns.map((column) => String(row[column] ?? ''))));
  const model = cpus()[0]?.model ?? 'unknown';
  const gib = Math.round(totalmem() / 2 ** 30);
  console.log(
    `\n${cpus().length} × ${model.trim()}, ${gib} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
  );
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
