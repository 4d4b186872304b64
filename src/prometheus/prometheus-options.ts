/** The options of `prometheus()`. */

import type { Registry } from "prom-client";
import { type GivenOptions, option } from "../base/options.ts";
import type { ScrapeRule } from "./scrape-access.ts";

const isRegistry = (value: unknown) =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<Registry>).registerMetric === "function" &&
  typeof (value as Partial<Registry>).metrics === "function";

/** The shortest token: one that cannot be guessed. */
const shortestToken = 16;

/** All options. */
export const prometheusOptions = {
  /** The registry of `prom-client` that gets the metrics. By default a new one. */
  registry: option<Registry | null>(
    null,
    "a Registry of prom-client",
    (value) => value === null || isRegistry(value),
  ),
  /** The token that requests need: `Authorization: Bearer …`. */
  token: option<string | null>(
    null,
    `a text of at least ${shortestToken} characters`,
    (value) => value === null || (typeof value === "string" && value.length >= shortestToken),
    // A token that is missing by mistake must not open the route to all of a network.
    {
      definite: true,
      describes: (value) => (typeof value === "string" ? `one of ${value.length}` : typeof value),
    },
  ),
  /**
   * Decides which requests may read the metrics. By default, without a token, those of this machine and its
   * private network that no proxy passed on.
   */
  allow: option<ScrapeRule | null>(
    null,
    "a function",
    (value) => value === null || typeof value === "function",
  ),
} as const;

/** The options of `prometheus()`. An interface, since it keeps its name in the compiler's messages. */
export interface PrometheusOptions extends GivenOptions<typeof prometheusOptions> {}
