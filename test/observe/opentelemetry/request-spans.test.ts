import { context, trace } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { RequestSpans, requestAttributes } from "../../../src/observe/opentelemetry/request-spans.ts";
import { remote, spanned, takeSpans, tracer } from "./recorded-spans.ts";
import { request, requestTrace } from "./traces.ts";

const current = () => trace.getSpanContext(context.active())?.spanId;

it("a handshake has a span, to which the spans of its client link", () => {
  const spans = new RequestSpans(tracer, true);
  const caller = "3".repeat(16);
  const headers = { ...request.headers, traceparent: remote(caller).traceparent };
  const handshake = requestTrace({ request: { ...request, headers } });
  const inside = spans.run(handshake, current);
  handshake.status = 101;
  handshake.connection = 5;
  spans.end(handshake);
  const [span] = takeSpans();
  expect(span && spanned(span)).toEqual({
    name: "GET /socket.io/",
    kind: 1,
    status: 0,
    links: [],
    parent: caller,
    attributes: {
      ...requestAttributes(request),
      "http.request.method": "GET",
      "http.response.status_code": 101,
      "network.protocol.name": "http",
      "roomcast.connection": 5,
    },
  });
  expect(inside).toBe(span?.spanContext().spanId);
  expect(spans.links(handshake.request).map((link) => link.context.spanId)).toEqual([inside]);
  expect(spans.links(request)).toEqual([]);
});

it("other requests have none, but a client's span links to the one that is current", () => {
  const spans = new RequestSpans(tracer, true);
  const poll = requestTrace({ handshake: false, connection: 5 });
  spans.run(poll, () => {});
  spans.end(poll);
  expect(takeSpans()).toEqual([]);
  const { parent } = remote("4".repeat(16));
  const links = context.with(parent, () => spans.links(poll.request));
  expect(links.map((link) => link.context.spanId)).toEqual(["4".repeat(16)]);
});

it("a handshake that has a span already, or shall have none, gets none", () => {
  const { parent } = remote("5".repeat(16));
  const [traced, bare] = [requestTrace(), requestTrace()];
  const spans = new RequestSpans(tracer, true);
  context.with(parent, () => spans.run(traced, () => {}));
  spans.end(traced);
  const none = new RequestSpans(tracer, false);
  none.run(bare, () => {});
  none.end(bare);
  expect(takeSpans()).toEqual([]);
  expect(spans.links(traced.request).map((link) => link.context.spanId)).toEqual(["5".repeat(16)]);
  expect(none.links(bare.request)).toEqual([]);
});

it("a fault of the server is an error of the span", () => {
  const spans = new RequestSpans(tracer, true);
  const handshake = requestTrace({ status: 500, error: new Error("broken") });
  spans.run(handshake, () => {});
  spans.end(handshake);
  expect(takeSpans().map(spanned)).toMatchObject([
    { status: 2, attributes: { "error.type": "Error", "http.response.status_code": 500 } },
  ]);
});

it.each([
  ["chat.example:8443", { "server.address": "chat.example", "server.port": 8443 }],
  ["chat.example", { "server.address": "chat.example" }],
  ["[::1]:80", { "server.address": "::1", "server.port": 80 }],
  [undefined, {}],
])("the server's address is read from the field host: %s", (host, expected) => {
  const { path, address, ...rest } = request;
  const attributes = requestAttributes({ ...rest, path, address, secure: false, headers: { host } });
  expect(attributes).toEqual({
    "url.path": path,
    "url.scheme": "http",
    "client.address": address,
    "network.transport": "tcp",
    ...expected,
  });
});
