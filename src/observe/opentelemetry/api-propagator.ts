/** Has the active context travel to other processes, by the global propagator of OpenTelemetry. */

import { context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import type { Carrier, ContextPropagator } from "../../base/tracing/context-propagation.ts";

/** See the head of this file. */
export const apiPropagator: ContextPropagator = {
  inject() {
    const carrier: Record<string, string> = {};
    propagation.inject(context.active(), carrier);
    // A propagator of the application may write anything.
    const isText = Object.values(carrier).every((value) => typeof value === "string");
    return isText ? carrier : null;
  },
  run<Result>(carrier: Carrier, work: () => Result): Result {
    return context.with(propagation.extract(ROOT_CONTEXT, carrier), work);
  },
};
