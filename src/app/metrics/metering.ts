/**
 * Turns the metrics of a server on from outside: for the parts of Roomcast that read them. The application
 * has the option `metrics`.
 */

import { RoomcastError } from "../../base/errors.ts";
import { show } from "../../base/options.ts";
import type { ServerMetrics } from "./server-metrics.ts";

const metricsOf = new WeakMap<object, ServerMetrics>();

/** Makes the metrics of a server known. */
export function registerMetrics(server: object, metrics: ServerMetrics): void {
  metricsOf.set(server, metrics);
}

/**
 * Begins to measure everything that the table of metrics has.
 *
 * @param server - a `SocketIO`
 * @param what - the function that needs them, for messages
 * @throws {@link RoomcastError} `ERR_APP` for something else
 */
export function turnOnMetrics(server: unknown, what: string): void {
  const metrics = typeof server === "object" && server !== null ? metricsOf.get(server) : undefined;
  if (metrics === undefined)
    throw new RoomcastError("ERR_APP", `${what} takes a server of new SocketIO(), not ${show(server)}.`);
  metrics.turnOn();
}
