/** The options of `metrics()`. */

import { booleanOption, type GivenOptions } from "../../base/options.ts";

/** Which metrics to read. */
export const metricsOptions = {
  /** Whether to read this process alone, where several workers serve. */
  local: booleanOption(false),
} as const;

/** The options of `metrics()`. */
export interface MetricsOptions extends GivenOptions<typeof metricsOptions> {}
