/** `roomcast load`: many clients, events at an even rate or a scenario, and how long they take. */

import { writeFileSync } from "node:fs";
import { errorText } from "../../base/foreign-value.ts";
import { printableLines, quoted } from "../../base/printable.ts";
import type { Invocation } from "../command.ts";
import { CommandFailure, type ExitCode, exitCodes, usageFailure } from "../exit-code.ts";
import { checkFileLimit } from "../load/file-limit.ts";
import { readLoadPlan } from "../load/load-plan.ts";
import { LoadRun } from "../load/load-run.ts";
import type { LoadFigures } from "../load/measure/load-figures.ts";
import { showFigures, showProgress } from "../load/report/figures-text.ts";
import { loadScenario } from "../load/scenario/scenario-module.ts";
import { readTarget } from "../session/server-target.ts";

/** Connections that a client has at once, by transport: polling has one that waits and one that sends. */
const connectionsOf = { polling: 2, auto: 3, websocket: 1 } as const;

/** Runs a load test. Ctrl-C ends it early, with the results so far. */
export async function loadCommand({ values, flags, terminal, signal }: Invocation): Promise<ExitCode> {
  const path = flags.text("scenario");
  const plan = readLoadPlan(flags, path === undefined ? null : await loadScenario(path));
  const transport = flags.oneOf("transport", ["auto", "polling", "websocket"], "websocket");
  const target = readTarget(values[0] ?? "", flags, true);
  const transports = transport === "websocket" ? (["websocket"] as const) : target.engine.transports;
  checkFileLimit(plan.clients * connectionsOf[transport]);
  const html = flags.text("html");
  // A file that cannot be written is told before the test, not after it.
  if (html !== undefined) writeReport(html, "");
  const isJson = flags.has("json");
  const isShown = !isJson && terminal.output.isTTY === true;
  const seen = new Set<string>();
  const run = new LoadRun({
    target: { ...target, engine: { ...target.engine, transports } },
    plan,
    signal,
    onSample: (sample) => {
      if (isJson) terminal.printJson({ type: "progress", text: showProgress(sample), ...sample });
      else if (isShown) terminal.output.write(`\r\x1b[2K${showProgress(sample)}`);
    },
    onError: (error) => {
      const text = errorText(error);
      if (!flags.has("debug") || seen.has(text)) return;
      seen.add(text);
      terminal.note(printableLines((error instanceof Error && error.stack) || text));
    },
  });
  const date = new Date();
  const figures = await run.run();
  if (isShown) terminal.output.write("\r\x1b[2K");
  const broken = plan.thresholds.filter((threshold) => threshold.isBroken(figures)).map(({ text }) => text);
  if (isJson) terminal.printJson({ type: "result", ...figures, broken });
  else for (const line of showFigures(figures, terminal.colors)) terminal.print(line);
  if (html !== undefined) {
    const conditions = plan.thresholds.map(({ text }) => ({ text, isBroken: broken.includes(text) }));
    const { reportPage } = await import("../load/report/report-page.ts");
    writeReport(html, reportPage(figures, { url: target.url, date, conditions }));
  }
  return verdict(figures, broken);
}

function writeReport(path: string, page: string): void {
  try {
    writeFileSync(path, page);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageFailure(`The file ${quoted(path)} of --html cannot be written (${code}).`);
  }
}

function verdict(figures: LoadFigures, broken: readonly string[]): ExitCode {
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
