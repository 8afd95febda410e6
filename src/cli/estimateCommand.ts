import { basename } from 'node:path';
import { printable } from '../errors';
import { estimate, type VideoEstimate } from '../calls';
import { createEngine } from '../engine/client/engine';
import { estimateWords, frameSeconds } from '../settings/estimate';
import { ESTIMATE_ROWS } from '../settings/estimateJob';
import type { Print } from './infoCommands';
import { onInterrupt } from './interrupt';
import { settingsOf } from './jobs';
import { type OptionValues, usage, usageOf } from './options';
import { counted, duration } from './progressBar';

/** `remaster estimate FILE`. */
export async function estimateCommand(
  paths: readonly string[],
  values: OptionValues,
  print: Print,
  closed: AbortSignal,
): Promise<number> {
  const [input, more] = paths;
  if (input === undefined || more !== undefined) throw usage(usageOf('estimate'));
  const job = { ...settingsOf(ESTIMATE_ROWS, values), input };
  const engine = createEngine();
  const signal = onInterrupt(engine, closed);
  try {
    const found = await estimate(job, { engine, signal });
    print(found, linesOf(basename(input), found).join('\n'));
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    if (!closed.aborted) process.stderr.write('Stopped. No files were left behind.\n');
    return 130;
  } finally {
    await engine.close();
  }
}

function linesOf(name: string, found: VideoEstimate): string[] {
  const { width, height, fps, duration: seconds, model, others, untimed } = found;
  const rate = fps === null ? 'unknown frame rate' : `${Number(fps.toFixed(3))} fps`;
  const length = seconds === null ? 'unknown length' : duration(seconds);
  const why = model.reason === undefined ? [] : [`auto: ${model.name}, because ${model.reason}`];
  const own = `${model.name}, ${counted(model.steps, 'step')} on ${model.provider}: ${estimateWords({ ...found, others: [], untimed: [] }, duration)}`;
  const hour =
    fps === null || found.seconds !== null
      ? []
      : [`an hour of it takes about ${duration(3600 * fps * found.secondsPerFrame)}`];
  const rows = others.map(({ name: other, secondsPerFrame, seconds: whole }) => {
    const all = whole === null ? '' : `, all of it ${duration(whole)}`;
    return `${other.padEnd(12)} ${frameSeconds(secondsPerFrame)} per frame${all}`;
  });
  return [
    `${name}: ${width}×${height}, ${rate}, ${length}`,
    ...why,
    own,
    ...hour,
    ...(rows.length > 0 ? ['Other models, by one tile:', ...rows] : []),
    ...untimed.map(({ name: other, reason }) => `${other.padEnd(12)} cannot be timed: ${reason}`),
  ].map(printable);
}
