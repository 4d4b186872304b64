/**
 * All metrics: names, types, labels, buckets. Tests hold docs/metrics.md and the Grafana dashboard equal to
 * this table.
 */

import type { MetricUnit } from "./metric.ts";

/** How the values of several processes become one: they are added, or the greatest is taken. */
export type Aggregation = "sum" | "max";

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

/** The table. */
export const catalogue = {
  roomcast_clients: gauge("Connected clients."),
  roomcast_handshakes: gauge("Clients about which connect handlers or allowRequest are deciding."),
  roomcast_connections_opened_total: counter("Connections that were opened."),
  roomcast_connections_closed_total: counter("Connections that ended, by reason.", { labels: ["reason"] }),
  roomcast_requests_refused_total: counter("Requests that were refused, by the name of the refusal.", {
    labels: ["reason"],
  }),
  roomcast_limits_reached_total: counter(
    "Requests of clients that a limit held back, by the limit's option.",
    {
      labels: ["limit"],
    },
  ),
  roomcast_volatile_dropped_total: counter(
    "Volatile events that were dropped because their client could not take them.",
  ),
  roomcast_sockets: gauge("Clients in a namespace.", { labels: ["namespace"] }),
  roomcast_rooms: gauge("Rooms with members.", { labels: ["namespace"] }),
  roomcast_room_members: gauge("Memberships in rooms: a client in three rooms counts three times.", {
    labels: ["namespace"],
  }),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** The name of a metric. */
export type MetricName = keyof typeof catalogue;

/** The definition of a metric. */
export function definitionOf(name: MetricName): MetricDefinition {
  return catalogue[name];
}
