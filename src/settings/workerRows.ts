import { CHOICE_ROWS } from './modelRows';
import { number, text } from './row';
import { MACHINES } from './topics';
import { QUEUE_ROWS } from './videoRows';

const queue = text(1, 2048, null, {
  text: 'address of the queue: redis://HOST:6379 or postgres://HOST/DATABASE; its password: REMASTER_QUEUE_PASSWORD',
  unset: 'REMASTER_QUEUE',
  option: QUEUE_ROWS.queue.option!,
});

const { model: _, ...WHERE_ROWS } = CHOICE_ROWS;

/** A process that makes segments for other machines. */
export const WORKER_ROWS = {
  queue,
  /** Shared folders, one a line: the path that jobs name and, behind `=`, the path here. */
  map: text(1, 65_536, null, {
    text: 'a shared folder: its path in the jobs, and its path here; may be repeated, and no other file is used',
    unset: 'required',
    option: { topic: MACHINES, value: 'THEIRS=OURS', isList: true },
  }),
  /** Name in messages. */
  name: text(1, 100, null, { text: 'name of this worker', unset: 'host and GPU', option: { topic: MACHINES } }),
  /** Gigabytes. */
  memory: number(0.1, 100_000, null, {
    text: 'take only segments that need at most N GB',
    unset: '80 % of the memory',
    option: { topic: MACHINES },
  }),
  ...WHERE_ROWS,
} as const;

export const QUEUE_COMMAND_ROWS = { queue } as const;
