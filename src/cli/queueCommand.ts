import { printable } from '../errors';
import { placeOf, queueAccess } from '../queue/access';
import { initQueue, openQueue, type SegmentQueue } from '../queue/queue';
import type { QueueStatus } from '../queue/status';
import type { Print } from './infoCommands';
import { type OptionValues, usage, usageOf } from './options';
import { duration } from './progressBar';

/** The queue of an option, or of the environment. */
export function queueOf(given: string | null): string {
  const queue = given ?? process.env['REMASTER_QUEUE'] ?? '';
  if (queue === '') throw usage('No queue is named.', 'Add --queue redis://HOST:6379, or set REMASTER_QUEUE.');
  return queue;
}

/** `remaster queue init|status|cancel [JOB]`. */
export async function queueCommand(
  words: readonly string[],
  { queue: given }: OptionValues,
  print: Print,
  signal: AbortSignal,
): Promise<number> {
  const [what, job, more] = words;
  const isWhole = job === undefined ? ['init', 'status', 'cancel'] : ['cancel'];
  if (what === undefined || !isWhole.includes(what) || more !== undefined) throw usage(usageOf('queue'));
  const access = await queueAccess(queueOf(typeof given === 'string' ? given : null));
  const onWait = (why: string): void => void process.stderr.write(`${printable(why)}\n`);
  if (what === 'init') {
    await initQueue(access, signal, onWait);
    print({ queue: placeOf(access) }, `${placeOf(access)} is ready.`);
    return 0;
  }
  await using queue = await openQueue(access, signal, { onWait });
  if (what === 'cancel') return await cancel(queue, job ?? null, print);
  const status = await queue.status();
  print(status, statusText(status));
  return 0;
}

/** Without a job: the only one. */
async function cancel(queue: SegmentQueue, job: string | null, print: Print): Promise<number> {
  const { jobs } = await queue.status();
  const found = jobs.filter(({ run, output }) => job === null || run.startsWith(job) || output === job);
  const [one, other] = found;
  if (one === undefined)
    throw usage(job === null ? 'There is no job in the queue.' : `There is no job ${job} in the queue.`);
  if (other)
    throw usage(`${found.length} jobs are meant.`, 'Name one: the first letters of its number, or its output.');
  await queue.cancel(one.run);
  print({ cancelled: one.run }, `${one.output} is cancelled; its finished segments were kept.`);
  return 0;
}

function statusText({ jobs, workers }: QueueStatus): string {
  const lines = jobs.map(({ run, output, host, model, made, active, waiting, failed }) => {
    const counts = `${made} made, ${active} in work, ${waiting} waiting${failed > 0 ? `, ${failed} failed` : ''}`;
    return `job ${run.slice(0, 8)}  ${output} on ${host}, ${model}: ${counts}`;
  });
  const own = workers.flatMap(({ name, machine, facts, fps, leftOut, silent }) => [
    `worker ${name}  ${silent === null ? '' : `silent for ${duration(silent)}, `}class ${machine}${fps === null ? '' : `, ${fps.toFixed(2)} fps`}: ${facts}`,
    ...leftOut.slice(-3).map(({ why }) => `  left out: ${why}`),
  ]);
  const all = [...lines, ...own];
  return all.length === 0 ? 'No job and no worker.' : all.join('\n');
}
