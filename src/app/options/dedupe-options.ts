/** How events that clients send again are told from new ones, as users say it. */

import {
  type GivenOptions,
  numberOption,
  option,
  type ResolvedOptions,
  resolveToggle,
  toggleOption,
} from "../../base/options.ts";

/** Finds the id of an event in its arguments: a text, or nothing for an event that has none. */
export type EventId = (event: string, args: readonly unknown[]) => string | undefined;

/** The options of deduplication. */
export const dedupeOptions = {
  /** The most events that are remembered per client. */
  maxIds: numberOption(100, "count", 1),
  /** How long an event is remembered, in ms. */
  maxAge: numberOption(600_000, "ms", 1),
  /** The most bytes of acknowledgements that are remembered per client, besides the latest. */
  maxBytes: numberOption(100_000, "bytes", 0),
  /** A function `(event, args) => id`; without it the id is the `clientOffset` in the last argument. */
  id: option<EventId | null>(null, "a function", (value) => value === null || typeof value === "function"),
} as const;

/**
 * How repeated events are told from new ones. An interface, since it keeps its name in the compiler's
 * messages.
 */
export interface DedupeOptions extends GivenOptions<typeof dedupeOptions> {}

/** The resolved options. */
export type DedupeConfig = ResolvedOptions<typeof dedupeOptions>;

/** Whether repeated events are told from new ones, and how. */
export const dedupeOption = toggleOption<DedupeOptions>(
  false,
  dedupeOptions,
  "an object of deduplication's options",
);

/**
 * Checks and completes what was given.
 *
 * @returns `null` where every event counts as new
 * @throws {@link RoomcastError} `ERR_OPTION` for an unknown name or a value of the wrong kind
 */
export function settleDedupe(given: boolean | DedupeOptions): DedupeConfig | null {
  return resolveToggle(dedupeOptions, given, "dedupe");
}
