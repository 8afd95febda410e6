/** Lines at the bottom of a terminal that are drawn again, with other lines above them. */
export class Bars {
  #lines: readonly string[] = [];

  constructor(private readonly stream: NodeJS.WriteStream) {}

  print(text: string): void {
    const bars = this.#lines;
    this.draw([]);
    this.stream.write(`${text}\n`);
    this.draw(bars);
  }

  draw(lines: readonly string[]): void {
    const up = this.#lines.length === 0 ? '' : `\u001b[${this.#lines.length}A\r\u001b[0J`;
    if (up !== '' || lines.length > 0) this.stream.write(up + lines.map((line) => `${line}\n`).join(''));
    this.#lines = lines;
  }

  /** They are not drawn again. */
  leave(): void {
    this.#lines = [];
  }
}
