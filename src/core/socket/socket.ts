/**
 * One client in one namespace. Until it is accepted, what is sent to it is held back; after it is closed, nothing
 * reaches it and nothing is kept of it.
 */

import { emptyData } from "../../base/bare-data.ts";
import { type OutgoingPacket, type PacketFlags, secretFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EngineRequest } from "../../engine/ports.ts";
import { type DisconnectNotice, disconnectReasonEvent } from "../model/disconnect-notice.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import type { Codec } from "../packet/codec.ts";
import type { EventPacket } from "../packet/event-packet.ts";
import type { ClientSession } from "../ports.ts";
import { Acknowledgements, type AnswerListener } from "./acknowledgements.ts";
import type { ReceivedEvents } from "./received-events.ts";
import { TaskSequence } from "./task-sequence.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** Takes packets for a client, in order. */
export interface PacketSink {
  /** Whether packets can still be sent. */
  readonly isOpen: boolean;
  /** Sends a packet; `false` when it was dropped. */
  send(packet: OutgoingPacket): boolean;
}

/** What a socket needs of the client that it belongs to. */
export interface SocketOwner {
  /** What takes its packets. */
  readonly connection: PacketSink;
  /** How packets are encoded. */
  readonly codec: Codec;
  /** The session, shared by the client's sockets. */
  readonly session: ClientSession;
  /** The request that opened the connection. */
  readonly request: EngineRequest;
  /** When the connection began, in ms since 1970. */
  readonly connectedAt: number;
  /** The transport in use. */
  readonly transportName: string;
  /** The connection's number, for traces. */
  readonly number: number;
  /** How many rooms the client is in, in all its namespaces together. */
  readonly roomCount: number;
  /** Whether the client is one of Socket.IO 2. */
  readonly isOld: boolean;
  /** Bytes that wait for the client. */
  readonly bufferedBytes: number;
  /** Resolves to `true` when nothing waits for the client any more, to `false` when it is gone. */
  drained(): Promise<boolean>;
  /** Sends a socket that is about to be closed for good what was sent to it before and is still on its way. */
  flush(socket: Socket): void;
  /** The client's socket in another namespace. */
  socketIn(namespace: string): Socket | undefined;
  /** The socket has been closed; called once. */
  onSocketClose(socket: Socket, reason: DisconnectReason, wasAccepted: boolean): void;
  /** Tells the client that it may not join a namespace. */
  refuse(namespace: string, notice?: DisconnectNotice | null): void;
  /** Ends the whole connection, of which the client is told in each namespace: it does not come back by itself. */
  closeConnection(notice?: DisconnectNotice | null): void;
  /** Ends the whole connection so that the client comes back by itself. */
  requestReconnect(notice: DisconnectNotice): void;
  /** The most acknowledgements that the client may owe in a namespace. */
  readonly maxPendingAcknowledgements: number;
  /**
   * The id for a request that the client answers. No two requests of the server have the same id: a client may answer an
   * event of a membership that has ended, or of its last connection, and must not answer another one by that.
   */
  nextRequestId(): number;
  /**
   * Sets when the client's authentication ends.
   *
   * @param expiresAt - in ms since 1970; `null` for never
   * @param notice - how long before the client is told, in ms
   */
  expireAt(expiresAt: number | null, notice: number): void;
  /** When that is; `null` for never, `undefined` where no handler has said. */
  readonly ends: AuthenticationEnd | null | undefined;
  /**
   * Something that the client sent has to wait.
   *
   * @param weight - about how many bytes it takes
   * @returns `false` when that is more than may wait: then the whole connection has ended
   */
  holdWaiting(weight: number): boolean;
  /** It waits no longer. */
  endWaiting(weight: number): void;
  /** The client owes more of them: ends the whole connection. */
  onTooManyUnanswered(): void;
  /** Ends the whole connection at once: the client has come back over another one, or has to come anew. */
  abandon(reason: "client returned" | "events lost"): void;
  /** Goes on with the session of an earlier connection of the client. */
  adopt(session: ClientSession): void;
}

/** When a client's authentication ends. */
export interface AuthenticationEnd {
  /** In ms since 1970. */
  readonly at: number;
  /** How long before the client is told, in ms. */
  readonly notice: number;
}

/** What keeps a socket's place in a recoverable namespace, whatever becomes of its connection. */
export interface Recoverable {
  /** The secret by which the client proves who it is when it comes back. */
  readonly pid: string;
  /** What to wait for until the client could come back to any process; `null` for nothing. It never rejects. */
  readonly kept: Promise<void> | null;
  /** Sends an event to the client, now or when it comes back. */
  emit(event: string, values: readonly unknown[], flags: PacketFlags): void;
  /** The socket has joined a room. */
  onJoin(room: string): void;
  /** The socket has left a room, but not by its own end. */
  onLeave(room: string): void;
  /** The socket is accepted. */
  onAccept(): void;
  /** Something else has changed that is kept of the client. */
  onChange(): void;
  /** The socket has been closed. */
  onClose(reason: DisconnectReason): void;
}

/** A client that asks to return: what its handler does for it is noted, until it is let in. */
export interface ReturningClient {
  /** The id under which the server reaches it until then. */
  readonly address: string;
  /** The session that its handler sees; `null` for that of its connection. */
  readonly session: ClientSession | null;
  /** Puts it into a room: with `act`, if it is about to be let in. `false` when it is there already. */
  join(room: string, act: () => void): boolean;
  /** Takes it out of a room in the same way. */
  leave(room: string, act: () => void): boolean;
  /** A packet without a number is held back for it. */
  onHold(): void;
}

/** A client's presence in a namespace. */
export class Socket {
  // What each packet needs comes first: it shares as few of the processor's cache lines as can be.
  #state: "connecting" | "connected" | "closed" = "connecting";
  readonly #connection: PacketSink;
  readonly client: SocketOwner;
  /** The public id, which is also the name of a room that holds only this socket. */
  readonly sid: string;
  /** The name of the namespace. */
  readonly namespace: string;
  /** How many handlers run for it. */
  running = 0;
  /** Keeps the order in which this client's events are handled. */
  readonly sequence = new TaskSequence();
  /** What brings the client back after the loss of its connection; `null` in a namespace that is not recoverable. */
  recoverable: Recoverable | null = null;
  /** How many more events it may send, where its namespace has a limit. */
  bucket: TokenBucket | null = null;
  /** What the client sent along when it asked to join. */
  readonly auth: unknown;
  /** The rooms that it has joined, besides its own. Kept after the end, so that a disconnect handler can read it. */
  readonly rooms = new Set<string>();
  /** Whether the client goes on where an earlier connection ended, or does so if it is let in. */
  recovered = false;
  /** What a client goes on with that returns, until it is let in; `null` for all others. */
  returning: ReturningClient | null = null;
  /** What the client has sent under ids of its own; `null` where it has not, or nobody asks. */
  received: ReceivedEvents | null = null;
  /** What handlers have said of the client that everybody may know; made when it is first asked for. */
  #publicData: Record<string, unknown> | null = null;
  readonly #acknowledgements = new Acknowledgements();
  #held: OutgoingPacket[] | null = null;
  #closeReason: DisconnectReason | null = null;

  constructor(sid: string, namespace: string, client: SocketOwner, auth: unknown) {
    this.sid = sid;
    this.namespace = namespace;
    this.client = client;
    this.#connection = client.connection;
    this.auth = auth;
  }

  /** The session that its handlers see. */
  get session(): ClientSession {
    return this.returning?.session ?? this.client.session;
  }

  /** The id under which the server reaches it: while it is open whether a client may return, its sid is another one's. */
  get address(): string {
    return this.returning?.address ?? this.sid;
  }

  /** What everybody may know of the client. */
  get publicData(): Record<string, unknown> {
    this.#publicData ??= emptyData();
    return this.#publicData;
  }

  set publicData(data: Record<string, unknown>) {
    this.#publicData = data;
  }

  /** Whether the client has been accepted and is still there. */
  get isConnected(): boolean {
    return this.#state === "connected";
  }

  /** Whether the client has left. */
  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Why the client left, once it has. */
  get closeReason(): DisconnectReason | null {
    return this.#closeReason;
  }

  /** The number of acknowledgements that are awaited. */
  get pendingAcknowledgements(): number {
    return this.#acknowledgements.size;
  }

  /** Whether the client's connection takes packets. */
  get isReachable(): boolean {
    return this.#connection.isOpen;
  }

  /** Sends a packet to the client; `false` when it was dropped. */
  deliver(packet: OutgoingPacket): boolean {
    if (this.#state === "connected") return this.#connection.send(packet);
    if (this.#state === "closed" || packet.volatile) return false;
    this.#held ??= [];
    this.#held.push(packet);
    this.returning?.onHold();
    return true;
  }

  /** Sends an event and waits for its acknowledgement. Returns a function that stops waiting. */
  request(event: EventPacket, listener: AnswerListener): () => void {
    if (this.#state === "closed") {
      listener.onGone();
      return () => {};
    }
    if (this.#acknowledgements.size >= this.client.maxPendingAcknowledgements) {
      this.client.onTooManyUnanswered();
      listener.onGone();
      return () => {};
    }
    const id = this.client.nextRequestId();
    this.#acknowledgements.expect(id, listener);
    const stop = () => this.#acknowledgements.forget(id);
    if (!this.deliver(event.withId(id))) {
      // What is dropped, a volatile event say, is never answered.
      stop();
      listener.onGone();
    }
    return stop;
  }

  /** Takes the client's acknowledgement; `false` when nobody waits for it. */
  answer(id: number, values: readonly unknown[]): boolean {
    return this.#acknowledgements.answer(id, values);
  }

  /** Accepts the client: tells it so, then sends what was held back. */
  accept(): void {
    if (this.#state !== "connecting") return;
    this.#state = "connected";
    const { namespace, sid, client, recoverable } = this;
    // An old client takes what its connection's id makes for its own.
    const data = client.isOld ? undefined : recoverable === null ? { sid } : { sid, pid: recoverable.pid };
    this.#connection.send(client.codec.packet({ type: "connect", namespace, data }, secretFlags));
    const held = this.#held;
    this.#held = null;
    for (const packet of held ?? []) this.#connection.send(packet);
  }

  /** What was held back, which is for others to put in its place. */
  takeHeld(): readonly OutgoingPacket[] {
    const held = this.#held ?? [];
    this.#held = null;
    return held;
  }

  /** Tells the client why it is about to be disconnected. */
  announce(notice: DisconnectNotice): void {
    this.tell(disconnectReasonEvent, notice);
  }

  /** Sends an event of the server's own to the client, if it is accepted. */
  tell(event: string, value: object): void {
    if (this.#state !== "connected") return;
    const data: [string, object] = [event, value];
    this.#connection.send(this.client.codec.packet({ type: "event", namespace: this.namespace, data }));
  }

  /**
   * Disconnects the client from the namespace, after what was sent before; refuses it where it is not accepted yet.
   *
   * @param reason - what the `disconnect` handler is told
   * @param notice - what the client is told before
   */
  disconnect(
    reason: DisconnectReason = "server namespace disconnect",
    notice: DisconnectNotice | null = null,
  ): void {
    if (this.#state === "connecting") this.client.refuse(this.namespace, notice);
    if (this.#state === "connected") this.client.flush(this);
    if (notice !== null) this.announce(notice);
    if (this.#state === "connected") {
      this.#connection.send(this.client.codec.packet({ type: "disconnect", namespace: this.namespace }));
    }
    this.close(reason);
  }

  /** Lets go of everything that the socket holds. Closing twice is harmless. */
  close(reason: DisconnectReason): void {
    if (this.#state === "closed") return;
    const wasAccepted = this.#state === "connected";
    this.#state = "closed";
    this.#closeReason = reason;
    this.#held = null;
    this.client.onSocketClose(this, reason, wasAccepted);
    this.#acknowledgements.close();
  }
}
