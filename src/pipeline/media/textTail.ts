import type { Readable } from 'node:stream';

/** The end of what a program prints, for error messages. */
export class TextTail {
  #text = '';
  #lines = 0;

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

  /** Number of lines, also of those that are no longer kept. */
  get lineCount(): number {
    return this.#lines;
  }

  add(text: string): void {
    this.#text = (this.#text + text).slice(-this.length);
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.#lines++;
  }
}
