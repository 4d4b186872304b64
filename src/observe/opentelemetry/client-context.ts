/** The contexts that clients send: W3C Trace Context in the data of a connection, or in an event. */

import { type Context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import { isPlainObject } from "../../base/options.ts";
import type { EventTrace } from "../../base/tracing/tracing-channels.ts";
import type { SpanParent } from "./telemetry-options.ts";

/** What clients may send. Baggage is left out: programs take it for their own. */
const fields = ["traceparent", "tracestate"] as const;

/** No `traceparent` and no `tracestate` is longer. */
const maxLength = 512;

/**
 * The context that a client's event belongs to.
 *
 * @param from - where clients may say so
 * @param auth - the data of the connection
 * @param args - the arguments of the event
 */
export function clientContext(
  from: SpanParent,
  auth: unknown,
  args: EventTrace["args"] | null = null,
): Context {
  if (from === "none") return ROOT_CONTEXT;
  const own = from === "event" ? contextIn(args?.at(-1)) : null;
  return own ?? contextIn(auth) ?? ROOT_CONTEXT;
}

function contextIn(value: unknown): Context | null {
  if (!isPlainObject(value) || typeof value.traceparent !== "string") return null;
  const carrier: Record<string, string> = {};
  for (const field of fields) {
    const text = value[field];
    if (typeof text === "string" && text.length <= maxLength) carrier[field] = text;
  }
  return propagation.extract(ROOT_CONTEXT, carrier);
}
