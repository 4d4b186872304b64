/**
 * The port to what a recoverable namespace keeps: its events in their order, and its recovery sessions.
 *
 * {@link MemoryRecoveryLog} answers at once; a log that processes share may answer later.
 */

import type { Carrier } from "../../base/tracing/context-propagation.ts";
import type { ServerOperations } from "../../base/tracing/tracing-channels.ts";
import type { OutgoingPacket, PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import type { StreamPosition } from "../model/stream-position.ts";
import type { Target } from "../model/target.ts";
import type { AuthenticationEnd } from "../socket/socket.ts";
import type { Turn } from "../socket/turn.ts";

/** An event before it enters the log. */
export interface RecoverableEvent {
  readonly target: Target;
  readonly event: string;
  readonly values: readonly unknown[];
  readonly flags: PacketFlags;
  /** The context in which it is sent; absent or `null` where nothing traces. */
  readonly carrier?: Carrier | null;
}

/** An event without a number. */
export interface UnsentEvent {
  readonly target: Target;
  readonly event: EncodedEvent;
}

/** What a log asks of its namespace. */
export interface RecoveryLogOwner {
  /**
   * Encodes an event that has just got its number. Called once for each event.
   *
   * @param cursor - the event's position, which becomes its last argument
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`, and then the event is not in the log
   */
  encode(event: RecoverableEvent, cursor: string): OutgoingPacket;
  /** Sends an event to the sockets of this process, in the order of the numbers. Returns how many took it. */
  deliver(event: RecoverableEvent, packet: OutgoingPacket): number;
}

/** A client that is here or away. */
export interface RecoverySession {
  /** The secret with which the client proves its identity. */
  readonly pid: string;
  /** The public id, which also names a room with this client as its only member. */
  readonly sid: string;
}

/** What the log knows of a client, for a connection that asks to return as that client. */
export interface Found<Session extends RecoverySession> {
  /** The client's session, where this process has it. */
  readonly session: Session | null;
  readonly sid: string;
  /** The rooms of the client, except its own. */
  readonly rooms: readonly string[];
  /** The client's record; `null` where this process has its session. */
  readonly record: SessionRecord | null;
  /** Whether every event that the client missed is still kept. */
  readonly isWhole: boolean;
}

/** What a returning client gets. */
export interface Resumption<Session extends RecoverySession> {
  /** The session of the `pid`; `null` when it is unknown or over. */
  readonly session: Session | null;
  /** The events that the client missed, in order; `null` when some are no longer kept. */
  readonly missed: readonly OutgoingPacket[] | null;
  /** The numbers of these events. */
  readonly numbers: readonly number[];
}

/** What another process needs to go on with a client, as plain data. */
export interface SessionRecord {
  /** The session's data; `null` where it is stored elsewhere. */
  readonly data: Record<string, unknown> | null;
  /** The client's public data. */
  readonly publicData: Record<string, unknown>;
  /** A digest of the HTTP session: see `visitorOf`. `null` where the server knows none. */
  readonly visitor: string | null;
  /** When its authentication ends; `null` for never. */
  readonly ends: AuthenticationEnd | null;
}

/** What a log that processes share asks of its namespace in one of them. */
export interface SharedLogOwner<Session extends RecoverySession> {
  /** Makes the packet of an encoded event. */
  packetOf(event: EncodedEvent, flags: PacketFlags, cursor: string): OutgoingPacket;
  /**
   * Sends an event to the sockets of this process, in the order of the numbers.
   *
   * @returns how many sockets took it
   */
  hand(target: Target, packet: OutgoingPacket): number;
  /** What traces tell of events of other processes. */
  readonly operations: ServerOperations;
  /** An event of another process is about to be sent to the sockets of this one. */
  onForeignEvent(target: Target, event: EncodedEvent): void;
  /** Sends an event to one client. */
  handTo(session: Session, packet: OutgoingPacket): void;
  /** Describes a client for other processes. */
  describe(session: Session): SessionRecord;
  /** Makes the session of a client that was in another process. */
  revive(session: RecoverySession, record: SessionRecord): Session;
  /** Another process has taken the client over. */
  onTaken(session: Session): void;
  /** Events for a client may be lost, so its connection ends and it starts as a new client. */
  onBroken(session: Session): void;
  /** Reports an error that reaches no caller. */
  report(error: unknown): void;
}

/** How much a shared log keeps, and for how long. */
export interface SharedLogBounds {
  readonly maxEvents: number;
  /** How long a client may be away, in ms. */
  readonly maxDisconnection: number;
  /** How long an event is kept, in ms. */
  readonly retention: number;
}

/** Logs that processes share. */
export interface SharedRecovery {
  /** Opens the log of a namespace that has clients here. */
  open<Session extends RecoverySession>(
    namespace: string,
    owner: SharedLogOwner<Session>,
    bounds: SharedLogBounds,
  ): RecoveryLog<Session>;
  /**
   * Sends an event to a namespace that has no clients here.
   *
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  append(event: RecoverableEvent, bounds: SharedLogBounds): void;
}

/** The log of one namespace. */
export interface RecoveryLog<Session extends RecoverySession> {
  /** The cursor of the latest event that was delivered here. */
  readonly cursor: string;
  /** The number of that event. */
  readonly number: number;

  /**
   * Numbers an event, keeps it, and delivers it: at once, or when the broker has returned the number.
   *
   * @returns how many sockets took it at once
   * @throws what {@link RecoveryLogOwner.encode} throws
   */
  append(event: RecoverableEvent): number;

  /**
   * An event for a target was sent without a number, so clients of the target that are away cannot get it.
   */
  lose(target: Target): void;

  /**
   * A client has arrived. From now on it gets events for everybody and for its `sid`.
   *
   * @param isDraft - whether it only stands for a client that asks to return: no client can return to it
   */
  open(session: Session, isDraft?: boolean): void;
  /** The client joined a room: events for the room are for it from now on. */
  join(session: Session, room: string): void;
  /** The client left a room: events until now are still for it, if it missed them. */
  leave(session: Session, room: string): void;
  /** The rooms of the client, except its own. */
  rooms(session: Session): string[];
  /** The client's connection has ended, and the client may return. */
  rest(session: Session): void;
  /** Something else has changed in the client's record. */
  note(session: Session): void;
  /** The client cannot return any more. */
  close(session: Session): void;
  /**
   * Settles when other processes know the client's state; `null` when there is nothing to wait for. Never
   * rejects.
   */
  kept(session: Session): Promise<void> | null;
  /** Whether events of this process have not reached its own clients yet. */
  readonly isBehind: boolean;
  /** Runs a turn after all events that this process has sent until now are delivered here. */
  follow(turn: Turn): void;
  /**
   * The events of this process that are not delivered yet, and the turns between them, in order.
   *
   * @param session - the client whose events are returned; `null` for all events
   */
  underWay(session: Session | null): Iterable<UnsentEvent | Turn>;
  /** No client is here or away any more. */
  end(): void;

  /**
   * Looks up the client that a connection asks to return as. The client stays where it is.
   *
   * @param pid - any text that a client can send
   * @param cursor - the client's position in its own words; `null` where it gives none
   * @param done - called once, at once or later; with `null` where the client is unknown
   */
  find(pid: string, cursor: StreamPosition | null, done: (found: Found<Session> | null) => void): void;

  /**
   * Lets a client return. At most one connection gets the session of a `pid`: a shared log takes it from the
   * process that had it.
   *
   * @param pid - any text that a client can send
   * @param cursor - the client's position in its own words; `null` where it gives none
   * @param draft - has stood for the client since it asked to return. Its rooms, from the offsets at which it
   *   joined, and the room of its sid become the client's. `null` where there is none.
   * @param done - called once, at once or later, between two deliveries: the result has every event for the
   *   client that was delivered until then, and no other
   */
  resume(
    pid: string,
    cursor: StreamPosition | null,
    draft: Session | null,
    done: (resumption: Resumption<Session>) => void,
  ): void;
}
