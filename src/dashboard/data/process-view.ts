/** Answers what pages, and other processes for them, ask about this process. */

import type { QueueStats } from "../../backplane/bus/queue-health.ts";
import { generateId } from "../../base/id.ts";
import type { NamespaceState, ProcessState, Question, QueueView } from "../api.ts";
import type { DashboardHost } from "../host.ts";
import { clientDetails } from "./client-details.ts";
import { type ClientViewSettings, listClients, slowestClients } from "./client-list.ts";
import { listRooms, roomSizes } from "./room-list.ts";
import { Tails } from "./tails.ts";
import { eventStates, loopDelays, returnsOf, trafficOf, transportsOf } from "./traffic.ts";

/** How long the numbers of a moment serve all that ask for them, in ms. */
const freshness = 900;
/** How many slow clients are told. */
const slowClients = 20;
/** How many namespaces are told: a pattern may open any number. */
const maxNamespaces = 200;

/** See the head of this file. */
export class ProcessView {
  /** Names this process among all that answer. */
  readonly id = generateId();
  readonly #host: DashboardHost;
  readonly #details: ClientViewSettings;
  readonly #tails: Tails;
  #state: ProcessState | null = null;

  /**
   * @param host - this process's server
   * @param showsPayloads - whether arguments of events and public data are told
   */
  constructor(host: DashboardHost, showsPayloads: boolean) {
    this.#host = host;
    this.#details = { process: host.label, showsPayloads };
    this.#tails = new Tails(host.hub, host.clock, showsPayloads);
  }

  /** Answers a question; `undefined` for one that this version does not know. */
  answer(question: Exclude<Question, { type: "signed out" }>): unknown {
    const { hub } = this.#host;
    switch (question.type) {
      case "state":
        return this.state();
      case "events":
        return eventStates(this.#host.metrics());
      case "clients":
        return listClients(hub, question, this.#details);
      case "rooms":
        return listRooms(hub, question);
      case "room sizes":
        return roomSizes(hub, question.rooms);
      case "client":
        return clientDetails(hub, question, this.#details);
      case "tail":
        return this.#tails.read(question, question.after, question.wait);
      default:
        question satisfies never;
        return undefined;
    }
  }

  /** The numbers of this moment, or of less than a second ago. */
  state(): ProcessState {
    const now = this.#host.clock.now();
    if (this.#state === null || now - this.#state.at >= freshness) this.#state = this.#measure(now);
    return this.#state;
  }

  /** Watches nothing any more. */
  close(): void {
    this.#tails.close();
  }

  #measure(now: number): ProcessState {
    const { hub, label } = this.#host;
    const { closed, refused, ...counts } = this.#host.counters();
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage();
    const metrics = this.#host.metrics();
    return {
      id: this.id,
      label,
      at: now,
      uptime: process.uptime(),
      runtime: runtimeName(),
      ready: this.#host.isReady(),
      cpu: (cpu.user + cpu.system) / 1000,
      memory: { resident: memory.rss, heap: memory.heapUsed },
      loop: loopDelays(metrics),
      clients: hub.clients.size,
      handshakes: this.#host.handshakes(),
      transports: transportsOf(metrics),
      namespaces: this.#namespaces(),
      counts,
      closed: withoutZeros(closed),
      refused: withoutZeros(refused),
      returns: returnsOf(metrics),
      traffic: trafficOf(metrics),
      queue: queueView(this.#host.queue()),
      slow: slowestClients(hub, slowClients, label),
    };
  }

  #namespaces(): NamespaceState[] {
    const states: NamespaceState[] = [];
    for (const { name, size, rooms, recovery } of this.#host.hub.namespaces.all())
      states.push({ name, clients: size, rooms: rooms.size, away: recovery?.awayCount ?? null });
    return states.toSorted((a, b) => b.clients - a.clients).slice(0, maxNamespaces);
  }
}

function queueView({ broker, state, latency, waiting, dropped, error }: QueueStats): QueueView | null {
  return broker === null ? null : { broker, state, latency, waiting, dropped, error: error?.message ?? null };
}

function withoutZeros(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function runtimeName(): string {
  const { bun } = process.versions;
  return bun === undefined ? `Node.js ${process.versions.node}` : `Bun ${bun}`;
}
