import { RemasterError } from '../errors';
import type { SegmentRange, SharedJob } from '../pipeline/jobs/restore/segmentFarm';
import { checkRows, badSetting } from '../settings/checkRows';
import { pickRows } from '../settings/row';
import { INPUT_ROWS, RESTORE_ROWS } from '../settings/videoRows';
import { show } from '../settings/showValue';
import { count, type Fields, list, matching, numberOrNull, record, text, textOrNull } from './fields';
import { isRun, PROTOCOL } from './names';

/** A run of a job in the queue: paths are those of its own machine. */
export interface Run extends SharedJob {
  readonly run: string;
  /** Name of the machine that finishes it. */
  readonly host: string;
  /** It has ended, and its segments are of no use any more. */
  readonly isCancelled: boolean;
}

const SHA256 = /^[0-9a-f]{64}$/;
const MAX_FRAMES = 2 ** 40;
const MAX_PATH = 4096;

/** What goes into the queue, with its version. */
export const payload = (fields: object): Fields => ({ v: PROTOCOL, ...fields });

export const runPayload = (run: Run): Fields => payload(run);

/** Throws QUEUE_VERSION or BAD_SETTING. */
export function parseRun(given: unknown): Run {
  const run = ofThisVersion(given, 'a job');
  const model = record(run['model'], 'model');
  const tiles = checkRows(pickRows(INPUT_ROWS, ['tile', 'overlap']), run['tiles'], badSetting);
  return {
    run: parseRunId(run['run']),
    host: text(run['host'], 'host', 255),
    isCancelled: run['isCancelled'] === true,
    job: jobOf(record(run['job'], 'job')),
    tiles,
    key: matching(run['key'], 'key', SHA256),
    sound: list(run['sound'], 'sound', 1000, (one, name) => count(one, name, 1e6)),
    folder: text(run['folder'], 'folder', MAX_PATH),
    encoder: text(run['encoder'], 'encoder', 10_000),
    model: { name: bundleName(model['name']), sha256: matching(model['sha256'], 'model.sha256', SHA256) },
    memory: count(run['memory'], 'memory', 2 ** 50),
    machine: textOrNull(run['machine'], 'machine', 64),
  };
}

/** Models are taken by their names from the list of the worker, never from a path. */
const bundleName = (value: unknown): string => matching(value, 'model.name', /^[^/\\]{1,255}$/);

function jobOf(fields: Fields): Run['job'] {
  const job = checkRows(RESTORE_ROWS, fields, badSetting);
  if (/[/\\]/.test(job.model)) throw badSetting('model', 'the name of an installed model', job.model);
  return job;
}

export const segmentPayload = (run: string, range: SegmentRange): Fields => payload({ run, ...range });

export function parseSegment(given: unknown, length: number): SegmentRange & { readonly run: string } {
  const fields = ofThisVersion(given, 'a segment');
  const index = count(fields['index'], 'index', MAX_FRAMES);
  const first = count(fields['first'], 'first', MAX_FRAMES);
  const frames = count(fields['count'], 'count', length);
  if (first !== index * length || frames === 0) throw badSetting('first', `${index * length}`, first);
  return { run: parseRunId(fields['run']), index, first, count: frames };
}

/** How far a segment is. */
export interface SegmentProgress {
  readonly by: string;
  readonly frames: number;
  /** Frames per second of this worker, over its last segments; null: none yet. */
  readonly fps: number | null;
}

export function parseProgress(given: unknown): SegmentProgress {
  const fields = record(given, 'progress');
  const frames = count(fields['frames'], 'frames', MAX_FRAMES);
  return { by: text(fields['by'], 'by', 255), frames, fps: numberOrNull(fields['fps'], 'fps', 1e9) };
}

/** A worker in the queue. */
export interface WorkerRecord {
  readonly id: string;
  readonly name: string;
  /** Its class: those of one class make the same bytes. */
  readonly machine: string;
  /** The class in words. */
  readonly facts: string;
  readonly provider: string;
  /** Hashes of its models, by name. */
  readonly models: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly memory: number;
  /** The folders of other machines that it reaches. */
  readonly folders: readonly string[];
  /** The runs that it cannot make, and why. */
  readonly leftOut: readonly { readonly run: string; readonly why: string }[];
  /** Frames per second, over its last segments; null: it has made none. */
  readonly fps: number | null;
  /** By its clock, in milliseconds since 1970. Changes every few seconds while it lives. */
  readonly beat: number;
}

export const workerPayload = (worker: WorkerRecord): Fields => payload(worker);

export function parseWorker(given: unknown): WorkerRecord {
  const fields = ofThisVersion(given, 'a worker');
  const models = Object.entries(record(fields['models'], 'models')).slice(0, 1000);
  return {
    id: matching(fields['id'], 'id', /^[\w.-]{1,255}$/),
    name: text(fields['name'], 'name', 255),
    machine: text(fields['machine'], 'machine', 64),
    facts: text(fields['facts'], 'facts', 1000),
    provider: text(fields['provider'], 'provider', 32),
    models: Object.fromEntries(models.map(([name, sha256]) => [name, matching(sha256, 'models', SHA256)])),
    memory: count(fields['memory'], 'memory', 2 ** 50),
    folders: list(fields['folders'], 'folders', 100, (one, name) => text(one, name, MAX_PATH)),
    leftOut: list(fields['leftOut'], 'leftOut', 1000, leftOutOf),
    fps: numberOrNull(fields['fps'], 'fps', 1e9),
    beat: count(fields['beat'], 'beat', Number.MAX_SAFE_INTEGER),
  };
}

function leftOutOf(value: unknown, name: string): WorkerRecord['leftOut'][number] {
  const fields = record(value, name);
  return { run: parseRunId(fields['run']), why: text(fields['why'], `${name}.why`, 1000) };
}

const parseRunId = (value: unknown): string => (isRun(value) ? value : matching(value, 'run', /^[0-9a-f]{32}$/));

export function ofThisVersion(given: unknown, what: string): Fields {
  const fields = record(given, what);
  if (fields['v'] === PROTOCOL) return fields;
  throw new RemasterError(
    'QUEUE_VERSION',
    `The queue has ${what} whose protocol is ${show(fields['v'])}; this is ${PROTOCOL}.`,
    {
      remedy: 'Install the same version of remaster on all machines.',
    },
  );
}
