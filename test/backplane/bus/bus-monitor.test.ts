import { expect, it } from "vitest";
import { BusMonitor } from "../../../src/backplane/bus/bus-monitor.ts";
import { MemoryBroker } from "../../../src/backplane/bus/memory-bus.ts";
import { Trace, type TraceEvent } from "../../../src/base/trace.ts";

function setup() {
  const broker = new MemoryBroker();
  const told: unknown[] = [];
  const trace = new Trace();
  trace.listen((event: TraceEvent) => told.push(event));
  const bus = broker.bus();
  const owner = {
    onUp: () => told.push("up"),
    onDown: (error: unknown) => told.push(String(error)),
    onDropped: (count: number) => told.push(`dropped: ${count}`),
  };
  return { broker, bus, told, monitor: new BusMonitor(bus, owner, trace) };
}

it("tells the owner and the trace whether the bus is up", () => {
  const { monitor, told } = setup();
  monitor.up();
  monitor.down(new Error("gone"));
  expect(told).toMatchObject([
    { type: "backplane up", bus: "memory" },
    "up",
    { type: "backplane down", bus: "memory", reason: "Error: gone" },
    "Error: gone",
  ]);
});

it("tells the trace alone of a bus that cannot be opened", () => {
  const { monitor, told } = setup();
  monitor.failed(new Error("refused"));
  expect(told).toMatchObject([{ type: "backplane down", bus: "memory", reason: "Error: refused" }]);
});

it("says whether the bus takes a message, and counts and traces one that it drops", () => {
  const { monitor, told } = setup();
  expect(monitor.send("news", Buffer.from("abc"))).toBe(false);
  expect(told).toMatchObject(["dropped: 1", { type: "message dropped", bytes: 3 }]);
});
