/**
 * Everything that happens to the clients of this process, for the admin interface in its development mode. It
 * listens while an administrator looks, and costs nothing before and after.
 */

import { isDeepStrictEqual } from "node:util";
import type { TraceEvent } from "../base/trace.ts";
import type { Hub } from "../core/hub.ts";
import type { Target } from "../core/model/target.ts";
import { decodeEvent } from "../core/packet/event-packet.ts";
import type { Socket } from "../core/socket/socket.ts";
import { type DescribedClient, describeClient } from "./described-client.ts";
import { shownValue, shownValues } from "./shown-values.ts";

/** What the reports need of their process. */
export interface ClientReportsOwner {
  readonly hub: Hub;
  /** Sends a report to all administrators. */
  send(event: string, values: readonly unknown[]): void;
  /** A process is gone, and cannot tell any more what became of its clients. */
  onProcessLeft(): void;
}

/** A client that was told of. */
interface KnownClient {
  readonly socket: Socket;
  readonly rooms: Set<string>;
  data: unknown;
}

/** How many events of clients are told in an interval of the reports: pages show the latest 1000. */
const maxEvents = 1000;

/** The clients of this process and what they do. */
export class ClientReports {
  readonly #owner: ClientReportsOwner;
  readonly #namespace: string;
  readonly #process: string;
  /** By namespace and id; `null` while no administrator looks. */
  #known: Map<string, KnownClient> | null = null;
  #stop: (() => void)[] = [];
  #events = 0;

  /**
   * @param owner - this process
   * @param namespace - the interface's own, of which nothing is told
   * @param process - a word for this process, for the ids of connections
   */
  constructor(owner: ClientReportsOwner, namespace: string, process: string) {
    this.#owner = owner;
    this.#namespace = namespace;
    this.#process = process;
  }

  /** All clients of this process. */
  all(): DescribedClient[] {
    return [...this.#sockets()].map((socket) => describeClient(socket, this.#process));
  }

  /** Begins to tell what happens. */
  start(): void {
    if (this.#known !== null) return;
    this.#known = new Map();
    for (const socket of this.#sockets()) this.#keep(socket);
    const { hub } = this.#owner;
    this.#stop = [
      hub.trace.listen((event) => this.#onTrace(event)),
      hub.outgoing.listen((event, args, target) => this.#onSent(target, event, args)),
      hub.namespaces.foreignEvents.listen((target, encoded) => {
        if (target.namespace === this.#namespace || this.#events >= maxEvents) return;
        const [event, ...args] = decodeEvent(encoded);
        this.#onSent(target, event, args);
      }),
    ];
  }

  /** Tells nothing more. */
  stop(): void {
    for (const stop of this.#stop) stop();
    this.#stop = [];
    this.#known = null;
  }

  /** An interval of the reports has ended: tells changes of public data, which happen without a sign. */
  onTick(): void {
    this.#events = 0;
    for (const known of this.#known?.values() ?? []) {
      const data = shownValue(known.socket.publicData);
      if (isDeepStrictEqual(data, known.data)) continue;
      known.data = data;
      this.#owner.send("socket_updated", [{ id: known.socket.sid, nsp: known.socket.namespace, data }]);
    }
  }

  *#sockets(): Iterable<Socket> {
    for (const namespace of this.#owner.hub.namespaces.all()) {
      if (namespace.name === this.#namespace) continue;
      for (const socket of namespace.sockets()) if (socket.isConnected) yield socket;
    }
  }

  #onTrace(event: TraceEvent): void {
    if ("namespace" in event && event.namespace === this.#namespace) return;
    switch (event.type) {
      case "socket connect":
        this.#onConnect(event.namespace, event.sid);
        break;
      case "socket disconnect":
        this.#onDisconnect(event.namespace, event.sid, event.reason);
        break;
      case "room joined":
        this.#known?.get(keyOf(event.namespace, event.sid))?.rooms.add(event.room);
        this.#tell("room_joined", event.namespace, event.room, event.sid);
        break;
      case "room left":
        this.#known?.get(keyOf(event.namespace, event.sid))?.rooms.delete(event.room);
        this.#tell("room_left", event.namespace, event.room, event.sid);
        break;
      case "room closed":
        this.#onRoomClosed(event.namespace, event.room);
        break;
      case "event received":
        this.#tellEvent("event_received", event.namespace, event.sid, [event.event, ...event.args]);
        break;
      case "process left":
        this.#owner.onProcessLeft();
        break;
      case "connection upgrade":
        this.#onUpgrade(event.connection, event.transport);
        break;
      default:
    }
  }

  #onConnect(namespace: string, sid: string): void {
    const find = () => this.#owner.hub.namespaces.get(namespace)?.socket(sid);
    const tell = (socket: Socket | undefined) => {
      if (socket === undefined || socket.isClosed || this.#known === null) return;
      this.#keep(socket);
      this.#owner.send("socket_connected", [describeClient(socket, this.#process), now()]);
    };
    const socket = find();
    if (socket !== undefined && socket.returning === null) tell(socket);
    // One that returns takes the place of its former self a moment later.
    else queueMicrotask(() => tell(find()));
  }

  #onDisconnect(namespace: string, sid: string, reason: string): void {
    const key = keyOf(namespace, sid);
    const rooms = this.#known?.get(key)?.rooms ?? [];
    this.#known?.delete(key);
    this.#tell("socket_disconnected", namespace, sid, reason);
    for (const room of [sid, ...rooms]) this.#tell("room_left", namespace, room, sid);
  }

  #onRoomClosed(namespace: string, room: string): void {
    for (const { socket, rooms } of this.#known?.values() ?? []) {
      if (socket.namespace !== namespace || !rooms.delete(room)) continue;
      this.#tell("room_left", namespace, room, socket.sid);
    }
  }

  #onUpgrade(connection: number, transport: string): void {
    for (const { socket } of this.#known?.values() ?? []) {
      if (socket.client.number !== connection) continue;
      this.#owner.send("socket_updated", [{ id: socket.sid, nsp: socket.namespace, transport }]);
    }
  }

  #onSent(target: Target, event: string, args: readonly unknown[]): void {
    if (target.namespace === this.#namespace || this.#events >= maxEvents) return;
    for (const { sid } of this.#owner.hub.namespaces.select(target))
      this.#tellEvent("event_sent", target.namespace, sid, [event, ...args]);
  }

  #tellEvent(type: string, namespace: string, sid: string, args: readonly unknown[]): void {
    this.#events += 1;
    if (this.#events <= maxEvents) this.#tell(type, namespace, sid, shownValues(args));
  }

  #tell(type: string, ...values: readonly unknown[]): void {
    this.#owner.send(type, [...values, now()]);
  }

  #keep(socket: Socket): void {
    const known = { socket, rooms: new Set(socket.rooms), data: shownValue(socket.publicData) };
    this.#known?.set(keyOf(socket.namespace, socket.sid), known);
  }
}

function keyOf(namespace: string, sid: string): string {
  // No namespace has a comma in its name.
  return `${namespace},${sid}`;
}

function now(): string {
  return new Date().toISOString();
}
