import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, type KillJob, problems, run, SIGNALS, TARGETS } from '../../test/support/kills';
import { writeIdentity } from '../../test/support/tinyBundle';
import { ff, moving } from '../../test/support/videos';
import { diceOf } from './dice';
import { leftovers, ownFolders } from './leftovers';
import { type Fault, hasStack, numbers, type Part } from './outcome';

const CODECS = [
  ['h264', 'mp4'],
  ['h265', 'mkv'],
  ['ffv1', 'mkv'],
  ['prores', 'mov'],
] as const;

/** Kills before something is running, or after the end, are thrown again. */
const THROWS = 20;

/** Kills a process of a job at a random moment, and starts the same command again. */
export const kills: Part = async function* (plan) {
  const { folder, seed } = plan;
  const { temporary } = ownFolders(folder);
  const results = join(folder, 'results');
  mkdirSync(results);
  const input = join(folder, 'in.mp4');
  await ff(...moving('96x64', '25', 240), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', input);
  const model = await writeIdentity(join(folder, 'identity'));
  const jobOf = (output: string, codec: string): KillJob => {
    const options = ['--model', model, '--codec', codec, '--segment', '20', '--batch', '2', '--tile-cache', 'off'];
    return { input, output, options };
  };
  const wholeOf = (codec: string, container: string): string => join(folder, `whole ${codec}.${container}`);
  const references = new Map<string, Ended>();
  for (const [codec, container] of CODECS)
    references.set(codec, await run(jobOf(wholeOf(codec, container), codec), null));

  for (const number of numbers(plan)) {
    const dice = diceOf(seed, number);
    const target = TARGETS[number % TARGETS.length]!;
    const signal = SIGNALS[Math.floor(number / TARGETS.length) % SIGNALS.length]!;
    const [codec, container] = dice.pick(CODECS);
    const job = jobOf(join(results, `out.${container}`), codec);
    let first: Ended;
    let [seconds, throws] = [0, 0];
    do {
      rmSync(job.output, { force: true });
      seconds = dice.next() * references.get(codec)!.seconds;
      first = await run(job, { target, signal, at: { seconds } });
    } while (!first.killed && ++throws < THROWS);
    const second = first.code === 0 ? first : await run(job, null);
    const found = await problems(job, wholeOf(codec, container));
    const left = await leftovers({ results, may: /^out\.\w+$/, temporary, hasEngine: false });
    const faults: Fault[] = [
      ...(second.code !== 0 ? (['wrong code'] as const) : []),
      ...(hasStack(first.stderr + second.stderr) ? (['stack trace'] as const) : []),
      ...(/INTERNAL/.test(`${first.error} ${second.error}`) ? (['INTERNAL'] as const) : []),
      ...(found.some((each) => /frames|output/.test(each)) ? (['wrong frames'] as const) : []),
      ...(left.length > 0 || found.some((each) => /left/.test(each)) ? (['leftover'] as const) : []),
    ];
    const ending = first.code === 0 ? 'went on' : `resumed${second.resumedFrom ? '' : ' from the start'}`;
    const words = `${target}, ${signal} after ${seconds.toFixed(2)} s, ${codec}`;
    yield {
      ...{ kind: `${target}, ${signal}`, ending, faults, keep: [] },
      words: `${words}: ${JSON.stringify([first, second, found, left])}`,
    };
  }
};
