/** Numbers of this process for the admin interface: every two seconds, while an administrator looks. */

import { hostname } from "node:os";
import type { Clock, Timer } from "../base/time/clock.ts";
import type { Hub } from "../core/hub.ts";
import type { TransportCounts } from "../engine/connection-meter.ts";
import { type MeteredConnections, TrafficCount } from "./traffic-count.ts";

/** The connections of the server. */
export interface AdminConnections extends MeteredConnections {
  readonly transports: TransportCounts;
  /** The most bytes that may wait for a client. */
  readonly maxOutgoingBytes: number;
}

/** What the numbers are taken from. */
export interface ServerReportsOwner {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly connections: AdminConnections;
  /** Sends a report to all administrators. */
  send(event: string, values: readonly unknown[]): void;
  /** Called before each report. */
  onTick(): void;
}

/** A number of things of one kind in one second: `AggregatedEvent` of Socket.IO's admin interface. */
interface AggregatedEvent {
  /** In ms since 1970, a whole second. */
  readonly timestamp: number;
  readonly type: string;
  readonly subType?: string;
  readonly count: number;
}

/** Counts that only grow, by the names of the interface. */
type Totals = ReadonlyMap<string, number>;

/** How often numbers are taken, and told, in ms. */
const sampleInterval = 1000;
const reportInterval = 2000;

/** The numbers of this process. */
export class ServerReports {
  readonly #owner: ServerReportsOwner;
  readonly #serverId: string;
  readonly #namespace: string;
  #traffic: TrafficCount | null = null;
  #timer: Timer | null = null;
  #latest: Totals = new Map();
  #events: AggregatedEvent[] = [];
  #nextReport = 0;

  /**
   * @param owner - this process
   * @param serverId - what it is called
   * @param namespace - the interface's own, which does not count
   */
  constructor(owner: ServerReportsOwner, serverId: string, namespace: string) {
    this.#owner = owner;
    this.#serverId = serverId;
    this.#namespace = namespace;
  }

  /** Begins to count. */
  start(): void {
    if (this.#traffic !== null) return;
    this.#traffic = new TrafficCount(this.#owner.connections);
    this.#latest = this.#totals();
    this.#nextReport = this.#owner.clock.now() + reportInterval;
    this.#wait();
  }

  /** Counts no more, since no administrator looks. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#traffic?.stop();
    this.#traffic = null;
    this.#events = [];
  }

  /** Tells the numbers now, for an administrator that has just come. Nothing where none are counted. */
  report(): void {
    if (this.#traffic === null) return;
    this.#sample();
    const events = this.#events;
    this.#events = [];
    this.#owner.send("server_stats", [this.#numbers(events)]);
  }

  /** The number of clients of this process, without administrators. */
  get clientCount(): number {
    const { clients, namespaces } = this.#owner.hub;
    return Math.max(0, clients.size - (namespaces.get(this.#namespace)?.size ?? 0));
  }

  #wait(): void {
    this.#timer = this.#owner.clock.after(sampleInterval, () => {
      this.#wait();
      this.#sample();
      if (this.#owner.clock.now() < this.#nextReport) return;
      this.#nextReport += reportInterval;
      this.#owner.onTick();
      // That may have found out that no administrator looks any more.
      if (this.#traffic !== null) this.report();
    });
  }

  #sample(): void {
    this.#traffic?.attach();
    const totals = this.#totals();
    const timestamp = Math.floor(Date.now() / 1000) * 1000;
    for (const [name, total] of totals) {
      const count = total - (this.#latest.get(name) ?? 0);
      if (count <= 0) continue;
      const [type = "", subType] = name.split(":");
      this.#events.push({ timestamp, type, ...(subType === undefined ? {} : { subType }), count });
    }
    this.#latest = totals;
  }

  #totals(): Totals {
    const { counters } = this.#owner.hub;
    const totals = new Map([["rawConnection", counters.opened]]);
    for (const [reason, count] of Object.entries(counters.closed))
      totals.set(`rawDisconnection:${reason}`, count);
    const { packetsIn = 0, packetsOut = 0, bytesIn = 0, bytesOut = 0 } = this.#traffic ?? {};
    for (const [name, count] of Object.entries({ packetsIn, packetsOut, bytesIn, bytesOut }))
      totals.set(name, count);
    return totals;
  }

  #numbers(aggregatedEvents: readonly AggregatedEvent[]): object {
    const { namespaces } = this.#owner.hub;
    const { polling } = this.#owner.connections.transports.open;
    return {
      serverId: this.#serverId,
      hostname: hostname(),
      pid: process.pid,
      uptime: process.uptime(),
      clientsCount: this.clientCount,
      pollingClientsCount: Math.min(polling, this.clientCount),
      aggregatedEvents,
      namespaces: [...namespaces.all()]
        .filter(({ name }) => name !== this.#namespace)
        .map(({ name, size }) => ({ name, socketsCount: size })),
    };
  }
}
