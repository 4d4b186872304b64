/** OpenTelemetry's SDK 2, with its instrumentation of `node:http`. */

import { createRequire } from "node:module";
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

/** Has every span printed when it ends. */
export function startTracing(print: (span: ReadableSpan) => void): void {
  const exporter = {
    export(spans: readonly ReadableSpan[], done: (result: { readonly code: number }) => void) {
      for (const span of spans) print(span);
      done({ code: 0 });
    },
    shutdown: async () => {},
  };
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  new HttpInstrumentation().setTracerProvider(provider);
  // The instrumentation sees the module when something requires it.
  createRequire(import.meta.url)("http");
}
