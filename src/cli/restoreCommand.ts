import { restore, type RestoreOptions } from '../calls';
import { createEngine } from '../engine/client/engine';
import { StoppedError } from '../errors';
import { BATCH_ROWS } from '../settings/batchJob';
import { RESTORE_ROWS } from '../settings/videoRows';
import { batchCommand } from './batchCommand';
import { onInterrupt } from './interrupt';
import { settingsOf } from './jobs';
import { json } from './json';
import { optionsOf, type OptionValues, usage, usageOf } from './options';
import { presetIn } from './presetsCommand';
import { progressBar } from './progressBar';

export async function restoreCommand(
  paths: readonly string[],
  values: OptionValues,
  closed: AbortSignal,
): Promise<number> {
  if (values['out'] !== undefined) return batchCommand(paths, values, closed);
  const [onlyMany] = optionsOf(BATCH_ROWS).filter(({ name }) => values[name] !== undefined);
  if (onlyMany) throw usage(`--${onlyMany.name} applies only with --out FOLDER.`);
  const [input, output, more] = paths;
  if (input === undefined || output === undefined || more !== undefined) throw usage(usageOf('restore'));
  const job: RestoreOptions = { ...settingsOf(RESTORE_ROWS, values), ...(await presetIn(values)), input, output };
  const engine = createEngine();
  const signal = onInterrupt(engine, closed);
  const bar = progressBar(process.stderr, values['json'] ? (value) => process.stdout.write(json(value)) : null);
  try {
    bar.done(await restore(job, { engine, signal, onProgress: (progress) => bar.progress(progress) }));
    return 0;
  } catch (error) {
    bar.end();
    if (!signal.aborted && !(error instanceof StoppedError)) throw error;
    if (!closed.aborted)
      process.stderr.write(
        values['resume'] !== false
          ? 'Stopped. Finished segments were kept; the same command continues.\n'
          : 'Stopped. No files were left behind.\n',
      );
    return 130;
  } finally {
    await engine.close();
  }
}
