/** The subpath `roomcast/prometheus`: metrics for Prometheus, through the package `prom-client`. */

import type { Registry } from "prom-client";
import { turnOnMetrics } from "./app/metrics/metering.ts";
import { missingPackage } from "./base/missing-package.ts";
import { resolveOptions } from "./base/options.ts";
import type { Contract, SocketIO } from "./index.ts";
import { type PrometheusOptions, prometheusOptions } from "./prometheus/prometheus-options.ts";
import { registerAll } from "./prometheus/registered-metrics.ts";
import { scrapeHandler } from "./prometheus/scrape-handler.ts";

export type { PrometheusOptions } from "./prometheus/prometheus-options.ts";
export type { ScrapeRequest, ScrapeRule } from "./prometheus/scrape-access.ts";

/** The metrics of a server for Prometheus. */
export interface PrometheusMetrics {
  /** The registry that holds them: `await registry.metrics()` is the text that Prometheus reads. */
  readonly registry: Registry;
  /**
   * Answers a route: `app.get("/metrics", handler)` in Express, Fastify, Hono and a router of Koa, or
   * `handler(req, res)` in `node:http`.
   */
  // biome-ignore lint/suspicious/noExplicitAny: each framework has types of its own for what handlers get
  readonly handler: (first: any, second?: any) => any;
}

/**
 * Turns on the metrics of a server, and hands them to Prometheus. With the option `workers` of `run()`, every
 * process answers with the metrics of all.
 *
 * ```ts
 * const { handler } = prometheus(socketio);
 * app.get("/metrics", handler);
 * ```
 *
 * @param socketio - the server
 * @param options - `registry`: one of `prom-client` that has other metrics, too; `token` and `allow`: which
 *   requests may read them
 * @throws {@link RoomcastError} `ERR_OPTION`, `ERR_APP` for something else than a server,
 *   `ERR_MISSING_PACKAGE` without `prom-client`
 */
export function prometheus<C extends Contract>(
  socketio: SocketIO<C>,
  options: PrometheusOptions = {},
): PrometheusMetrics {
  const { registry: given, token, allow } = resolveOptions(prometheusOptions, options, "prometheus()");
  turnOnMetrics(socketio, "prometheus()");
  const registry = given ?? newRegistry();
  registerAll(registry, () => socketio.metrics());
  return { registry, handler: scrapeHandler(registry, { token, allow }) };
}

/** A registry of the application's `prom-client`. It is loaded only where the application brings none. */
function newRegistry(): Registry {
  let library: typeof import("prom-client");
  try {
    library = process.getBuiltinModule("node:module").createRequire(import.meta.url)("prom-client");
  } catch (error) {
    throw missingPackage("prom-client", error);
  }
  return new library.Registry();
}
