/** Which metrics are measured, and which are read. */

import {
  booleanOption,
  type GivenOptions,
  option,
  type ResolvedOptions,
  resolveToggle,
  toggleOption,
} from "../../base/options.ts";

/** The members of the option `metrics`. */
export const meteringOptions = {
  /**
   * Names of events that the server sends and that get a label of their own. Names with handlers have one.
   */
  events: option<readonly string[]>(
    [],
    "a list of events' names",
    (value) => Array.isArray(value) && value.every((name) => typeof name === "string" && name !== ""),
  ),
} as const;

/** How metrics are measured. */
export interface MeteringOptions extends GivenOptions<typeof meteringOptions> {}

/** Whether what costs something is measured, too. */
export const meteringOption = toggleOption<MeteringOptions>(false, meteringOptions, "{ events }");

/**
 * Checks and completes what was given.
 *
 * @returns `null` where metrics are off
 * @throws {@link RoomcastError} `ERR_OPTION` for an unknown name or a value of the wrong kind
 */
export function settleMetering(
  given: boolean | MeteringOptions,
): ResolvedOptions<typeof meteringOptions> | null {
  return resolveToggle(meteringOptions, given, "metrics");
}

/** Which metrics to read. */
export const metricsOptions = {
  /** Whether to read this process alone, where several workers serve. */
  local: booleanOption(false),
} as const;

/** The options of `metrics()`. */
export interface MetricsOptions extends GivenOptions<typeof metricsOptions> {}
