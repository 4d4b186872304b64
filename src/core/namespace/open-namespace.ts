/** One namespace with its sockets. It exists while there are any. */

import type { OutgoingPacket } from "../../engine/outbox/outgoing-packet.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import { generateSid } from "../model/sid.ts";
import type { Target } from "../model/target.ts";
import type { Recovery } from "../recovery/recovery.ts";
import { Rooms } from "../socket/rooms.ts";
import type { Socket } from "../socket/socket.ts";
import type { RateLimit } from "../socket/token-bucket.ts";
import type { NamespaceMeter } from "./namespace-meter.ts";

/** What a namespace asks of the application. No method throws. */
export interface NamespaceHandlers {
  /**
   * A client asks to join.
   *
   * @param decide - called once, when the handler is done: with a refusal, or with nothing to accept the
   *   client
   */
  connect(socket: Socket, decide: (refusal?: Refusal) => void): void;
  /**
   * A client sent an event.
   *
   * @param answer - sends the acknowledgement; `null` when the client asked for none
   */
  event(socket: Socket, event: string, values: readonly unknown[], answer: Answer | null): void;
  /** A client that was accepted has left. */
  disconnect(socket: Socket, reason: DisconnectReason): void;
  /** A client has been accepted: the acceptance is on its way to the client. */
  accepted?(socket: Socket): void;
  /** A client that was accepted leaves: it takes no events any more, and its rooms still have it. */
  leaving?(socket: Socket, reason: DisconnectReason): void;
  /** Metrics are on. Tells the meter of the time that the handlers of events take. */
  measure?(meter: NamespaceMeter): void;
}

/** Decides which clients may join namespaces without handlers of their own. */
export interface NamespaceRule {
  /**
   * Whether a client may join a namespace of this name; `auth` came with its request. It may throw or reject.
   */
  allows(name: string, auth: unknown): boolean | Promise<boolean>;
}

/** The reason that a refused client gets. */
export interface Refusal {
  readonly message: string;
  readonly data?: unknown;
}

/** The refusal when the application gives no reason. */
export const rejected: Refusal = { message: "Connection rejected by server" };

/** The acknowledgement of an event that was dropped because its client sends too many. */
export const tooManyEvents = {
  error: { code: "ERR_TOO_MANY_EVENTS", message: "Too many events were sent; this one was not handled." },
} as const;

/**
 * Sends an acknowledgement; later calls do nothing.
 *
 * @param failure - what the acknowledgement stands for where the event was not handled
 * @returns a promise where the values have to be checked first. It rejects where they do not fit.
 * @throws for values that cannot be sent, or do not fit; then another acknowledgement may follow
 */
export type Answer = (values: readonly unknown[], failure?: AnsweredFailure) => void | Promise<void>;

/** Why an event was not handled. */
export interface AnsweredFailure {
  readonly error: unknown;
}

/** How many sockets are read before the first of them gets a packet. */
const groupSize = 16;

/** A namespace and its sockets. */
export class OpenNamespace {
  readonly name: string;
  readonly handlers: NamespaceHandlers;
  /** How many events one client may send here; `null` for no limit. */
  readonly rate: RateLimit | null;
  readonly rooms = new Rooms();
  /** The rule that let the first client in, and is asked for each other one; `null` for none. */
  rule: NamespaceRule | null = null;
  /** Brings clients back after a lost connection; `null` in a namespace that is not recoverable. */
  recovery: Recovery | null = null;
  #meter: NamespaceMeter | null = null;
  /** Makes a new sid, which no client of any process has. */
  newSid: () => string = generateSid;
  /** Clients are accepted when this settles; `null` for nothing to wait for. */
  ready: Promise<void> | null = null;
  readonly #sockets = new Map<string, Socket>();
  /**
   * The length of the shortest sid so far. Most room names are shorter, and need no lookup among the sids.
   */
  #shortestSid = Number.POSITIVE_INFINITY;

  constructor(name: string, handlers: NamespaceHandlers, rate: RateLimit | null = null) {
    this.name = name;
    this.handlers = handlers;
    this.rate = rate;
  }

  /** `null` while metrics are off. */
  get meter(): NamespaceMeter | null {
    return this.#meter;
  }

  /** Measures the namespace and its handlers from now on. */
  measure(meter: NamespaceMeter): void {
    this.#meter = meter;
    this.handlers.measure?.(meter);
  }

  /** The number of sockets, including those that are not accepted yet. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Finds a socket by its sid. */
  socket(sid: string): Socket | undefined {
    return this.#sockets.get(sid);
  }

  /** All sockets. */
  sockets(): IterableIterator<Socket> {
    return this.#sockets.values();
  }

  /** Adds a socket. */
  add(socket: Socket): void {
    const { sid } = socket;
    this.#shortestSid = Math.min(this.#shortestSid, sid.length);
    this.#sockets.set(sid, socket);
  }

  /** Removes a closed socket. */
  remove(socket: Socket): void {
    // A returning client that was not let in has the sid of another socket.
    if (this.#sockets.get(socket.sid) !== socket) return;
    this.#sockets.delete(socket.sid);
    this.rooms.forget(socket);
  }

  /** The sockets of a target, each once. A new list, because sockets may leave during the loop. */
  select(target: Target): Socket[] {
    const { skip } = target;
    const sockets = [...this.#targets(target)];
    if (skip === null) return sockets;
    const left = new Set(skip);
    for (const name of skip) for (const { sid } of this.rooms.members(name) ?? []) left.add(sid);
    return sockets.filter(({ sid }) => !left.has(sid));
  }

  /** Acts on sockets after everything that this process has sent to the namespace before. */
  inTurn(sockets: readonly Socket[], act: (socket: Socket) => void): void {
    if (this.recovery === null) for (const socket of sockets) act(socket);
    else this.recovery.inTurn(sockets, act);
  }

  /** Sends a packet to the sockets of a target. Returns how many took it. */
  broadcast(packet: OutgoingPacket, target: Target): number {
    const sockets = this.select(target);
    packet.isShared = sockets.length > 1;
    let count = 0;
    for (let start = 0; start < sockets.length; start += groupSize) {
      const group = sockets.slice(start, start + groupSize);
      // Read in a group, the sockets arrive from memory side by side: see Outbox.flush.
      let reachable = 0;
      for (const socket of group) if (socket.isReachable) reachable += 1;
      if (reachable === 0) continue;
      for (const socket of group) if (socket.deliver(packet)) count += 1;
    }
    if (this.#meter !== null && target.sid === null) this.#meter.onBroadcast(count);
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
