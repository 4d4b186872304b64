import { expect, it } from "vitest";
import {
  eventStates,
  loopDelays,
  returnsOf,
  trafficOf,
  transportsOf,
} from "../../../src/dashboard/data/traffic.ts";
import type { Metric } from "../../../src/observe/metrics/metric.ts";

const labels = { namespace: "/", event: "say" };
const metrics: Metric[] = [
  {
    name: "roomcast_events_received_total",
    help: "",
    type: "counter",
    samples: [
      { labels, value: 3 },
      { labels: { ...labels, event: "join" }, value: 2 },
    ],
  },
  {
    name: "roomcast_handler_errors_total",
    help: "",
    type: "counter",
    samples: [{ labels: { ...labels, code: "ERR_X" }, value: 1 }],
  },
  {
    name: "roomcast_handler_duration_seconds",
    help: "",
    type: "histogram",
    samples: [
      {
        labels,
        count: 3,
        sum: 0.3,
        buckets: [
          { upTo: 0.1, count: 2 },
          { upTo: 1, count: 3 },
        ],
      },
    ],
  },
];

it("traffic is the sum over all events", () => {
  expect(trafficOf(metrics)).toMatchObject({
    eventsIn: 5,
    errors: 1,
    handlers: { count: 3, sum: 0.3, bounds: [0.1, 1], counts: [2, 3] },
  });
  expect(trafficOf([])).toBeNull();
});

it("each event has its numbers", () => {
  expect(eventStates(metrics)).toEqual([
    {
      namespace: "/",
      event: "say",
      handled: 3,
      errors: 1,
      handlers: { count: 3, sum: 0.3, bounds: [0.1, 1], counts: [2, 3] },
    },
  ]);
});

it("connections are counted by transport, and delays of the event loop are measured", () => {
  const counted: Metric[] = [
    {
      name: "roomcast_connections",
      help: "",
      type: "gauge",
      samples: [{ labels: { transport: "polling" }, value: 2 }],
    },
    {
      name: "roomcast_event_loop_delay_seconds",
      help: "",
      type: "histogram",
      samples: [{ labels: {}, count: 1, sum: 0.01, buckets: [{ upTo: 0.1, count: 1 }] }],
    },
  ];
  expect(transportsOf(counted)).toEqual({ polling: 2 });
  expect(loopDelays(counted)).toEqual({ count: 1, sum: 0.01, bounds: [0.1], counts: [1] });
  expect(loopDelays([])).toBeNull();
});

it("returns are counted by how they ended, over all namespaces", () => {
  const counted: Metric[] = [
    {
      name: "roomcast_recovery_returns_total",
      help: "",
      type: "counter",
      samples: [
        { labels: { namespace: "/", outcome: "recovered" }, value: 2 },
        { labels: { namespace: "/a", outcome: "recovered" }, value: 3 },
      ],
    },
    {
      name: "roomcast_recovery_expired_total",
      help: "",
      type: "counter",
      samples: [{ labels: { namespace: "/" }, value: 1 }],
    },
  ];
  expect(returnsOf(counted)).toEqual({ recovered: 5, "did not come in time": 1 });
  expect(returnsOf([])).toEqual({});
});
