/**
 * The clients of one server: takes new connections, ends those that join no namespace, and counts refusals.
 */

import type { Clock } from "../../base/time/clock.ts";
import { DeadlineQueue } from "../../base/time/deadline-queue.ts";
import type { Trace } from "../../base/trace.ts";
import type { CloseReason } from "../../engine/close-reason.ts";
import type { Connection, ConnectionListener } from "../../engine/connection.ts";
import type { Counters } from "../../engine/counters.ts";
import type { EngineRequest } from "../../engine/ports.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import type { Codec } from "../packet/codec.ts";
import type { ClientSession } from "../ports.ts";
import type { Socket } from "../socket/socket.ts";
import { Client } from "./client.ts";
import type { ClientLimits, SoftLimit } from "./client-limits.ts";
import { Entrance } from "./entrance.ts";
import type { ClientEntrance, ClientNamespaces, ClientOwner, EntranceOwner } from "./ports.ts";

/** What the registry asks of the application. */
export interface ClientRegistryOwner {
  /** Opens the session of a new client. */
  openSession(request: EngineRequest): ClientSession;
  /** Reports an error that no client has caused. */
  report(error: unknown): void;
}

/** What the registry makes clients with. */
export interface ClientRegistrySettings {
  readonly namespaces: ClientNamespaces;
  readonly codec: Codec;
  readonly limits: ClientLimits;
  /** How long a client may be in no namespace, in ms. */
  readonly connectTimeout: number;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly counters: Counters;
}

/** Measures the clients of a server. */
export interface ClientMeter {
  /** A client is gone, which was there for so many milliseconds. */
  onClose(reason: CloseReason, milliseconds: number): void;
}

const softCounters = {
  maxNamespaces: "namespacesRefused",
  maxNamespaceEventsPerSecond: "eventsDropped",
  maxRooms: "roomsRefused",
  maxRoomLength: "roomNamesRefused",
} as const satisfies Record<SoftLimit, keyof Counters>;

/** All clients. */
export class ClientRegistry implements ClientOwner<Client>, EntranceOwner {
  readonly namespaces: ClientNamespaces;
  /** Lets clients into namespaces. */
  readonly entrance: ClientEntrance = new Entrance(this);
  readonly codec: Codec;
  readonly limits: ClientLimits;
  readonly clock: Clock;
  readonly trace: Trace;
  /** `null` while metrics are off. */
  meter: ClientMeter | null = null;
  /** Told of each new client, if set. It does not throw. */
  onOpen: ((client: Client) => void) | null = null;
  readonly #counters: Counters;
  readonly #owner: ClientRegistryOwner;
  readonly #idle: DeadlineQueue<Client>;
  readonly #clients = new Set<Client>();
  #lastRequestId = 0;
  /** Clients that have asked to join a namespace in this tick. */
  #asking: Client[] = [];

  /**
   * @param owner - the application
   * @param settings - what the registry makes clients with
   */
  constructor(owner: ClientRegistryOwner, settings: ClientRegistrySettings) {
    this.#owner = owner;
    this.namespaces = settings.namespaces;
    this.codec = settings.codec;
    this.limits = settings.limits;
    this.clock = settings.clock;
    this.trace = settings.trace;
    this.#counters = settings.counters;
    this.#idle = new DeadlineQueue(this.clock, settings.connectTimeout, (client) => client.expire());
  }

  /** The number of clients. */
  get size(): number {
    return this.#clients.size;
  }

  /** All clients. */
  all(): Iterable<Client> {
    return this.#clients;
  }

  /** Takes a new connection. */
  onConnection(connection: Connection): ConnectionListener {
    const client = new Client(connection, this.#owner.openSession(connection.request), this);
    this.#clients.add(client);
    this.#idle.add(client.idle);
    return client;
  }

  onClientOpen(client: Client): void {
    if (this.onOpen !== null) this.onOpen(client);
  }

  onBusy(client: Client): void {
    client.idle.cancel();
  }

  onIdle(client: Client): void {
    this.#idle.add(client.idle);
  }

  onClientClose(client: Client, reason: CloseReason): void {
    this.#clients.delete(client);
    this.meter?.onClose(reason, Date.now() - client.connectedAt);
  }

  onAsked(client: Client): void {
    this.#asking.push(client);
    // One callback for all: many clients connect in the same tick.
    if (this.#asking.length === 1) this.clock.atTickEnd(this.#forgetAsked);
  }

  readonly #forgetAsked = () => {
    const asking = this.#asking;
    this.#asking = [];
    for (const client of asking) client.forgetAsked();
  };

  nextRequestId(): number {
    this.#lastRequestId += 1;
    return this.#lastRequestId;
  }

  onIgnored(client: { readonly number: number }, namespace: string, message: string): void {
    if (this.trace.active) {
      this.trace.publish({ type: "event ignored", connection: client.number, namespace, message });
    }
  }

  onLimit(client: { readonly number: number } | null, namespace: string, limit: SoftLimit): void {
    this.#counters[softCounters[limit]] += 1;
    if (!this.trace.active) return;
    this.trace.publish({ type: "limit reached", connection: client?.number ?? null, namespace, limit });
  }

  onSocketConnect(socket: Socket): void {
    if (!this.trace.active) return;
    const { sid, namespace, client, recovered } = socket;
    this.trace.publish({ type: "socket connect", connection: client.number, sid, namespace, recovered });
  }

  onSocketRefused(socket: Socket, message: string): void {
    if (!this.trace.active) return;
    const { namespace, client } = socket;
    this.trace.publish({ type: "socket refused", connection: client.number, namespace, message });
  }

  onSocketDisconnect(socket: Socket, reason: DisconnectReason): void {
    if (!this.trace.active) return;
    const { sid, namespace, client } = socket;
    this.trace.publish({ type: "socket disconnect", connection: client.number, sid, namespace, reason });
  }

  report(error: unknown): void {
    this.#owner.report(error);
  }
}
