/** Reads the metrics of one server in this process. */

import type { QueueStats } from "../../backplane/bus/queue-health.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { Hub } from "../../core/hub.ts";
import type { NamespaceRule, OpenNamespace } from "../../core/namespace/open-namespace.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Metric } from "../../observe/metrics/metric.ts";
import { Samples } from "../../observe/metrics/samples.ts";
import { ConnectionMetrics } from "./connection-metrics.ts";
import { EventLoopDelay } from "./event-loop-delay.ts";
import { limitsReached } from "./limits-reached.ts";
import { NamespaceMetrics } from "./namespace-metrics.ts";

/** What says how the program declared its namespaces and their events. */
export interface Declarations {
  /** The name or pattern with which the program declared a namespace. */
  declarationOf(name: string, rule: NamespaceRule | null): string;
  /** Finds the handlers of a namespace. */
  lookup(name: string, rule: NamespaceRule | null): { handles(event: string): boolean };
}

/** What the metrics are read from. */
export interface ServerMetricsParts {
  readonly engine: Engine;
  readonly hub: Hub;
  readonly namespaces: Declarations;
  readonly queue: () => QueueStats;
  readonly clock: Clock;
}

/** Reads the metrics of several processes. */
export interface MetricsReader {
  collect(): Promise<Metric[]>;
  /** This process ends. */
  stop?(): Promise<void>;
}

/** The meters, which exist only while metrics are on. */
interface Meters {
  readonly connections: ConnectionMetrics;
  /** By the declaration of the namespace. */
  readonly namespaces: Map<string, NamespaceMetrics>;
  readonly delay: EventLoopDelay;
}

/** The metrics of one server. */
export class ServerMetrics {
  readonly #parts: ServerMetricsParts;
  /** Finding the declaration of a namespace takes its name through all patterns. */
  readonly #labels = new WeakMap<OpenNamespace, string>();
  readonly #declaredEvents = new Set<string>();
  #meters: Meters | null = null;
  #others: MetricsReader | null = null;

  /** @param parts - what the metrics are read from */
  constructor(parts: ServerMetricsParts) {
    this.#parts = parts;
  }

  /**
   * Begins to measure what costs something.
   *
   * @param events - names of events that get labels of their own, besides those with handlers
   */
  turnOn(events: readonly string[] = []): void {
    for (const event of events) this.#declaredEvents.add(event);
    if (this.#meters !== null) return;
    const { engine, hub, clock } = this.#parts;
    const meters: Meters = {
      connections: new ConnectionMetrics(),
      namespaces: new Map(),
      delay: new EventLoopDelay(clock),
    };
    const meterOf = (name: string, rule: NamespaceRule | null) => this.#meterOf(meters, name, rule);
    this.#meters = meters;
    engine.connections.meter = meters.connections;
    hub.clients.meter = meters.connections;
    hub.namespaces.measure(meterOf);
    hub.outgoing.meter = {
      onSent: (name, event) => (hub.namespaces.get(name)?.meter ?? meterOf(name, null)).onSent(event),
    };
    meters.delay.start();
  }

  /** Whether everything is measured. */
  get isOn(): boolean {
    return this.#meters !== null;
  }

  /** Reads the metrics together with those of other processes. */
  readTogether(others: MetricsReader): void {
    this.#others = others;
  }

  /** The metrics of all processes that serve together. */
  async collectAll(): Promise<Metric[]> {
    return this.#others === null ? this.collect() : this.#others.collect();
  }

  /** The server has stopped. Resolves when other processes have its last counts. */
  async stop(): Promise<void> {
    this.#meters?.delay.stop();
    await this.#others?.stop?.();
  }

  /** The metrics at this moment. */
  collect(): Metric[] {
    const samples = new Samples();
    samples.add("roomcast_processes", 1);
    this.#collectConnections(samples);
    this.#collectNamespaces(samples);
    this.#collectQueue(samples);
    if (this.#meters !== null) {
      const { connections, namespaces, delay } = this.#meters;
      connections.collect(samples);
      for (const metrics of namespaces.values()) metrics.collect(samples);
      delay.collect(samples);
    }
    return samples.metrics();
  }

  #collectConnections(samples: Samples): void {
    const { connections, handshakeCount, waitingCount } = this.#parts.engine;
    const { transports, counters } = connections;
    samples.addAll("roomcast_connections", "transport", transports.open);
    samples.addAll("roomcast_connections_opened_total", "transport", transports.opened);
    samples.add("roomcast_connections_upgraded_total", transports.upgraded);
    samples.addAll("roomcast_connections_closed_total", "reason", counters.closed);
    samples.add("roomcast_handshakes", handshakeCount);
    samples.add("roomcast_handshakes_waiting", waitingCount);
    samples.addAll("roomcast_requests_refused_total", "reason", counters.refused);
    samples.addAll("roomcast_limits_reached_total", "limit", limitsReached(counters));
    samples.add("roomcast_volatile_dropped_total", counters.volatileDropped);
    let sum = 0;
    let greatest = 0;
    for (const { bufferedBytes } of connections.all()) {
      sum += bufferedBytes;
      if (bufferedBytes > greatest) greatest = bufferedBytes;
    }
    samples.add("roomcast_buffered_bytes", sum);
    samples.add("roomcast_greatest_buffered_bytes", greatest);
  }

  #collectNamespaces(samples: Samples): void {
    const sums = new Map<string, { sockets: number; rooms: number; members: number; away: number }>();
    // A namespace without clients is a zero, not a series that ends.
    for (const label of this.#meters?.namespaces.keys() ?? []) {
      sums.set(label, { sockets: 0, rooms: 0, members: 0, away: 0 });
    }
    for (const namespace of this.#parts.hub.namespaces.all()) {
      const { size, rooms, recovery } = namespace;
      const label = this.#labelOf(namespace);
      const sum = sums.get(label) ?? { sockets: 0, rooms: 0, members: 0, away: 0 };
      sum.sockets += size;
      sum.rooms += rooms.size;
      sum.members += rooms.memberCount;
      sum.away += recovery?.sessions.awayCount ?? 0;
      sums.set(label, sum);
    }
    for (const [namespace, { sockets, rooms, members, away }] of sums) {
      samples.add("roomcast_sockets", sockets, { namespace });
      samples.add("roomcast_rooms", rooms, { namespace });
      samples.add("roomcast_room_members", members, { namespace });
      samples.add("roomcast_recovery_waiting", away, { namespace });
    }
  }

  #collectQueue(samples: Samples): void {
    const { counters } = this.#parts.engine.connections;
    const { state, latency, waiting, reconnects, dropped, unconfirmed } = this.#parts.queue();
    if (state === "none") return;
    samples.add("roomcast_queue_up", state === "up" ? 1 : 0);
    if (latency !== null) samples.add("roomcast_queue_latency_seconds", latency / 1000);
    samples.add("roomcast_queue_waiting", waiting);
    samples.add("roomcast_queue_reconnects_total", reconnects);
    samples.add("roomcast_queue_dropped_total", dropped);
    samples.add("roomcast_queue_unconfirmed_total", unconfirmed);
    samples.add("roomcast_queue_refused_total", counters.messagesRefused);
    samples.add("roomcast_queue_ignored_total", counters.messagesIgnored);
    samples.addAll("roomcast_queue_not_kept_total", "what", {
      events: counters.eventsNotKept,
      clients: counters.clientsNotKept,
    });
  }

  #labelOf(namespace: OpenNamespace): string {
    let label = this.#labels.get(namespace);
    if (label === undefined) {
      label = this.#parts.namespaces.declarationOf(namespace.name, namespace.rule);
      this.#labels.set(namespace, label);
    }
    return label;
  }

  #meterOf(meters: Meters, name: string, rule: NamespaceRule | null): NamespaceMetrics {
    const { namespaces, clock } = this.#parts;
    const label = namespaces.declarationOf(name, rule);
    let metrics = meters.namespaces.get(label);
    if (metrics === undefined) {
      const lookup = namespaces.lookup(name, rule);
      const isDeclared = (event: string) => lookup.handles(event) || this.#declaredEvents.has(event);
      metrics = new NamespaceMetrics(label, isDeclared, clock);
      meters.namespaces.set(label, metrics);
    }
    return metrics;
  }
}
