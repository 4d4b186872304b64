import { context, trace } from "@opentelemetry/api";
import { expect, it } from "vitest";
import type { BroadcastTrace } from "../../../src/base/tracing/tracing-channels.ts";
import { BroadcastSpans } from "../../../src/observe/opentelemetry/broadcast-spans.ts";
import { remote, spanned, takeSpans, tracer } from "./recorded-spans.ts";
import { broadcastTrace } from "./traces.ts";

const { parent } = remote("6".repeat(16));

function spanOf(emit: BroadcastTrace, within = parent) {
  const spans = new BroadcastSpans(tracer);
  const current = context.with(within, () =>
    spans.run(emit, () => trace.getSpanContext(context.active())?.spanId),
  );
  emit.clients ??= 2;
  spans.end(emit);
  const [span] = takeSpans();
  if (span !== undefined) expect(span.spanContext().spanId).toBe(current);
  return span && spanned(span);
}

it("an emit is a producer's span with the number of its clients", () => {
  expect(spanOf(broadcastTrace())).toEqual({
    name: "emit said",
    kind: 3,
    status: 0,
    links: [],
    parent: "6".repeat(16),
    attributes: {
      "roomcast.event": "said",
      "roomcast.namespace": "/chat",
      "roomcast.rooms": ["tea"],
      "roomcast.acknowledged": false,
      "roomcast.clients": 2,
    },
  });
  expect(spanOf(broadcastTrace({ sid: "sid~1", rooms: null }), context.active())).toMatchObject({
    parent: null,
    attributes: { "roomcast.sid": "sid~1" },
  });
});

it("names ten rooms at most", () => {
  const rooms = Array.from({ length: 12 }, (_, index) => `room ${index}`);
  expect(spanOf(broadcastTrace({ rooms }))?.attributes["roomcast.rooms"]).toEqual(rooms.slice(0, 10));
});

it("an event of another process is a consumer's span, if that process traces", () => {
  expect(spanOf(broadcastTrace({ remote: true }))).toMatchObject({ name: "deliver said", kind: 4 });
  expect(spanOf(broadcastTrace({ remote: true }), context.active())).toBeUndefined();
});

it("an emit that fails is an error", () => {
  expect(spanOf(broadcastTrace({ error: new TypeError("broken") }))).toMatchObject({
    status: 2,
    attributes: { "error.type": "TypeError" },
  });
});
