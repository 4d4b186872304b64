import { expect, it } from "vitest";
import { instrumentOf } from "../../../src/observe/opentelemetry/names.ts";

it.each([
  ["roomcast_connections", undefined, "roomcast.connections", "1"],
  ["roomcast_connections_opened_total", undefined, "roomcast.connections_opened", "1"],
  ["roomcast_sent_bytes_total", "bytes", "roomcast.sent", "By"],
  ["roomcast_queue_latency_seconds", "seconds", "roomcast.queue_latency", "s"],
])("the metric %s is an instrument without the endings of Prometheus", (name, unit, expected, symbol) => {
  expect(instrumentOf(unit === undefined ? { name } : { name, unit })).toEqual({
    name: expected,
    unit: symbol,
  });
});
