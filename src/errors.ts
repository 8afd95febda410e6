/**
 * All error codes. They are stable: flows switch on them. There is no code for stopping: a stopped job rejects with the
 * reason of its signal.
 */
export const ERROR_CODES = [
  'AUTH_FAILED',
  'BAD_SETTING',
  'DISK_FULL',
  'ENCODE_FAILED',
  'ENGINE_CRASHED',
  'FFMPEG_MISSING',
  'FRAME_TOO_LARGE',
  'GPU_OUT_OF_MEMORY',
  'IMAGE_DROPPED',
  'IMAGE_TOO_LARGE',
  'IMAGE_UNREADABLE',
  'INTERNAL',
  'MASK_INVALID',
  'MODEL_INCOMPATIBLE',
  'MODEL_INVALID',
  'MODEL_LOAD_TIMEOUT',
  'MODEL_NOT_FOUND',
  'MODEL_SUSPECT',
  'NO_IMAGE',
  'NO_PLAN',
  'NO_SIGNAL',
  'OUTPUT_BUSY',
  'OUTPUT_CLASH',
  'OUTPUT_EXISTS',
  'OUTPUT_UNWRITABLE',
  'PATH_NOT_ALLOWED',
  'PLAN_INVALID',
  'PLAN_STAGE_GONE',
  'QUEUE_AUTH',
  'QUEUE_CANCELLED',
  'QUEUE_CLOCK',
  'QUEUE_SETUP',
  'QUEUE_TLS',
  'QUEUE_VERSION',
  'RECORD_INVALID',
  'RECORD_NOT_FOUND',
  'RESUME_MISMATCH',
  'RUNTIME_MISSING',
  'SOURCE_CHANGED',
  'SOURCE_DAMAGED',
  'SOURCE_EMPTY',
  'SOURCE_NOT_FOUND',
  'SOURCE_TRUNCATED',
  'SOURCE_UNREADABLE',
  'WORKER_DIFFERS',
  'WORKER_FOLDER',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error as plain JSON, to cross a process boundary. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  /** What happened, to which input. One sentence. */
  readonly message: string;
  /** What to do. One sentence; empty when the message already says it. */
  readonly remedy: string;
  /** Output of the program that failed (the end of ffmpeg's stderr, a stack trace); empty when there is none. */
  readonly detail: string;
}

/** An error with a stable `code`, a message that names the input, and a remedy. */
export class RemasterError extends Error {
  readonly remedy: string;
  readonly detail: string;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { remedy = '', detail = '', cause }: { remedy?: string; detail?: string; cause?: unknown } = {},
  ) {
    super(printable(message), cause === undefined ? undefined : { cause });
    this.name = 'RemasterError';
    this.remedy = printable(remedy);
    this.detail = detail;
  }

  toJSON(): ErrorRecord {
    return { code: this.code, message: this.message, remedy: this.remedy, detail: this.detail };
  }

  static from({ code, message, remedy, detail }: ErrorRecord): RemasterError {
    return new RemasterError(code, message, { remedy, detail });
  }
}

/** The text with its control characters as `\n` or `\u001b`: names of files may have them, and terminals obey them. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (control) => {
    const escaped = JSON.stringify(control).slice(1, -1);
    return escaped === control ? `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}` : escaped;
  });

/** The same for a text of several lines, which stay. */
export const printableLines = (text: string): string => text.split(/\r?\n/).map(printable).join('\n');

/** The record of any thrown value. Anything but a RemasterError becomes `INTERNAL` with its stack as detail. */
export function errorRecord(thrown: unknown): ErrorRecord {
  if (thrown instanceof RemasterError) return thrown.toJSON();
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    code: 'INTERNAL',
    message: printable(error.message),
    remedy: 'This is a bug in remaster; please report it with the lines below.',
    detail: error.stack ?? '',
  };
}

/** The reason of a stopped job's signal. `keep`: finished segments stay for a later run. */
export class StoppedError extends Error {
  constructor(readonly keep: boolean) {
    super(keep ? 'The job was suspended.' : 'The job was stopped.');
    this.name = 'AbortError';
  }
}

/** The known word closest to a mistyped one, for "Did you mean …?"; null if none differs by at most a third of its letters. */
export function closest(word: string, known: readonly string[]): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const [best] = known
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance);
  return best?.name ?? null;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours count 1 each. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          rows[i - 1]![j]! + 1,
          row[j - 1]! + 1,
          rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
          isSwap ? rows[i - 2]![j - 2]! + 1 : Infinity,
        ),
      );
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
