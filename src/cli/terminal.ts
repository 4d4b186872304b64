/** Where a command reads and writes: the streams of the process, or what a test puts in their place. */

import type { Readable } from "node:stream";
import picocolors from "picocolors";

/** Functions that colour text, or leave it as it is. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** The parts of a terminal. */
export interface TerminalParts {
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly output: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly errors: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Writes lines, in colour where people read them. */
export class Terminal {
  readonly input: TerminalParts["input"];
  readonly output: TerminalParts["output"];
  readonly env: TerminalParts["env"];
  readonly #errors: NodeJS.WritableStream;
  colors: Colors;

  constructor({ input, output, errors, env }: TerminalParts) {
    this.input = input;
    this.output = output;
    this.env = env;
    this.#errors = errors;
    const isForced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0";
    const isOff = Boolean(env.NO_COLOR) || env.TERM === "dumb";
    this.colors = picocolors.createColors(isForced || (output.isTTY === true && !isOff));
  }

  /** Whether a person reads the output and writes the input. */
  get isInteractive(): boolean {
    return this.output.isTTY === true && this.input.isTTY === true;
  }

  /** Leaves out all colours. */
  withoutColors(): void {
    this.colors = picocolors.createColors(false);
  }

  /** Writes a line of results. */
  print(line: string): void {
    this.output.write(`${line}\n`);
  }

  /** Writes a line of JSON. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** Writes a line that is no result: a note or an error. */
  note(line: string): void {
    this.#errors.write(`${line}\n`);
  }
}
