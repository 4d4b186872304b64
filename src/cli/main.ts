/** Connects the program with its process: streams, signals and exit code. */

import { commands } from "./command-list.ts";
import { exitCodes } from "./exit-code.ts";
import { runProgram } from "./program.ts";
import { Terminal } from "./terminal.ts";

/**
 * Runs a command line, and leaves the exit code with the process.
 *
 * @param argv - what follows the name of the program
 */
export async function main(argv: readonly string[], version: string): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = () => {
    // The second time does not wait for the command.
    if (interrupted.signal.aborted) process.exit(exitCodes.interrupted);
    interrupted.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  // A reader such as `head` has enough: that is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCodes.done);
    throw error;
  });
  const { stdin: input, stdout: output, stderr: errors, env } = process;
  process.exitCode = await runProgram(argv, {
    commands,
    version,
    terminal: new Terminal({ input, output, errors, env }),
    signal: interrupted.signal,
  });
  process.off("SIGINT", interrupt);
  process.off("SIGTERM", interrupt);
  // A standard input that was read may hold the process.
  input.destroy();
  // So may a request that has no answer, which nothing waits for any more.
  if (interrupted.signal.aborted) output.write("", () => process.exit());
}
