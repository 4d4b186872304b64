/** Runs command lines of `roomcast` in this process. */

import { PassThrough } from "node:stream";
import { commands } from "../../src/cli/command-list.ts";
import { runProgram } from "../../src/cli/program.ts";
import { Terminal } from "../../src/cli/terminal.ts";

/** A command line that has ended. */
export interface FinishedCommand {
  readonly code: number;
  /** Lines of standard output. */
  readonly lines: readonly string[];
  /** Standard error. */
  readonly errors: string;
}

/** What a command line gets besides its arguments. */
export interface CommandSurroundings {
  /** Standard input; ends after this text. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Is called with all of the output, each time there is more. */
  readonly onOutput?: (output: string) => void;
}

/** Runs a command line to its end. */
export async function runCommandLine(
  argv: readonly string[],
  { input = "", signal = new AbortController().signal, onOutput }: CommandSurroundings = {},
): Promise<FinishedCommand> {
  const stdin = new PassThrough();
  stdin.end(input);
  const output = new PassThrough();
  const errors = new PassThrough();
  let [written, complaints] = ["", ""];
  output.setEncoding("utf8").on("data", (text: string) => {
    written += text;
    onOutput?.(written);
  });
  errors.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const terminal = new Terminal({ input: stdin, output, errors, env: {} });
  const code = await runProgram(argv, { commands, version: "1.2.3", terminal, signal });
  // What was written last comes in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  return { code, lines: written.split("\n").filter(Boolean), errors: complaints };
}

/** The words of a line as a shell divides it: with single and double quotes. */
export function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|\S)+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ""),
  );
}
