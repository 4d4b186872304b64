/**
 * Makes a span for each handshake, and remembers it, so that the spans of its client's events can link to it.
 * Instrumentations of HTTP servers do not see these requests: Roomcast takes them before.
 */

import {
  type Attributes,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { OperationObserver } from "../../base/tracing/traced-operations.ts";
import type { RequestTrace, TracedRequest } from "../../base/tracing/tracing-channels.ts";
import { failureOf, recordFailure } from "./failure.ts";
import { attributes } from "./names.ts";

/** See the head of this file. */
export class RequestSpans implements OperationObserver<RequestTrace> {
  readonly #tracer: Tracer;
  readonly #makesSpans: boolean;
  readonly #spans = new WeakMap<RequestTrace, Span>();
  readonly #handshakes = new WeakMap<TracedRequest, SpanContext>();
  readonly #attributes = new WeakMap<TracedRequest, Attributes>();

  /**
   * @param tracer - makes the spans
   * @param makesSpans - whether a handshake without a span gets one
   */
  constructor(tracer: Tracer, makesSpans: boolean) {
    this.#tracer = tracer;
    this.#makesSpans = makesSpans;
  }

  /** Links to a client's handshake, and to the request that is being handled, if these have spans. */
  links(request: TracedRequest): Link[] {
    const links: Link[] = [];
    const handshake = this.#handshakes.get(request);
    if (handshake !== undefined && trace.isSpanContextValid(handshake)) links.push({ context: handshake });
    const current = trace.getSpanContext(context.active());
    if (current === undefined || current.spanId === handshake?.spanId) return links;
    if (trace.isSpanContextValid(current)) links.push({ context: current });
    return links;
  }

  /** What spans say of the request that opened a connection. Read once for each connection. */
  attributesOf(request: TracedRequest): Attributes {
    let attributes = this.#attributes.get(request);
    if (attributes === undefined) {
      attributes = requestAttributes(request);
      this.#attributes.set(request, attributes);
    }
    return attributes;
  }

  run<Result>(about: RequestTrace, work: () => Result): Result {
    // Requests of a connection that exists are many, and say little.
    if (!about.handshake) return work();
    const active = trace.getSpanContext(context.active());
    if (active !== undefined) {
      this.#handshakes.set(about.request, active);
      return work();
    }
    if (!this.#makesSpans) return work();
    const parent = propagation.extract(ROOT_CONTEXT, about.request.headers);
    const span = this.#tracer.startSpan(
      `${about.method} ${about.path}`,
      {
        kind: SpanKind.SERVER,
        attributes: { ...requestAttributes(about.request), ...httpAttributes(about) },
      },
      parent,
    );
    this.#spans.set(about, span);
    this.#handshakes.set(about.request, span.spanContext());
    return context.with(trace.setSpan(parent, span), work);
  }

  end(about: RequestTrace): void {
    const span = this.#spans.get(about);
    if (span === undefined) return;
    if (about.status !== null) span.setAttribute(attributes.httpStatus, about.status);
    if (about.connection !== null) span.setAttribute(attributes.connection, about.connection);
    const failure = failureOf(about);
    if (failure !== null) recordFailure(span, failure.error);
    span.end();
  }
}

/** What spans say of the request that opened a connection. */
export function requestAttributes({ path, secure, address, headers }: TracedRequest): Attributes {
  const { host, "user-agent": userAgent } = headers;
  return {
    [attributes.path]: path,
    [attributes.scheme]: secure ? "https" : "http",
    [attributes.clientAddress]: address,
    [attributes.transport]: "tcp",
    ...(typeof host === "string" ? serverAttributes(host) : {}),
    ...(typeof userAgent === "string" ? { [attributes.userAgent]: userAgent } : {}),
  };
}

function httpAttributes({ method }: RequestTrace): Attributes {
  return { [attributes.httpMethod]: method, [attributes.protocol]: "http" };
}

function serverAttributes(host: string): Attributes {
  const [, name = host, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(host) ?? [];
  return {
    [attributes.serverAddress]: name.replace(/^\[|\]$/g, ""),
    ...(port === undefined ? {} : { [attributes.serverPort]: Number(port) }),
  };
}
