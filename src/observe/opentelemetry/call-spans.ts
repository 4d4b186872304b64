/** One server span for each event of a client, and for each client that joins. */

import { context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { OperationObserver } from "../../base/tracing/traced-operations.ts";
import { type Call, callAttributes, methodOf, outcomeAttributes } from "./calls.ts";
import { clientContext } from "./client-context.ts";
import { failureOf, recordFailure } from "./failure.ts";
import { attributes, otherMethod } from "./names.ts";
import type { RequestSpans } from "./request-spans.ts";
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
    const span = this.#tracer.startSpan(
      method,
      { kind: SpanKind.SERVER, links: this.#requests.links(call.request), attributes: callAttributes(call) },
      parent,
    );
    if (span.isRecording()) this.#describe(span, call, method);
    this.#spans.set(call, span);
    return context.with(trace.setSpan(parent, span), work);
  }

  #describe(span: Span, call: Call, method: string): void {
    span.setAttributes(this.#requests.attributesOf(call.request));
    span.setAttribute(attributes.protocol, call.transport === "websocket" ? "websocket" : "http");
    span.setAttribute(attributes.namespace, call.namespace);
    span.setAttribute(attributes.sid, call.sid);
    span.setAttribute(attributes.connection, call.connection);
    if ("event" in call) {
      span.setAttribute(attributes.acknowledged, call.acknowledged);
      if (method === otherMethod)
        span.setAttribute(attributes.originalMethod, `${call.namespace} ${call.event}`);
    } else {
      span.setAttribute(attributes.recovered, call.recovered);
    }
  }

  end(call: Call): void {
    const span = this.#spans.get(call);
    if (span === undefined || !span.isRecording()) return;
    span.setAttributes(outcomeAttributes(call));
    if ("refusal" in call && call.refusal !== undefined) span.setAttribute(attributes.refusal, call.refusal);
    const failure = failureOf(call);
    if (failure !== null) recordFailure(span, failure.error);
    else if ("event" in call && call.handler === null)
      span.setStatus({ code: SpanStatusCode.ERROR, message: "The event has no handler." });
    span.end();
  }
}
