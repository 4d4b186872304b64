/**
 * One connection as Socket.IO sees it: decodes its packets and passes them to its sockets, one for each
 * namespace. The {@link ClientEntrance | entrance} of the server lets it into namespaces.
 *
 * In one file because a connection is one object: its packets change what it is in, asks for and has left. An
 * object for a part of that would cost each client memory and time.
 */

import { isDeepStrictEqual } from "node:util";
import { ProtocolError } from "../../base/errors.ts";
import { Deadline } from "../../base/time/deadline-queue.ts";
import type { CloseReason } from "../../engine/close-reason.ts";
import type { Connection, ConnectionListener } from "../../engine/connection.ts";
import type { EngineRequest } from "../../engine/ports.ts";
import { maxOldNamespaceLength, splitOldNamespace } from "../../protocol/eio3-packet.ts";
import type { PacketDecoder, SocketPacket } from "../../protocol/socket-packet.ts";
import type { DisconnectNotice } from "../model/disconnect-notice.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import {
  type Answer,
  type OpenNamespace,
  type Refusal,
  rejected,
  tooManyEvents,
} from "../namespace/open-namespace.ts";
import type { Codec } from "../packet/codec.ts";
import type { ClientSession } from "../ports.ts";
import type { AcknowledgementListener } from "../socket/acknowledgements.ts";
import type { AuthenticationEnd, Socket } from "../socket/socket.ts";
import { TokenBucket } from "../socket/token-bucket.ts";
import { AuthExpiry, type ExpiryOwner, expiringEvent } from "./auth-expiry.ts";
import type { ClientOwner, EnteringClient, PendingJoin } from "./ports.ts";
import { refusalPacket } from "./refusal-packet.ts";

/** A client in one namespace. */
interface Membership {
  readonly socket: Socket;
  readonly namespace: OpenNamespace;
}

const noMemberships: readonly Membership[] = [];

/** A client and its sockets. */
export class Client implements ConnectionListener, ExpiryOwner, EnteringClient {
  readonly connectedAt = Date.now();
  /** The deadline for joining a namespace. */
  readonly idle: Deadline<Client>;
  readonly connection: Connection;
  readonly #owner: ClientOwner<Client>;
  readonly #decoder: PacketDecoder;
  /**
   * Most clients are in one namespace. The list is replaced, never changed, because sockets may leave during
   * a loop.
   */
  #memberships: readonly Membership[] = noMemberships;
  /** Namespaces that it has left: late packets for them may still arrive. */
  #left: Set<string> | null = null;
  /** Namespaces that it waits to join. */
  #deciding: Map<string, object> | null = null;
  /** The namespace that it asked for first in this tick. Most clients ask for one. */
  #askedFirst: string | null = null;
  /** The data of its latest request for that namespace. */
  #firstAuth: unknown;
  /** The same for further namespaces. */
  #askedLater: Map<string, unknown> | null = null;
  #bucket: TokenBucket | null = null;
  #expiry: AuthExpiry | null = null;
  #session: ClientSession;
  /** How many bytes of what it sent wait for handlers, approximately. */
  #waiting = 0;

  constructor(connection: Connection, session: ClientSession, owner: ClientOwner<Client>) {
    this.connection = connection;
    this.#session = session;
    this.#owner = owner;
    const { decoder } = owner.limits;
    this.#decoder = owner.codec.decoder(
      connection.version === 4 ? decoder : { ...decoder, maxNamespaceLength: maxOldNamespaceLength },
    );
    this.idle = new Deadline<Client>(this);
  }

  get codec(): Codec {
    return this.#owner.codec;
  }

  get session(): ClientSession {
    return this.#session;
  }

  /** Whether it is a client of Socket.IO 2, which expects some packets in another form. */
  get isEio3(): boolean {
    return this.connection.version === 3;
  }

  get request(): EngineRequest {
    return this.connection.request;
  }

  get transportName(): string {
    return this.connection.transportName;
  }

  get number(): number {
    return this.connection.number;
  }

  get maxPendingAcknowledgements(): number {
    return this.#owner.limits.maxPendingAcknowledgements;
  }

  nextRequestId(): number {
    return this.#owner.nextRequestId();
  }

  /** The number of its rooms, in all its namespaces together. */
  get roomCount(): number {
    let count = 0;
    for (const { socket } of this.#memberships) count += socket.rooms.size;
    return count;
  }

  get bufferedBytes(): number {
    return this.connection.bufferedBytes;
  }

  drained(): Promise<boolean> {
    return this.connection.drained();
  }

  #membershipIn(namespace: string): Membership | undefined {
    for (const membership of this.#memberships)
      if (membership.namespace.name === namespace) return membership;
    return undefined;
  }

  socketIn(namespace: string): Socket | undefined {
    return this.#membershipIn(namespace)?.socket;
  }

  timed(namespace: string, listener: AcknowledgementListener): AcknowledgementListener {
    return this.#membershipIn(namespace)?.namespace.meter?.timed(listener) ?? listener;
  }

  flush(socket: Socket): void {
    this.#membershipIn(socket.namespace)?.namespace.recovery?.flush(socket);
  }

  closeConnection(notice: DisconnectNotice | null = null): void {
    // A client that gets it in each namespace does not reconnect, as it would after a lost connection.
    for (const { socket } of this.#memberships) socket.disconnect("forced close", notice);
    this.connection.close("forced close");
  }

  requestReconnect(notice: DisconnectNotice): void {
    for (const { socket } of this.#memberships) socket.announce(notice);
    this.connection.close("reconnect requested");
  }

  get ends(): AuthenticationEnd | null | undefined {
    return this.#expiry?.ends;
  }

  expireAt(expiresAt: number | null, notice: number): void {
    this.#expiry ??= new AuthExpiry(this.#owner.clock, this);
    this.#expiry.ends = expiresAt === null ? null : { at: expiresAt, notice };
    for (const { socket } of this.#memberships) socket.recoverable?.onChange();
    if (expiresAt === null) this.#expiry.cancel();
    else if (this.connection.isOpen) this.#expiry.set(expiresAt, expiresAt - Date.now(), notice);
  }

  onExpiring(expiresAt: number): void {
    for (const { socket } of this.#memberships) socket.tell(expiringEvent, { expiresAt });
  }

  onExpired(): void {
    const reason = "authentication expired";
    const notice = { reason, code: "ERR_AUTHENTICATION_EXPIRED", retry: true };
    for (const { socket } of this.#memberships) socket.announce(notice);
    this.connection.close(reason);
  }

  holdWaiting(weight: number): boolean {
    const { maxWaitingBytes } = this.#owner.limits;
    if (this.#waiting > 0 && this.#waiting + weight > maxWaitingBytes) {
      this.connection.terminate(
        "too many waiting events",
        `about ${this.#waiting + weight} bytes wait for handlers, more than ${maxWaitingBytes}`,
      );
      return false;
    }
    this.#waiting += weight;
    return true;
  }

  endWaiting(weight: number): void {
    this.#waiting -= weight;
  }

  onTooManyUnanswered(): void {
    this.connection.terminate("too many unanswered events");
  }

  abandon(reason: "client returned" | "events lost"): void {
    this.connection.terminate(reason);
  }

  adopt(session: ClientSession): void {
    if (session.isPrivate) this.#session = session;
  }

  /** Whether a namespace has accepted it. */
  get #isAccepted(): boolean {
    for (const { socket } of this.#memberships) if (socket.isConnected) return true;
    return false;
  }

  /** Whether one of its handlers is running. */
  get isBusy(): boolean {
    for (const { socket } of this.#memberships) if (socket.running > 0) return true;
    return false;
  }

  /** Ends the connection because the server stops: the client may reconnect, to another process. */
  drain(reason: string): void {
    let act = () => {
      for (const { socket } of this.#memberships) socket.announce({ reason, retry: true });
      this.connection.close("server shutting down", reason);
    };
    // After everything that was sent before, in each of its namespaces.
    for (const { socket, namespace } of this.#memberships) {
      const next = act;
      act = () => namespace.inTurn([socket], next);
    }
    act();
  }

  /** Ends the connection because it joined no namespace in time. */
  expire(): void {
    this.connection.close("connect timeout");
  }

  onOpen(): void {
    this.#owner.onClientOpen(this);
    // A Socket.IO 2 client joins "/" without a request.
    if (this.isEio3) this.#join("/", undefined, false);
  }

  onText(text: string, start: number): void {
    const packet = this.#decoder.decodeText(text, start);
    if (packet !== undefined) this.#take(packet);
  }

  onBinary(bytes: Uint8Array): void {
    const packet = this.#decoder.decodeBinary(bytes);
    if (packet !== undefined) this.#take(packet);
  }

  onClose(reason: CloseReason): void {
    this.#decoder.reset();
    this.#deciding = null;
    for (const { socket } of this.#memberships) socket.close(reason);
    this.idle.cancel();
    this.#expiry?.cancel();
    this.#owner.onClientClose(this, reason);
  }

  onSocketClose(socket: Socket, reason: DisconnectReason, wasAccepted: boolean): void {
    const membership = this.#membershipIn(socket.namespace);
    if (membership === undefined) return;
    const { namespace } = membership;
    if (wasAccepted) namespace.handlers.leaving?.(socket, reason);
    this.#memberships =
      this.#memberships.length === 1
        ? noMemberships
        : this.#memberships.filter((other) => other !== membership);
    namespace.remove(socket);
    // Before any handler runs: the client may return before that handler is done.
    socket.recoverable?.onClose(reason);
    this.#owner.namespaces.release(namespace);
    if (!wasAccepted) return;
    namespace.meter?.onDisconnect(reason);
    if (this.connection.isOpen) {
      if (!this.#isAccepted) this.#owner.onIdle(this);
      this.#remember(namespace.name);
    }
    this.#owner.onSocketDisconnect(socket, reason);
    namespace.handlers.disconnect(socket, reason);
  }

  refuse(namespace: string, notice: DisconnectNotice | null = null): void {
    const { reason: message = rejected.message, code } = notice ?? {};
    this.sendRefusal(namespace, { message, data: code === undefined ? undefined : { code } });
  }

  sendRefusal(namespace: string, refusal: Refusal): void {
    this.connection.send(refusalPacket(namespace, refusal, this, this.#owner));
  }

  #take(packet: SocketPacket): void {
    switch (packet.type) {
      case "event":
        this.#takeEvent(packet.namespace, packet.data, packet.id);
        break;
      case "ack": {
        const socket = this.#membershipIn(packet.namespace)?.socket;
        if (socket === undefined) this.#ignore(packet.namespace, "an acknowledgement");
        else socket.answer(packet.id, packet.data);
        break;
      }
      case "connect":
        this.#count();
        if (this.isEio3) this.#joinEio3(packet.namespace);
        else this.#join(packet.namespace, packet.data);
        break;
      case "disconnect":
        this.#leave(packet.namespace);
        break;
      case "connect_error":
        if (this.isEio3) {
          // A Socket.IO 2 client sends it in place of a packet that it could not encode.
          this.#owner.onIgnored(this, packet.namespace, "a client's report of an error");
          break;
        }
        throw new ProtocolError("a client cannot refuse a connection");
    }
  }

  #takeEvent(name: string, data: readonly [string, ...unknown[]], id: number | undefined): void {
    const membership = this.#membershipIn(name);
    this.#count();
    if (membership?.socket.isConnected !== true) {
      this.#ignore(name, "an event");
      return;
    }
    const { socket, namespace } = membership;
    if (namespace.meter !== null) namespace.meter.onEvent(data[0]);
    const answer = id === undefined ? null : this.#answer(membership, id);
    if (namespace.rate !== null) {
      socket.bucket ??= new TokenBucket(namespace.rate, this.#owner.clock);
      if (!socket.bucket.take()) {
        this.#owner.onLimit(this, name, "maxNamespaceEventsPerSecond");
        answer?.([tooManyEvents]);
        return;
      }
    }
    namespace.handlers.event(socket, data[0], data.slice(1), answer);
  }

  /** Ignores a packet for a namespace that the client is not in. */
  #ignore(name: string, what: string): void {
    // Often the client sent it before it knew that the server had disconnected it. That must not end the
    // connection.
    const isKnown = this.#left?.has(name) === true || this.#deciding?.has(name) === true;
    if (!isKnown && this.#membershipIn(name) === undefined) {
      throw new ProtocolError(`${what} in a namespace that was not joined`, "not in namespace");
    }
    this.#owner.onIgnored(this, name, `${what} for a namespace that the client is not in`);
  }

  #remember(namespace: string): void {
    this.#left ??= new Set();
    this.#left.add(namespace);
    if (this.#left.size <= this.#owner.limits.maxNamespaces) return;
    for (const oldest of this.#left) {
      this.#left.delete(oldest);
      return;
    }
  }

  /** Counts packets that make handlers run. */
  #count(): void {
    const { rate } = this.#owner.limits;
    if (rate === null) return;
    this.#bucket ??= new TokenBucket(rate, this.#owner.clock);
    if (this.#bucket.take()) return;
    throw new ProtocolError(
      `more than ${rate.perSecond} events a second, and ${rate.burst} at once`,
      "too many events",
    );
  }

  #answer({ socket, namespace }: Membership, id: number): Answer {
    let answered = false;
    return (values) => {
      if (answered || !socket.isConnected) return;
      const packet = this.codec.packet({ type: "ack", namespace: socket.namespace, id, data: [...values] });
      answered = true;
      if (namespace.recovery?.isBehind === true) namespace.inTurn([socket], () => socket.deliver(packet));
      else this.connection.send(packet);
    };
  }

  #joinEio3(address: string): void {
    const { namespace, query } = splitOldNamespace(address);
    const { maxNamespaceLength } = this.#owner.limits.decoder;
    if (namespace.length > maxNamespaceLength) {
      throw new ProtocolError(
        `a namespace longer than ${maxNamespaceLength} characters`,
        "namespace too long",
      );
    }
    if (namespace === "/" && this.#isIn("/")) {
      // A Socket.IO 2 client is in "/" from the beginning and cannot leave it, but some ask for it.
      this.#owner.onIgnored(this, "/", "a request to join a namespace that the client is in");
      return;
    }
    this.#join(namespace, query);
  }

  #join(name: string, auth: unknown, isAsked = true): void {
    if (this.#isIn(name)) {
      if (this.#repeats(name, auth)) {
        this.#owner.onIgnored(this, name, "a request to join a namespace that the client is in");
        return;
      }
      this.#leave(name);
      // Its `disconnect` handler may have ended the whole connection.
      if (!this.connection.isOpen) return;
    }
    this.#note(name, auth);
    if (this.#memberships.length + (this.#deciding?.size ?? 0) >= this.#owner.limits.maxNamespaces) {
      this.sendRefusal(name, { message: "Too many namespaces" });
      this.#owner.onLimit(this, name, "maxNamespaces");
      return;
    }
    this.#owner.entrance.join(this, name, auth, isAsked);
  }

  /** Whether the client is in a namespace, or waits to join it. */
  #isIn(name: string): boolean {
    return this.#membershipIn(name) !== undefined || this.#deciding?.has(name) === true;
  }

  /**
   * Whether the client has sent the same request in this tick.
   *
   * A page that mounts, unmounts and mounts a component at once sends two equal requests. One membership
   * answers both.
   */
  #repeats(name: string, auth: unknown): boolean {
    if (name === this.#askedFirst) return isDeepStrictEqual(this.#firstAuth, auth);
    return this.#askedLater?.has(name) === true && isDeepStrictEqual(this.#askedLater.get(name), auth);
  }

  #note(name: string, auth: unknown): void {
    if (this.#askedFirst === null) this.#owner.onAsked(this);
    this.#askedFirst ??= name;
    if (name === this.#askedFirst) {
      this.#firstAuth = auth;
    } else {
      this.#askedLater ??= new Map();
      this.#askedLater.set(name, auth);
    }
  }

  /** Called at the end of the tick of a first request. */
  forgetAsked(): void {
    this.#askedFirst = null;
    this.#firstAuth = undefined;
    this.#askedLater = null;
  }

  /**
   * Ends the client's membership, or its request for one.
   *
   * Stock clients send nothing when they leave before they are accepted, so a second request also means that
   * the client has left.
   */
  #leave(name: string): void {
    this.#deciding?.delete(name);
    this.#membershipIn(name)?.socket.close("client namespace disconnect");
  }

  beginJoin(name: string): PendingJoin {
    const mark = {};
    this.#deciding ??= new Map();
    this.#deciding.set(name, mark);
    const isOpen = () => this.#deciding?.get(name) === mark;
    return { isOpen, end: () => isOpen() && this.#deciding?.delete(name) === true };
  }

  onAdmit(name: string): void {
    this.#left?.delete(name);
  }

  onEnter(socket: Socket, namespace: OpenNamespace): void {
    this.#memberships = [...this.#memberships, { socket, namespace }];
  }

  onAccept(): void {
    this.#owner.onBusy(this);
  }
}
