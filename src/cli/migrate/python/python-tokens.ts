/**
 * Divides a Python program into tokens: names, texts, numbers, signs and lines with their indentation.
 * Comments are left out. Lines within brackets are one line, as in Python.
 */

/** One token. */
export interface PythonToken {
  readonly type: "name" | "text" | "number" | "sign" | "line";
  /** A name, a sign, or the content of a text. */
  readonly text: string;
  /** Of the line that begins, in columns; 0 for all other tokens. */
  readonly indent: number;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
}

const nameStart = /[\p{L}_]/u;
const namePart = /[\p{L}\p{N}_]/u;
const digit = /\d/;
const opening = "([{";
const closing = ")]}";
/** Letters before a quotation mark, such as `f"…"`. */
const prefix = /^(?:[rbuft]|br|rb|fr|rf|tr|rt)$/i;

/** See the head of this file. */
export function pythonTokens(source: string): PythonToken[] {
  return new PythonTokenizer(source).read();
}

class PythonTokenizer {
  readonly #source: string;
  readonly #tokens: PythonToken[] = [];
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #depth = 0;
  #isLineStart = true;

  constructor(source: string) {
    this.#source = source;
  }

  read(): PythonToken[] {
    const source = this.#source;
    while (this.#at < source.length) {
      const character = source.charAt(this.#at);
      if (character === "\n") this.#newLine();
      else if (character === "\\" && /^\\\r?\n/.test(source.slice(this.#at, this.#at + 3))) {
        // A line that goes on in the next one.
        this.#at = source.indexOf("\n", this.#at);
        this.#countLine();
      } else if (character === "#") this.#skipComment();
      else if (/\s/.test(character)) this.#at += 1;
      else this.#token(character);
    }
    return this.#tokens;
  }

  #newLine(): void {
    if (this.#depth === 0) this.#isLineStart = true;
    this.#countLine();
  }

  #countLine(): void {
    this.#at += 1;
    this.#line += 1;
    this.#lineStart = this.#at;
  }

  #skipComment(): void {
    const end = this.#source.indexOf("\n", this.#at);
    this.#at = end === -1 ? this.#source.length : end;
  }

  #token(character: string): void {
    if (this.#isLineStart) {
      this.#isLineStart = false;
      this.#add("line", "", this.#at, this.#indent());
    }
    const start = this.#at;
    if (nameStart.test(character)) this.#name(start);
    else if (digit.test(character)) {
      while (/[\w.]/.test(this.#source.charAt(this.#at))) this.#at += 1;
      this.#add("number", this.#source.slice(start, this.#at), start);
    } else if (character === '"' || character === "'") this.#text(start, false);
    else {
      if (opening.includes(character)) this.#depth += 1;
      else if (closing.includes(character)) this.#depth = Math.max(0, this.#depth - 1);
      this.#at += 1;
      this.#add("sign", character, start);
    }
  }

  #name(start: number): void {
    while (namePart.test(this.#source.charAt(this.#at))) this.#at += 1;
    const name = this.#source.slice(start, this.#at);
    const next = this.#source.charAt(this.#at);
    if ((next === '"' || next === "'") && prefix.test(name)) this.#text(start, /r/i.test(name));
    else this.#add("name", name, start);
  }

  /** A text in one or three quotation marks. What stands in the braces of an f-string is part of it. */
  #text(start: number, isRaw: boolean): void {
    const source = this.#source;
    const mark = source.charAt(this.#at);
    const quotes = source.startsWith(mark.repeat(3), this.#at) ? mark.repeat(3) : mark;
    const [line, lineStart] = [this.#line, this.#lineStart];
    this.#at += quotes.length;
    const begin = this.#at;
    while (this.#at < source.length && !source.startsWith(quotes, this.#at)) {
      const character = source.charAt(this.#at);
      // A text in single marks that is not closed ends with its line.
      if (character === "\n" && quotes.length === 1) break;
      if (character === "\\") this.#at += 1;
      if (source.charAt(this.#at) === "\n") this.#countLine();
      else this.#at += 1;
    }
    const content = source.slice(begin, this.#at);
    if (source.startsWith(quotes, this.#at)) this.#at += quotes.length;
    const text = isRaw ? content : content.replaceAll(/\\(['"\\])/g, "$1");
    this.#tokens.push({ type: "text", text, indent: 0, line, column: start - lineStart + 1 });
  }

  #indent(): number {
    let columns = 0;
    for (const character of this.#source.slice(this.#lineStart, this.#at))
      columns = character === "\t" ? columns - (columns % 8) + 8 : columns + 1;
    return columns;
  }

  #add(type: PythonToken["type"], text: string, start: number, indent = 0): void {
    this.#tokens.push({ type, text, indent, line: this.#line, column: start - this.#lineStart + 1 });
  }
}
