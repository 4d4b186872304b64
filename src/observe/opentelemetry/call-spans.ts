/** One server span for each event of a client, and for each client that joins. */

import { context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { OperationObserver } from "../../base/tracing/traced-operations.ts";
import { type Call, callAttributes, methodOf, outcomeAttributes } from "./calls.ts";
import { clientContext } from "./client-context.ts";
import { failureOf, recordFailure } from "./failure.ts";
import { attributes, otherMethod } from "./names.ts";
import { type RequestSpans, requestAttributes } from "./request-spans.ts";
import type { SpanParent } from "./telemetry-options.ts";

/** See the head of this file. */
export class CallSpans implements OperationObserver<Call> {
  readonly #tracer: Tracer;
  readonly #requests: RequestSpans;
  readonly #parent: SpanParent;
  readonly #spans = new WeakMap<Call, Span>();

  /**
   * @param tracer - makes the spans
   * @param requests - knows the spans of handshakes
   * @param parent - where clients may say what their events belong to
   */
  constructor(tracer: Tracer, requests: RequestSpans, parent: SpanParent) {
    this.#tracer = tracer;
    this.#requests = requests;
    this.#parent = parent;
  }

  run<Result>(call: Call, work: () => Result): Result {
    const parent = clientContext(this.#parent, call.auth, "event" in call ? call.args : null);
    const method = methodOf(call);
    const { namespace, sid, connection, transport, request } = call;
    const span = this.#tracer.startSpan(
      method,
      {
        kind: SpanKind.SERVER,
        links: this.#requests.links(request),
        attributes: {
          ...callAttributes(call),
          ...(method === otherMethod && "event" in call
            ? { [attributes.originalMethod]: `${namespace} ${call.event}` }
            : {}),
          ...requestAttributes(request),
          [attributes.protocol]: transport === "websocket" ? "websocket" : "http",
          [attributes.namespace]: namespace,
          [attributes.sid]: sid,
          [attributes.connection]: connection,
          ...("event" in call
            ? { [attributes.acknowledged]: call.acknowledged }
            : { [attributes.recovered]: call.recovered }),
        },
      },
      parent,
    );
    this.#spans.set(call, span);
    return context.with(trace.setSpan(parent, span), work);
  }

  end(call: Call): void {
    const span = this.#spans.get(call);
    if (span === undefined) return;
    span.setAttributes(outcomeAttributes(call));
    if ("refusal" in call && call.refusal !== undefined) span.setAttribute(attributes.refusal, call.refusal);
    const failure = failureOf(call);
    if (failure !== null) recordFailure(span, failure.error);
    else if ("event" in call && call.handler === null)
      span.setStatus({ code: SpanStatusCode.ERROR, message: "The event has no handler." });
    span.end();
  }
}
