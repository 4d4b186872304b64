import { describe, expect, it } from "vitest";
import { ServerReports } from "../../src/admin/server-reports.ts";
import type { Hub } from "../../src/core/hub.ts";
import { type ConnectionMeter, TransportCounts } from "../../src/engine/connection-meter.ts";
import { Counters } from "../../src/engine/counters.ts";
import { FakeClock } from "../support/fake-clock.ts";

function reportsOf() {
  const clock = new FakeClock();
  const counters = new Counters();
  const namespaces = new Map([
    ["/", { name: "/", size: 3 }],
    ["/admin", { name: "/admin", size: 1 }],
  ]);
  const transports = new TransportCounts();
  Object.assign(transports.open, { websocket: 3, polling: 1 });
  const hub = {
    counters,
    clients: { size: 4 },
    namespaces: { all: () => namespaces.values(), get: (name: string) => namespaces.get(name) },
  } as unknown as Hub;
  const connections = { transports, maxOutgoingBytes: 1000, meter: null as ConnectionMeter | null };
  const sent: unknown[] = [];
  const send = (_event: string, [stats]: readonly unknown[]) => void sent.push(stats);
  const reports = new ServerReports({ hub, clock, connections, send, onTick() {} }, "one", "/admin");
  return { clock, counters, connections, reports, sent };
}

describe("ServerReports", () => {
  it("tells numbers every two seconds while it runs", () => {
    const { clock, reports, sent } = reportsOf();
    clock.advance(10_000);
    expect(sent).toEqual([]);
    reports.start();
    for (let second = 0; second < 6; second += 1) clock.advance(1000);
    expect(sent).toHaveLength(3);
    expect(sent[0]).toMatchObject({
      serverId: "one",
      pid: process.pid,
      clientsCount: 3,
      pollingClientsCount: 1,
      namespaces: [{ name: "/", socketsCount: 3 }],
      aggregatedEvents: [],
    });
    reports.stop();
    clock.advance(10_000);
    expect([sent.length, clock.timerCount]).toEqual([3, 0]);
  });

  it("counts packets only while it runs", () => {
    const { connections, reports } = reportsOf();
    expect(connections.meter).toBeNull();
    reports.start();
    expect(connections.meter).not.toBeNull();
    reports.stop();
    expect(connections.meter).toBeNull();
  });

  it("sums up each second, from its start on", () => {
    const { clock, counters, connections, reports, sent } = reportsOf();
    counters.opened = 100;
    reports.start();
    counters.opened += 2;
    counters.closed["ping timeout"] += 1;
    connections.meter?.onReceived("websocket", 4);
    clock.advance(1000);
    counters.opened += 5;
    clock.advance(1000);
    const timestamp = expect.any(Number);
    expect(sent).toMatchObject([
      {
        aggregatedEvents: [
          { timestamp, type: "rawConnection", count: 2 },
          { timestamp, type: "rawDisconnection", subType: "ping timeout", count: 1 },
          { timestamp, type: "packetsIn", count: 1 },
          { timestamp, type: "bytesIn", count: 4 },
          { timestamp, type: "rawConnection", count: 5 },
        ],
      },
    ]);
  });
});
