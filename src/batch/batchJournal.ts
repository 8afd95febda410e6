import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ErrorRecord } from '../errors';
import { sync } from '../files/sync';
import type { Reserve } from './reserve';

/** What decides a result: the content of its source, and the settings that have an effect on it. */
export interface WorkKey {
  readonly source: string;
  readonly job: string;
}

/** A result that a batch has begun. */
export interface Begun extends WorkKey {
  readonly is: 'begun';
  /** Relative to the output folder. */
  readonly output: string;
  readonly input: string;
  /** The file that had the name; null: there was none. */
  readonly before: FileStamp | null;
  /** Whether that is an earlier result of a source that has changed since. */
  readonly isOutdated: boolean;
}

/** A source that is damaged or truncated: restoring it again would give the same part. */
export interface Broken extends WorkKey {
  readonly is: 'broken';
  readonly output: string;
  readonly input: string;
  readonly error: ErrorRecord;
}

/** A result that was begun, and given up. */
interface Left {
  readonly is: 'left';
  readonly output: string;
}

export interface FileStamp {
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** A result that is complete. Null is what an interrupted batch did not record. */
export interface Finished extends WorkKey, FileStamp {
  readonly is: 'finished';
  readonly output: string;
  readonly input: string;
  readonly frames: number | null;
  readonly seconds: number | null;
  readonly model: string | null;
  readonly warnings: readonly string[];
}

export type Line = Begun | Finished | Broken | Left;

/** The record of an output. */
export type Known = Begun | Finished | Broken;

/**
 * The results of an output folder, one line of JSON each; the last line of an output counts. A line is complete or
 * absent, also after a power failure.
 */
export class BatchJournal {
  private constructor(
    private readonly file: FileHandle,
    private readonly known: Map<string, Known>,
    private readonly reserve: Reserve,
    private size: number,
  ) {}

  static async open(path: string, reserve: Reserve): Promise<BatchJournal> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const whole = text.slice(0, text.lastIndexOf('\n') + 1); // a power failure may have cut off the last line
    const all = whole
      .split('\n')
      .map(parseLine)
      .filter((line) => line !== null);
    const known = new Map<string, Known>();
    for (const line of all) note(known, line);
    if (all.length > 2 * known.size + 100) await compact(path, known);
    const file = await open(path, 'a');
    let { size } = await file.stat();
    if (whole !== text) await file.truncate((size = Buffer.byteLength(whole)));
    return new BatchJournal(file, known, reserve, size);
  }

  /** Whether a batch has made, or begun to make, the file of this path relative to the output folder, or a folder it is in. */
  isResult(path: string): boolean {
    if (path === '.') return false;
    const last = this.known.get(path);
    return (last !== undefined && last.is !== 'broken') || this.isResult(dirname(path));
  }

  last(output: string): Known | null {
    return this.known.get(output) ?? null;
  }

  async add(line: Line): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    await this.reserve(async () => {
      try {
        await this.file.appendFile(text);
        await this.file.datasync();
      } catch (error) {
        await this.file.truncate(this.size).catch(() => {}); // the part of a line that a full disk has taken
        throw error;
      }
    });
    this.size += Buffer.byteLength(text);
    note(this.known, line);
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

function note(known: Map<string, Known>, line: Line): void {
  if (line.is === 'left') known.delete(line.output);
  else known.set(line.output, line);
}

/** Keeps the last line of each output. */
async function compact(path: string, lines: ReadonlyMap<string, Known>): Promise<void> {
  await writeFile(`${path}.new`, [...lines.values()].map((line) => `${JSON.stringify(line)}\n`).join(''));
  await sync(`${path}.new`);
  await rename(`${path}.new`, path);
}

/** Null for a line of a later version, or one that is no record. */
function parseLine(text: string): Line | null {
  try {
    const line = JSON.parse(text) as Partial<Record<keyof Finished | keyof Broken, unknown>> | null;
    const has = (...fields: unknown[]): boolean => fields.every((field) => typeof field === 'string');
    if (!line || !has(line.output)) return null;
    const isBroken = line.is === 'broken' && typeof line.error === 'object' && line.error !== null;
    const isKnown = line.is === 'begun' || line.is === 'finished' || isBroken;
    return line.is === 'left' || (isKnown && has(line.input, line.source, line.job)) ? (line as Line) : null;
  } catch {
    return null;
  }
}
