/** The help of the program and of each command. */

import type { CommandSpec, FlagSpec } from "../command.ts";
import type { Colors } from "../terminal.ts";

/** The help of one command. */
export function commandHelp(command: CommandSpec, shared: readonly FlagSpec[], colors: Colors): string {
  const { name, values, summary, details = [], flags, examples } = command;
  return [
    `${colors.bold(`roomcast ${name}`)} ${values}`,
    "",
    summary,
    ...details.flatMap((line) => ["", line]),
    "",
    colors.bold("Options"),
    ...table([...flags, ...shared].map(({ flag, text }) => [flag, text])),
    "",
    colors.bold("Examples"),
    ...examples.flatMap(({ line, text }) => [`  ${colors.dim(`# ${text}`)}`, `  ${line}`]),
  ].join("\n");
}

/** The help of the program. */
export function programHelp(commands: readonly CommandSpec[], version: string, colors: Colors): string {
  return [
    `${colors.bold("roomcast")} ${version}: talks to any Socket.IO server, and finds the faults of one`,
    "",
    `${colors.bold("Usage")}: roomcast <command> [options]; \`roomcast <command> --help\` says more`,
    "",
    colors.bold("Commands"),
    ...table(commands.map(({ name, values, summary }) => [`${name} ${values}`, summary])),
    "",
    colors.bold("Exit codes"),
    ...table([
      ["0", "done"],
      ["1", "refused: by the server, or the command line is wrong; doctor or contract check found a fault"],
      ["2", "the server cannot be reached"],
      ["124", "timed out"],
      ["130", "ended by Ctrl-C"],
    ]),
    "",
    colors.bold("Examples"),
    "  roomcast connect http://localhost:5000",
    "  roomcast doctor https://chat.example.com",
  ].join("\n");
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
