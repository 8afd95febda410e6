import { basename, extname } from 'node:path';
import { printable } from '../errors';
import { createEngine, type Engine } from '../engine/client/engine';
import type { Rows } from '../settings/row';
import { COMPARE_ROWS, TRY_ROWS } from '../settings/tryJob';
import { commandLine, quoted } from '../tryout/commandLine';
import type { TryEvents, TryResult } from '../tryout/inNewFolder';
import type { Try } from '../tryout/tries';
import { tryImage } from '../tryout/tryImage';
import { tryVideo } from '../tryout/tryVideo';
import { onInterrupt } from './interrupt';
import type { Print } from './infoCommands';
import { settingsOf } from './jobs';
import { optionsOf, type OptionValues, usage, usageOf } from './options';
import { presetIn } from './presetsCommand';
import { duration } from './progressBar';

/** `remaster try FILE [FOLDER]`. */
export async function tryCommand(
  paths: readonly string[],
  values: OptionValues,
  print: Print,
  closed: AbortSignal,
): Promise<number> {
  const [input, output, more] = paths;
  if (input === undefined || more !== undefined) throw usage(usageOf('try'));
  const job = {
    ...settingsOf(TRY_ROWS, values),
    ...(await presetIn(values)),
    input,
    output: output ?? pageFolder(input),
  };
  const commandOf = (one: Try) => commandLine('restore', input, one, given(TRY_ROWS, values));
  return makePage((engine, events) => tryVideo(job, engine, { ...events, commandOf }), print, closed);
}

/** `remaster models --compare IMAGE [FOLDER]`. */
export function compareCommand(
  paths: readonly string[],
  values: OptionValues,
  print: Print,
  closed: AbortSignal,
): Promise<number> {
  const [output, more] = paths;
  const { compare } = values;
  if (typeof compare !== 'string' || more !== undefined) throw usage(usageOf('models'));
  const job = { ...settingsOf(COMPARE_ROWS, values), output: output ?? pageFolder(compare) };
  const commandOf = (one: Try) => commandLine('image', compare, one, given(COMPARE_ROWS, values));
  return makePage((engine, events) => tryImage(job, engine, { ...events, commandOf }), print, closed);
}

/** In the working folder. */
const pageFolder = (input: string): string => `${basename(input, extname(input))}.try`;

type Make = (engine: Engine, events: Omit<TryEvents, 'commandOf'>) => Promise<TryResult>;

async function makePage(make: Make, print: Print, closed: AbortSignal): Promise<number> {
  const engine = createEngine();
  const signal = onInterrupt(engine, closed);
  const onProgress = (done: number, of: number, what: string): void =>
    void (what !== '' && process.stderr.write(`trying ${what} (${done + 1} of ${of})\n`));
  try {
    const result = await make(engine, { signal, onProgress });
    const lines = result.tries.map(({ name, seconds, total }) => {
      const whole = total === null || result.kind === 'image' ? '' : `, all of it ${duration(total)}`;
      return `${name.padEnd(12)} ${seconds.toFixed(2)} s${result.kind === 'image' ? '' : ' per frame'}${whole}`;
    });
    const left = result.left.map(
      ({ name, seconds }) => `${name.padEnd(12)} left out: the parts alone take ${duration(seconds)}`,
    );
    const untimed = result.untimed.map(({ name, reason }) =>
      printable(`${name.padEnd(12)} cannot be timed: ${reason}`),
    );
    print(result, [...lines, ...left, ...untimed, `${printable(result.page)}: open it in a browser`].join('\n'));
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write('Stopped. No files were left behind.\n');
    return 130;
  } finally {
    await engine.close();
  }
}

/** The options that concern the whole job too, as they were given. */
function given(rows: Rows, values: OptionValues): readonly string[] {
  const own = ['models', 'seconds', 'overwrite', 'compare'];
  return optionsOf(rows).flatMap(({ name }) => {
    const value = values[name];
    if (value === undefined || own.includes(name)) return [];
    return typeof value === 'string' ? [`--${name}`, quoted(value)] : [`--${value ? '' : 'no-'}${name}`];
  });
}
