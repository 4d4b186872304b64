/**
 * The clients of one recoverable namespace across their connections: who is here, who is waited for and how long, and
 * what somebody finds who comes back. What they miss meanwhile is in the log.
 */

import { dataFrom, emptyData } from "../../base/bare-data.ts";
import { generateId } from "../../base/id.ts";
import type { Clock } from "../../base/time/clock.ts";
import { Deadline, DeadlineQueue } from "../../base/time/deadline-queue.ts";
import { weightOf } from "../../base/weight.ts";
import type { OutgoingPacket, PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import type { Operation } from "../model/operation.ts";
import { parseCursor } from "../model/stream-position.ts";
import { clientIn, type Target } from "../model/target.ts";
import { type Codec, receivedEvent } from "../packet/codec.ts";
import { JsonEventPacket } from "../packet/event-packet.ts";
import type { ClientSession } from "../ports.ts";
import type { ReceivedEvents } from "../socket/received-events.ts";
import type { Rooms } from "../socket/rooms.ts";
import { type AuthenticationEnd, type Recoverable, Socket, type SocketOwner } from "../socket/socket.ts";
import { Turn } from "../socket/turn.ts";
import { type MemoryBounds, MemoryRecoveryLog } from "./memory-recovery-log.ts";
import type {
  Found,
  RecoverableEvent,
  RecoveryLog,
  RecoveryLogOwner,
  RecoverySession,
  SessionRecord,
  SharedLogOwner,
  SharedRecovery,
} from "./recovery-log.ts";
import { Returning, type ReturningOwner, type ReturnRequest } from "./returning.ts";
import { type VisitorName, visitorOf } from "./visitor.ts";

/** How long clients are waited for, and how much is remembered for them. */
export interface RecoverySettings extends MemoryBounds {
  /** How long a client may be away, in ms. */
  readonly maxDisconnection: number;
  /** How many clients that are away are waited for. */
  readonly maxSessions: number;
  /** About how many bytes may be kept of them. */
  readonly maxSessionBytes: number;
  /** What of an HTTP session tells one visitor from another; `null` for all of it. */
  readonly visitor?: VisitorName | null;
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
  add(socket: Socket): void;
  broadcast(packet: OutgoingPacket, target: Target): number;
  select(target: Target): readonly Socket[];
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

/** Reasons that are somebody's will: who leaves so is not waited for. */
const deliberate: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "client namespace disconnect",
  "server namespace disconnect",
  "forced close",
]);

/** One client, from its first acceptance until it is waited for no longer. */
class Session implements RecoverySession, Recoverable {
  readonly pid: string;
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
  publicData = emptyData();
  /** What handlers keep of the client. */
  data: ClientSession | null = null;
  /** The same, where it comes from another process. */
  restored: Record<string, unknown> | null = null;
  /** What the client has sent, so that it is not handled again. */
  received: ReceivedEvents | null = null;
  /** While it is waited for, about how many bytes it takes. */
  weight = 0;
  /** Whose HTTP session it came with; `null` where the server knows none. */
  visitor: string | null;
  /** When its authentication ends, while it is not here; `null` for never. */
  ends: AuthenticationEnd | null = null;
  /** How many ask to return as this client. */
  returningCount = 0;
  /** What it asked to return as, and could not: that is over when this one is let in. */
  predecessor: ReturnRequest | null = null;

  constructor(recovery: Recovery, sid: string, visitor: string | null, pid = generateId()) {
    this.#recovery = recovery;
    this.sid = sid;
    this.visitor = visitor;
    this.pid = pid;
  }

  get kept(): Promise<void> | null {
    return this.#recovery.kept(this);
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

  onChange(): void {
    this.#recovery.onChange(this);
  }

  onClose(reason: DisconnectReason): void {
    this.#recovery.onClose(this, reason);
  }
}

/** What a client that is away takes beside its data, and for each of its rooms, in bytes. */
const sessionCost = 2048;
const roomCost = 256;

/** Recovery in one namespace. */
export class Recovery implements RecoveryLogOwner, SharedLogOwner<Session>, ReturningOwner<Session> {
  /** Whether clients come back to any of several processes. */
  readonly isShared: boolean;
  readonly #namespace: RecoverableNamespace;
  readonly #codec: Codec;
  readonly #listener: RecoveryListener;
  readonly #log: RecoveryLog<Session>;
  readonly #maxSessions: number;
  readonly #maxSessionBytes: number;
  readonly #visitorName: VisitorName | null;
  readonly #deadlines: DeadlineQueue<Session>;
  /** Who is waited for, by public id. */
  readonly #away = new Map<string, Session>();
  /** About how many bytes is kept of them. */
  #awayBytes = 0;
  /** How many clients it is being found out about whether they come back. */
  #opening = 0;
  /** The clients that ask to return, by the id under which the server reaches each until it is let in. */
  readonly #returning = new Map<string, Returning<Session>>();

  /**
   * @param namespace - where the clients are
   * @param codec - how events are encoded
   * @param settings - how long to wait, and how much to remember
   * @param clock - where time comes from
   * @param listener - who is told what becomes of clients
   * @param shared - what this process shares with others; `null` for a memory of its own
   */
  constructor(
    namespace: RecoverableNamespace,
    codec: Codec,
    settings: RecoverySettings,
    clock: Clock,
    listener: RecoveryListener,
    shared: SharedRecovery | null = null,
  ) {
    this.#namespace = namespace;
    this.#codec = codec;
    this.#listener = listener;
    this.isShared = shared !== null;
    this.#log =
      shared === null
        ? new MemoryRecoveryLog(this, settings, clock)
        : shared.open<Session>(namespace.name, this, settings);
    this.#maxSessions = settings.maxSessions;
    this.#maxSessionBytes = settings.maxSessionBytes;
    this.#visitorName = settings.visitor ?? null;
    this.#deadlines = new DeadlineQueue(clock, settings.maxDisconnection, (session) => this.#onDue(session));
  }

  /** The namespace's name. */
  get namespace(): string {
    return this.#namespace.name;
  }

  /** The number of clients that are waited for, or are about to be let in again. */
  get awayCount(): number {
    return this.#away.size + this.#opening + this.#returning.size;
  }

  /** Where the log is. */
  get number(): number {
    return this.#log.number;
  }

  /** The socket of a client that asks to return, by the id under which it is reached until it is let in. */
  returning(address: string): Socket | undefined {
    return this.#returning.get(address)?.socket;
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
    return this.emitHere(recoverable);
  }

  /** Sends an event to those who are here, behind those that were sent before, and does not keep it. */
  emitHere(event: RecoverableEvent): number {
    // The client takes the last string of any event for its cursor, so what is not kept has to end in one too.
    if (!this.#log.isBehind) return this.deliver(event, this.encode(event, this.#log.cursor));
    const { target, values, flags } = event;
    const { encoded } = new JsonEventPacket(target.namespace, event.event, values);
    const sockets = this.#namespace.select(target);
    let cursor: string | null = null;
    let packet: OutgoingPacket | null = null;
    this.inTurn(sockets, (socket) => {
      if (packet === null || cursor !== this.#log.cursor) {
        cursor = this.#log.cursor;
        packet = this.packetOf(encoded, flags, cursor);
      }
      socket.deliver(packet);
    });
    return sockets.length;
  }

  /** Whether events of this process are still on their way to clients that are here. */
  get isBehind(): boolean {
    return this.#log.isBehind;
  }

  /** Does something with sockets behind the events that this process has sent before. */
  inTurn(sockets: readonly Socket[], act: (socket: Socket) => void): void {
    if (this.#log.isBehind) this.#log.follow(new Turn(sockets, act));
    else for (const socket of sockets) act(socket);
  }

  /** Sends an event of another process that is not kept to those who are here. */
  receive(target: Target, event: EncodedEvent, flags: PacketFlags): void {
    // It comes from a process that does not know of recovery here.
    if (flags.volatile !== true) this.#log.lose(target);
    this.hand(target, this.packetOf(event, flags, this.#log.cursor));
  }

  encode({ event, values, flags }: RecoverableEvent, cursor: string): OutgoingPacket {
    return this.#codec.event(this.#namespace.name, event, [...values, cursor], flags).plain();
  }

  deliver({ target }: RecoverableEvent, packet: OutgoingPacket): number {
    return this.#namespace.broadcast(packet, target);
  }

  packetOf(event: EncodedEvent, flags: PacketFlags, cursor: string): OutgoingPacket {
    // Every event has a name, so something stands in front of the comma.
    const body = `${event.body.slice(0, -1)},"${cursor}"]`;
    return receivedEvent(this.#codec, this.#namespace.name, { ...event, body }, flags).plain();
  }

  hand(target: Target, packet: OutgoingPacket): void {
    this.#namespace.broadcast(packet, target);
  }

  handTo({ socket }: Session, packet: OutgoingPacket): void {
    socket?.deliver(packet);
  }

  describe({ socket, data, restored, publicData, visitor, ends }: Session): SessionRecord {
    const session = socket?.client.session ?? data;
    const origin = session === null || session.isPrivate ? null : session.origin();
    return {
      data: session === null ? restored : session.snapshot(),
      publicData,
      visitor: origin === null || origin instanceof Promise ? visitor : this.#visitorOf(origin),
      ends: socket === null ? ends : (socket.client.ends ?? null),
    };
  }

  revive({ pid, sid }: RecoverySession, { data, publicData, visitor, ends }: SessionRecord): Session {
    const session = new Session(this, sid, visitor, pid);
    session.state = "returning";
    session.ends = ends;
    session.publicData = dataFrom(publicData);
    session.restored = data;
    this.#deadlines.add(session.deadline);
    return session;
  }

  onTaken(session: Session): void {
    this.#depart(session);
    session.socket?.client.abandon("client returned");
    this.#settle();
  }

  onBroken(session: Session): void {
    const isAway = session.socket === null;
    this.#depart(session);
    session.socket?.client.abandon("events lost");
    if (isAway) this.#listener.onLost({ ...this.#lostOf(session), rooms: [] });
    this.#settle();
  }

  report(error: unknown): void {
    this.#listener.report(error);
  }

  /** What to wait for until other processes would know what is known of a client here; `null` for nothing. */
  kept(session: Session): Promise<void> | null {
    return this.#log.kept(session);
  }

  /** The same of all clients. */
  allKept(target: Target): Promise<unknown> | null {
    if (!this.isShared) return null;
    const waits = this.#namespace
      .select(target)
      .map(({ recoverable }) => recoverable?.kept ?? null)
      .filter((wait) => wait !== null);
    return waits.length === 0 ? null : Promise.all(waits);
  }

  /** Sends a client that is about to be disconnected for good what was sent to it before. */
  flush(socket: Socket): void {
    if (!this.#log.isBehind) return;
    const { recoverable } = socket;
    const session = recoverable instanceof Session ? recoverable : null;
    for (const item of this.#log.underWay(session)) {
      if (item instanceof Turn) item.takeFor(socket);
      else if (session !== null || isMeant(socket, item.target))
        socket.deliver(this.packetOf(item.event, {}, this.#log.cursor));
    }
  }

  /** This process stops, so nobody comes back to it. What others share with it stays for them. */
  close(): void {
    for (const session of [...this.#away.values()]) this.#depart(session);
    this.#settle();
  }

  /** Nobody is here or waited for any more. */
  end(): void {
    this.#log.end();
  }

  /**
   * Makes the socket of a client that asks to join: a new one, or one that goes on where its last one ended.
   *
   * @param client - the client
   * @param auth - what it sent along
   * @param enter - takes the socket, at once or later
   * @param isWanted - whether the client still asks
   */
  open(
    client: SocketOwner,
    auth: unknown,
    enter: (socket: Socket) => void,
    isWanted: () => boolean = () => true,
  ): void {
    const origin = client.session.origin();
    if (!(origin instanceof Promise)) {
      this.#open(client, auth, this.#visitorOf(origin), enter, isWanted);
      return;
    }
    this.#opening += 1;
    const open = (visitor: string) => {
      this.#opening -= 1;
      if (isWanted()) this.#open(client, auth, visitor, enter, isWanted);
      else this.#settle();
    };
    // Where the session cannot be read, its handler is told. Such a session equals no other.
    origin.then((session) => this.#visitorOf(session) ?? "", generateId).then(open);
  }

  #open(
    client: SocketOwner,
    auth: unknown,
    visitor: string | null,
    enter: (socket: Socket) => void,
    isWanted: () => boolean,
  ): void {
    const returning = readReturn(auth);
    if (returning === null) {
      enter(this.#begin(client, auth, visitor));
      return;
    }
    const { pid, offset, rest } = returning;
    const cursor = parseCursor(offset);
    const request = { pid, cursor: cursor ?? null, rest, visitor };
    this.#opening += 1;
    this.#log.find(pid, request.cursor, (found) => {
      this.#opening -= 1;
      if (!isWanted()) {
        this.#settle();
        return;
      }
      const record = found?.record ?? (found?.session ? this.describe(found.session) : null);
      // The visitor has logged out, or in, or another visitor has the secret: what was there stays out of reach.
      if (found === null || record === null || record.visitor !== visitor)
        enter(this.#begin(client, rest, visitor));
      else if (cursor === undefined || !found.isWhole) enter(this.#replace(client, request));
      else enter(this.#return(client, request, found, record));
    });
  }

  /**
   * Settles what the `connect` handler has let in. A client that returns takes the place of its last connection, which ends now.
   *
   * @param done - called once, at once or later: with `null` where all is well, or with what keeps the client from returning
   */
  admit(socket: Socket, done: (obstacle: DisconnectReason | null) => void): void {
    const { recoverable, client } = socket;
    if (recoverable instanceof Returning) {
      const { ends } = recoverable;
      const isOver = client.ends === undefined && ends !== null && ends.at <= Date.now();
      if (isOver) done("authentication expired");
      else this.#take(recoverable as Returning<Session>, done);
    } else if (recoverable instanceof Session && recoverable.predecessor !== null) {
      this.#supersede(socket, recoverable, recoverable.predecessor, done);
    } else {
      done(null);
    }
  }

  /** Makes the socket of a client that was let in to return, and cannot: it asks to join as a new one. */
  beginAnew({ client, auth, recoverable }: Socket, obstacle: DisconnectReason): Socket {
    if (!(recoverable instanceof Returning)) return this.#begin(client, auth, null);
    const { request, received } = recoverable;
    // Where it could not return for another reason, that client is gone already, or another connection has it.
    if (obstacle === "authentication expired") return this.#replace(client, request);
    const socket = this.#begin(client, auth, request.visitor);
    socket.received = received;
    return socket;
  }

  /** Holds the namespace while something is done. */
  hold(act: () => void): void {
    this.#opening += 1;
    act();
    this.#opening -= 1;
  }

  onReturnEnd(returning: Returning<Session>): void {
    if (!this.#returning.delete(returning.address)) return;
    this.#log.close(returning.draft);
    const { known } = returning;
    if (known !== null) {
      known.returningCount -= 1;
      if (known.isDue && known.state === "away" && known.returningCount === 0) this.#expire(known);
    }
    this.#settle();
  }

  #return(client: SocketOwner, request: ReturnRequest, found: Found<Session>, record: SessionRecord): Socket {
    const socket = new Socket(found.sid, this.#namespace.name, client, request.rest);
    const draft = new Session(this, this.#namespace.newSid(), request.visitor);
    this.#log.open(draft, true);
    const returning = new Returning(this, socket, request, found, record, draft);
    this.#returning.set(returning.address, returning);
    if (found.session !== null) found.session.returningCount += 1;
    return socket;
  }

  #take(returning: Returning<Session>, done: (obstacle: DisconnectReason | null) => void): void {
    const { socket, draft } = returning;
    const { pid, cursor } = returning.request;
    returning.take();
    this.#opening += 1;
    this.#log.resume(pid, cursor, draft, ({ session, missed, numbers }) => {
      this.#opening -= 1;
      if (socket.isClosed) {
        if (session !== null && session.socket === null) this.#giveBack(session, missed !== null);
        this.#settle();
        done(null);
      } else if (session === null) {
        done("events lost");
      } else if (session.socket !== null) {
        // Its last connection still counts as alive, but only one of the two can be. What it sends while it ends is
        // among what the client has missed, so that has to be asked for again.
        session.socket.client.abandon("client returned");
        this.#take(returning, done);
      } else if (missed === null) {
        returning.received = session.received;
        this.#expire(session);
        done("events lost");
      } else {
        this.#restore(session, returning, missed, numbers);
        done(null);
      }
    });
  }

  /** Ends what a client asked to return as, and could not: a new client is let in instead. */
  #supersede(
    socket: Socket,
    session: Session,
    { pid, cursor }: ReturnRequest,
    done: (obstacle: null) => void,
  ): void {
    this.#opening += 1;
    this.#log.resume(pid, cursor, null, ({ session: before }) => {
      this.#opening -= 1;
      session.predecessor = null;
      if (before !== null) {
        before.socket?.client.abandon("client returned");
        // It is the same client all the same, and may send again what it has sent before.
        socket.received ??= before.received;
        if (before.state !== "over") this.#expire(before);
      }
      this.#settle();
      done(null);
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
        // Those who are asked to come back are waited for, and those who are away come back anyway.
        if (operation.notice?.retry === true) break;
        for (const session of this.#select(operation.target)) this.#expire(session);
        this.#settle();
        break;
      default:
        operation satisfies never;
    }
  }

  /** Nobody who is away can come back, since what was missed may not be known whole. */
  giveUpAway(): void {
    // What others share is not lost by that.
    if (this.isShared) return;
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

  /** Something else has changed that is kept of a client. */
  onChange(session: Session): void {
    this.#log.note(session);
  }

  /** The connection of a client has ended, or the client was not let in. */
  onClose(session: Session, reason: DisconnectReason): void {
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
      this.#settle();
    } else if (state === "new" || reason === "client namespace disconnect") {
      this.#end(session);
    } else if (state === "here" && deliberate.has(reason)) {
      this.#end(session);
    } else if (session.isDue) {
      this.#expire(session);
    } else {
      // Who comes back and is not let in gets no more time by that.
      if (state === "here") this.#deadlines.add(session.deadline);
      this.#rest(session);
    }
  }

  /** Waits for a client. */
  #rest(session: Session): void {
    session.state = "away";
    this.#endWait(session);
    session.weight = this.#weigh(session);
    this.#awayBytes += session.weight;
    this.#away.set(session.sid, session);
    this.#holdRooms(session);
    this.#log.rest(session);
    while (this.#away.size > this.#maxSessions || this.#awayBytes > this.#maxSessionBytes) {
      const [oldest] = this.#away.values();
      if (oldest === undefined) return;
      this.#expire(oldest);
    }
  }

  /** A client is waited for no longer. */
  #endWait(session: Session): void {
    if (this.#away.delete(session.sid)) this.#awayBytes -= session.weight;
  }

  /** About how many bytes is kept of a client. */
  #weigh(session: Session): number {
    const { data, publicData } = this.describe(session);
    const rooms = this.#log.rooms(session).length * roomCost;
    return sessionCost + weightOf(data) + weightOf(publicData) + rooms + (session.received?.weight ?? 0);
  }

  /** A client that came back is gone before it was let in. */
  #giveBack(session: Session, isWhole: boolean): void {
    if (session.isDue || !isWhole) this.#expire(session);
    else this.#rest(session);
  }

  /** Forgets a client that the log has forgotten already. */
  #depart(session: Session): void {
    session.state = "over";
    session.deadline.cancel();
    this.#endWait(session);
    this.#releaseRooms(session);
  }

  #lostOf({ sid }: Session): { sid: string; namespace: string } {
    return { sid, namespace: this.#namespace.name };
  }

  #begin(client: SocketOwner, auth: unknown, visitor: string | null): Socket {
    const session = new Session(this, this.#namespace.newSid(), visitor);
    this.#log.open(session);
    return this.#socket(session, client, auth);
  }

  #replace(client: SocketOwner, request: ReturnRequest): Socket {
    const session = new Session(this, this.#namespace.newSid(), request.visitor);
    session.predecessor = request;
    this.#log.open(session);
    return this.#socket(session, client, request.rest);
  }

  #restore(
    session: Session,
    returning: Returning<Session>,
    missed: readonly OutgoingPacket[],
    numbers: readonly number[],
  ): void {
    const { socket, left, address } = returning;
    const { client } = socket;
    session.state = "returning";
    this.#endWait(session);
    if (session.data !== null) client.adopt(session.data);
    else if (session.restored !== null) client.session.replace(session.restored);
    session.restored = null;
    session.socket = socket;
    returning.settle(client.session, session.publicData);
    socket.publicData = session.publicData;
    socket.received = session.received;
    socket.recoverable = session;
    socket.returning = null;
    const held = socket.takeHeld();
    socket.rooms.clear();
    this.#namespace.add(socket);
    for (const room of this.#log.rooms(session)) {
      if (room === address || left.has(room)) this.#log.leave(session, room);
      else this.#namespace.rooms.join(socket, room);
    }
    this.#releaseRooms(session);
    this.onReturnEnd(returning);
    // Held back until the client is accepted, and before what is sent from now on.
    for (const packet of inOrder(missed, numbers, held, returning.places)) socket.deliver(packet);
    if (client.ends === undefined && session.ends !== null)
      client.expireAt(session.ends.at, session.ends.notice);
    returning.catchUp();
  }

  /** Whose HTTP session it is. Where that cannot be told, it equals no other. */
  #visitorOf(origin: Record<string, unknown> | null): string | null {
    if (origin === null) return null;
    try {
      return visitorOf(origin, this.#visitorName);
    } catch (error) {
      this.#listener.report(error);
      return generateId();
    }
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
    if (session.state === "returning" || session.returningCount > 0) {
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
    // A shared log has the events for those who are away, whoever hears of them.
    if (watcher === null || this.isShared) return;
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
    this.#listener.onLost({ ...this.#lostOf(session), rooms });
  }

  #end(session: Session): void {
    session.state = "over";
    session.deadline.cancel();
    this.#endWait(session);
    this.#releaseRooms(session);
    this.#log.close(session);
  }
}

/** Puts packets that have no numbers among those that have: each behind what had its number when it was sent. */
function* inOrder(
  missed: readonly OutgoingPacket[],
  numbers: readonly number[],
  held: readonly OutgoingPacket[],
  places: readonly number[],
): Iterable<OutgoingPacket> {
  let next = 0;
  for (const [index, packet] of missed.entries()) {
    for (; next < held.length && (places[next] ?? 0) < (numbers[index] ?? 0); next += 1)
      yield* held.slice(next, next + 1);
    yield packet;
  }
  yield* held.slice(next);
}

/** Whether a target names a client. */
function isMeant({ sid, rooms }: Socket, target: Target): boolean {
  if (target.skip?.includes(sid) === true) return false;
  if (target.sid !== null) return target.sid === sid;
  return target.rooms === null || target.rooms.some((room) => room === sid || rooms.has(room));
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
