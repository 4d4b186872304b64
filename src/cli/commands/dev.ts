/** `roomcast dev`: runs a program, starts it again when it changes, and gives it a dashboard. */

import { relative } from "node:path";
import { generateId } from "../../base/id.ts";
import { printable } from "../../base/printable.ts";
import type { Invocation } from "../command.ts";
import { DevProcess } from "../dev/dev-process.ts";
import { FolderWatch } from "../dev/folder-watch.ts";
import { findProgram, loaderOptions, preloadModule } from "../dev/program-start.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";

/** The name of the sign-in. */
const user = "dev";

/** Runs until Ctrl-C. */
export async function devCommand({ values, flags, terminal, signal }: Invocation): Promise<ExitCode> {
  const [given, ...rest] = values;
  const file = findProgram(given);
  const isJson = flags.has("json");
  const hasDashboard = !flags.isOff("dashboard");
  const password = generateId();
  const say = (entry: Readonly<Record<string, unknown>>, text: string) => {
    if (isJson) terminal.printJson(entry);
    else terminal.note(`${terminal.colors.cyan("dev")} ${text}`);
  };
  const environment = { ...process.env };
  if (hasDashboard) environment.ROOMCAST_DEV = JSON.stringify({ file, user, password });
  const preload = hasDashboard ? ["--import", preloadModule()] : [];
  const program = new DevProcess(
    {
      argv: [...loaderOptions(file), ...preload, file, ...rest],
      env: environment,
      inheritsTerminal: terminal.output === process.stdout && !isJson,
    },
    {
      output: (chunk) => (isJson ? terminal.note(chunk.toString().trimEnd()) : terminal.output.write(chunk)),
      serving: (url, path) => {
        const dashboard = path === "" ? undefined : { url: `${url}${path}`, user, password };
        const text = dashboard ? `  dashboard ${dashboard.url}  name ${user}  password ${password}` : "";
        say({ type: "serving", url, ...(dashboard && { dashboard }) }, `${printable(url)}${text}`);
      },
      ended: (code, ending) => {
        const how = ending === null ? `with the exit code ${code}` : `by ${ending}`;
        say(
          { type: "ended", code, signal: ending },
          `The program ended ${how}. It starts again after a change.`,
        );
      },
    },
  );
  let fail: (error: unknown) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    fail = reject;
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  const watch = new FolderWatch(process.cwd(), {
    changed: (path) => {
      const name = printable(relative(process.cwd(), path));
      say({ type: "changed", file: name }, `${name} changed: starting again.`);
      program.restart().catch(fail);
    },
    failed: fail,
  });
  try {
    await program.restart();
    await ended;
  } finally {
    watch.close();
    await program.stop();
  }
  return exitCodes.done;
}
