/** OpenTelemetry's SDK with an exporter in memory, set up for the tests of one file. */

import { type Context, context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

const exporter = new InMemorySpanExporter();
export const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

export const tracer = tracerProvider.getTracer("test");

/** The spans that ended since the last call, in that order. */
export function takeSpans(): readonly ReadableSpan[] {
  const spans = [...exporter.getFinishedSpans()];
  exporter.reset();
  return spans;
}

/** The parts of a span that a test compares. */
export function spanned({ name, kind, attributes, status, links, parentSpanContext }: ReadableSpan) {
  return {
    name,
    kind,
    attributes,
    status: status.code,
    links: links.map((link) => link.context.spanId),
    parent: parentSpanContext?.spanId ?? null,
  };
}

/** A context in which a remote span is current, and its carrier. */
export function remote(spanId: string): { readonly parent: Context; readonly traceparent: string } {
  const spanContext = { traceId: "a".repeat(32), spanId, traceFlags: 1, isRemote: true };
  const parent = trace.setSpanContext(context.active(), spanContext);
  return { parent, traceparent: `00-${spanContext.traceId}-${spanId}-01` };
}

/** A meter provider whose numbers can be read. */
export function recordedMetrics() {
  const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: memory,
    exportIntervalMillis: 3_600_000,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  return {
    meterProvider,
    /** The metrics now, by name. */
    async read() {
      await reader.forceFlush();
      const [latest] = memory.getMetrics().slice(-1);
      const all = latest?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? [];
      return new Map(all.map((metric) => [metric.descriptor.name, metric]));
    },
  };
}
