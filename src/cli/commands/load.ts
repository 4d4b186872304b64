/** `roomcast load`: many clients, events at an even rate, and how long they take. */

import type { Invocation } from "../command.ts";
import { CommandFailure, type ExitCode, exitCodes } from "../exit-code.ts";
import { showFigures } from "../load/load-figures.ts";
import { readLoadPlan } from "../load/load-plan.ts";
import { LoadRun } from "../load/load-run.ts";
import { readTarget } from "../session/server-target.ts";

/** Runs a load test. Ctrl-C ends it early, with the results so far. */
export async function loadCommand({ values, flags, terminal, signal }: Invocation): Promise<ExitCode> {
  const plan = readLoadPlan(flags);
  const target = readTarget(values[0] ?? "", flags, true);
  const transports =
    flags.text("transport") === undefined ? (["websocket"] as const) : target.engine.transports;
  const run = new LoadRun({ ...target, engine: { ...target.engine, transports } }, plan, signal);
  const isJson = flags.has("json");
  const timer = setInterval(() => {
    if (isJson) terminal.printJson({ type: "progress", text: run.progress });
    else if (terminal.output.isTTY) terminal.output.write(`\r\x1b[2K${run.progress}`);
  }, 1000);
  const figures = await run.run().finally(() => clearInterval(timer));
  if (!isJson && terminal.output.isTTY) terminal.output.write("\r\x1b[2K");
  const broken = plan.thresholds.filter((threshold) => threshold.isBroken(figures)).map(({ text }) => text);
  if (isJson) terminal.printJson({ type: "result", ...figures, broken });
  else for (const line of showFigures(figures, terminal.colors)) terminal.print(line);
  if (figures.connected === 0) {
    const [reason = "no client was let in"] = Object.keys(figures.failures);
    const isRefused = /refuses|^\d/.test(reason);
    throw new CommandFailure(
      isRefused ? exitCodes.refused : exitCodes.unreachable,
      `No client connected: ${reason}.`,
    );
  }
  if (broken.length === 0) return exitCodes.done;
  throw new CommandFailure(exitCodes.refused, `The test failed: ${broken.join(", ")}.`, { broken });
}
