/** Reads the metrics of one server in this process. */

import type { Hub } from "../../core/hub.ts";
import type { OpenNamespace } from "../../core/namespace/open-namespace.ts";
import type { Counters } from "../../engine/counters.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Metric } from "../../observe/metrics/metric.ts";
import { Samples } from "../../observe/metrics/samples.ts";

/** What the metrics are read from. */
export interface ServerMetricsParts {
  readonly engine: Engine;
  readonly hub: Hub;
  readonly counters: Counters;
  /** The name or pattern with which the program declared a namespace. */
  readonly declarationOf: (namespace: OpenNamespace) => string;
}

/** The metrics of one server. */
export class ServerMetrics {
  readonly #parts: ServerMetricsParts;
  readonly #labels = new WeakMap<OpenNamespace, string>();

  /** @param parts - what the metrics are read from */
  constructor(parts: ServerMetricsParts) {
    this.#parts = parts;
  }

  /** The metrics at this moment. */
  collect(): Metric[] {
    const { engine, hub, counters } = this.#parts;
    const samples = new Samples();
    samples.add("roomcast_clients", hub.clients.size);
    samples.add("roomcast_handshakes", engine.handshakeCount);
    samples.add("roomcast_connections_opened_total", counters.opened);
    samples.addAll("roomcast_connections_closed_total", "reason", counters.closed);
    samples.addAll("roomcast_requests_refused_total", "reason", counters.refused);
    samples.addAll("roomcast_limits_reached_total", "limit", {
      maxNamespaces: counters.namespacesRefused,
      maxNamespaceEventsPerSecond: counters.eventsDropped,
      maxRooms: counters.roomsRefused,
      maxRoomLength: counters.roomNamesRefused,
    });
    samples.add("roomcast_volatile_dropped_total", counters.volatileDropped);
    this.#collectNamespaces(samples);
    return samples.metrics();
  }

  #collectNamespaces(samples: Samples): void {
    const sums = new Map<string, { sockets: number; rooms: number; members: number }>();
    for (const namespace of this.#parts.hub.namespaces.all()) {
      const { size, rooms } = namespace;
      const label = this.#labelOf(namespace);
      const sum = sums.get(label) ?? { sockets: 0, rooms: 0, members: 0 };
      sum.sockets += size;
      sum.rooms += rooms.size;
      sum.members += rooms.memberCount;
      sums.set(label, sum);
    }
    for (const [namespace, { sockets, rooms, members }] of sums) {
      samples.add("roomcast_sockets", sockets, { namespace });
      samples.add("roomcast_rooms", rooms, { namespace });
      samples.add("roomcast_room_members", members, { namespace });
    }
  }

  /** Finding the declaration of a namespace takes its name through all patterns. */
  #labelOf(namespace: OpenNamespace): string {
    let label = this.#labels.get(namespace);
    if (label === undefined) {
      label = this.#parts.declarationOf(namespace);
      this.#labels.set(namespace, label);
    }
    return label;
  }
}
