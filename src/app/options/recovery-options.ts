/** The options of recovery, for the whole server or for one namespace. */

import {
  type GivenOptions,
  numberOption,
  option,
  type ResolvedOptions,
  resolveToggle,
  toggleOption,
} from "../../base/options.ts";
import type { VisitorName } from "../../core/recovery/visitor.ts";

/** The table of {@link RecoveryOptions}. */
export const recoveryOptions = {
  /** How long a client may be away, in ms, and still recover. */
  maxDisconnection: numberOption(120_000, "ms", 1, { aliases: ["maxDisconnectionDuration"] }),
  /** The most events that are kept for disconnected clients, in each namespace. */
  maxEvents: numberOption(100_000, "count", 1),
  /** Roughly how much memory these events may take, in bytes, in each namespace. */
  maxBytes: numberOption(64_000_000, "bytes", 1),
  /** Roughly how much memory the sessions of disconnected clients may take, in bytes, in each namespace. */
  maxSessionBytes: numberOption(256_000_000, "bytes", 1),
  /** The most disconnected clients that may recover at a time, in each namespace. */
  maxSessions: numberOption(100_000, "count", 1),
  /**
   * The part of the HTTP session that identifies a visitor: a client whose part has changed does not recover.
   * `null` takes all of it.
   */
  visitor: option<VisitorName | null>(
    null,
    "null or a function of the HTTP session",
    (value) => value === null || typeof value === "function",
  ),
} as const;

/**
 * How clients come back. An interface, since unlike an alias it keeps its name in the compiler's messages.
 */
export interface RecoveryOptions extends GivenOptions<typeof recoveryOptions> {}

/** The resolved options. */
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
