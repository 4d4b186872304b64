/**
 * The recovery sessions of a namespace: which clients are here, which are away, and when each one's time
 * ends.
 */

import { dataFrom } from "../../base/bare-data.ts";
import type { Clock } from "../../base/time/clock.ts";
import { DeadlineQueue } from "../../base/time/deadline-queue.ts";
import type { ServerOperations } from "../../base/tracing/tracing-channels.ts";
import { weightOf } from "../../base/weight.ts";
import type { OutgoingPacket, PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import type { LostClient } from "../model/lost-client.ts";
import type { Operation } from "../model/operation.ts";
import type { Target } from "../model/target.ts";
import type { Rooms } from "../socket/rooms.ts";
import type { CursorPackets } from "./cursor-packets.ts";
import { RecoverableSession, type RecoverableSessionOwner } from "./recoverable-session.ts";
import type { RecoveryLog, RecoverySession, SessionRecord, SharedLogOwner } from "./recovery-log.ts";
import type { RecoverableEvents } from "./returning.ts";
import type { Visitors } from "./visitor.ts";

/** How long clients may be away, and how many. */
export interface SessionBounds {
  /** How long a client may be away, in ms. */
  readonly maxDisconnection: number;
  /** How many clients may be away at a time. */
  readonly maxSessions: number;
  /** How many bytes these may take, approximately. */
  readonly maxSessionBytes: number;
}

/** What sessions need of their namespace. */
export interface SessionNamespace {
  readonly name: string;
  readonly rooms: Rooms;
  broadcast(packet: OutgoingPacket, target: Target): number;
}

/**
 * Why a client that asks to return starts over at once: no session belongs to its secret and its visitor, or
 * events that it missed are not kept.
 */
export type RecoveryObstacle = "unknown" | "events lost";

/** Hears when clients cannot return any more. */
export interface RecoveryListener {
  /** A client cannot return any more. */
  onLost(lost: LostClient): void;
  /** A client that asked to return starts over. */
  onNotRecovered(obstacle: RecoveryObstacle): void;
  /** An event of another process is about to be sent to clients of this one. */
  onForeignEvent(target: Target, event: EncodedEvent): void;
  /** What traces tell of events of other processes. */
  readonly operations: ServerOperations;
  /** No client is away any more. */
  onIdle(): void;
  /** Reports an error that no client has caused. */
  report(error: unknown): void;
}

/** What sessions are made with. */
export interface RecoverySessionsParts {
  readonly namespace: SessionNamespace;
  readonly events: RecoverableEvents;
  readonly packets: CursorPackets;
  readonly visitors: Visitors;
  readonly listener: RecoveryListener;
  readonly clock: Clock;
  /** Opens the log. It calls its owner after the constructor only. */
  openLog(owner: SharedLogOwner<RecoverableSession>): RecoveryLog<RecoverableSession>;
}

/** The client or the application chose to end it, so the client does not return. */
const deliberate: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "client namespace disconnect",
  "server namespace disconnect",
  "forced close",
]);

/** The memory of a client that is away, beside its data, and of each of its rooms, in bytes. */
const sessionCost = 2048;
const roomCost = 256;

/** The clients of one namespace, across their connections. */
export class RecoverySessions implements SharedLogOwner<RecoverableSession>, RecoverableSessionOwner {
  readonly log: RecoveryLog<RecoverableSession>;
  readonly events: RecoverableEvents;
  readonly #namespace: SessionNamespace;
  readonly #packets: CursorPackets;
  readonly #visitors: Visitors;
  readonly #listener: RecoveryListener;
  readonly #bounds: SessionBounds;
  readonly #isShared: boolean;
  readonly #deadlines: DeadlineQueue<RecoverableSession>;
  /** Clients that are away, by sid. */
  readonly #away = new Map<string, RecoverableSession>();
  /** The memory that they take, in bytes, approximately. */
  #awayBytes = 0;

  /**
   * @param parts - what sessions are made with
   * @param bounds - how long clients may be away, and how many
   * @param isShared - whether clients can return to any of several processes
   */
  constructor(parts: RecoverySessionsParts, bounds: SessionBounds, isShared: boolean) {
    this.events = parts.events;
    this.#namespace = parts.namespace;
    this.#packets = parts.packets;
    this.#visitors = parts.visitors;
    this.#listener = parts.listener;
    this.#bounds = bounds;
    this.#isShared = isShared;
    this.#deadlines = new DeadlineQueue(parts.clock, bounds.maxDisconnection, (session) =>
      this.#onDue(session),
    );
    this.log = parts.openLog(this);
  }

  /** The namespace's name. */
  get namespace(): string {
    return this.#namespace.name;
  }

  /** The number of clients that are away. */
  get awayCount(): number {
    return this.#away.size;
  }

  packetOf(event: EncodedEvent, flags: PacketFlags, cursor: string): OutgoingPacket {
    return this.#packets.append(event, flags, cursor);
  }

  hand(target: Target, packet: OutgoingPacket): number {
    return this.#namespace.broadcast(packet, target);
  }

  get operations(): ServerOperations {
    return this.#listener.operations;
  }

  onForeignEvent(target: Target, event: EncodedEvent): void {
    this.#listener.onForeignEvent(target, event);
  }

  handTo({ socket }: RecoverableSession, packet: OutgoingPacket): void {
    socket?.deliver(packet);
  }

  describe({ socket, data, restored, publicData, visitor, ends }: RecoverableSession): SessionRecord {
    const session = socket?.client.session ?? data;
    const origin = session === null || session.isPrivate ? null : session.origin();
    return {
      data: session === null ? restored : session.snapshot(),
      publicData,
      visitor: origin === null || origin instanceof Promise ? visitor : this.#visitors.of(origin),
      ends: socket === null ? ends : (socket.client.ends ?? null),
    };
  }

  revive(
    { pid, sid }: RecoverySession,
    { data, publicData, visitor, ends }: SessionRecord,
  ): RecoverableSession {
    const session = new RecoverableSession(this, sid, visitor, pid);
    session.state = "returning";
    session.ends = ends;
    session.publicData = dataFrom(publicData);
    session.restored = data;
    this.#deadlines.add(session.deadline);
    return session;
  }

  onTaken(session: RecoverableSession): void {
    this.#depart(session);
    session.socket?.client.abandon("client returned");
    this.settle();
  }

  onBroken(session: RecoverableSession): void {
    const isAway = session.socket === null;
    this.#depart(session);
    session.socket?.client.abandon("events lost");
    if (isAway) this.#listener.onLost({ ...this.#lostOf(session), rooms: [] });
    this.settle();
  }

  report(error: unknown): void {
    this.#listener.report(error);
  }

  /** This process stops, so no client can return to it. Data that processes share stays. */
  close(): void {
    for (const session of [...this.#away.values()]) this.#depart(session);
    this.settle();
  }

  /** Carries out an operation on clients that are away. */
  apply(operation: Operation): void {
    switch (operation.type) {
      case "join":
        for (const session of this.#select(operation.target)) {
          for (const room of operation.rooms) this.log.join(session, room);
          this.#holdRooms(session);
        }
        break;
      case "leave":
        for (const session of this.#select(operation.target))
          for (const room of operation.rooms) this.#leaveAway(session, room);
        break;
      case "close room":
        for (const session of this.#away.values()) this.#leaveAway(session, operation.room);
        break;
      case "disconnect":
        // The server asked them to reconnect, so they may return. Those that are away do so anyway.
        if (operation.notice?.retry === true) break;
        for (const session of this.#select(operation.target)) this.expire(session);
        this.settle();
        break;
      default:
        operation satisfies never;
    }
  }

  /** No client that is away can return, since events may be missing. */
  giveUpAway(): void {
    // A shared log has all events.
    if (this.#isShared) return;
    for (const session of [...this.#away.values()]) this.expire(session);
    this.settle();
  }

  /** A client was accepted. */
  onAccept(session: RecoverableSession): void {
    session.state = "here";
    session.isDue = false;
    session.deadline.cancel();
  }

  /** The client's connection has ended, or the client was refused. */
  onClose(session: RecoverableSession, reason: DisconnectReason): void {
    const { state, socket } = session;
    const ends = socket?.client.ends ?? null;
    // Clocks differ a little: an authentication that has ended must be over for a client that returns at
    // once.
    session.ends =
      ends !== null && reason === "authentication expired"
        ? { ...ends, at: Math.min(ends.at, Date.now()) }
        : ends;
    session.visitor = this.describe(session).visitor;
    session.socket = null;
    session.data = socket?.client.session ?? null;
    session.received = socket?.received ?? null;
    if (state === "over") {
      this.settle();
    } else if (state === "new" || reason === "client namespace disconnect") {
      this.#end(session);
    } else if (state === "here" && deliberate.has(reason)) {
      this.#end(session);
    } else if (session.isDue) {
      this.expire(session);
    } else {
      // A client that returns and is refused gets no extra time.
      if (state === "here") this.#deadlines.add(session.deadline);
      this.#rest(session);
    }
  }

  /** The client is not away any more. */
  endWait(session: RecoverableSession): void {
    if (this.#away.delete(session.sid)) this.#awayBytes -= session.weight;
  }

  /** A returning client left before it was accepted. */
  giveBack(session: RecoverableSession, isWhole: boolean): void {
    if (session.isDue || !isWhole) this.expire(session);
    else this.#rest(session);
  }

  /** A client that asked to return starts over. */
  onNotRecovered(obstacle: RecoveryObstacle): void {
    this.#listener.onNotRecovered(obstacle);
  }

  /** Tells the namespace when no client is away any more. */
  settle(): void {
    if (this.#away.size === 0) this.#listener.onIdle();
  }

  /** Ends the session of a client and tells the application. */
  expire(session: RecoverableSession): void {
    const rooms = this.log.rooms(session);
    this.#end(session);
    this.#listener.onLost({ ...this.#lostOf(session), rooms });
  }

  /** Ends the subscriptions that a client held while it was away. */
  releaseRooms(session: RecoverableSession): void {
    const { watcher } = this.#namespace.rooms;
    for (const room of session.held) watcher?.onRoomReleased(room);
    session.held = [];
  }

  /** Waits for a client to return. */
  #rest(session: RecoverableSession): void {
    session.state = "away";
    this.endWait(session);
    session.weight = this.#weigh(session);
    this.#awayBytes += session.weight;
    this.#away.set(session.sid, session);
    this.#holdRooms(session);
    this.log.rest(session);
    while (this.#away.size > this.#bounds.maxSessions || this.#awayBytes > this.#bounds.maxSessionBytes) {
      const [oldest] = this.#away.values();
      if (oldest === undefined) return;
      this.expire(oldest);
    }
  }

  /** The memory of a client that is away, in bytes, approximately. */
  #weigh(session: RecoverableSession): number {
    const { data, publicData } = this.describe(session);
    const rooms = this.log.rooms(session).length * roomCost;
    return sessionCost + weightOf(data) + weightOf(publicData) + rooms + (session.received?.weight ?? 0);
  }

  /** Ends a session that the log has ended already. */
  #depart(session: RecoverableSession): void {
    session.state = "over";
    session.deadline.cancel();
    this.endWait(session);
    this.releaseRooms(session);
  }

  #lostOf({ sid }: RecoverableSession): { sid: string; namespace: string } {
    return { sid, namespace: this.#namespace.name };
  }

  #onDue(session: RecoverableSession): void {
    if (session.state === "returning" || session.returningCount > 0) {
      session.isDue = true;
      return;
    }
    this.expire(session);
    this.settle();
  }

  /** The clients of a target that are away. */
  #select({ sid, rooms, skip }: Target): RecoverableSession[] {
    if (this.#away.size === 0) return [];
    const named = sid === null ? [...this.#away.values()] : [this.#away.get(sid)];
    return named.filter((session) => {
      if (session === undefined) return false;
      const isNamed = (names: readonly string[]) =>
        names.includes(session.sid) || this.log.rooms(session).some((room) => names.includes(room));
      if (skip !== null && isNamed(skip)) return false;
      return rooms === null || isNamed(rooms);
    }) as RecoverableSession[];
  }

  #leaveAway(session: RecoverableSession, room: string): void {
    this.log.leave(session, room);
    this.#holdRooms(session);
  }

  /** Keeps the subscriptions for a client that is away. */
  #holdRooms(session: RecoverableSession): void {
    const { watcher } = this.#namespace.rooms;
    // A shared log gets the events for clients that are away without a subscription.
    if (watcher === null || this.#isShared) return;
    const before = session.held;
    session.held = this.log.rooms(session);
    for (const room of session.held) watcher.onRoomHeld(room);
    for (const room of before) watcher.onRoomReleased(room);
  }

  #end(session: RecoverableSession): void {
    session.state = "over";
    session.deadline.cancel();
    this.endWait(session);
    this.releaseRooms(session);
    this.log.close(session);
  }
}
