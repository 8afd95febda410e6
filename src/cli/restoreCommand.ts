import { createEngine, type Engine, type Job, probe, restore } from '../index';
import { onInterrupt } from './interrupt';
import { restoreJob } from './jobs';
import { usage, usageOf, type Values } from './options';
import { progressBar } from './progressBar';

/** Videos longer than this keep finished segments unless `--no-resume` is given: losing them would cost hours. */
const RESUME_ABOVE_SECONDS = 60;

export async function restoreCommand(paths: readonly string[], values: Values): Promise<number> {
  const [input, output, more] = paths;
  if (input === undefined || output === undefined || more !== undefined) throw usage(usageOf('restore'));
  const wanted = restoreJob(input, output, values);
  const engine = createEngine();
  const signal = onInterrupt(engine);
  const bar = progressBar(
    process.stderr,
    values.json ? (value) => process.stdout.write(`${JSON.stringify(value)}\n`) : null,
  );
  let job = wanted;
  try {
    if (!wanted.resume && !values['no-resume']) job = { ...wanted, resume: await isLong(wanted, engine) };
    bar.done(await restore(job, { engine, signal, onProgress: (progress) => bar.progress(progress) }));
    return 0;
  } catch (error) {
    bar.end();
    if (!signal.aborted) throw error;
    process.stderr.write(
      job.resume
        ? 'Stopped. Finished segments were kept; the same command continues.\n'
        : 'Stopped. No files were left behind.\n',
    );
    return 130;
  } finally {
    await engine.close();
  }
}

/** Whether the wanted part of the source is longer than a minute, or of unknown length. */
async function isLong({ input, trim }: Job, engine: Engine): Promise<boolean> {
  const { duration } = await probe(input, engine);
  const end = Math.min(duration ?? Infinity, trim?.end ?? Infinity);
  return end - (trim?.start ?? 0) > RESUME_ABOVE_SECONDS;
}
