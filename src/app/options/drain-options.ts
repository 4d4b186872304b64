/** The options of `drain()`, in one table. */

import { type GivenOptions, numberOption, option, type ResolvedOptions } from "../../base/options.ts";

/** The longest reason that a WebSocket's close frame can carry, in bytes (RFC 6455 §5.5). */
const longestReason = 123;

/** The options of `drain()`. */
export const drainOptions = {
  /** How long draining may take, in ms. After that the remaining clients are cut off. */
  timeout: numberOption(25_000, "ms", 1),
  /**
   * The time over which clients are disconnected, in ms. `null` for 2 ms per client, at most half of
   * `timeout`.
   */
  stagger: option<number | null>(
    null,
    "a non-negative integer (ms), or null",
    (value) => value === null || (Number.isSafeInteger(value) && (value as number) >= 0),
  ),
  /** The reason in the WebSocket close frame; at most 123 bytes. */
  reason: option<string>(
    "server shutting down",
    "a string of at most 123 bytes",
    (value) => typeof value === "string" && Buffer.byteLength(value) <= longestReason,
  ),
} as const;

/** The options of `drain()`. */
export type DrainOptions = GivenOptions<typeof drainOptions>;

/** Their resolved form. */
export type SettledDrainOptions = ResolvedOptions<typeof drainOptions>;
