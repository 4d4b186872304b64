/** A reading for the tests of tables and screens. */

import picocolors from "picocolors";
import type { TopReading } from "../../../src/cli/top/top-reading.ts";
import type { ClientRow, ProcessState } from "../../../src/dashboard/api.ts";

/** No colours. */
export const colors = picocolors.createColors(false);

const handlers = { count: 0, sum: 0, bounds: [], counts: [] };

/** A reading of one server with events. */
export function sampleReading(events = 3, slow = 0): TopReading {
  const state = {
    id: "a",
    label: "web-1:17",
    ready: true,
    queue: null,
    clients: 1204,
    memory: { resident: 81e6, heap: 1 },
    uptime: 7260,
    runtime: "Node.js 24.1.0",
  } as ProcessState;
  const client: ClientRow = {
    ...{ sid: "sid~a", namespace: "/", address: "10.0.0.7", transport: "websocket" },
    ...{ since: Date.now() - 61_000, rooms: 2, buffered: 70_000, process: "web-1:17" },
  };
  return {
    time: new Date(2026, 0, 1, 14, 3, 27),
    clients: 1204,
    sums: null,
    servers: [{ state, rates: { eventsIn: 12, eventsOut: 1200, cpu: 0.08, loop: 0.0004 } }],
    namespaces: [{ name: "/", clients: 1204, rooms: 80, away: null }],
    events: Array.from({ length: events }, (_, index) => ({
      state: {
        namespace: "/",
        event: `event ${index}`,
        handled: 100 * index,
        errors: index === 1 ? 4 : 0,
        handlers,
      },
      rate: index,
      errorRate: 0,
      p50: 0.001,
      p99: 0.1 / (index + 1),
    })),
    slow: Array.from({ length: slow }, (_, index) => ({
      ...client,
      sid: `sid~${index}`,
      buffered: 70_000 + index,
    })),
    missing: [],
  };
}
