/** What a command is: its words for the help, and the program that is loaded when it runs. */

import type { ExitCode } from "./exit-code.ts";
import type { Flags } from "./input/flags.ts";
import type { Terminal } from "./terminal.ts";

/** One option of a command. */
export interface FlagSpec {
  /** As in `-n, --namespace <name>`. */
  readonly flag: string;
  readonly text: string;
}

/** A command line that does something useful, and what that is. */
export interface CommandExample {
  readonly line: string;
  readonly text: string;
}

/** What a command gets. */
export interface Invocation {
  /** The values besides the options, as they were typed. */
  readonly values: readonly string[];
  readonly flags: Flags;
  readonly terminal: Terminal;
  /** Ends the command early: Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The program of a command. */
export type CommandProgram = (invocation: Invocation) => Promise<ExitCode>;

/** A command. */
export interface CommandSpec {
  readonly name: string;
  /** The values it takes, as in `<url> <event> [...values]`. */
  readonly values: string;
  readonly summary: string;
  /** Lines for its help that say more. */
  readonly details?: readonly string[];
  readonly flags: readonly FlagSpec[];
  readonly examples: readonly [CommandExample, CommandExample, ...CommandExample[]];
  /** Loads its program. */
  readonly load: () => Promise<CommandProgram>;
}
