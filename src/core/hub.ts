/** The core of a server: builds its parts and connects them with each other. */

import type { LogRecord } from "../base/log/log-record.ts";
import type { Clock } from "../base/time/clock.ts";
import type { Trace } from "../base/trace.ts";
import { Counters } from "../engine/counters.ts";
import type { EngineRequest } from "../engine/ports.ts";
import { AckRequests } from "./ack/ack-requests.ts";
import { Broadcaster } from "./broadcaster.ts";
import { ClientRegistry, type ClientRegistryOwner } from "./client/client-registry.ts";
import { type HubOptions, limitsOf } from "./hub-options.ts";
import { LocalOperations } from "./local-operations.ts";
import { NamespaceRegistry, type NamespaceRegistryOwner } from "./namespace/namespace-registry.ts";
import { OutgoingEvents } from "./outgoing-events.ts";
import type { Codec } from "./packet/codec.ts";
import { codecFor } from "./packet/parser-codec.ts";
import { RoomNames } from "./room-names.ts";
import { RoomOperations } from "./room-operations.ts";

/** What the hub asks of the application. */
export interface HubOwner extends NamespaceRegistryOwner, ClientRegistryOwner {
  /**
   * Reports an error that no client has caused.
   *
   * @param message - what failed; absent when the error is outside of any handler and nothing more is known
   * @param record - the same as data
   */
  report(error: unknown, message?: string, record?: LogRecord): void;
}

/** What the parts of a server share. */
export interface HubParts {
  readonly clock: Clock;
  /** Receives trace events. */
  readonly trace: Trace;
  /** Counts what happens; by default for this hub alone. */
  readonly counters?: Counters;
}

/** The parts of a server's core. */
export class Hub {
  readonly trace: Trace;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly counters: Counters;
  readonly namespaces: NamespaceRegistry;
  readonly clients: ClientRegistry;
  /** The rules for names of rooms. */
  readonly roomNames: RoomNames;
  /** Listeners to the events that this process sends. */
  readonly outgoing: OutgoingEvents;
  /** Operations on the clients of this process alone. */
  readonly local: LocalOperations;
  /** Operations on clients in all processes. */
  readonly operations: RoomOperations;
  readonly ackRequests: AckRequests;
  readonly broadcaster: Broadcaster;
  /** Finds the runtime's own request for one that opened a connection; `null` where it is not kept. */
  httpRequestOf: ((request: EngineRequest) => unknown) | null = null;
  readonly #owner: HubOwner;

  /**
   * @param owner - the application
   * @param options - the resolved options of the core, and how long a client may be in no namespace, in ms
   * @param parts - what the hub shares with the rest of the server
   */
  constructor(
    owner: HubOwner,
    options: HubOptions & { readonly connectTimeout: number },
    { clock, trace, counters = new Counters() }: HubParts,
  ) {
    this.#owner = owner;
    this.clock = clock;
    this.trace = trace;
    this.counters = counters;
    this.codec = codecFor(options.parser);
    this.namespaces = new NamespaceRegistry(owner, {
      codec: this.codec,
      clock,
      trace,
      eventsPerSecond: options.maxNamespaceEventsPerSecond,
    });
    this.clients = new ClientRegistry(owner, {
      namespaces: this.namespaces,
      codec: this.codec,
      limits: limitsOf(options),
      connectTimeout: options.connectTimeout,
      clock,
      trace,
      counters,
    });
    this.roomNames = new RoomNames(this.clients, this.namespaces, options.maxRoomLength);
    this.outgoing = new OutgoingEvents(this, trace);
    this.local = new LocalOperations(this.clients, this.namespaces, options);
    this.operations = new RoomOperations(this.namespaces, this.local, this.roomNames);
    this.ackRequests = new AckRequests(this, this.namespaces, this.local);
    this.broadcaster = new Broadcaster(this, this.namespaces, this.ackRequests);
  }

  /** Reports an error that no client has caused: see {@link HubOwner.report}. */
  report(error: unknown, message?: string, record?: LogRecord): void {
    this.#owner.report(error, message, record);
  }
}
