/** Asks a person at the terminal for a name, or for a secret, which is not shown while it is typed. */

import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Terminal } from "../terminal.ts";

/** How to ask. */
export interface TerminalQuestion {
  readonly label: string;
  readonly isSecret: boolean;
  /** Ends the question: Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Asks for one line.
 *
 * @returns `undefined` where the input ends, or Ctrl-C is pressed
 */
export function askLine(
  terminal: Terminal,
  { label, isSecret, signal }: TerminalQuestion,
): Promise<string | undefined> {
  // The interface shows typed letters by writing them: for a secret it writes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: terminal.input,
    output: isSecret ? nowhere : terminal.output,
    terminal: true,
    historySize: 0,
  });
  if (isSecret) terminal.output.write(label);
  return new Promise((resolve) => {
    const finish = (line: string | undefined) => {
      signal.removeEventListener("abort", stop);
      lines.close();
      if (isSecret) terminal.output.write("\n");
      resolve(line);
    };
    const stop = () => finish(undefined);
    signal.addEventListener("abort", stop);
    lines.once("SIGINT", stop);
    lines.once("close", stop);
    lines.once("line", (line) => {
      lines.off("close", stop);
      finish(line);
    });
    lines.setPrompt(isSecret ? "" : label);
    lines.prompt();
  });
}
