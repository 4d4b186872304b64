/** A terminal of the simplest kind: what a person would see after a program has written to it. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences of a terminal begin with one
const sequences = /\x1b\[\??(\d*)([A-Za-z])|\r|\n|[^\x1b\r\n]+/g;

/** The text on a screen that is as long as it has to be. */
export class Screen {
  readonly #lines: string[] = [""];
  #column = 0;
  #row = 0;

  /** Takes what a program writes: text, and the sequences that `node:readline` and `roomcast top` use. */
  write(text: string): void {
    for (const [part, digits = "", command] of text.matchAll(sequences)) {
      if (command !== undefined) this.#move(command, digits);
      else if (part === "\r") this.#column = 0;
      else if (part === "\n") this.#newLine();
      else this.#print(part);
    }
  }

  /** The lines, without spaces at their ends, and without empty ones at the end. */
  get lines(): string[] {
    return this.#lines
      .map((line) => line.trimEnd())
      .join("\n")
      .trimEnd()
      .split("\n");
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    this.#lines[this.#row] ??= "";
  }

  #print(text: string): void {
    const line = (this.#lines[this.#row] ?? "").padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + text + line.slice(this.#column + text.length);
    this.#column += text.length;
  }

  #move(command: string, digits: string): void {
    const count = digits === "" ? 1 : Number(digits);
    const line = this.#lines[this.#row] ?? "";
    if (command === "H") [this.#row, this.#column] = [0, 0];
    else if (command === "h" && digits === "1049") this.#lines.splice(0, this.#lines.length, "");
    else if (command === "G") this.#column = count - 1;
    else if (command === "C") this.#column += count;
    else if (command === "D") this.#column = Math.max(0, this.#column - count);
    else if (command === "K") this.#lines[this.#row] = digits === "2" ? "" : line.slice(0, this.#column);
    else if (command === "J") {
      this.#lines[this.#row] = line.slice(0, this.#column);
      this.#lines.length = this.#row + 1;
    }
  }
}
