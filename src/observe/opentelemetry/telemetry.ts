/** Observes one server for OpenTelemetry: connects its operations and metrics with tracer and meter. */

import { metrics, trace } from "@opentelemetry/api";
import type { ServerOperations } from "../../base/tracing/tracing-channels.ts";
import type { Metric } from "../metrics/metric.ts";
import { apiPropagator } from "./api-propagator.ts";
import { BroadcastSpans } from "./broadcast-spans.ts";
import { CallDurations } from "./call-durations.ts";
import { CallSpans } from "./call-spans.ts";
import { scopeName } from "./names.ts";
import { RequestSpans } from "./request-spans.ts";
import { type InstrumentDescription, observeMetrics } from "./server-instruments.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

/** The server that is observed. */
export interface TelemetrySource {
  readonly operations: ServerOperations;
  /** All metrics that it may have. */
  readonly known: readonly InstrumentDescription[];
  /** Reads the metrics of this process. */
  readonly read: () => Promise<readonly Metric[]>;
}

/** Starts. The returned function stops. */
export function startTelemetry(
  { operations, known, read }: TelemetrySource,
  { parent, broadcasts, handshakes, metrics: hasMetrics, tracerProvider, meterProvider }: TelemetryOptions,
): () => void {
  const tracer = (tracerProvider ?? trace).getTracer(scopeName);
  const requests = new RequestSpans(tracer, handshakes);
  const calls = new CallSpans(tracer, requests, parent);
  const { contexts } = operations;
  const stops = [
    operations.requests.observe(requests),
    operations.connects.observe(calls),
    operations.events.observe(calls),
  ];
  if (broadcasts) stops.push(operations.broadcasts.observe(new BroadcastSpans(tracer)));
  contexts.propagator = apiPropagator;
  if (hasMetrics) {
    const meter = (meterProvider ?? metrics).getMeter(scopeName);
    const durations = new CallDurations(meter);
    stops.push(
      operations.connects.observe(durations),
      operations.events.observe(durations),
      observeMetrics(meter, known, read),
    );
  }
  return () => {
    for (const stop of stops) stop();
    contexts.propagator = null;
  };
}
