/**
 * What a recoverable namespace remembers, as a port: the events in their one order, and who is to be waited for. In
 * memory it answers at once ({@link MemoryRecoveryLog}); one that many processes share may take its time.
 */

import type { OutgoingPacket, PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import type { StreamPosition } from "../model/stream-position.ts";
import type { Target } from "../model/target.ts";
import type { AuthenticationEnd } from "../socket/socket.ts";
import type { Turn } from "../socket/turn.ts";

/** An event on its way into the log. */
export interface RecoverableEvent {
  readonly target: Target;
  readonly event: string;
  readonly values: readonly unknown[];
  readonly flags: PacketFlags;
}

/** An event that has no number yet. */
export interface UnsentEvent {
  readonly target: Target;
  readonly event: EncodedEvent;
}

/** What a log asks of the namespace. */
export interface RecoveryLogOwner {
  /**
   * Makes the packet of an event that has its number now. Called once for each event.
   *
   * @param cursor - the event's place, to be its last argument
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`, and then the event is not in the log
   */
  encode(event: RecoverableEvent, cursor: string): OutgoingPacket;
  /** Hands an event to the sockets that are here; called in the order of the numbers. Returns how many took it. */
  deliver(event: RecoverableEvent, packet: OutgoingPacket): number;
}

/** A client that is here, or is waited for. */
export interface RecoverySession {
  /** The secret by which the client proves who it is. */
  readonly pid: string;
  /** The public id, which is also the name of a room that holds only this client. */
  readonly sid: string;
}

/** What is kept of a client, for a connection that asks to return. */
export interface Found<Session extends RecoverySession> {
  /** The client, where it is known in this process. */
  readonly session: Session | null;
  readonly sid: string;
  /** The rooms that it is in, but for its own. */
  readonly rooms: readonly string[];
  /** What else is known of it; `null` where its `session` tells. */
  readonly record: SessionRecord | null;
  /** Whether all that the client has missed is still there. */
  readonly isWhole: boolean;
}

/** What a client finds that comes back. */
export interface Resumption<Session extends RecoverySession> {
  /** Whom the `pid` belongs to; `null` when it is not known, or not any more. */
  readonly session: Session | null;
  /** What the client has missed, in order; `null` when not all of it is there any more. */
  readonly missed: readonly OutgoingPacket[] | null;
  /** The numbers of these. */
  readonly numbers: readonly number[];
}

/** What another process has to know of a client to go on with it, as plain data. */
export interface SessionRecord {
  /** What handlers keep of it; `null` where that is kept elsewhere. */
  readonly data: Record<string, unknown> | null;
  /** What everybody may know of it. */
  readonly publicData: Record<string, unknown>;
  /** Whose HTTP session it came with: see `visitorOf`. `null` where the server knows none. */
  readonly visitor: string | null;
  /** When its authentication ends; `null` for never. */
  readonly ends: AuthenticationEnd | null;
}

/** What a log that several processes share asks of the namespace in one of them. */
export interface SharedLogOwner<Session extends RecoverySession> {
  /** Makes the packet of an event that has been encoded before. */
  packetOf(event: EncodedEvent, flags: PacketFlags, cursor: string): OutgoingPacket;
  /** Hands an event to the sockets that are here; called in the order of the numbers. */
  hand(target: Target, packet: OutgoingPacket): void;
  /** Hands an event to one client. */
  handTo(session: Session, packet: OutgoingPacket): void;
  /** What another process has to know of a client. */
  describe(session: Session): SessionRecord;
  /** Makes the session of a client that was in another process. */
  revive(session: RecoverySession, record: SessionRecord): Session;
  /** Another process goes on with a client, so it is not here any more. */
  onTaken(session: Session): void;
  /** What was sent to a client is not known whole any more: its connection is to end, and it is to begin anew. */
  onBroken(session: Session): void;
  /** Reports an error that nobody else is told. */
  report(error: unknown): void;
}

/** How much a shared log keeps, and how long. */
export interface SharedLogBounds {
  readonly maxEvents: number;
  /** How long a client may be away, in ms. */
  readonly maxDisconnection: number;
  /** How long an event is kept, in ms. */
  readonly retention: number;
}

/** Logs that several processes share. */
export interface SharedRecovery {
  /** The log of a namespace that has clients here. */
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

/** The memory of one namespace. */
export interface RecoveryLog<Session extends RecoverySession> {
  /** The cursor behind the latest event that was delivered here. */
  readonly cursor: string;
  /** The number of that event. */
  readonly number: number;

  /**
   * Numbers an event, keeps it, and has it delivered: at once, or when whoever does the numbering has told the number.
   *
   * @returns how many sockets took it at once
   * @throws what {@link RecoveryLogOwner.encode} throws
   */
  append(event: RecoverableEvent): number;

  /** An event for a target was sent without a number: whoever is away and would get it cannot be told all. */
  lose(target: Target): void;

  /**
   * A client has come. It gets what is sent to everybody and to its `sid` from now on.
   *
   * @param isDraft - whether it only stands for one that asks to return: no client can come back to it
   */
  open(session: Session, isDraft?: boolean): void;
  /** It has joined a room: what is sent there from now on is for it. */
  join(session: Session, room: string): void;
  /** It has left a room: what was sent there until now is still for it, if it has missed that. */
  leave(session: Session, room: string): void;
  /** The rooms that it is in, but for its own. */
  rooms(session: Session): string[];
  /** Its connection has ended, and it is waited for. */
  rest(session: Session): void;
  /** Something else has changed that is kept of it. */
  note(session: Session): void;
  /** It will not come back. */
  close(session: Session): void;
  /** What to wait for until other processes would know what is known of a client; `null` for nothing. It never rejects. */
  kept(session: Session): Promise<void> | null;
  /** Whether events of this process are on their way to clients of this process. */
  readonly isBehind: boolean;
  /** Takes a turn when the events that this process has sent until now have been delivered here. */
  follow(turn: Turn): void;
  /**
   * The events of this process that are on their way, and the turns that wait for them, in order.
   *
   * @param session - for which client the events are to be; `null` for all events
   */
  underWay(session: Session | null): Iterable<UnsentEvent | Turn>;
  /** Nobody is here or waited for any more. */
  end(): void;

  /**
   * A connection asks to return as a client. That client stays with the process that has it.
   *
   * @param pid - what the client sent; anything that a client can send
   * @param cursor - how far it says it has come; `null` where it says nothing
   * @param done - called once, at once or later; with `null` where the client is not known
   */
  find(pid: string, cursor: StreamPosition | null, done: (found: Found<Session> | null) => void): void;

  /**
   * A client has come back. At most one gets the session of a `pid`: the log of many processes has it taken from the one
   * that had it.
   *
   * @param pid - what the client sent; anything that a client can send
   * @param cursor - how far it says it has come; `null` where it says nothing
   * @param draft - has stood for the client since it asked to return: its rooms, from when on it was in them, become those
   *   of the client, and a room that is named like its sid. `null` where there is none.
   * @param done - called once, at once or later, between two deliveries: what was delivered until then and is for the
   *   client is in the result, and nothing else
   */
  resume(
    pid: string,
    cursor: StreamPosition | null,
    draft: Session | null,
    done: (resumption: Resumption<Session>) => void,
  ): void;
}
