/**
 * Stands for the link to other processes while its code is loaded. Everything sent until then waits, in its
 * order. Events are encoded at once: their callers are told what cannot be sent, and may change what they
 * gave afterwards.
 */

import { AsyncResource } from "node:async_hooks";
import type { OtherServers, ServerReplyListener } from "../../backplane/cluster/server-event.ts";
import type { AckListener } from "../../core/model/ack-listener.ts";
import type { Operation } from "../../core/model/operation.ts";
import type { FoundCount, FoundSockets } from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";
import { decodeEvent, type EventPacket, encodedOf, JsonEventPacket } from "../../core/packet/event-packet.ts";
import type { AckRequest, Backplane } from "../../core/ports.ts";
import type { RecoverableEvent, SharedLogBounds, SharedRecovery } from "../../core/recovery/recovery-log.ts";
import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import { decodeMessagePack } from "../../protocol/message-pack-reader.ts";
import { MessagePackWriter } from "../../protocol/message-pack-writer.ts";
import { encodeEvent } from "../../protocol/socket-packet-encoder.ts";
import type { ClusterConnection } from "./cluster-node.ts";

/** What others can be told once the code is there. */
export interface Link {
  /** `null` where there will be none. */
  readonly connection: Pick<ClusterConnection, "keepNothing"> | null;
  readonly backplane: Pick<Backplane, "emit" | "publish" | "ask" | "sockets" | "count">;
  /** `null` where there are no events between servers. */
  readonly servers: Pick<OtherServers, "tellServers" | "askServers"> | null;
  /** `null` where processes share no recovery. */
  readonly recovery: Pick<SharedRecovery, "append"> | null;
}

/** Stands for processes that cannot be reached, and never will be. */
const nowhere: Link = {
  connection: null,
  backplane: {
    emit() {},
    publish: () => Promise.resolve(),
    ask(_request, _timeout, listener) {
      listener.onEnd([]);
      return () => {};
    },
    sockets: () => Promise.resolve({ sockets: [], missing: [] }),
    count: () => Promise.resolve({ count: 0, missing: [] }),
  },
  servers: null,
  recovery: null,
};

/** What Roomcast makes itself keeps to all limits. */
const noLimits = { maxDepth: 1001, maxAttachments: Number.MAX_SAFE_INTEGER };

/**
 * See the head of this file. No namespace opens before the link is there, so most methods have nothing to
 * tell of.
 */
export class LateBackplane implements Backplane, OtherServers, SharedRecovery {
  readonly node: string;
  readonly isServer = false;
  readonly isReachable = false;
  readonly #sendsValues: boolean;
  #waiting: ((link: Link) => void)[] = [];
  #link: Link | null = null;

  /**
   * @param node - the id of this process
   * @param sendsValues - whether the link encodes the arguments of events itself, in the format of others
   */
  constructor(node: string, sendsValues: boolean) {
    this.node = node;
    this.#sendsValues = sendsValues;
  }

  get sidPrefix(): string {
    return this.node;
  }

  /** How many calls wait for the link. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The link is there: takes what has waited. `null` where there will be none. */
  resolve(link: Link | null): void {
    this.#link = link ?? nowhere;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const act of waiting) act(this.#link);
  }

  /** Does something with the link, after everything that was asked of it before. */
  whenLinked(act: (link: Link) => void): void {
    if (this.#link !== null) act(this.#link);
    // Traces tell where an event comes from.
    else this.#waiting.push(AsyncResource.bind(act));
  }

  emit(
    target: Target,
    packet: EventPacket,
    event: string,
    values: readonly unknown[],
    flags: PacketFlags,
  ): void {
    const kept = this.#keep({ target, packet, event, values });
    this.whenLinked(({ backplane }) => backplane.emit(target, kept.packet, event, kept.values, flags));
  }

  publish(operation: Operation): Promise<void> {
    return new Promise((resolve) => {
      this.whenLinked(({ backplane }) => resolve(backplane.publish(operation)));
    });
  }

  ask(request: AckRequest, timeout: number | null, listener: AckListener): () => void {
    const kept = this.#keep(request);
    let stop = () => {};
    let isStopped = false;
    this.whenLinked(({ backplane }) => {
      stop = backplane.ask(kept, timeout, listener);
      if (isStopped) stop();
    });
    return () => {
      isStopped = true;
      stop();
    };
  }

  sockets(target: Target): Promise<FoundSockets> {
    return new Promise((resolve) => {
      this.whenLinked(({ backplane }) => resolve(backplane.sockets(target)));
    });
  }

  count(target: Target): Promise<FoundCount> {
    return new Promise((resolve) => {
      this.whenLinked(({ backplane }) => resolve(backplane.count(target)));
    });
  }

  /** None is known yet. */
  nodes(): readonly string[] {
    return [];
  }

  tellServers(event: string, values: readonly unknown[]): void {
    const kept = copyOf(event, values);
    this.whenLinked(({ servers }) => servers?.tellServers(event, kept()));
  }

  askServers(
    event: string,
    values: readonly unknown[],
    timeout: number,
    listener: ServerReplyListener,
  ): void {
    const kept = copyOf(event, values);
    this.whenLinked(({ servers }) => {
      if (servers === null) listener.onEnd([]);
      else servers.askServers(event, kept(), timeout, listener);
    });
  }

  append({ target, event, values, flags, carrier }: RecoverableEvent, bounds: SharedLogBounds): void {
    const { encoded } = new JsonEventPacket(target.namespace, event, values);
    this.whenLinked(({ recovery }) => {
      const [, ...decoded] = decodeEvent(encoded);
      recovery?.append({ target, event, values: decoded, flags, carrier: carrier ?? null }, bounds);
    });
  }

  open(): never {
    throw new Error("A namespace was opened before its server knew other processes.");
  }

  subscribed(): null {
    return null;
  }

  onNamespaceOpen(): null {
    return null;
  }

  onNamespaceEmpty(): void {}

  onRoomOpen(): void {}

  onRoomEmpty(): void {}

  /** What stands for an event whose arguments may change. */
  #keep({ target, packet, event, values }: AckRequest): AckRequest {
    const encoded = encodedOf(packet, target, event, values);
    const kept = JsonEventPacket.received(target.namespace, encoded);
    // Other processes of Roomcast get the encoded packet.
    return { target, event, packet: kept, values: this.#sendsValues ? bytesAndBack(values) : [] };
  }
}

/** What reads a copy of the arguments of an event between servers, as others get them. */
function copyOf(event: string, values: readonly unknown[]): () => readonly unknown[] {
  const encoded = encodeEvent("/", [event, ...values]);
  return () => decodeEvent(encoded).slice(1);
}

/** Copies arguments in a form in which dates stay dates. */
function bytesAndBack(values: readonly unknown[]): readonly unknown[] {
  const writer = new MessagePackWriter();
  writer.value(values);
  return decodeMessagePack(writer.take(), noLimits) as readonly unknown[];
}
