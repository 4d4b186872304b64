import { expect, it } from "vitest";
import { TrafficCount } from "../../src/admin/traffic-count.ts";
import type { ConnectionMeter } from "../../src/engine/connection-meter.ts";

function meterOf() {
  const seen: unknown[] = [];
  const meter: ConnectionMeter = {
    onReceived: (transport, bytes) => seen.push(["received", transport, bytes]),
    onSent: (transport, bytes) => seen.push(["sent", transport, bytes]),
    onPong: (milliseconds) => seen.push(["pong", milliseconds]),
  };
  return { meter, seen };
}

it("counts beside the metrics, and leaves them as they were", () => {
  const { meter, seen } = meterOf();
  const connections = { meter };
  const count = new TrafficCount(connections);
  connections.meter.onReceived("websocket", 4);
  connections.meter.onSent("polling", 10);
  connections.meter.onPong(3);
  expect(count).toMatchObject({ packetsIn: 1, bytesIn: 4, packetsOut: 1, bytesOut: 10 });
  expect(seen).toEqual([
    ["received", "websocket", 4],
    ["sent", "polling", 10],
    ["pong", 3],
  ]);
  count.stop();
  expect(connections.meter).toBe(meter);
});

it("goes on where metrics are turned on later, and leaves them on", () => {
  const connections: { meter: ConnectionMeter | null } = { meter: null };
  const count = new TrafficCount(connections);
  const { meter, seen } = meterOf();
  connections.meter = meter;
  count.attach();
  count.attach();
  connections.meter.onSent("websocket", 4);
  expect([count.bytesOut, seen.length]).toEqual([4, 1]);
  count.stop();
  expect(connections.meter).toBe(meter);
});
