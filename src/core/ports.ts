/** What the core asks of the layers above it. */

import type { PacketFlags } from "../engine/outbox/outgoing-packet.ts";
import type { AckListener } from "./model/ack-listener.ts";
import type { Operation } from "./model/operation.ts";
import type { FoundCount, FoundSockets } from "./model/socket-info.ts";
import type { Target } from "./model/target.ts";
import type { EventPacket } from "./packet/event-packet.ts";

/** The session as one handler sees it, from its start to its end. */
export interface SessionScope {
  /** The session's data, which the handler may change. Another object once a returning client is let in. */
  readonly data: Record<string, unknown>;
  /** The handler is done, so its changes are saved. Rejects when they cannot be saved, and never throws. */
  end(): void | Promise<void>;
}

/** The session of one client, shared by all namespaces that it joins. */
export interface ClientSession {
  /** Whether the session is stored nowhere else, so that a returning client must get the data again. */
  readonly isPrivate: boolean;
  /** Opens the session for a handler. */
  begin(): SessionScope | Promise<SessionScope>;
  /** The data; `null` where it is stored elsewhere, or has not been opened. Read only. */
  snapshot(): Record<string, unknown> | null;
  /** Replaces the data with that of an earlier connection. */
  replace(data: Record<string, unknown>): void;
  /**
   * The HTTP session that the client came with, and its own handlers' changes since.
   *
   * A later connection is compared with it. `null` where the server knows no HTTP sessions. Rejects where the
   * session cannot be read.
   */
  origin(): Record<string, unknown> | null | Promise<Record<string, unknown>>;
}

/**
 * The link to other processes.
 *
 * It hears of each operation that may concern their clients, once the operation took effect here. No method
 * throws: an operation here succeeds while the link is down.
 */
export interface Backplane {
  /** A part of every sid of this process, by which other processes find the client's process. */
  readonly sidPrefix: string;
  /**
   * A namespace has got its first client.
   *
   * @returns settles when events of other processes arrive here; `null` when there is nothing to wait for.
   *   Never rejects.
   */
  onNamespaceOpen(namespace: string): Promise<void> | null;
  /** A namespace has lost its last client. */
  onNamespaceEmpty(namespace: string): void;
  /** A room has got its first member in this process. */
  onRoomOpen(namespace: string, room: string): void;
  /** A room has lost its last member in this process. */
  onRoomEmpty(namespace: string, room: string): void;
  /**
   * Settles when other processes' events for a room arrive here; `null` when there is nothing to wait for.
   * Never rejects.
   */
  subscribed(namespace: string, room: string): Promise<void> | null;
  /**
   * An event was sent to the clients of this process.
   *
   * Takes no object: that would be an allocation for each event.
   *
   * @param packet - the event, encoded; no other process needs to encode it again
   * @param event - its name
   * @param values - its arguments
   * @param flags - how it may be treated on its way
   */
  emit(
    target: Target,
    packet: EventPacket,
    event: string,
    values: readonly unknown[],
    flags: PacketFlags,
  ): void;
  /** An operation was carried out here. Settles when other processes know of it; never rejects. */
  publish(operation: Operation): Promise<void>;
  /**
   * An event with acknowledgements was sent to the clients of this process. Other processes may have more of
   * them.
   *
   * @param timeout - how long clients have to answer, in ms; `null` for as long as they are connected
   * @returns a function that stops waiting
   */
  ask(question: AckRequest, timeout: number | null, listener: AckListener): () => void;
  /** Lists clients of other processes. Never rejects. */
  sockets(target: Target): Promise<FoundSockets>;
  /** Counts clients of other processes. Never rejects. */
  count(target: Target): Promise<FoundCount>;
}

/** An event whose acknowledgements are collected. */
export interface AckRequest {
  readonly target: Target;
  /** The event, encoded. */
  readonly packet: EventPacket;
  /** Its name. */
  readonly event: string;
  /** Its arguments. */
  readonly values: readonly unknown[];
}
