import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, type Engine } from '../../src/engine/client/engine';
import type { RemasterError } from '../../src/errors';
import { JOB_DEFAULTS, type Result } from '../../src/settings/restoreJob';
import { writeIdentity } from '../../test/support/tinyBundle';
import { diceOf } from './dice';
import { leftovers, ownFolders } from './leftovers';
import { type Seen, seenByFfmpeg } from './oracle';
import { type Fault, faultsOf, numbers, type Outcome, type Part } from './outcome';
import { harmedCopy, makeSources } from './sources';

/** Milliseconds after which a job of a second counts as one that hangs. */
const LIMIT = 90_000;

/**
 * Restores harmed sources with one engine. The oracle is ffmpeg, which decodes the same source on its own: all that it
 * decodes is in the result, and frames of the unharmed source that are missing are named, if ffmpeg notices anything either.
 */
export const inputs: Part = async function* (plan) {
  const { folder, seed } = plan;
  const { temporary } = ownFolders(folder);
  const [whole, harmed, results] = ['whole', 'harmed', 'results'].map((name) => join(folder, name)) as [string, string, string]; // prettier-ignore
  for (const each of [whole, harmed, results]) mkdirSync(each);
  const sources = await makeSources(whole);
  const intact = new Map<string, Seen>();
  for (const { name, path, isFolder } of sources) intact.set(name, await seenByFfmpeg(path, isFolder));
  const model = await writeIdentity(join(folder, 'identity'));
  const engine = createEngine(600); // it must not be idle for so long that it exits
  try {
    for (const number of numbers(plan)) {
      const dice = diceOf(seed, number);
      const source = dice.pick(sources);
      const { path, how } = harmedCopy(source, harmed, dice);
      const before = engine.pid;
      const seen = await seenByFfmpeg(path, source.isFolder);
      const ended = await restored(engine, path, join(results, 'out.mkv'), model);
      const left = await leftovers({ results, may: /^out(\.partial)?\.mkv$/, temporary, hasEngine: true });
      const isOther = before !== null && engine.pid !== before;
      const original = intact.get(source.name)!;
      const { ending, faults } = judged(ended, seen, original, SAYS_ITS_END.test(source.name));
      const all: Fault[] = [...faults, ...(left.length > 0 ? (['leftover'] as const) : [])];
      if (isOther && !all.includes('crash')) all.push('crash');
      const kept = `${original.frames} frames whole, ffmpeg ${seen.frames} (${seen.between} and ${seen.atEnd} by their times)${seen.complains ? ' and complains' : ''}, result ${ended.frames}`;
      yield {
        ...{ kind: source.name, ending, faults: all, keep: [path] },
        words: [`${source.name}, ${how}: ${ending}; ${kept}`, saying(ended), ...left].join('; '),
      };
    }
  } finally {
    await engine.close();
  }
};

interface Ended {
  readonly result: Result | null;
  readonly error: RemasterError | null;
  /** Of the result or of what there is of it; null: there is none. */
  readonly frames: number | null;
}

async function restored(engine: Engine, input: string, output: string, model: string): Promise<Ended> {
  const choices = { model, provider: 'cpu', codec: 'ffv1', tileCache: null, segment: 16, batch: 4 } as const;
  const job = engine.run({ ...JOB_DEFAULTS, ...choices, input, output });
  const late = new AbortController();
  const isLate = sleep(LIMIT, 'late' as const, { signal: late.signal }).catch(() => 'in time' as const);
  const [result, error] = await Promise.race([
    job.result.then(
      (done) => [done, null] as const,
      (failed: RemasterError) => [null, failed] as const,
    ),
    isLate.then(() => [null, null] as const),
  ]);
  late.abort();
  if (!result && !error) await job.stop();
  const partial = output.replace(/\.mkv$/, '.partial.mkv');
  const made = [output, partial].find((each) => existsSync(each));
  return { result, error, frames: made === undefined ? null : (await seenByFfmpeg(made)).frames };
}

/** Containers that say how long they are. The others may be cut anywhere. */
const SAYS_ITS_END = /\.(mp4|mkv|avi|webm|mov|flv|wmv)$|images/;

/** The result is short. */
const SHORT = /^SOURCE_(DAMAGED|TRUNCATED)$/;

function judged(
  { result, error, frames }: Ended,
  seen: Seen,
  whole: Seen,
  saysItsEnd: boolean,
): Pick<Outcome, 'ending' | 'faults'> {
  if (error) {
    const faults = faultsOf(error, /^SOURCE_/);
    const isOther = SHORT.test(error.code) && (frames ?? 0) !== seen.frames;
    return { ending: error.code, faults: [...faults, ...(isOther ? (['wrong frames'] as const) : [])] };
  }
  if (!result) return { ending: 'hangs', faults: ['hang'] };
  const isWarned = result.warnings.length > 0;
  const lost = whole.frames - seen.frames;
  // Where a source begins between key frames, a warning counts the frames left out of its start.
  const isStartSaid = result.warnings.some((warning) => warning.startsWith('The source begins between key frames'));
  const isVisible = (!isStartSaid && seen.between > whole.between) || (saysItsEnd && seen.atEnd > 0);
  if (frames !== seen.frames) return { ending: 'other frames', faults: [isWarned ? 'wrong frames' : 'silent loss'] };
  // Of 40 frames one is more than 1 %: where the times show a gap, a warning leaves a short video with its full name.
  if (lost > 0 && isWarned) return { ending: 'short, warned', faults: isVisible ? ['wrong code'] : [] };
  if (lost > 0) return { ending: 'short, nothing to see', faults: seen.complains || isVisible ? ['silent loss'] : [] };
  return { ending: isWarned ? 'whole, warned' : 'whole', faults: [] };
}

const saying = ({ result, error }: Ended): string =>
  error ? `${error.code}: ${error.message} ${error.detail}` : (result?.warnings.join(' ') ?? '');
