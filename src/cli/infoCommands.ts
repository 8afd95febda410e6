import { doctor, listModels, probe } from '../calls';
import { AUTO } from '../settings/chooseModel';

/** Prints a value as JSON or as text. */
export type Print = (value: unknown, text: string) => void;

export async function probeCommand(file: string, print: Print): Promise<number> {
  const summary = await probe(file);
  const lines = Object.entries(summary).map(([name, value]) => `${name.padEnd(11)} ${value ?? 'unknown'}`);
  print(summary, lines.join('\n'));
  return 0;
}

export async function modelsCommand(print: Print): Promise<number> {
  const models = await listModels();
  const auto = `${AUTO.padEnd(12)}  chooses one of these for the source (the default)`;
  const lines = models.flatMap(
    ({ name, system, task, scale, steps, bytes, licence, title, notes, suspect, problem }) => [
      [
        name.padEnd(12),
        system.padEnd(9),
        task.padEnd(8),
        `x${scale}`,
        `${steps} ${steps === 1 ? 'step ' : 'steps'}`,
        `${(bytes / 1e6).toFixed(1)} MB`.padStart(9),
        licence,
        problem ? `UNUSABLE: ${problem.message}` : title,
      ].join('  '),
      ...[...notes, ...(suspect ? [`${suspect.code}: ${suspect.message} ${suspect.remedy}`] : [])].map(
        (note) => `  note: ${note}`,
      ),
    ],
  );
  print(models, [auto, ...lines].join('\n'));
  return 0;
}

/** Exit code 1 if a check fails. */
export async function doctorCommand(print: Print): Promise<number> {
  const report = await doctor();
  const mark = (ok: boolean | null) => (ok === null ? 'note' : ok ? 'ok  ' : 'FAIL');
  const lines = report.lines.map(
    ({ ok, what, found, remedy }) => `${mark(ok)}  ${what}: ${found}${remedy ? `\n      ${remedy}` : ''}`,
  );
  print(report, lines.join('\n'));
  return report.lines.some(({ ok }) => ok === false) ? 1 : 0;
}
