/** The subpath `roomcast/opentelemetry`. It needs the package `@opentelemetry/api`, and no other. */

import { turnOnMetrics } from "./app/metrics/metering.ts";
import { insideOf, SocketIO } from "./app/socketio.ts";
import { RoomcastError } from "./base/errors.ts";
import { resolveOptions, show } from "./base/options.ts";
import type { Contract } from "./contract/events.ts";
import { catalogue, definitionOf, type MetricName } from "./observe/metrics/catalogue.ts";
import { startTelemetry } from "./observe/opentelemetry/telemetry.ts";
import { type OpenTelemetryOptions, telemetryOptions } from "./observe/opentelemetry/telemetry-options.ts";

export type { OpenTelemetryOptions, SpanParent } from "./observe/opentelemetry/telemetry-options.ts";

/**
 * Gives OpenTelemetry a span for each event of a client, each client that joins and each emit, and the
 * server's metrics. Call it before clients come; the SDK that the program has set up exports them.
 *
 * ```ts
 * import { SocketIO } from "roomcast";
 * import { openTelemetry } from "roomcast/opentelemetry";
 *
 * const socketio = new SocketIO();
 * openTelemetry(socketio);
 * ```
 *
 * @param socketio - the server
 * @param options - see `docs/opentelemetry.md`
 * @returns a function that stops
 * @throws {@link RoomcastError} `ERR_APP` for no server, `ERR_OPTION`, or `ERR_STATE` when the server is
 *   observed already
 */
export function openTelemetry<C extends Contract>(
  socketio: SocketIO<C>,
  options: OpenTelemetryOptions = {},
): () => void {
  if (!(socketio instanceof SocketIO)) {
    throw new RoomcastError(
      "ERR_APP",
      `openTelemetry() takes a server of new SocketIO(), not ${show(socketio)}.`,
    );
  }
  const { operations } = insideOf(socketio).trace;
  const settled = resolveOptions(telemetryOptions, options, "openTelemetry()");
  if (operations.contexts.propagator !== null) {
    throw new RoomcastError(
      "ERR_STATE",
      "openTelemetry() observes this server already. Call what it returned before you call it again.",
    );
  }
  if (settled.metrics) turnOnMetrics(socketio, "openTelemetry()");
  const known = Object.keys(catalogue).map((name) => ({ name, ...describe(name as MetricName) }));
  return startTelemetry({ operations, known, read: () => socketio.metrics({ local: true }) }, settled);
}

function describe(name: MetricName) {
  const { type, help, unit } = definitionOf(name);
  return unit === null ? { type, help } : { type, help, unit };
}
