/**
 * All metrics: names, types, labels, buckets. Tests hold docs/metrics.md and the Grafana dashboard equal to
 * this table.
 */

import type { MetricUnit } from "./metric.ts";

/** How the values of several processes become one. */
export type Aggregation = "sum" | "max" | "min";

/** One metric without its samples. */
export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly unit: MetricUnit | null;
  /** The names of its labels. */
  readonly labels: readonly string[];
  readonly aggregation: Aggregation;
  /** The upper bounds of a histogram, ascending; empty for other types. */
  readonly bounds: readonly number[];
}

type Details = Partial<Pick<MetricDefinition, "unit" | "labels" | "aggregation">>;

function counter(help: string, details: Details = {}): MetricDefinition {
  return { type: "counter", help, unit: null, labels: [], aggregation: "sum", bounds: [], ...details };
}

function gauge(help: string, details: Details = {}): MetricDefinition {
  return { ...counter(help, details), type: "gauge" };
}

function histogram(help: string, bounds: readonly number[], details: Details = {}): MetricDefinition {
  return { ...counter(help, details), type: "histogram", bounds };
}

/** From half a millisecond to ten seconds. */
const handlerTimes = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From a machine nearby to a bad mobile network. */
const networkTimes = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** From a second to a day. */
const connectionTimes = [1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200, 86_400];
const delays = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const widths = [0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/** The table. */
export const catalogue = {
  roomcast_processes: gauge("Processes that these metrics are of."),

  roomcast_connections: gauge("Open connections.", { labels: ["transport"] }),
  roomcast_connections_opened_total: counter(
    "Connections that were opened, by the transport that they began with.",
    { labels: ["transport"] },
  ),
  roomcast_connections_upgraded_total: counter("Connections that moved from polling to a WebSocket."),
  roomcast_connections_closed_total: counter("Connections that ended.", { labels: ["reason"] }),
  roomcast_connection_duration_seconds: histogram("How long connections lasted.", connectionTimes, {
    unit: "seconds",
    labels: ["reason"],
  }),
  roomcast_handshakes: gauge("Clients about which connect handlers or allowRequest are deciding."),
  roomcast_handshakes_waiting: gauge("Clients that wait for their turn, because of maxHandshakes."),
  roomcast_requests_refused_total: counter("Requests that were refused.", { labels: ["reason"] }),
  roomcast_limits_reached_total: counter("What limits held back, by the option that sets the limit.", {
    labels: ["limit"],
  }),

  roomcast_received_bytes_total: counter(
    "Bytes that clients sent, in WebSocket frames and in bodies of polling requests.",
    { unit: "bytes", labels: ["transport"] },
  ),
  roomcast_sent_bytes_total: counter(
    "Bytes that went to clients, in WebSocket frames and in bodies of answers to polls, before compression.",
    { unit: "bytes", labels: ["transport"] },
  ),
  roomcast_buffered_bytes: gauge("Bytes that were sent and that clients have not taken yet.", {
    unit: "bytes",
  }),
  roomcast_greatest_buffered_bytes: gauge("Bytes that the slowest client has not taken yet.", {
    unit: "bytes",
    aggregation: "max",
  }),
  roomcast_volatile_dropped_total: counter(
    "Volatile events that were dropped because their client could not take them.",
  ),
  roomcast_ping_duration_seconds: histogram("How long clients took to answer a ping.", networkTimes, {
    unit: "seconds",
  }),

  roomcast_sockets: gauge("Clients in a namespace.", { labels: ["namespace"] }),
  roomcast_sockets_connected_total: counter("Clients that joined a namespace, or returned to it.", {
    labels: ["namespace"],
  }),
  roomcast_sockets_refused_total: counter("Clients that a connect handler or middleware refused.", {
    labels: ["namespace"],
  }),
  roomcast_sockets_disconnected_total: counter("Clients that left a namespace.", {
    labels: ["namespace", "reason"],
  }),
  roomcast_rooms: gauge("Rooms with members.", { labels: ["namespace"] }),
  roomcast_room_members: gauge("Memberships in rooms: a client in three rooms counts three times.", {
    labels: ["namespace"],
  }),

  roomcast_events_received_total: counter("Events that clients sent.", { labels: ["namespace", "event"] }),
  roomcast_events_refused_total: counter(
    "Events that were refused: invalid or unknown by the contract, or refused by their handler.",
    { labels: ["namespace", "event", "reason"] },
  ),
  roomcast_handler_duration_seconds: histogram(
    "How long handlers took, with their middleware, until the acknowledgement was sent.",
    handlerTimes,
    { unit: "seconds", labels: ["namespace", "event"] },
  ),
  roomcast_handler_errors_total: counter("Handlers that failed.", { labels: ["namespace", "event"] }),
  roomcast_events_sent_total: counter("Events that the program sent, each to any number of clients.", {
    labels: ["namespace", "event"],
  }),
  roomcast_broadcast_clients: histogram(
    "To how many clients of a process an event for rooms or everyone went.",
    widths,
    { labels: ["namespace"] },
  ),
  roomcast_acknowledgements_requested_total: counter(
    "Events for single clients that asked for an acknowledgement.",
    { labels: ["namespace"] },
  ),
  roomcast_acknowledgement_duration_seconds: histogram(
    "How long clients took to acknowledge an event.",
    networkTimes,
    { unit: "seconds", labels: ["namespace"] },
  ),

  roomcast_recovery_waiting: gauge("Clients that lost their connection and may return.", {
    labels: ["namespace"],
  }),
  roomcast_recovery_returns_total: counter("Clients that asked to return, by how it ended.", {
    labels: ["namespace", "outcome"],
  }),
  roomcast_recovery_expired_total: counter("Clients that did not return in time.", {
    labels: ["namespace"],
  }),

  roomcast_queue_up: gauge("Whether the message queue can be reached: 1 or 0.", { aggregation: "min" }),
  roomcast_queue_latency_seconds: gauge(
    "How long the message queue took to answer, the latest time that was measured.",
    {
      unit: "seconds",
      aggregation: "max",
    },
  ),
  roomcast_queue_waiting: gauge("Messages that wait for the message queue."),
  roomcast_queue_reconnects_total: counter("Times that the message queue came back."),
  roomcast_queue_dropped_total: counter(
    "Messages to other processes that were dropped, because the message queue was down or too slow.",
  ),
  roomcast_queue_unconfirmed_total: counter("Messages under way when a connection to the queue ended."),
  roomcast_queue_refused_total: counter("Messages that the message queue refused."),
  roomcast_queue_ignored_total: counter("Messages from the message queue that were not accepted."),
  roomcast_queue_not_kept_total: counter("What the message queue did not keep for clients that are away.", {
    labels: ["what"],
  }),

  roomcast_event_loop_delay_seconds: histogram(
    "How much too late a timer ran because the process was busy.",
    delays,
    { unit: "seconds" },
  ),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** The name of a metric. */
export type MetricName = keyof typeof catalogue;

/** The definition of a metric. */
export function definitionOf(name: MetricName): MetricDefinition {
  return catalogue[name];
}
