/** Sends events: plain ones, and those whose acknowledgements go to a callback. */

import type { Trace } from "../base/trace.ts";
import type { ServerOperations } from "../base/tracing/tracing-channels.ts";
import { args, toArguments } from "../contract/arguments.ts";
import type { EncodedEvent } from "../protocol/socket-packet.ts";
import type { AckRequests, AnswerCallback } from "./ack/ack-requests.ts";
import { broadcastTrace, traceBroadcast } from "./broadcast-trace.ts";
import { clientIn, type Target } from "./model/target.ts";
import type { NamespaceRegistry } from "./namespace/namespace-registry.ts";
import type { OutgoingEvents } from "./outgoing-events.ts";
import type { Codec } from "./packet/codec.ts";
import { decodeEvent, type EventPacket } from "./packet/event-packet.ts";
import type { RoomNames } from "./room-names.ts";
import type { Socket } from "./socket/socket.ts";

/** How an event is sent. */
export interface Delivery {
  readonly volatile?: boolean | undefined;
  readonly compress?: boolean | undefined;
  /** Called once for each client that answers. */
  readonly callback?: AnswerCallback | undefined;
  /** Whether the event goes to clients of this process alone. */
  readonly ignoreQueue?: boolean | undefined;
}

/** What the broadcaster needs of the hub. */
export interface BroadcasterOwner {
  readonly codec: Codec;
  readonly roomNames: RoomNames;
  readonly outgoing: OutgoingEvents;
  readonly trace: Trace;
}

/** Sends events to clients. */
export class Broadcaster {
  readonly #codec: Codec;
  readonly #roomNames: RoomNames;
  readonly #outgoing: OutgoingEvents;
  readonly #operations: ServerOperations;
  readonly #namespaces: NamespaceRegistry;
  readonly #acks: AckRequests;

  /**
   * @param owner - the hub
   * @param namespaces - the namespaces with their sockets
   * @param acks - waits for acknowledgements
   */
  constructor(owner: BroadcasterOwner, namespaces: NamespaceRegistry, acks: AckRequests) {
    this.#codec = owner.codec;
    this.#roomNames = owner.roomNames;
    this.#outgoing = owner.outgoing;
    this.#operations = owner.trace.operations;
    this.#namespaces = namespaces;
    this.#acks = acks;
  }

  /**
   * Sends an event.
   *
   * @throws {@link RoomcastError} `ERR_EVENT_NAME`, `ERR_PAYLOAD`, or `ERR_LIMIT` for a name that no room can
   *   have
   */
  emit(target: Target, event: string, data: unknown, delivery: Delivery): void {
    this.#roomNames.checkTarget(target);
    const values = toArguments(data);
    this.#outgoing.rules?.onSend(target.namespace, event, values);
    const { broadcasts } = this.#operations;
    if (broadcasts.isActive) {
      const acknowledged = delivery.callback !== undefined;
      const about = broadcastTrace(target, event, { acknowledged, remote: false });
      traceBroadcast(broadcasts, about, () => this.#emit(target, event, values, delivery));
    } else {
      this.#emit(target, event, values, delivery);
    }
  }

  /** Returns how many clients of this process it goes to, for traces. */
  #emit(target: Target, event: string, values: readonly unknown[], delivery: Delivery): number {
    const { callback } = delivery;
    let clients: number;
    if (callback === undefined) {
      clients = this.#broadcast(target, event, values, delivery);
    } else {
      const packet = this.#codec.event(target.namespace, event, values, delivery);
      const isLocal = delivery.ignoreQueue === true;
      clients = this.#acks.requestAll({ target, packet, event, values }, callback, isLocal);
    }
    this.#outgoing.meter?.onSent(target.namespace, event);
    this.#outgoing.onSent(target, event, values, clients);
    return clients;
  }

  /** Sends an encoded event that has not reached any client. */
  emitAgain(target: Target, encoded: EncodedEvent, delivery: Delivery): void {
    const [event, ...values] = decodeEvent(encoded);
    this.emit(target, event, args(...values), delivery);
  }

  /** Sends an event to one client: {@link Broadcaster.emit} for the most frequent case. */
  reply(socket: Socket, event: string, data: unknown, delivery: Delivery): void {
    const values = toArguments(data);
    this.#outgoing.rules?.onSend(socket.namespace, event, values);
    const { callback } = delivery;
    if (socket.recoverable !== null && callback === undefined) {
      socket.recoverable.emit(event, values, delivery);
    } else {
      const packet = this.#codec.event(socket.namespace, event, values, delivery);
      if (callback === undefined) socket.deliver(packet.plain());
      else this.#acks.request([socket], packet, event, callback);
    }
    this.#outgoing.meter?.onSent(socket.namespace, event);
    if (!this.#outgoing.isWatched) return;
    this.#outgoing.onSent(clientIn(socket.namespace, socket.sid), event, values, socket.isClosed ? 0 : 1);
  }

  #broadcast(target: Target, event: string, values: readonly unknown[], delivery: Delivery): number {
    if (this.#namespaces.sharedRecovery !== null && this.#append(target, event, values, delivery)) {
      return this.#outgoing.isTraced || this.#operations.broadcasts.isActive
        ? this.#namespaces.select(target).length
        : 0;
    }
    const namespace = this.#namespaces.get(target.namespace);
    const recovery = namespace?.recovery ?? null;
    let packet: EventPacket | null = null;
    let clients = 0;
    if (recovery !== null) {
      clients = recovery.emit(target, event, values, delivery);
    } else {
      packet = this.#codec.event(target.namespace, event, values, delivery);
      if (namespace !== undefined) clients = namespace.broadcast(packet.plain(), target);
    }
    const others = delivery.ignoreQueue === true ? null : this.#namespaces.othersFor(target);
    if (others !== null) {
      packet ??= this.#codec.event(target.namespace, event, values, delivery);
      others.emit(target, packet, event, values, delivery);
    }
    return clients;
  }

  /** Appends an event to the stream that all processes share; `false` where it does not go there. */
  #append(target: Target, event: string, values: readonly unknown[], delivery: Delivery): boolean {
    const { namespace: name } = target;
    const recovery = this.#namespaces.get(name)?.recovery;
    const recoverable = { target, event, values, flags: delivery };
    if (delivery.ignoreQueue === true) {
      if (recovery == null) return false;
      recovery.emitHere(recoverable);
    } else if (delivery.volatile === true) {
      return false;
    } else if (recovery == null) {
      const settings = recovery === undefined ? this.#namespaces.recoverySettings(name) : null;
      if (settings === null) return false;
      const carrier = this.#operations.contexts.carrier();
      this.#namespaces.sharedRecovery?.append({ ...recoverable, carrier }, settings);
    } else {
      recovery.emit(target, event, values, delivery);
    }
    return true;
  }
}
