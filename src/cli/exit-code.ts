/** What a command tells the program that started it. `docs/command-line.md` lists the same. */

/** The exit codes of every command. */
export const exitCodes = {
  done: 0,
  /** By the server, or by the command line itself; `doctor` or `contract check` found a fault. */
  refused: 1,
  unreachable: 2,
  /** As the program `timeout` has it. */
  timedOut: 124,
  /** By Ctrl-C: 128 and the number of the signal. */
  interrupted: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An end of a command that is no success: one line for people, and its code. */
export class CommandFailure extends Error {
  readonly code: ExitCode;
  /** What a program gets with `--json`. */
  readonly details: Readonly<Record<string, unknown>>;

  /**
   * @param code - one of {@link exitCodes}
   * @param message - what happened, and what to do
   */
  constructor(code: ExitCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "CommandFailure";
    this.code = code;
    this.details = details;
  }
}

/** A mistake in the command line. */
export function usageFailure(message: string): CommandFailure {
  return new CommandFailure(exitCodes.refused, message);
}
