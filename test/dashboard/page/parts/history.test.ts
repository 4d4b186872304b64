import { describe, expect, it } from "vitest";
import type { ProcessState, Traffic } from "../../../../src/dashboard/api.ts";
import { History, totalsByName } from "../../../../src/dashboard/page/parts/history.ts";

const traffic = (eventsIn: number): Traffic => ({
  eventsIn,
  eventsOut: 2 * eventsIn,
  bytesIn: 0,
  bytesOut: 0,
  errors: 0,
  handlers: { count: eventsIn, sum: 0, bounds: [0.01, 0.1], counts: [0, eventsIn] },
});

function state(id: string, at: number, given: Partial<ProcessState> = {}): ProcessState {
  return {
    id,
    label: id,
    at,
    uptime: 1,
    runtime: "",
    ready: true,
    cpu: 0,
    memory: { resident: 1, heap: 1 },
    loop: null,
    clients: 1,
    handshakes: 0,
    transports: { websocket: 2, polling: 1 },
    namespaces: [],
    counts: { opened: 0 },
    closed: {},
    refused: {},
    returns: {},
    traffic: null,
    queue: null,
    slow: [],
    ...given,
  };
}

const overview = (...processes: ProcessState[]) => ({ processes, missing: [] });

describe("rates", () => {
  it("are the growth in a second, of all processes together", () => {
    const history = new History();
    history.add(
      overview(state("a", 0, { traffic: traffic(10) }), state("b", 0, { traffic: traffic(0) })),
      100,
    );
    expect(history.moments.at(-1)).toMatchObject({ eventsIn: null, p99: null, websocket: 4, polling: 2 });
    history.add(
      overview(
        state("a", 2000, { traffic: traffic(30), cpu: 500 }),
        state("b", 2000, { traffic: traffic(2), counts: { opened: 4 } }),
      ),
      102,
    );
    expect(history.moments.at(-1)).toMatchObject({ eventsIn: 11, eventsOut: 22, connects: 2 });
    expect(history.moments.at(-1)?.p50).toBeCloseTo(0.055);
    expect(history.ratesOf("a")).toMatchObject({ eventsIn: 10, cpu: 0.25 });
    expect(history.ratesOf("c").cpu).toBeNull();
  });

  it("are never below zero, and leave out a process that has just begun", () => {
    const history = new History();
    history.add(overview(state("a", 0, { traffic: traffic(10) })), 100);
    history.add(
      overview(state("a", 1000, { traffic: traffic(5) }), state("b", 1000, { traffic: traffic(9) })),
      101,
    );
    expect(history.moments.at(-1)?.eventsIn).toBe(0);
  });

  it("count a reading once that came twice", () => {
    const history = new History();
    history.add(overview(state("a", 0)), 100);
    history.add(overview(state("a", 0)), 100.5);
    expect(history.moments).toHaveLength(1);
  });

  it("are interrupted where nothing was read for a while, and kept for ten minutes", () => {
    const history = new History();
    history.add(overview(state("a", 0, { traffic: traffic(0) })), 100);
    history.add(overview(state("a", 60_000, { traffic: traffic(6) })), 160);
    expect(history.moments.map(({ eventsIn }) => eventsIn)).toEqual([null, null, 0.1]);
    for (let index = 0; index < 400; index += 1)
      history.add(overview(state("a", 61_000 + index)), 161 + index);
    expect(history.moments).toHaveLength(300);
  });
});

it("counts by name are added over processes, the largest first", () => {
  const processes = [
    state("a", 0, { closed: { "ping timeout": 1, "transport close": 5 } }),
    state("b", 0, { closed: { "ping timeout": 9 } }),
  ];
  expect(totalsByName(processes, ({ closed }) => closed)).toEqual([
    ["ping timeout", 10],
    ["transport close", 5],
  ]);
});
