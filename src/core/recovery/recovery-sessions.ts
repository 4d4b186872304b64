/** The states and deadlines of a recoverable namespace's clients: which of them are here, and which are waited for. */

import { dataFrom } from "../../base/bare-data.ts";
import type { Clock } from "../../base/time/clock.ts";
import { DeadlineQueue } from "../../base/time/deadline-queue.ts";
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

/** How long clients are waited for, and how many. */
export interface SessionBounds {
  /** How long a client may be away, in ms. */
  readonly maxDisconnection: number;
  /** How many clients that are away are waited for. */
  readonly maxSessions: number;
  /** About how many bytes may be kept of them. */
  readonly maxSessionBytes: number;
}

/** What sessions need of their namespace. */
export interface SessionNamespace {
  readonly name: string;
  readonly rooms: Rooms;
  broadcast(packet: OutgoingPacket, target: Target): number;
}

/** Who is told what becomes of clients. */
export interface RecoveryListener {
  /** A client will not come back. */
  onLost(lost: LostClient): void;
  /** Nobody is waited for any more. */
  onIdle(): void;
  /** Reports an error that is nobody's fault here. */
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
  /** Opens the log, which may call its owner later only. */
  openLog(owner: SharedLogOwner<RecoverableSession>): RecoveryLog<RecoverableSession>;
}

/** Reasons that are somebody's will: who leaves so is not waited for. */
const deliberate: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "client namespace disconnect",
  "server namespace disconnect",
  "forced close",
]);

/** What a client that is away takes beside its data, and for each of its rooms, in bytes. */
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
  /** Who is waited for, by public id. */
  readonly #away = new Map<string, RecoverableSession>();
  /** About how many bytes is kept of them. */
  #awayBytes = 0;

  /**
   * @param parts - what sessions are made with
   * @param bounds - how long clients are waited for, and how many
   * @param isShared - whether clients come back to any of several processes
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

  /** The number of clients that are waited for. */
  get awayCount(): number {
    return this.#away.size;
  }

  packetOf(event: EncodedEvent, flags: PacketFlags, cursor: string): OutgoingPacket {
    return this.#packets.append(event, flags, cursor);
  }

  hand(target: Target, packet: OutgoingPacket): void {
    this.#namespace.broadcast(packet, target);
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

  /** This process stops, so nobody comes back to it. What others share with it stays for them. */
  close(): void {
    for (const session of [...this.#away.values()]) this.#depart(session);
    this.settle();
  }

  /** Carries out an operation on the clients that are away. */
  apply(operation: Operation): void {
    switch (operation.type) {
      case "join":
        for (const session of this.#select(operation.target)) {
          this.log.join(session, operation.room);
          this.#holdRooms(session);
        }
        break;
      case "leave":
        for (const session of this.#select(operation.target)) this.#leaveAway(session, operation.room);
        break;
      case "close room":
        for (const session of this.#away.values()) this.#leaveAway(session, operation.room);
        break;
      case "disconnect":
        // Those who are asked to come back are waited for, and those who are away come back anyway.
        if (operation.notice?.retry === true) break;
        for (const session of this.#select(operation.target)) this.expire(session);
        this.settle();
        break;
      default:
        operation satisfies never;
    }
  }

  /** Nobody who is away can come back, since what was missed may not be known whole. */
  giveUpAway(): void {
    // What others share is not lost by that.
    if (this.#isShared) return;
    for (const session of [...this.#away.values()]) this.expire(session);
    this.settle();
  }

  /** A client has been let in. */
  onAccept(session: RecoverableSession): void {
    session.state = "here";
    session.isDue = false;
    session.deadline.cancel();
  }

  /** The connection of a client has ended, or the client was not let in. */
  onClose(session: RecoverableSession, reason: DisconnectReason): void {
    const { state, socket } = session;
    const ends = socket?.client.ends ?? null;
    // Clocks differ by a moment: what has ended is over for a client that comes back at once.
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
      // Who comes back and is not let in gets no more time by that.
      if (state === "here") this.#deadlines.add(session.deadline);
      this.#rest(session);
    }
  }

  /** A client is waited for no longer. */
  endWait(session: RecoverableSession): void {
    if (this.#away.delete(session.sid)) this.#awayBytes -= session.weight;
  }

  /** A client that came back is gone before it was let in. */
  giveBack(session: RecoverableSession, isWhole: boolean): void {
    if (session.isDue || !isWhole) this.expire(session);
    else this.#rest(session);
  }

  /** Tells the namespace where nobody is waited for any more. */
  settle(): void {
    if (this.#away.size === 0) this.#listener.onIdle();
  }

  /** A client will not come back, and the application is told. */
  expire(session: RecoverableSession): void {
    const rooms = this.log.rooms(session);
    this.#end(session);
    this.#listener.onLost({ ...this.#lostOf(session), rooms });
  }

  /** The events for a client need not come from other processes any more. */
  releaseRooms(session: RecoverableSession): void {
    const { watcher } = this.#namespace.rooms;
    for (const room of session.held) watcher?.onRoomEmpty(room);
    session.held = [];
  }

  /** Waits for a client. */
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

  /** About how many bytes is kept of a client. */
  #weigh(session: RecoverableSession): number {
    const { data, publicData } = this.describe(session);
    const rooms = this.log.rooms(session).length * roomCost;
    return sessionCost + weightOf(data) + weightOf(publicData) + rooms + (session.received?.weight ?? 0);
  }

  /** Forgets a client that the log has forgotten already. */
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

  /** Those who are away and whom a target names. */
  #select({ sid, rooms, skip }: Target): RecoverableSession[] {
    if (this.#away.size === 0) return [];
    const named = sid === null ? [...this.#away.values()] : [this.#away.get(sid)];
    return named.filter((session) => {
      if (session === undefined || skip?.includes(session.sid) === true) return false;
      if (rooms === null) return true;
      return rooms.includes(session.sid) || this.log.rooms(session).some((room) => rooms.includes(room));
    }) as RecoverableSession[];
  }

  #leaveAway(session: RecoverableSession, room: string): void {
    this.log.leave(session, room);
    this.#holdRooms(session);
  }

  /** Has the events for a client that is away come from other processes, too. */
  #holdRooms(session: RecoverableSession): void {
    const { watcher } = this.#namespace.rooms;
    // A shared log has the events for those who are away, whoever hears of them.
    if (watcher === null || this.#isShared) return;
    const before = session.held;
    session.held = this.log.rooms(session);
    for (const room of session.held) watcher.onRoomOpen(room);
    for (const room of before) watcher.onRoomEmpty(room);
  }

  #end(session: RecoverableSession): void {
    session.state = "over";
    session.deadline.cancel();
    this.endWait(session);
    this.releaseRooms(session);
    this.log.close(session);
  }
}
