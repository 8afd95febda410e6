import type { Readable } from 'node:stream';

/** The end of what a program prints, for error messages. */
export class TextTail {
  #text = '';

  /** `stream`: absent for a process that could not be started. `length`: characters that are kept. */
  constructor(
    stream: Readable | null | undefined,
    private readonly length: number,
  ) {
    stream?.setEncoding('utf8').on('data', (text: string) => this.add(text));
  }

  get text(): string {
    return this.#text;
  }

  add(text: string): void {
    this.#text = (this.#text + text).slice(-this.length);
  }
}
