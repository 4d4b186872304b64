import { expect, it } from "vitest";
import { ConnectionMetrics } from "../../../src/app/metrics/connection-metrics.ts";
import { Samples } from "../../../src/observe/metrics/samples.ts";

function collected(metrics: ConnectionMetrics) {
  const samples = new Samples();
  metrics.collect(samples);
  return new Map(samples.metrics().map(({ name, samples: list }) => [name, list]));
}

it("adds bytes by transport", () => {
  const metrics = new ConnectionMetrics();
  metrics.onReceived("polling", 5);
  metrics.onReceived("polling", 6);
  metrics.onSent("websocket", 7);
  expect(collected(metrics).get("roomcast_received_bytes_total")).toEqual([
    { labels: { transport: "polling" }, value: 11 },
    { labels: { transport: "websocket" }, value: 0 },
  ]);
  expect(collected(metrics).get("roomcast_sent_bytes_total")?.[1]).toMatchObject({ value: 7 });
});

it("observes pings and connections in seconds", () => {
  const metrics = new ConnectionMetrics();
  metrics.onPong(30);
  metrics.onClose("ping timeout", 4000);
  metrics.onClose("ping timeout", -1000);
  const all = collected(metrics);
  expect(all.get("roomcast_ping_duration_seconds")).toMatchObject([{ count: 1, sum: 0.03 }]);
  expect(all.get("roomcast_connection_duration_seconds")).toMatchObject([
    { labels: { reason: "ping timeout" }, count: 2, sum: 4 },
  ]);
});
