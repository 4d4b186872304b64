import { context, trace } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { CallSpans } from "../../../src/observe/opentelemetry/call-spans.ts";
import type { Call } from "../../../src/observe/opentelemetry/calls.ts";
import { RequestSpans, requestAttributes } from "../../../src/observe/opentelemetry/request-spans.ts";
import type { SpanParent } from "../../../src/observe/opentelemetry/telemetry-options.ts";
import { remote, spanned, takeSpans, tracer } from "./recorded-spans.ts";
import { connectTrace, eventTrace, request } from "./traces.ts";

/** The span of a call, and the one that was current while it ran. */
function spanOf(call: Call, parent: SpanParent = "auth") {
  const spans = new CallSpans(tracer, new RequestSpans(tracer, true), parent);
  const current = spans.run(call, () => trace.getSpanContext(context.active())?.spanId);
  spans.end(call);
  const [span, ...others] = takeSpans();
  expect(others).toEqual([]);
  expect(span?.spanContext().spanId).toBe(current);
  return span && spanned(span);
}

it("an event is a server's span with the attributes of RPC", () => {
  expect(spanOf(eventTrace({ result: 5 }))).toEqual({
    name: "/chat say",
    kind: 1,
    status: 0,
    links: [],
    parent: null,
    attributes: {
      "rpc.system.name": "socketio",
      "rpc.method": "/chat say",
      "rpc.status_code": "OK",
      ...requestAttributes(request),
      "network.protocol.name": "websocket",
      "roomcast.namespace": "/chat",
      "roomcast.sid": "sid~1",
      "roomcast.connection": 3,
      "roomcast.acknowledged": true,
    },
  });
});

it("an event whose name its client chooses is _OTHER, with that name as the original", () => {
  expect(spanOf(eventTrace({ event: "anything", handler: "*", transport: "polling" }))).toMatchObject({
    name: "_OTHER",
    attributes: {
      "rpc.method": "_OTHER",
      "rpc.method_original": "/chat anything",
      "network.protocol.name": "http",
    },
  });
});

it("an event without a handler, and one whose handler fails, are errors", () => {
  expect(spanOf(eventTrace({ event: "anything", handler: null }))).toMatchObject({
    status: 2,
    attributes: { "error.type": "ERR_NO_HANDLER" },
  });
  expect(spanOf(eventTrace({ error: new TypeError("broken") }))).toMatchObject({
    status: 2,
    attributes: { "error.type": "TypeError", "rpc.status_code": "ERR_HANDLER_FAILED" },
  });
});

it("a client that joins is a span, and a refusal is no error", () => {
  expect(spanOf(connectTrace({ recovered: true }))).toMatchObject({
    name: "/chat connect",
    status: 0,
    attributes: { "roomcast.recovered": true, "rpc.status_code": "OK" },
  });
  const refused = spanOf(connectTrace({ refusal: "not today" }));
  expect(refused).toMatchObject({ status: 0, attributes: { "roomcast.refusal": "not today" } });
  expect(refused?.attributes).not.toHaveProperty("rpc.status_code");
});

it("a client says what its events belong to, where that is allowed", () => {
  const [first, second] = ["1".repeat(16), "2".repeat(16)];
  const call = () =>
    eventTrace({
      auth: { traceparent: remote(first).traceparent },
      args: [{ traceparent: remote(second).traceparent }],
    });
  const parents = (["auth", "event", "none"] as const).map((parent) => spanOf(call(), parent)?.parent);
  expect(parents).toEqual([first, second, null]);
});
