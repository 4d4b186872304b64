/**
 * One client in one namespace.
 *
 * Until the client is accepted, packets for it are held. After the socket is closed, it gets and keeps
 * nothing.
 */

import { emptyData } from "../../base/bare-data.ts";
import { type OutgoingPacket, type PacketFlags, secretFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EngineRequest } from "../../engine/ports.ts";
import { type DisconnectNotice, disconnectReasonEvent } from "../model/disconnect-notice.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import type { Codec } from "../packet/codec.ts";
import type { EventPacket } from "../packet/event-packet.ts";
import type { ClientSession } from "../ports.ts";
import { type AcknowledgementListener, Acknowledgements } from "./acknowledgements.ts";
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

/** What a socket asks of its client. */
export interface SocketOwner {
  /** Takes its packets. */
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
  /** The number of the client's rooms, in all its namespaces together. */
  readonly roomCount: number;
  /** Whether the client is one of Socket.IO 2. */
  readonly isEio3: boolean;
  /** How many bytes wait to be written to the client. */
  readonly bufferedBytes: number;
  /** Resolves to `true` when nothing waits to be written to the client, to `false` when it is gone. */
  drained(): Promise<boolean>;
  /** Delivers what was sent before to a socket that is about to be closed for good. */
  flush(socket: Socket): void;
  /** The client's socket in another namespace. */
  socketIn(namespace: string): Socket | undefined;
  /** The socket has been closed; called once. */
  onSocketClose(socket: Socket, reason: DisconnectReason, wasAccepted: boolean): void;
  /** Tells the client that it may not join a namespace. */
  refuse(namespace: string, notice?: DisconnectNotice | null): void;
  /**
   * Ends the whole connection and tells the client in each namespace, so that it does not reconnect by
   * itself.
   */
  closeConnection(notice?: DisconnectNotice | null): void;
  /** Ends the whole connection so that the client reconnects by itself. */
  requestReconnect(notice: DisconnectNotice): void;
  /** How many acknowledgements the client may owe in a namespace. */
  readonly maxPendingAcknowledgements: number;
  /** Measures how long an answer in one of its namespaces takes, where metrics are on. */
  timed(namespace: string, listener: AcknowledgementListener): AcknowledgementListener;
  /**
   * A new id for an acknowledgement, unique in the whole server.
   *
   * A client may answer an event of a membership or connection that has ended. With unique ids that cannot
   * answer another event.
   */
  nextRequestId(): number;
  /**
   * Sets when the client's authentication ends.
   *
   * @param expiresAt - in ms since 1970; `null` for never
   * @param notice - how long before the end the client gets a notice, in ms
   */
  expireAt(expiresAt: number | null, notice: number): void;
  /** When the authentication ends; `null` for never, `undefined` where no handler has set it. */
  readonly ends: AuthenticationEnd | null | undefined;
  /**
   * Something that the client sent has to wait.
   *
   * @param weight - its size in bytes, approximately
   * @returns `false` when too much waits: the whole connection has ended
   */
  holdWaiting(weight: number): boolean;
  /** Something that the client sent waits no longer. */
  endWaiting(weight: number): void;
  /** The client owes too many acknowledgements: ends the whole connection. */
  onTooManyUnanswered(): void;
  /**
   * Ends the whole connection at once: the client has returned over another one, or has to start as a new
   * one.
   */
  abandon(reason: "client returned" | "events lost"): void;
  /** Takes over the session of the client's earlier connection. */
  adopt(session: ClientSession): void;
}

/** When a client's authentication ends. */
export interface AuthenticationEnd {
  /** In ms since 1970. */
  readonly at: number;
  /** How long before the end the client gets a notice, in ms. */
  readonly notice: number;
}

/** Keeps a socket's membership in a recoverable namespace beyond its connection. */
export interface Recoverable {
  /** The secret with which the client proves its identity when it returns. */
  readonly pid: string;
  /**
   * Settles when the client could return to any process; `null` when there is nothing to wait for. Never
   * rejects.
   */
  readonly kept: Promise<void> | null;
  /** Sends an event to the client, now or when it returns. */
  emit(event: string, values: readonly unknown[], flags: PacketFlags): void;
  /** The socket has joined a room. */
  onJoin(room: string): void;
  /** The socket has left a room, but was not closed. */
  onLeave(room: string): void;
  /** The socket is accepted. */
  onAccept(): void;
  /** Something else has changed in the client's record. */
  onChange(): void;
  /** The socket has been closed. */
  onClose(reason: DisconnectReason): void;
}

/** A client that asks to return: its handler's changes are a draft until it is accepted. */
export interface ReturningClient {
  /** The id that the server uses for the client until then. */
  readonly address: string;
  /** The session for its handler; `null` for the session of its connection. */
  readonly session: ClientSession | null;
  /** Puts it into a room; with `act`, if the return is under way. `false` when it is there already. */
  join(room: string, act: () => void): boolean;
  /** Takes it out of a room in the same way. */
  leave(room: string, act: () => void): boolean;
  /** A packet without a number is held for it. */
  onHold(): void;
}

/** A client's presence in a namespace. */
export class Socket {
  // Read for each packet, so they come first: they fill as few of the processor's cache lines as possible.
  #state: "connecting" | "connected" | "closed" = "connecting";
  readonly #connection: PacketSink;
  readonly client: SocketOwner;
  /** The public id, which also names a room with this socket as its only member. */
  readonly sid: string;
  /** The name of the namespace. */
  readonly namespace: string;
  /** How many handlers are running for it. */
  running = 0;
  /** Keeps the order in which this client's events are handled. */
  readonly sequence = new TaskSequence();
  /** Brings the client back after a lost connection; `null` in a namespace that is not recoverable. */
  recoverable: Recoverable | null = null;
  /** How many more events it may send; `null` in a namespace without a limit. */
  bucket: TokenBucket | null = null;
  /** Came with the client's request to join; behind a contract, what its schema made of it. */
  auth: unknown;
  /** The rooms of the client, besides its own. A `disconnect` handler can read them after the end. */
  readonly rooms = new Set<string>();
  /** Whether the client continues an earlier connection, or asks to. */
  recovered = false;
  /** The state of a returning client that is not accepted yet; `null` for all others. */
  returning: ReturningClient | null = null;
  /** The events that the client has marked with ids; `null` for none, or without deduplication. */
  received: ReceivedEvents | null = null;
  /** Created on the first access. */
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

  /** The session for its handlers. */
  get session(): ClientSession {
    return this.returning?.session ?? this.client.session;
  }

  /** The id that the server uses: a returning client that is not accepted yet has another client's sid. */
  get address(): string {
    return this.returning?.address ?? this.sid;
  }

  /** The client's public data, which any process may read. */
  get publicData(): Record<string, unknown> {
    this.#publicData ??= emptyData();
    return this.#publicData;
  }

  /** Whether handlers have looked at its public data: to look creates it. */
  get hasPublicData(): boolean {
    return this.#publicData !== null;
  }

  set publicData(data: Record<string, unknown>) {
    this.#publicData = data;
  }

  /** Whether the client is accepted and connected. */
  get isConnected(): boolean {
    return this.#state === "connected";
  }

  /** Whether the client has left. */
  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Why the client left; `null` while it is there. */
  get closeReason(): DisconnectReason | null {
    return this.#closeReason;
  }

  /** The number of pending acknowledgements. */
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
  request(event: EventPacket, listener: AcknowledgementListener): () => void {
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
    this.#acknowledgements.expect(id, this.client.timed(this.namespace, listener));
    const stop = () => this.#acknowledgements.forget(id);
    if (!this.deliver(event.withId(id))) {
      // A dropped event, such as a volatile one, gets no answer.
      stop();
      listener.onGone();
    }
    return stop;
  }

  /** Takes the client's acknowledgement; `false` when it has no listener. */
  answer(id: number, values: readonly unknown[]): boolean {
    return this.#acknowledgements.answer(id, values);
  }

  /** Accepts the client: sends the acceptance, then what was held. */
  accept(): void {
    if (this.#state !== "connecting") return;
    this.#state = "connected";
    const { namespace, sid, client, recoverable } = this;
    // A Socket.IO 2 client derives its id from that of the connection.
    const data = client.isEio3 ? undefined : recoverable === null ? { sid } : { sid, pid: recoverable.pid };
    this.#connection.send(client.codec.packet({ type: "connect", namespace, data }, secretFlags));
    const held = this.#held;
    this.#held = null;
    for (const packet of held ?? []) this.#connection.send(packet);
  }

  /** Takes the held packets, for the caller to send in their order. */
  takeHeld(): readonly OutgoingPacket[] {
    const held = this.#held ?? [];
    this.#held = null;
    return held;
  }

  /** Tells the client why it is about to be disconnected. */
  announce(notice: DisconnectNotice): void {
    this.tell(disconnectReasonEvent, notice);
  }

  /** Sends the client an event of the server's own, if it is accepted. */
  tell(event: string, value: object): void {
    if (this.#state !== "connected") return;
    const data: [string, object] = [event, value];
    this.#connection.send(this.client.codec.packet({ type: "event", namespace: this.namespace, data }));
  }

  /**
   * Disconnects the client from the namespace after everything sent before, or refuses one that is not
   * accepted yet.
   *
   * @param reason - for the `disconnect` handler
   * @param notice - the reason that the client gets
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

  /** Releases everything that the socket holds. Closing twice is harmless. */
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
