/** Where the name and the password for a dashboard come from: options, variables, or the person. */

import { readFileSync } from "node:fs";
import { quoted } from "../../base/printable.ts";
import type { Invocation } from "../command.ts";
import { CommandFailure, exitCodes, usageFailure } from "../exit-code.ts";
import { askLine } from "../input/secret.ts";
import { interruption } from "../session/outcome.ts";

/** Signs a person in. */
export interface DashboardLogin {
  readonly username: string;
  readonly password: string;
}

/** The variables, so that no list of processes shows a password. */
export const loginVariables = {
  user: "ROOMCAST_DASHBOARD_USER",
  password: "ROOMCAST_DASHBOARD_PASSWORD",
} as const;

/**
 * Finds name and password. It asks at a terminal alone.
 *
 * @throws CommandFailure where one is missing
 */
export async function findLogin({ flags, terminal, signal }: Invocation): Promise<DashboardLogin> {
  const { env } = terminal;
  const givenUser = flags.text("user") ?? env[loginVariables.user];
  const passwordFlag = flags.text("password");
  const givenPassword = passwordFlag === undefined ? env[loginVariables.password] : passwordOf(passwordFlag);
  if (givenUser !== undefined && givenPassword !== undefined)
    return { username: givenUser, password: givenPassword };
  if (!terminal.isInteractive)
    throw new CommandFailure(
      exitCodes.refused,
      `The dashboard wants a name and a password. Give --user and the variable ${loginVariables.password}, or --password @file.`,
    );
  const ask = async (label: string, isSecret: boolean) => {
    const line = await askLine(terminal, { label, isSecret, signal });
    if (line === undefined) throw interruption();
    return line;
  };
  const username = givenUser ?? (await ask("Name: ", false));
  return { username, password: givenPassword ?? (await ask("Password: ", true)) };
}

/** The text itself, or the first line of a file. */
function passwordOf(text: string): string {
  if (text.startsWith("@@")) return text.slice(1);
  if (!text.startsWith("@")) return text;
  const path = text.slice(1);
  try {
    return readFileSync(path, "utf8").split(/\r?\n/, 1)[0] ?? "";
  } catch (error) {
    throw usageFailure(
      `The file ${quoted(path)} of --password cannot be read (${(error as NodeJS.ErrnoException).code}). Write @@ for a password that begins with @.`,
    );
  }
}
