/** All connections of a server by their ids, and what they share: outbox, timers, counters, heartbeat. */

import type { Clock } from "../base/time/clock.ts";
import type { Trace } from "../base/trace.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, ConnectionWatcher, HostedConnection } from "./connection-host.ts";
import { type ConnectionMeter, TransportCounts } from "./connection-meter.ts";
import { ConnectionTimers } from "./connection-timers.ts";
import type { Counters } from "./counters.ts";
import type { EngineOptions, TransportName } from "./engine-options.ts";
import { Outbox } from "./outbox/outbox.ts";
import { OutgoingPacket } from "./outbox/outgoing-packet.ts";
import type { EngineRequest } from "./ports.ts";
import type { Admission } from "./request/admission.ts";
import type { ProtocolVersion } from "./transport/wire-format.ts";

/** What a registry of connections works with. */
export interface ConnectionRegistryParts {
  readonly clock: Clock;
  /** Where to tell what happens. */
  readonly trace: Trace;
  /** Where to count it. */
  readonly counters: Counters;
  /** Knows how many connections there may be. */
  readonly admission: Admission;
  /** Reports an error that is the server's own fault. */
  readonly report: (error: unknown) => void;
}

/**
 * The connections of one server. It inherits the timers instead of having them: connections look for their
 * queue at each message, and each further object between them would be one more fetch from memory.
 */
export class ConnectionRegistry extends ConnectionTimers implements ConnectionHost {
  readonly outbox: Outbox;
  readonly trace: Trace;
  readonly counters: Counters;
  readonly transports = new TransportCounts();
  meter: ConnectionMeter | null = null;
  readonly maxOutgoingBytes: number;
  readonly report: (error: unknown) => void;
  watchers: WeakMap<object, ConnectionWatcher> | null = null;
  readonly #clock: Clock;
  readonly #admission: Admission;
  readonly #connections = new Map<string, Connection>();
  #ping = { tick: -1, packet: new OutgoingPacket("2") };
  #closing: { done: Promise<void>; settle: () => void } | null = null;

  constructor(
    options: Pick<EngineOptions, "pingInterval" | "pingTimeout" | "upgradeTimeout" | "maxOutgoingBytes">,
    { clock, trace, counters, admission, report }: ConnectionRegistryParts,
  ) {
    super(clock, options);
    this.outbox = new Outbox(clock);
    this.trace = trace;
    this.counters = counters;
    this.maxOutgoingBytes = options.maxOutgoingBytes;
    this.report = report;
    this.#clock = clock;
    this.#admission = admission;
  }

  /** The number of connections, those included that wait for their last packets to be taken. */
  get size(): number {
    return this.#connections.size;
  }

  /** All connections, those included that wait for their last packets to be taken. */
  all(): Iterable<Connection> {
    return this.#connections.values();
  }

  /** Counts the connections that are not about to end: it looks at all of them. */
  countOpen(): number {
    let count = 0;
    for (const connection of this.#connections.values()) if (connection.isOpen) count += 1;
    return count;
  }

  /** Whether all connections are being closed, so that a new one has to be closed, too. */
  get isClosing(): boolean {
    return this.#closing !== null;
  }

  /** Tells a watcher of every packet of a connection from now on. */
  watch(connection: HostedConnection, watcher: ConnectionWatcher): void {
    this.watchers ??= new WeakMap();
    this.watchers.set(connection, watcher);
  }

  /** The connection with this id, if it is there. */
  get(id: string): Connection | undefined {
    return this.#connections.get(id);
  }

  /**
   * Makes a connection and gives it a number. It can be found from {@link add} on.
   *
   * @param id - the connection's id
   * @param request - the request, as far as the connection remembers it
   * @param version - the version of Engine.IO that the client speaks
   */
  make(id: string, request: EngineRequest, version: ProtocolVersion): Connection {
    this.counters.opened += 1;
    return new Connection(this, id, this.counters.opened, request, version);
  }

  /** Takes in a connection that is about to open on a transport of this name. */
  add(connection: Connection, transport: TransportName): void {
    this.#connections.set(connection.id, connection);
    const { address } = connection.request;
    this.#admission.onOpen(address);
    this.transports.open[transport] += 1;
    this.transports.opened[transport] += 1;
    if (!this.trace.active) return;
    this.trace.publish({ type: "connection open", connection: connection.number, transport, address });
  }

  forget(connection: HostedConnection): void {
    if (!this.#connections.delete(connection.id)) return;
    this.#admission.onGone(connection.request.address);
    if (this.#connections.size === 0) this.#closing?.settle();
  }

  pingPacket(): OutgoingPacket {
    const { tick } = this.outbox;
    if (this.#ping.tick !== tick) {
      this.#ping = { tick, packet: new OutgoingPacket("2") };
      this.#ping.packet.isShared = true;
    }
    return this.#ping.packet;
  }

  onHandshake(): void {
    this.#admission.begin();
  }

  onHandshakeEnd(): void {
    this.#admission.end();
  }

  /**
   * Ends all connections after what was sent before. Resolves when all are gone.
   *
   * @param timeout - how long clients may take to say goodbye, in ms, before they are cut off
   */
  async close(timeout: number): Promise<void> {
    if (this.#closing === null) {
      let settle = () => {};
      const done = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#closing = { done, settle };
      for (const connection of [...this.#connections.values()]) connection.close("server shutting down");
      this.outbox.flush();
      if (this.#connections.size === 0) settle();
    }
    const cutOff = () => {
      for (const connection of [...this.#connections.values()]) connection.terminate("server shutting down");
    };
    const timer = this.#clock.after(timeout, cutOff, true);
    await this.#closing.done;
    timer.cancel();
  }
}
