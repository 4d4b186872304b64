/** One namespace with the sockets that are in it now. It exists while there are any. */

import type { OutgoingPacket } from "../../engine/outbox/outgoing-packet.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import { generateSid } from "../model/sid.ts";
import type { Target } from "../model/target.ts";
import type { Recovery } from "../recovery/recovery.ts";
import { Rooms } from "../socket/rooms.ts";
import type { Socket } from "../socket/socket.ts";
import type { RateLimit } from "../socket/token-bucket.ts";

/** What a namespace asks of the application. None of these throws. */
export interface NamespaceHandlers {
  /**
   * A client asks to join.
   *
   * @param decide - to be called once, when the handler is done: with a refusal, or with nothing to accept the client
   */
  connect(socket: Socket, decide: (refusal?: Refusal) => void): void;
  /**
   * A client sent an event.
   *
   * @param answer - sends the acknowledgement; `null` when the client wants none
   */
  event(socket: Socket, event: string, values: readonly unknown[], answer: Answer | null): void;
  /** A client that was accepted has left. */
  disconnect(socket: Socket, reason: DisconnectReason): void;
}

/** Decides who may join namespaces that have no handlers of their own. */
export interface NamespaceRule {
  /** Whether a client may join a namespace of this name; `auth` is what it sent along. It may throw or reject. */
  allows(name: string, auth: unknown): boolean | Promise<boolean>;
}

/** What a refused client is told. */
export interface Refusal {
  readonly message: string;
  readonly data?: unknown;
}

/** The refusal of a client when there is nothing more to tell it. */
export const rejected: Refusal = { message: "Connection rejected by server" };

/** The acknowledgement of an event that was dropped because its client sends too many. */
export const tooManyEvents = {
  error: { code: "ERR_TOO_MANY_EVENTS", message: "Too many events were sent; this one was not handled." },
} as const;

/** Sends an acknowledgement; later calls do nothing. */
export type Answer = (values: readonly unknown[]) => void;

/** So many sockets are looked at before the first of them is sent something. */
const groupSize = 16;

/** A namespace and who is in it. */
export class Namespace {
  readonly name: string;
  readonly handlers: NamespaceHandlers;
  /** How many events one client may send here; `null` for as many as it likes. */
  readonly rate: RateLimit | null;
  readonly rooms = new Rooms();
  /** What let its clients in, and is asked for each of them; `null` where nothing has to be asked. */
  rule: NamespaceRule | null = null;
  /** What brings clients back after the loss of their connection; `null` where nothing does. */
  recovery: Recovery | null = null;
  /** Makes a new public id, which no client of any process has. */
  newSid: () => string = generateSid;
  /** What clients have to wait for before they are accepted; `null` for nothing. */
  ready: Promise<void> | null = null;
  readonly #sockets = new Map<string, Socket>();
  /** The length of the shortest public id that there was. Most rooms' names are shorter, and need not be looked for there. */
  #shortestSid = Number.POSITIVE_INFINITY;

  constructor(name: string, handlers: NamespaceHandlers, rate: RateLimit | null = null) {
    this.name = name;
    this.handlers = handlers;
    this.rate = rate;
  }

  /** The number of sockets, those included that are not accepted yet. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Finds a socket by its public id. */
  socket(sid: string): Socket | undefined {
    return this.#sockets.get(sid);
  }

  /** All sockets. */
  sockets(): IterableIterator<Socket> {
    return this.#sockets.values();
  }

  /** Takes a socket in. */
  add(socket: Socket): void {
    const { sid } = socket;
    this.#shortestSid = Math.min(this.#shortestSid, sid.length);
    this.#sockets.set(sid, socket);
  }

  /** Lets a closed socket go. */
  remove(socket: Socket): void {
    // One that was not let in to return has the sid of another.
    if (this.#sockets.get(socket.sid) !== socket) return;
    this.#sockets.delete(socket.sid);
    this.rooms.forget(socket);
  }

  /** The sockets that a target names, each once. A list of their own, so that they may leave while it is gone through. */
  select(target: Target): Socket[] {
    const { skip } = target;
    const sockets = [...this.#targets(target)];
    if (skip === null) return sockets;
    const left = new Set(skip);
    return sockets.filter(({ sid }) => !left.has(sid));
  }

  /** Does something with sockets of this namespace behind the events that this process has sent to it before. */
  inTurn(sockets: readonly Socket[], act: (socket: Socket) => void): void {
    if (this.recovery === null) for (const socket of sockets) act(socket);
    else this.recovery.inTurn(sockets, act);
  }

  /** Sends a packet to the sockets that a target names. Returns how many took it. */
  broadcast(packet: OutgoingPacket, target: Target): number {
    const sockets = this.select(target);
    packet.isShared = sockets.length > 1;
    let count = 0;
    for (let start = 0; start < sockets.length; start += groupSize) {
      const group = sockets.slice(start, start + groupSize);
      // Looked at first, the sockets of a group are fetched from memory side by side: see Outbox.flush.
      let reachable = 0;
      for (const socket of group) if (socket.isReachable) reachable += 1;
      if (reachable === 0) continue;
      for (const socket of group) if (socket.deliver(packet)) count += 1;
    }
    return count;
  }

  #targets({ sid, rooms }: Target): Iterable<Socket> {
    if (sid !== null) {
      const socket = this.#sockets.get(sid);
      return socket === undefined ? [] : [socket];
    }
    if (rooms === null) return this.#sockets.values();
    const [room] = rooms;
    if (room === undefined) return [];
    const owner = room.length < this.#shortestSid ? undefined : this.#sockets.get(room);
    const members = this.rooms.members(room);
    if (rooms.length === 1 && owner === undefined) return members ?? [];
    if (rooms.length === 1 && owner !== undefined && members === undefined) return [owner];
    const targets = new Set<Socket>();
    for (const name of rooms) {
      const socket = this.#sockets.get(name);
      if (socket !== undefined) targets.add(socket);
      for (const member of this.rooms.members(name) ?? []) targets.add(member);
    }
    return targets;
  }
}
