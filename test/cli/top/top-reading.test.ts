import { expect, it } from "vitest";
import { jsonReading, TopReader } from "../../../src/cli/top/top-reading.ts";
import type { EventsAnswer, OverviewAnswer, ProcessState } from "../../../src/dashboard/api.ts";

const times = (count: number) => ({ count, sum: 0, bounds: [0.001, 0.01], counts: [0, count] });

function process(id: string, at: number, handled: number): ProcessState {
  return {
    ...{ id, label: `${id}:1`, at, uptime: 10, runtime: "Node.js 24.1.0", ready: true, cpu: at / 10 },
    ...{ memory: { resident: 5e7, heap: 1e7 }, loop: null, clients: 2, handshakes: 0 },
    ...{ transports: { websocket: 2 }, counts: { opened: 2 }, closed: {}, refused: {}, returns: {} },
    namespaces: [{ name: "/", clients: 2, rooms: 1, away: null }],
    traffic: {
      eventsIn: handled,
      eventsOut: 0,
      bytesIn: 0,
      bytesOut: 0,
      errors: 0,
      handlers: times(handled),
    },
    queue: null,
    slow: [],
  };
}

it("adds up processes, and has rates from the second reading on", async () => {
  const overviews: OverviewAnswer[] = [
    { processes: [process("a", 1000, 10), process("b", 9000, 0)], missing: [] },
    { processes: [process("a", 3000, 30), process("b", 11_000, 0)], missing: ["c:1"] },
  ];
  const events: EventsAnswer = { events: [], missing: ["c:1"] };
  const reader = new TopReader({
    ask: async <Answer>(action: string) => (action === "events" ? events : overviews.shift()) as Answer,
  });
  expect(jsonReading(await reader.read())).toMatchObject({ clients: 4, eventsIn: null, p99: null });
  const second = jsonReading(await reader.read());
  expect(second).toMatchObject({
    ...{ type: "reading", clients: 4, websocket: 4, eventsIn: 10, missing: ["c:1"] },
    servers: [
      { name: "a:1", health: "ready", eventsIn: 10, cpu: 0.1 },
      { name: "b:1", eventsIn: 0 },
    ],
    namespaces: [{ name: "/", clients: 4, rooms: 2 }],
  });
  expect(second.p50).toBeGreaterThan(1);
});
