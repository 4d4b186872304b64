/** How clients come back after the loss of their connection, as users say it: for the whole server, or for a namespace. */

import {
  type GivenOptions,
  numberOption,
  option,
  type ResolvedOptions,
  resolveToggle,
  toggleOption,
} from "../../base/options.ts";
import type { VisitorName } from "../../core/recovery/visitor.ts";

/** The options of recovery. */
export const recoveryOptions = {
  /** How long a client may be away, in ms, and still find everything as if it had not been. */
  maxDisconnection: numberOption(120_000, "ms", 1, { aliases: ["maxDisconnectionDuration"] }),
  /** The most events that are kept for clients that may come back, in each namespace. */
  maxEvents: numberOption(100_000, "pieces", 1),
  /** The memory that these events may take, in bytes and roughly, in each namespace. */
  maxBytes: numberOption(64_000_000, "bytes", 1),
  /** The memory that what is kept of clients which are away may take, in bytes and roughly, in each namespace. */
  maxSessionBytes: numberOption(256_000_000, "bytes", 1),
  /** The most clients that are waited for at a time, in each namespace. */
  maxSessions: numberOption(100_000, "pieces", 1),
  /** What of the HTTP session tells one visitor from another: where it is not the same any more, a client begins anew. `null` takes all of it. */
  visitor: option<VisitorName | null>(
    null,
    "null or a function of the HTTP session",
    (value) => value === null || typeof value === "function",
  ),
} as const;

/** How clients come back. An interface, since unlike an alias it keeps its name in the compiler's messages. */
export interface RecoveryOptions extends GivenOptions<typeof recoveryOptions> {}

/** What is settled. */
export type RecoveryConfig = ResolvedOptions<typeof recoveryOptions>;

/** Whether clients come back, and how. */
export const recoveryOption = toggleOption<RecoveryOptions>(
  false,
  recoveryOptions,
  "an object of recovery's options",
  { aliases: ["connectionStateRecovery"] },
);

/**
 * Checks and completes what was given.
 *
 * @returns `null` where clients do not come back
 * @throws {@link RoomcastError} `ERR_OPTION` for an unknown name or a value of the wrong kind
 */
export function settleRecovery(given: boolean | RecoveryOptions): RecoveryConfig | null {
  return resolveToggle(recoveryOptions, given, "recovery");
}
