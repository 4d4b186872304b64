/** Runs one command line: the only place that prints errors and decides on exit codes. */

import { errorText } from "../base/foreign-value.ts";
import { printable, printableLines } from "../base/printable.ts";
import type { CommandSpec } from "./command.ts";
import { parseCommandLine, sharedFlags } from "./command-line.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-code.ts";
import { commandHelp, programHelp } from "./output/help.ts";
import type { Terminal } from "./terminal.ts";

/** What a run of the program has. */
export interface ProgramParts {
  readonly commands: readonly CommandSpec[];
  readonly version: string;
  readonly terminal: Terminal;
  /** Ends the command: Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command line.
 *
 * @param argv - what follows the name of the program
 * @returns the exit code
 */
export async function runProgram(
  argv: readonly string[],
  { commands, version, terminal, signal }: ProgramParts,
): Promise<ExitCode> {
  // Errors of the command line itself are told in the same way.
  const isDebug = argv.includes("--debug");
  const isJson = argv.includes("--json");
  if (argv.includes("--no-color")) terminal.withoutColors();
  try {
    const parsed = parseCommandLine(argv, commands);
    switch (parsed.type) {
      case "version":
        terminal.print(version);
        return exitCodes.done;
      case "help": {
        const { command } = parsed;
        const { colors } = terminal;
        terminal.print(
          command === undefined
            ? programHelp(commands, version, colors)
            : commandHelp(command, sharedFlags, colors),
        );
        // Without any command, the help is for a mistake.
        return argv.length === 0 ? exitCodes.refused : exitCodes.done;
      }
      case "run": {
        const run = await parsed.command.load();
        return await run({ values: parsed.values, flags: parsed.flags, terminal, signal });
      }
      default:
        return parsed satisfies never;
    }
  } catch (error) {
    return tell(error, terminal, { isDebug, isJson });
  }
}

function tell(
  error: unknown,
  terminal: Terminal,
  { isDebug, isJson }: { isDebug: boolean; isJson: boolean },
): ExitCode {
  const isExpected = error instanceof CommandFailure;
  const text = printable(errorText(error));
  const code = isExpected ? error.code : exitCodes.refused;
  if (isJson)
    terminal.printJson({ type: "error", message: text, code, ...(isExpected ? error.details : {}) });
  else terminal.note(`${terminal.colors.red("error")} ${text}`);
  if (isDebug && error instanceof Error && error.stack !== undefined)
    terminal.note(printableLines(error.stack));
  else if (!isExpected) terminal.note("This is a fault of roomcast itself: --debug shows where it is.");
  return code;
}
