/** `roomcast top`: live tables of a server's dashboard, at a terminal or through a pipe. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Invocation } from "../command.ts";
import { CommandFailure, type ExitCode, exitCodes, usageFailure } from "../exit-code.ts";
import type { Flags } from "../input/flags.ts";
import { untilAborted } from "../session/open-session.ts";
import { interruption } from "../session/outcome.ts";
import { readTarget } from "../session/server-target.ts";
import { findLogin } from "../top/dashboard-login.ts";
import { DashboardSession } from "../top/dashboard-session.ts";
import { type TopChoice, topText } from "../top/top-page.ts";
import { jsonReading, TopReader, type TopReading } from "../top/top-reading.ts";
import { TopScreen } from "../top/top-screen.ts";
import { readOrder, type TopTableName, topTables, usualOrder } from "../top/top-table.ts";

/** How long it runs in a pipe where nothing is said, in ms. */
const defaultDuration = 600_000;
/** Servers take new numbers once a second: more often, there is nothing new. */
const shortestInterval = 1200;

/** What the options say. */
interface TopPlan {
  readonly interval: number;
  /** In ms; `null` for no end. */
  readonly duration: number | null;
  readonly count: number | null;
  readonly rows: number;
  readonly choice: TopChoice;
}

/** What came of one attempt to read. */
type Attempt = { type: "reading"; reading: TopReading } | { type: "fault"; failure: CommandFailure };

/** Shows readings until there are enough, the time is over, or a person ends it. */
export async function topCommand(invocation: Invocation): Promise<ExitCode> {
  const { values, flags, terminal, signal } = invocation;
  const target = readTarget(values[0] ?? "", flags, false);
  const isJson = flags.has("json");
  const plan = readPlan(flags, terminal.isInteractive && !isJson);
  const session = new DashboardSession({ target, login: () => findLogin(invocation) });
  try {
    const user = await untilAborted(signal, session.open(), () => {
      throw interruption();
    });
    const surroundings = { url: session.url, user, colors: terminal.colors };
    const isScreen = terminal.isInteractive && !isJson && plan.count === null;
    if (isScreen) return await runScreen(session, { invocation, plan, surroundings });
    const print = (reading: TopReading) => {
      if (isJson) return terminal.printJson(jsonReading(reading));
      const size = { columns: terminal.output.columns ?? 200, rows: plan.rows };
      const shown = { ...surroundings, fault: null };
      for (const line of topText(reading, plan.choice, { surroundings: shown, size }))
        terminal.print(line.trimEnd());
      terminal.print("");
    };
    return await runLines(session, { invocation, plan, print });
  } finally {
    session.close();
  }
}

/** Prints readings, each with the rates since the one before. */
async function runLines(
  session: DashboardSession,
  {
    invocation: { signal, terminal },
    plan,
    print,
  }: { invocation: Invocation; plan: TopPlan; print: (reading: TopReading) => void },
): Promise<ExitCode> {
  const reader = new TopReader(session);
  const end = performance.now() + (plan.duration ?? Number.POSITIVE_INFINITY);
  let failure: CommandFailure | null = null;
  // Without a reading before, there are no rates: the first is not shown.
  for (let printed = -1; printed < (plan.count ?? Number.POSITIVE_INFINITY); ) {
    const attempt = await untilAborted(signal, attemptReading(reader), () => null);
    if (attempt === null) return exitCodes.done;
    if (attempt.type === "reading") {
      failure = null;
      if (printed >= 0) print(attempt.reading);
      printed += 1;
      if (printed === plan.count) break;
    } else {
      ({ failure } = attempt);
      if (plan.count !== null || failure.code === exitCodes.refused) throw failure;
      terminal.note(`${failure.message} Trying again.`);
    }
    const left = end - performance.now();
    if (left <= 0 || !(await pause(Math.min(plan.interval, left), signal))) break;
  }
  if (failure !== null) throw failure;
  return exitCodes.done;
}

/** Draws readings over the terminal until a person ends it. */
async function runScreen(
  session: DashboardSession,
  {
    invocation: { signal, terminal },
    plan,
    surroundings,
  }: {
    invocation: Invocation;
    plan: TopPlan;
    surroundings: { url: string; user: string | null; colors: Invocation["terminal"]["colors"] };
  },
): Promise<ExitCode> {
  const reader = new TopReader(session);
  const over = new AbortController();
  const ended = AbortSignal.any([
    signal,
    over.signal,
    ...(plan.duration === null ? [] : [AbortSignal.timeout(plan.duration)]),
  ]);
  let isPaused = false;
  let goOn = new AbortController();
  const screen = new TopScreen(terminal, plan.choice, {
    surroundings,
    quit: () => over.abort(),
    paused: (value) => {
      isPaused = value;
      if (!value) goOn.abort();
    },
  });
  screen.open();
  try {
    let isFirst = true;
    while (!ended.aborted) {
      if (!isPaused) {
        const attempt = await untilAborted<Attempt | null>(ended, attemptReading(reader), () => null);
        if (attempt === null) break;
        if (attempt.type === "reading") screen.show(attempt.reading);
        else if (attempt.failure.code === exitCodes.refused) throw attempt.failure;
        else screen.tell(`${attempt.failure.message} Trying again.`);
      }
      goOn = new AbortController();
      // The first rates come as early as there can be any.
      await pause(isFirst ? shortestInterval : plan.interval, AbortSignal.any([ended, goOn.signal]));
      isFirst = false;
    }
  } finally {
    screen.close();
  }
  return exitCodes.done;
}

async function attemptReading(reader: TopReader): Promise<Attempt> {
  try {
    return { type: "reading", reading: await reader.read() };
  } catch (error) {
    if (error instanceof CommandFailure) return { type: "fault", failure: error };
    throw error;
  }
}

/** Waits; `false` when the signal came first. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

function readPlan(flags: Flags, isScreen: boolean): TopPlan {
  const once = flags.has("once");
  const interval = flags.duration("interval", once ? shortestInterval : 2000);
  if (interval < shortestInterval && flags.text("interval") !== undefined)
    throw usageFailure("--interval takes at least 1200ms: servers take new numbers once a second.");
  const count = once ? 1 : (flags.count("count") ?? null);
  if (count === 0) throw usageFailure("--count takes a number of readings from 1.");
  const hasEnd = flags.text("for") !== undefined || (!isScreen && count === null);
  const view = flags.oneOf("view", ["all", ...topTables], "all");
  const sort = flags.text("sort");
  const sorted: TopTableName = view === "all" ? "events" : view;
  const usual = {
    servers: usualOrder("servers"),
    namespaces: usualOrder("namespaces"),
    events: usualOrder("events"),
    clients: usualOrder("clients"),
  };
  const orders = sort === undefined ? usual : { ...usual, [sorted]: readOrder(sorted, sort) };
  return {
    interval,
    count,
    duration: hasEnd ? flags.duration("for", defaultDuration) : null,
    rows: flags.count("rows") ?? 10,
    choice: { view, orders, offset: 0, isPaused: false },
  };
}
