import type { FileHandle } from 'node:fs/promises';
import { RemasterError } from '../../errors';
import { checksum, LONG_PACKET } from './nut';

export const damagedSegment = (path: string): RemasterError =>
  new RemasterError('ENCODE_FAILED', `The encoded segment ${path} is incomplete or damaged.`, {
    remedy: 'Delete this file and start the job again: finished segments before it are kept.',
  });

export const segmentError =
  (path: string) =>
  (cause: Error): never => {
    throw new RemasterError('ENCODE_FAILED', `The encoded segment ${path} cannot be read: ${cause.message}.`, {
      cause,
    });
  };

/** Reads numbers from a buffer. */
export class Cursor {
  protected at = 0;

  constructor(
    protected buffer: Buffer,
    protected readonly path: string,
  ) {}

  damaged(): RemasterError {
    return damagedSegment(this.path);
  }

  byte(): number {
    const byte = this.buffer[this.at++];
    if (byte === undefined) throw this.damaged();
    return byte;
  }

  bytes(count: number): Buffer {
    if (this.at + count > this.buffer.length) throw this.damaged();
    return Buffer.from(this.buffer.subarray(this.at, (this.at += count)));
  }

  varint(): number {
    let value = 0;
    for (;;) {
      const byte = this.byte();
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
  }

  signed(): number {
    const value = this.varint() + 1;
    return value % 2 === 1 ? -Math.floor(value / 2) : value / 2;
  }
}

/** Most bytes of a frame header. */
const HEADER_BYTES = 4096;

/** Reads a file from its start, with a buffer that moves along. */
export class NutReader extends Cursor {
  #start = 0;

  constructor(
    private readonly file: FileHandle,
    path: string,
  ) {
    super(Buffer.alloc(0), path);
  }

  get position(): number {
    return this.#start + this.at;
  }

  peek(): number {
    return this.buffer[this.at]!;
  }

  skip(count: number): void {
    this.at += count;
  }

  async size(): Promise<number> {
    return (await this.file.stat()).size;
  }

  isPastEnd(size: number): boolean {
    return this.position > size;
  }

  /** Makes at least `wanted` bytes available, and a frame header if there is one. False at the end of the file. */
  async fill(wanted: number): Promise<boolean> {
    const needed = Math.max(wanted, HEADER_BYTES);
    if (this.at + needed <= this.buffer.length) return true;
    const from = this.position;
    const { buffer, bytesRead } = await this.file
      .read(Buffer.alloc(Math.max(needed, 65536)), 0, undefined, from)
      .catch(segmentError(this.path));
    this.buffer = buffer.subarray(0, bytesRead);
    this.#start = from;
    this.at = 0;
    return bytesRead >= wanted;
  }

  /** The packet that begins here. Its checksum is verified. */
  async packet(): Promise<{ readonly start: bigint; readonly body: Cursor }> {
    const start = this.bytes(8).readBigUInt64BE();
    const length = this.varint();
    if (length > LONG_PACKET) this.bytes(4);
    if (!(await this.fill(length))) throw this.damaged();
    const content = this.bytes(length - 4);
    if (!this.bytes(4).equals(checksum(content))) throw this.damaged();
    return { start, body: new Cursor(content, this.path) };
  }
}
