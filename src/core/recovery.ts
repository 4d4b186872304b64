/**
 * The clients of one recoverable namespace across their connections: who is here, who is waited for and how long, and
 * what somebody finds who comes back. What they miss meanwhile is in the log.
 */

import type { Clock } from "../base/clock.ts";
import { Deadline, DeadlineQueue } from "../base/deadline-queue.ts";
import { generateId } from "../base/id.ts";
import type { OutgoingPacket, PacketFlags } from "../engine/outgoing-packet.ts";
import type { Codec } from "./codec.ts";
import { parseCursor } from "./cursor.ts";
import type { DisconnectReason } from "./disconnect-reason.ts";
import { type MemoryBounds, MemoryRecoveryLog } from "./memory-recovery-log.ts";
import type { Operation } from "./operation.ts";
import type { ClientSession } from "./ports.ts";
import type { ReceivedEvents } from "./received-events.ts";
import type { RecoverableEvent, RecoveryLog, RecoveryLogOwner, RecoverySession } from "./recovery-log.ts";
import type { Rooms } from "./rooms.ts";
import { type Recoverable, Socket, type SocketOwner } from "./socket.ts";
import { clientIn, type Target } from "./target.ts";

/** How long clients are waited for, and how much is remembered for them. */
export interface RecoverySettings extends MemoryBounds {
  /** How long a client may be away, in ms. */
  readonly maxDisconnection: number;
  /** How many clients that are away are waited for. */
  readonly maxSessions: number;
}

/** A client that will not come back. */
export interface LostClient {
  /** Its public id, which nobody has any more. */
  readonly sid: string;
  /** The namespace. */
  readonly namespace: string;
  /** The rooms that it was in, besides its own. */
  readonly rooms: readonly string[];
}

/** What recovery needs of its namespace. */
export interface RecoverableNamespace {
  readonly name: string;
  readonly rooms: Rooms;
  newSid(): string;
  broadcast(packet: OutgoingPacket, target: Target): number;
}

/** Who is told what becomes of clients. */
export interface RecoveryListener {
  /** A client will not come back. */
  onLost(lost: LostClient): void;
  /** Nobody is waited for any more. */
  onIdle(): void;
}

/** Reasons that are somebody's will: who leaves so is not waited for. */
const deliberate: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "client namespace disconnect",
  "server namespace disconnect",
  "forced close",
]);

/** One client, from its first acceptance until it is waited for no longer. */
class Session implements RecoverySession, Recoverable {
  readonly pid = generateId();
  readonly sid: string;
  readonly deadline = new Deadline<Session>(this);
  readonly #recovery: Recovery;
  /**
   * It asks to join for the first time; it is here; it is waited for; it asks to be let in again, while its time goes on;
   * it will not come back.
   */
  state: "new" | "here" | "away" | "returning" | "over" = "new";
  /** Its time ran out while it was returning. */
  isDue = false;
  socket: Socket | null = null;
  /** The rooms whose events have to come from other processes because it is away. */
  held: readonly string[] = [];
  /** What everybody may know of the client. */
  readonly publicData: Record<string, unknown> = {};
  /** What handlers keep of the client. */
  data: ClientSession | null = null;
  /** What the client has sent, so that it is not handled again. */
  received: ReceivedEvents | null = null;

  constructor(recovery: Recovery, sid: string) {
    this.#recovery = recovery;
    this.sid = sid;
  }

  emit(event: string, values: readonly unknown[], flags: PacketFlags): void {
    this.#recovery.emit(clientIn(this.#recovery.namespace, this.sid), event, values, flags);
  }

  onJoin(room: string): void {
    this.#recovery.onJoin(this, room);
  }

  onLeave(room: string): void {
    this.#recovery.onLeave(this, room);
  }

  onAccept(): void {
    this.#recovery.onAccept(this);
  }

  onClose(reason: DisconnectReason): void {
    this.#recovery.onClose(this, reason);
  }
}

/** Recovery in one namespace. */
export class Recovery implements RecoveryLogOwner {
  readonly #namespace: RecoverableNamespace;
  readonly #codec: Codec;
  readonly #listener: RecoveryListener;
  readonly #log: RecoveryLog<Session>;
  readonly #maxSessions: number;
  readonly #deadlines: DeadlineQueue<Session>;
  /** Who is waited for, by public id. */
  readonly #away = new Map<string, Session>();

  /**
   * @param namespace - where the clients are
   * @param codec - how events are encoded
   * @param settings - how long to wait, and how much to remember
   * @param clock - where time comes from
   * @param listener - who is told what becomes of clients
   */
  constructor(
    namespace: RecoverableNamespace,
    codec: Codec,
    settings: RecoverySettings,
    clock: Clock,
    listener: RecoveryListener,
  ) {
    this.#namespace = namespace;
    this.#codec = codec;
    this.#listener = listener;
    this.#log = new MemoryRecoveryLog(this, settings, clock);
    this.#maxSessions = settings.maxSessions;
    this.#deadlines = new DeadlineQueue(clock, settings.maxDisconnection, (session) => this.#onDue(session));
  }

  /** The namespace's name. */
  get namespace(): string {
    return this.#namespace.name;
  }

  /** The number of clients that are waited for. */
  get awayCount(): number {
    return this.#away.size;
  }

  /**
   * Sends an event to those of its target who are here, and keeps it for those who are away.
   *
   * @returns how many sockets took it
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  emit(target: Target, event: string, values: readonly unknown[], flags: PacketFlags): number {
    const recoverable: RecoverableEvent = { target, event, values, flags };
    if (flags.volatile !== true) return this.#log.append(recoverable);
    // The client takes the last string of any event for its cursor, so what is not kept has to end in one too.
    return this.deliver(recoverable, this.encode(recoverable, this.#log.cursor));
  }

  encode({ event, values, flags }: RecoverableEvent, cursor: string): OutgoingPacket {
    return this.#codec.event(this.#namespace.name, event, [...values, cursor], flags).plain();
  }

  deliver({ target }: RecoverableEvent, packet: OutgoingPacket): number {
    return this.#namespace.broadcast(packet, target);
  }

  /**
   * Makes the socket of a client that asks to join: a new one, or one that goes on where its last one ended.
   *
   * @param client - the client
   * @param auth - what it sent along
   * @param enter - takes the socket, at once or later
   */
  open(client: SocketOwner, auth: unknown, enter: (socket: Socket) => void): void {
    const returning = readReturn(auth);
    if (returning === null) {
      enter(this.#begin(client, auth));
      return;
    }
    const { pid, offset, rest } = returning;
    const cursor = parseCursor(offset);
    this.#log.resume(pid, cursor ?? null, ({ session, missed }) => {
      if (session === null) {
        enter(this.#begin(client, rest));
      } else if (session.socket !== null) {
        // Its last connection still counts as alive, but only one of the two can be. What it sends while it ends is
        // among what the client has missed, so that has to be asked for again.
        session.socket.client.abandon();
        this.open(client, auth, enter);
      } else if (missed === null || cursor === undefined) {
        this.#expire(session);
        const socket = this.#begin(client, rest);
        // It is the same client all the same, and may send again what it has sent before.
        socket.received = session.received;
        enter(socket);
      } else {
        enter(this.#restore(session, missed, client, rest));
      }
    });
  }

  /** Carries out an operation on the clients that are away. */
  apply(operation: Operation): void {
    switch (operation.type) {
      case "join":
        for (const session of this.#select(operation.target)) {
          this.#log.join(session, operation.room);
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
        for (const session of this.#select(operation.target)) this.#expire(session);
        this.#settle();
        break;
      default:
        operation satisfies never;
    }
  }

  /** Nobody who is away can come back, since what was missed may not be known whole. */
  giveUpAway(): void {
    for (const session of [...this.#away.values()]) this.#expire(session);
    this.#settle();
  }

  /** A client has joined a room. */
  onJoin(session: Session, room: string): void {
    this.#log.join(session, room);
  }

  /** A client has left a room. */
  onLeave(session: Session, room: string): void {
    this.#log.leave(session, room);
  }

  /** A client has been let in. */
  onAccept(session: Session): void {
    session.state = "here";
    session.isDue = false;
    session.deadline.cancel();
  }

  /** The connection of a client has ended, or the client was not let in. */
  onClose(session: Session, reason: DisconnectReason): void {
    const { state, socket } = session;
    session.socket = null;
    session.data = socket?.client.session ?? null;
    session.received = socket?.received ?? null;
    if (state === "new" || reason === "client namespace disconnect") {
      this.#end(session);
    } else if (state === "here" && deliberate.has(reason)) {
      this.#end(session);
    } else if (session.isDue) {
      this.#expire(session);
    } else {
      session.state = "away";
      this.#away.set(session.sid, session);
      this.#holdRooms(session);
      // Who comes back and is not let in gets no more time by that.
      if (state === "here") this.#deadlines.add(session.deadline);
      const [oldest] = this.#away.values();
      if (this.#away.size > this.#maxSessions && oldest !== undefined) this.#expire(oldest);
    }
  }

  #begin(client: SocketOwner, auth: unknown): Socket {
    const session = new Session(this, this.#namespace.newSid());
    this.#log.open(session);
    return this.#socket(session, client, auth);
  }

  #restore(session: Session, missed: readonly OutgoingPacket[], client: SocketOwner, auth: unknown): Socket {
    session.state = "returning";
    this.#away.delete(session.sid);
    if (session.data !== null) client.adopt(session.data);
    const socket = this.#socket(session, client, auth);
    socket.recovered = true;
    for (const room of this.#log.rooms(session)) this.#namespace.rooms.join(socket, room);
    this.#releaseRooms(session);
    // Held back until the client is accepted, and before what is sent from now on.
    for (const packet of missed) socket.deliver(packet);
    return socket;
  }

  #socket(session: Session, client: SocketOwner, auth: unknown): Socket {
    const socket = new Socket(session.sid, this.#namespace.name, client, auth);
    socket.recoverable = session;
    socket.publicData = session.publicData;
    socket.received = session.received;
    session.socket = socket;
    return socket;
  }

  #onDue(session: Session): void {
    if (session.state === "returning") {
      session.isDue = true;
      return;
    }
    this.#expire(session);
    this.#settle();
  }

  /** Those who are away and whom a target names. */
  #select({ sid, rooms, skip }: Target): Session[] {
    if (this.#away.size === 0) return [];
    const named = sid === null ? [...this.#away.values()] : [this.#away.get(sid)];
    return named.filter((session) => {
      if (session === undefined || skip?.includes(session.sid) === true) return false;
      if (rooms === null) return true;
      return rooms.includes(session.sid) || this.#log.rooms(session).some((room) => rooms.includes(room));
    }) as Session[];
  }

  #leaveAway(session: Session, room: string): void {
    this.#log.leave(session, room);
    this.#holdRooms(session);
  }

  /** Has the events for a client that is away come from other processes, too. */
  #holdRooms(session: Session): void {
    const { watcher } = this.#namespace.rooms;
    if (watcher === null) return;
    const before = session.held;
    session.held = this.#log.rooms(session);
    for (const room of session.held) watcher.onRoomOpen(room);
    for (const room of before) watcher.onRoomEmpty(room);
  }

  #releaseRooms(session: Session): void {
    const { watcher } = this.#namespace.rooms;
    for (const room of session.held) watcher?.onRoomEmpty(room);
    session.held = [];
  }

  #settle(): void {
    if (this.#away.size === 0) this.#listener.onIdle();
  }

  #expire(session: Session): void {
    const rooms = this.#log.rooms(session);
    this.#end(session);
    this.#listener.onLost({ sid: session.sid, namespace: this.#namespace.name, rooms });
  }

  #end(session: Session): void {
    session.state = "over";
    session.deadline.cancel();
    this.#away.delete(session.sid);
    this.#releaseRooms(session);
    this.#log.close(session);
  }
}

/** What a client that comes back sends along besides what the application asks for. */
interface Return {
  readonly pid: string;
  readonly offset: unknown;
  /** What the application asks for; `undefined` for nothing, as in a first request to join. */
  readonly rest: unknown;
}

/** Whether a text can be a `pid`: others are the application's own. */
const pidForm = /^[\w-]{20}$/;

function readReturn(auth: unknown): Return | null {
  if (typeof auth !== "object" || auth === null || !("pid" in auth)) return null;
  const { pid, offset, ...rest } = auth as { pid: unknown; offset?: unknown };
  if (typeof pid !== "string" || pid.length !== 20 || !pidForm.test(pid)) return null;
  return { pid, offset, rest: Object.keys(rest).length === 0 ? undefined : rest };
}
