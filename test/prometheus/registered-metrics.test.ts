import { Counter, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { Histogram } from "../../src/observe/metrics/histogram.ts";
import { Samples } from "../../src/observe/metrics/samples.ts";
import { registerAll } from "../../src/prometheus/registered-metrics.ts";

function server() {
  const samples = new Samples();
  samples.add("roomcast_connections_opened_total", 3, { transport: "polling" });
  const times = new Histogram([0.01, 0.1]);
  times.observe(0.05);
  samples.addHistogram("roomcast_ping_duration_seconds", times);
  const calls = { count: 0 };
  const read = async () => {
    calls.count += 1;
    return samples.metrics();
  };
  return { calls, read };
}

describe("metrics in a registry of prom-client", () => {
  it("are read once for each scrape, and stand beside others", async () => {
    const registry = new Registry();
    const { calls, read } = server();
    new Counter({ name: "own_total", help: "Own.", registers: [registry] }).inc();
    registerAll(registry, read);
    const lines = (await registry.metrics()).split("\n");
    expect(lines).toContain("own_total 1");
    expect(lines).toContain('roomcast_connections_opened_total{transport="polling"} 3');
    expect(lines.filter((line) => line.startsWith("roomcast_ping_duration_seconds"))).toEqual([
      'roomcast_ping_duration_seconds_bucket{le="0.01"} 0',
      'roomcast_ping_duration_seconds_bucket{le="0.1"} 1',
      'roomcast_ping_duration_seconds_bucket{le="+Inf"} 1',
      "roomcast_ping_duration_seconds_sum 0.05",
      "roomcast_ping_duration_seconds_count 1",
    ]);
    await registry.metrics();
    expect(calls.count).toBe(2);
  });

  it("come as OpenMetrics, too, and survive a reset of the registry", async () => {
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    registerAll(registry, server().read);
    registry.resetMetrics();
    const lines = (await registry.metrics()).split("\n");
    expect(lines).toContain("# TYPE roomcast_connections_opened counter");
    expect(lines).toContain('roomcast_connections_opened_total{transport="polling"} 3');
    expect(lines.at(-2)).toBe("# EOF");
  });

  it("are refused where the registry has those of another server", () => {
    const registry = new Registry();
    registerAll(registry, server().read);
    expect(() => registerAll(registry, server().read)).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: expect.stringContaining("registry of its own"),
      }),
    );
  });
});
