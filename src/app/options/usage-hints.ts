/** Hints for callers that pass an option, or something else, to the wrong method. */

import { recognise } from "../../adapter/frameworks/recognition.ts";
import { RoomcastError } from "../../base/errors.ts";
import type { Log } from "../../base/log/log.ts";
import type { Hint } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import { type AppOptions, appOptions } from "./app-options.ts";
import { runOptions } from "./run-options.ts";

/** For `new SocketIO()`: other libraries have options there that belong to `run()`. */
export const constructorHint: Hint = (_given, name) =>
  name !== undefined && Object.hasOwn(runOptions, name) ? `"${name}" is an option of run().` : undefined;

/** For `run()`: in other libraries it takes the application, the port, or options of the constructor. */
export const runHint: Hint = (given, name) => {
  if (typeof given === "number") return `Did you mean { port: ${given} }?`;
  if (typeof given === "string" && /^\d+$/.test(given)) return `Did you mean { port: ${Number(given)} }?`;
  if (typeof given === "string") return `Did you mean { host: ${quoted(given)} }?`;
  if (given !== null && recognise(given))
    return "The application belongs to the constructor, new SocketIO(app), or to initApp(app).";
  return name !== undefined && Object.hasOwn(appOptions, name)
    ? `"${name}" is an option of new SocketIO().`
    : undefined;
};

/**
 * For `run()`: in other libraries it takes a callback.
 *
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function refuseCallback(more: readonly unknown[]): void {
  if (more.length === 0) return;
  throw new RoomcastError(
    "ERR_OPTION",
    "run() takes its options and nothing behind them. It returns a promise that resolves when the server listens: await it.",
  );
}

/** For `drain()`. */
export const drainHint: Hint = (given) =>
  typeof given === "number" ? `Did you mean { timeout: ${given} }?` : undefined;

/** The shortest heartbeat, in ms, that is not taken for a number of seconds. */
const shortestHeartbeat = 100;

/** Warns where a heartbeat seems to be given in seconds, as in Flask-SocketIO: clients would drop. */
export function warnOfSeconds(options: Pick<AppOptions, "pingInterval" | "pingTimeout">, log: Log): void {
  for (const option of ["pingInterval", "pingTimeout"] as const) {
    const value = options[option];
    if (value >= shortestHeartbeat) continue;
    log.warn(
      `The option "${option}" is ${value} ms, which ends the connections of clients that are not near. Times are in milliseconds: ${value} seconds are ${option}: ${value * 1000}.`,
      { type: "short heartbeat", option },
    );
  }
}
