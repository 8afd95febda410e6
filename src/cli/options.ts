import { parseArgs, type ParseArgsConfig } from 'node:util';
import { closest, RemasterError } from '../errors';
import { optionName } from '../settings/commandWords';
import type { Row, Rows } from '../settings/row';
import { BATCH_ROWS } from '../settings/batchJob';
import { IMAGE_ROWS } from '../settings/table';
import { ESTIMATE_ROWS } from '../settings/estimateJob';
import { QUEUE_COMMAND_ROWS, WORKER_ROWS } from '../settings/workerRows';
import { COMPARE_ROWS, TRY_ROWS } from '../settings/tryJob';
import { VERIFY_ROWS } from '../settings/verifyJob';
import { RESTORE_ROWS } from '../settings/videoRows';

/** The mask of an image is an image, not a video. */
const IMAGE_MASK = { ...RESTORE_ROWS.mask, text: 'mask image: white areas are filled' };

const IMAGE_QUEUE = { ...RESTORE_ROWS.queue, text: 'let a worker of this queue do it', unset: 'this machine does it' };

/** Commands in the order of the help. `rows`: the settings that are options of the command. */
export const COMMANDS = {
  restore: {
    parameters: 'INPUT OUTPUT | INPUT... --out FOLDER',
    text: 'restore or upscale a video, or all in folders; writes .mp4, .mov, .mkv, or images (folder/%08d.png)',
    rows: { ...RESTORE_ROWS, ...BATCH_ROWS } as Rows,
  },
  image: {
    parameters: 'INPUT OUTPUT',
    text: 'restore or upscale an image; writes .jpg, .png or .webp',
    rows: { ...IMAGE_ROWS, mask: IMAGE_MASK, overwrite: RESTORE_ROWS.overwrite, queue: IMAGE_QUEUE } as Rows,
  },
  try: {
    parameters: 'FILE [FOLDER]',
    text: 'try models on two seconds from three places of a video; makes a page that compares them',
    rows: TRY_ROWS as Rows,
  },
  estimate: {
    parameters: 'FILE',
    text: 'say how long a video takes, measured on three of its frames, and how long with other models',
    rows: ESTIMATE_ROWS as Rows,
  },
  verify: {
    parameters: 'FILE',
    text: 'compare a result of --record with its record: file, frames, source and model',
    rows: VERIFY_ROWS as Rows,
  },
  probe: { parameters: 'FILE', text: 'show size, frame rate, duration and codec of a video', rows: {} },
  models: {
    parameters: '[FOLDER]',
    text: 'list the installed models, or compare them on an image',
    rows: COMPARE_ROWS as Rows,
  },
  presets: { parameters: '[show NAME|FILE.json]', text: 'list the presets, or print one', rows: {} },
  worker: {
    parameters: '',
    text: 'make segments of the jobs that other machines give to a queue',
    rows: WORKER_ROWS as Rows,
  },
  queue: {
    parameters: 'init|status|cancel [JOB]',
    text: 'prepare a queue, show its jobs and workers, or end a job',
    rows: QUEUE_COMMAND_ROWS as Rows,
  },
  doctor: { parameters: '', text: 'check ffmpeg, onnxruntime, models and permissions', rows: {} },
  help: { parameters: '[COMMAND]', text: 'show this help, or the options of a command', rows: {} },
} as const;

export type Command = keyof typeof COMMANDS;

/** An option of a command, and the setting it gives. */
export interface RowOption {
  readonly name: string;
  readonly row: Row;
}

/** Options that every command has. */
export const GENERAL = {
  json: { text: 'print JSON, one object per line' },
  help: { text: 'show help', short: 'h' },
  version: { text: 'show the version', short: 'v' },
} as const satisfies Record<string, { readonly text: string; readonly short?: string }>;

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** The options of rows, those of groups included. */
export const optionsOf = (rows: Rows): readonly RowOption[] =>
  Object.entries(rows).flatMap(([field, row]): readonly RowOption[] => {
    if (row.kind === 'group') return optionsOf(row.rows as Rows);
    return row.option ? [{ name: optionName(field, row), row }] : [];
  });

const ALL = Object.values(COMMANDS).flatMap(({ rows }) => optionsOf(rows));

export function parseCommandLine(args: readonly string[]): { values: OptionValues; positionals: string[] } {
  const general = Object.entries(GENERAL).map(([name, option]) => [
    name,
    { type: 'boolean', ...('short' in option && { short: option.short }) } as const,
  ]);
  const own = ALL.map(({ name, row }) => {
    const type = row.kind === 'switch' ? 'boolean' : 'string';
    return [name, { type, multiple: row.option?.isList === true } as const];
  });
  const { values, positionals } = parsed(args, Object.fromEntries([...general, ...own]));
  return { values: withMaskColor(values), positionals };
}

function parsed(args: readonly string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    const found = parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true, strict: true });
    const values = Object.entries(found.values).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join('\n') : value,
    ]);
    return { values: Object.fromEntries(values) as OptionValues, positionals: found.positionals };
  } catch (cause) {
    throw parseError(cause as NodeJS.ErrnoException);
  }
}

/** `--mask #00ff00` means the colour. One that is none is refused as such, and not as a file that does not exist. */
function withMaskColor(values: OptionValues): OptionValues {
  const { mask, ...others } = values;
  if (typeof mask !== 'string' || !/^#[0-9a-f]*$/i.test(mask)) return values;
  if (others['mask-color'] === undefined) return { ...others, 'mask-color': mask };
  throw usage(`--mask ${mask} and --mask-color cannot be combined.`, 'Omit one of them.');
}

/** Refuses options that the command does not use. */
export function requireOptionsOf(command: Command, values: OptionValues): void {
  const known = [...Object.keys(GENERAL), ...optionsOf(COMMANDS[command].rows).map(({ name }) => name)];
  const other = Object.keys(values).find((name) => !known.includes(name));
  if (other) throw usage(`--${other} does not apply to \`remaster ${command}\`.`, `See remaster help ${command}.`);
}

/** Refuses the options of a command that it uses only together with `needed`. */
export function requireNoOptions(command: Command, values: OptionValues, needed: string): void {
  const own = optionsOf(COMMANDS[command].rows).find(({ name }) => values[name] !== undefined);
  if (own) throw usage(`--${own.name} of \`remaster ${command}\` needs ${needed}.`, `See remaster help ${command}.`);
}

function parseError({ code, message }: NodeJS.ErrnoException): RemasterError {
  const unknown = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'--?([^']+)'/.exec(message)?.[1] : undefined;
  if (unknown === undefined) return usage(message);
  const near =
    unknown.length === 1 ? null : closest(unknown, [...Object.keys(GENERAL), ...ALL.map(({ name }) => name)]);
  return usage(
    `Unknown option ${unknown.length > 1 ? '--' : '-'}${unknown}.`,
    near === null
      ? 'See remaster help. Write ./-name for a path that begins with a hyphen.'
      : `Did you mean --${near}?`,
  );
}

export const usage = (message: string, remedy = 'See remaster help.'): RemasterError =>
  new RemasterError('BAD_SETTING', message, { remedy });

export const usageOf = (command: Command): string =>
  `Usage: remaster ${[command, COMMANDS[command].parameters].filter((part) => part !== '').join(' ')} [options]`;
