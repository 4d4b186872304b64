import { expect, it } from "vitest";
import type { Metric } from "../../../src/observe/metrics/metric.ts";
import { observeMetrics } from "../../../src/observe/opentelemetry/server-instruments.ts";
import { recordedMetrics } from "./recorded-spans.ts";

const known = [
  { name: "roomcast_clients", type: "gauge", help: "Clients." },
  { name: "roomcast_sent_bytes_total", type: "counter", help: "Bytes.", unit: "bytes" },
  { name: "roomcast_wait_seconds", type: "histogram", help: "Waits.", unit: "seconds" },
] as const;

it("counters and gauges are read whenever something collects, until they are stopped", async () => {
  let clients = 2;
  const metrics = (): Metric[] => [
    { ...known[0], samples: [{ labels: {}, value: clients }] },
    { ...known[1], samples: [{ labels: { transport: "polling" }, value: 10 }] },
    { ...known[2], samples: [] },
    { name: "roomcast_new", type: "gauge", help: "Unknown.", samples: [{ labels: {}, value: 1 }] },
  ];
  const { meterProvider, read } = recordedMetrics();
  const stop = observeMetrics(meterProvider.getMeter("test"), known, async () => metrics());
  const first = await read();
  expect([...first.keys()].toSorted()).toEqual(["roomcast.clients", "roomcast.sent"]);
  expect(first.get("roomcast.sent")).toMatchObject({
    descriptor: { unit: "By" },
    dataPoints: [{ attributes: { transport: "polling" }, value: 10 }],
  });
  clients = 5;
  expect((await read()).get("roomcast.clients")?.dataPoints).toMatchObject([{ value: 5 }]);
  stop();
  clients = 9;
  const last = (await read()).get("roomcast.clients")?.dataPoints.map(({ value }) => value) ?? [];
  expect(last).not.toContain(9);
});
