/** Makes the session of a command from its command line. */

import { NodeNetwork } from "../../client/node/node-network.ts";
import type { Invocation } from "../command.ts";
import { readTarget, type ServerTarget } from "./server-target.ts";
import { ToolSession, type ToolSessionListener } from "./tool-session.ts";
import { wireLog } from "./wire-log.ts";

/** How a command uses its connection. */
export interface SessionUse {
  /** Whether it lasts, so that it changes to WebSocket, and is opened again when it ends. */
  readonly lasts: boolean;
  readonly listener: ToolSessionListener;
}

/**
 * A session that is not connected yet.
 *
 * @throws CommandFailure when the command line is wrong
 */
export function openSession(
  { values, flags, terminal }: Invocation,
  { lasts, listener }: SessionUse,
): { session: ToolSession; target: ServerTarget } {
  const target = readTarget(values[0] ?? "", flags, lasts);
  const session = new ToolSession({
    target,
    network: (query) => new NodeNetwork({ ...target.network, query: { ...target.network.query, ...query } }),
    listener: flags.has("debug") ? { ...listener, wire: wireLog(terminal) } : listener,
    reconnects: lasts,
  });
  return { session, target };
}

/**
 * Runs a part of a command that Ctrl-C ends.
 *
 * @returns what the part returns, or what `ended` gives when the signal came first
 */
export async function untilAborted<Result>(
  signal: AbortSignal,
  part: Promise<Result>,
  ended: () => Result,
): Promise<Result> {
  if (signal.aborted) return ended();
  let stop: () => void = () => {};
  const aborted = new Promise<Result>((resolve, reject) => {
    stop = () => {
      try {
        resolve(ended());
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener("abort", stop);
  });
  return Promise.race([part, aborted]).finally(() => signal.removeEventListener("abort", stop));
}
