/** One span for each emit to rooms, namespaces or other clients, however many clients get it. */

import { type Attributes, context, type Span, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import type { OperationObserver } from "../../base/tracing/traced-operations.ts";
import type { BroadcastTrace } from "../../base/tracing/tracing-channels.ts";
import { failureOf, recordFailure } from "./failure.ts";
import { attributes } from "./names.ts";

/** How many rooms a span names. */
const maxRooms = 10;

/** See the head of this file. */
export class BroadcastSpans implements OperationObserver<BroadcastTrace> {
  readonly #tracer: Tracer;
  readonly #spans = new WeakMap<BroadcastTrace, Span>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  run<Result>(emit: BroadcastTrace, work: () => Result): Result {
    const active = context.active();
    // What another process has sent outside of any trace is none here either.
    if (emit.remote && trace.getSpanContext(active) === undefined) return work();
    const span = this.#tracer.startSpan(
      `${emit.remote ? "deliver" : "emit"} ${emit.event}`,
      { kind: emit.remote ? SpanKind.CONSUMER : SpanKind.PRODUCER, attributes: attributesOf(emit) },
      active,
    );
    this.#spans.set(emit, span);
    return context.with(trace.setSpan(active, span), work);
  }

  end(emit: BroadcastTrace): void {
    const span = this.#spans.get(emit);
    if (span === undefined) return;
    if (emit.clients !== null) span.setAttribute(attributes.clients, emit.clients);
    const failure = failureOf(emit);
    if (failure !== null) recordFailure(span, failure.error);
    span.end();
  }
}

function attributesOf({ event, namespace, sid, rooms, acknowledged }: BroadcastTrace): Attributes {
  return {
    [attributes.event]: event,
    [attributes.namespace]: namespace,
    [attributes.acknowledged]: acknowledged,
    ...(sid === null ? {} : { [attributes.sid]: sid }),
    ...(rooms === null ? {} : { [attributes.rooms]: rooms.slice(0, maxRooms) }),
  };
}
