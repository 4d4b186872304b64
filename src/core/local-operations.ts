/**
 * Operations on the clients of this process alone.
 *
 * Operations of the application end here, and so do requests of other processes.
 */

import type { Clock } from "../base/time/clock.ts";
import type { Trace } from "../base/trace.ts";
import type { PacketFlags } from "../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../protocol/socket-packet.ts";
import { BroadcastAck, type InTurn } from "./ack/broadcast-ack.ts";
import { broadcastTrace, eventNameOf, traceBroadcast } from "./broadcast-trace.ts";
import type { SoftLimit } from "./client/client-limits.ts";
import type { AckListener } from "./model/ack-listener.ts";
import type { Operation } from "./model/operation.ts";
import { isSid } from "./model/sid.ts";
import { describeSocket, type SocketInfo } from "./model/socket-info.ts";
import type { Target } from "./model/target.ts";
import type { NamespaceRegistry } from "./namespace/namespace-registry.ts";
import type { OpenNamespace } from "./namespace/open-namespace.ts";
import { type Codec, receivedEvent } from "./packet/codec.ts";
import { decodeEvent, type EventPacket } from "./packet/event-packet.ts";
import type { Socket } from "./socket/socket.ts";

/** What local operations ask of the hub. */
export interface LocalOperationsOwner {
  readonly codec: Codec;
  readonly clock: Clock;
  readonly trace: Trace;
  /** A limit was reached by a client, or, with `null`, by the application or another process. */
  onLimit(client: { readonly number: number } | null, namespace: string, limit: SoftLimit): void;
}

/** The limits of rooms. */
export interface RoomLimits {
  readonly maxRooms: number;
  readonly maxRoomLength: number;
}

/** Operations on the clients of this process. */
export class LocalOperations {
  readonly limits: RoomLimits;
  readonly #owner: LocalOperationsOwner;
  readonly #namespaces: NamespaceRegistry;

  /**
   * @param owner - the hub
   * @param namespaces - the namespaces with their sockets
   * @param limits - how many rooms a client may be in, and how long their names may be
   */
  constructor(owner: LocalOperationsOwner, namespaces: NamespaceRegistry, limits: RoomLimits) {
    this.#owner = owner;
    this.#namespaces = namespaces;
    this.limits = limits;
  }

  /** Sends an event of another process to the clients of this one. */
  deliver(target: Target, encoded: EncodedEvent, flags: PacketFlags): void {
    const namespace = this.#namespaces.get(target.namespace);
    if (namespace === undefined) return;
    this.#namespaces.foreignEvents.tell(target, encoded);
    const { broadcasts } = this.#owner.trace.operations;
    if (broadcasts.isActive) {
      const about = broadcastTrace(target, eventNameOf(encoded), { acknowledged: false, remote: true });
      traceBroadcast(broadcasts, about, () => this.#deliver(namespace, target, encoded, flags));
    } else {
      this.#deliver(namespace, target, encoded, flags);
    }
  }

  /** Returns how many clients get the event. */
  #deliver(namespace: OpenNamespace, target: Target, encoded: EncodedEvent, flags: PacketFlags): number {
    const { recovery, name } = namespace;
    if (recovery === null) {
      return namespace.broadcast(receivedEvent(this.#owner.codec, name, encoded, flags).plain(), target);
    }
    if (recovery.isShared) return recovery.receive(target, encoded, flags);
    const [event, ...values] = decodeEvent(encoded);
    return recovery.emit(target, event, values, flags);
  }

  /** Carries out an operation on the clients of this process alone. */
  apply(operation: Operation): void {
    if (operation.type === "join" && !operation.rooms.every((room) => this.#mayBeJoined(room))) {
      const { target, rooms } = operation;
      if (rooms.some((room) => this.#isTooLong(room)))
        this.#owner.onLimit(null, target.namespace, "maxRoomLength");
      const others = rooms.filter((room) => this.#mayBeJoined(room));
      if (others.length > 0) this.apply({ type: "join", target, rooms: others });
      return;
    }
    switch (operation.type) {
      case "join":
        for (const socket of this.#namespaces.select(operation.target))
          for (const room of operation.rooms) this.#join(socket, room);
        break;
      case "leave":
        for (const socket of this.#namespaces.select(operation.target))
          for (const room of operation.rooms) this.#leave(socket, room);
        break;
      case "close room":
        this.#closeRoom(operation.namespace, operation.room);
        break;
      case "disconnect":
        this.#disconnect(operation);
        break;
      default:
        operation satisfies never;
    }
    const name = operation.type === "close room" ? operation.namespace : operation.target.namespace;
    this.#namespaces.get(name)?.recovery?.sessions.apply(operation);
  }

  /**
   * Sends an event to clients and collects their acknowledgements.
   *
   * @returns a function that stops waiting
   */
  inquire(target: Target, packet: EventPacket, timeout: number, listener: AckListener): () => void {
    const inTurn: InTurn = (sockets, act) => this.#namespaces.inTurn(target.namespace, sockets, act);
    const sockets = this.#namespaces.select(target);
    const { clock } = this.#owner;
    const inquiry = new BroadcastAck(sockets, packet, listener, { clock, timeout, inTurn });
    return () => inquiry.stop();
  }

  /** Sends an event of another process to clients and collects their acknowledgements. */
  inquireFor(target: Target, encoded: EncodedEvent, timeout: number, listener: AckListener): () => void {
    const packet = receivedEvent(this.#owner.codec, target.namespace, encoded);
    const { broadcasts } = this.#owner.trace.operations;
    if (!broadcasts.isActive) return this.inquire(target, packet, timeout, listener);
    let stop = () => {};
    const about = broadcastTrace(target, eventNameOf(encoded), { acknowledged: true, remote: true });
    traceBroadcast(broadcasts, about, () => {
      stop = this.inquire(target, packet, timeout, listener);
      return this.#namespaces.select(target).length;
    });
    return stop;
  }

  /** Counts the accepted clients. */
  countHere(target: Target): number {
    return this.#namespaces.select(target).filter(({ isConnected }) => isConnected).length;
  }

  /** Lists the accepted clients. */
  describe(target: Target): SocketInfo[] {
    return this.#namespaces
      .select(target)
      .filter(({ isConnected }) => isConnected)
      .map(describeSocket);
  }

  /** How many bytes wait to be written to a client. */
  bufferedBytes({ namespace, sid }: Target): number {
    return this.#namespaces.find(namespace, sid)?.client.bufferedBytes ?? 0;
  }

  /** Resolves to `true` when nothing waits to be written to a client, to `false` when it is not here. */
  drained({ namespace, sid }: Target): Promise<boolean> {
    return this.#namespaces.find(namespace, sid)?.client.drained() ?? Promise.resolve(false);
  }

  /** Whether a client of a namespace keeps its sid when it returns to another process. */
  roams(namespace: string): boolean {
    if (this.#namespaces.sharedRecovery === null) return false;
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known.recovery !== null;
    return this.#namespaces.recoverySettings(namespace) !== null;
  }

  /**
   * Settles when other processes know the state of these clients; `null` when there is nothing to wait for.
   */
  kept(target: Target): Promise<unknown> | null {
    return this.#namespaces.get(target.namespace)?.recovery?.allKept(target) ?? null;
  }

  /** Events of other processes may be lost, so clients that are away cannot get all that they missed. */
  onGap(): void {
    for (const { recovery } of [...this.#namespaces.all()]) recovery?.sessions.giveUpAway();
  }

  /**
   * Whether a client may join one more room. A refusal is counted.
   *
   * @param others - how many other rooms it is about to join
   */
  hasPlaceFor(socket: Socket, room: string, others = 0): boolean {
    if (socket.isClosed || room === socket.sid || socket.rooms.has(room)) return true;
    if (socket.client.roomCount + others < this.limits.maxRooms) return true;
    this.#owner.onLimit(socket.client, socket.namespace, "maxRooms");
    return false;
  }

  /** Other programs have their own limits, and may treat a sid like any other room. */
  #mayBeJoined(room: string): boolean {
    return !isSid(room) && !this.#isTooLong(room);
  }

  #isTooLong(room: string): boolean {
    return !isSid(room) && room.length > this.limits.maxRoomLength;
  }

  #join(socket: Socket, room: string): void {
    if (!this.hasPlaceFor(socket, room)) return;
    const join = () => this.#namespaces.get(socket.namespace)?.rooms.join(socket, room);
    const joined = socket.returning === null ? join() : socket.returning.join(room, join);
    if (joined === true && this.#owner.trace.active) {
      this.#owner.trace.publish({ type: "room joined", sid: socket.sid, namespace: socket.namespace, room });
    }
  }

  #leave(socket: Socket, room: string): void {
    const leave = () => this.#namespaces.get(socket.namespace)?.rooms.leave(socket, room);
    const left = socket.returning === null ? leave() : socket.returning.leave(room, leave);
    if (left === true && this.#owner.trace.active) {
      this.#owner.trace.publish({ type: "room left", sid: socket.sid, namespace: socket.namespace, room });
    }
  }

  #disconnect({ target, close, notice }: Extract<Operation, { type: "disconnect" }>): void {
    const sockets = this.#namespaces.select(target);
    if (notice?.retry === true) {
      // A stock client does not reconnect when the server disconnects it from a namespace.
      this.#namespaces.inTurn(target.namespace, sockets, ({ client }) => client.requestReconnect(notice));
      return;
    }
    for (const socket of sockets) {
      socket.disconnect("server namespace disconnect", notice);
      if (close) socket.client.closeConnection(notice);
    }
  }

  #closeRoom(namespace: string, room: string): void {
    this.#namespaces.get(namespace)?.rooms.close(room);
    if (this.#owner.trace.active) this.#owner.trace.publish({ type: "room closed", namespace, room });
  }
}
