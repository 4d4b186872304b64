/** What core asks of the layers above it. */

import type { PacketFlags } from "../engine/outbox/outgoing-packet.ts";
import type { AckListener } from "./model/ack-listener.ts";
import type { Operation } from "./model/operation.ts";
import type { FoundCount, FoundSockets } from "./model/socket-info.ts";
import type { Target } from "./model/target.ts";
import type { EventPacket } from "./packet/event-packet.ts";

/** The session as one handler sees it, from its start to its end. */
export interface SessionScope {
  /** The session's data, which the handler may change. Another object where a client that returns has been let in. */
  readonly data: Record<string, unknown>;
  /** The handler is done: what it changed is to be kept. Rejects when it cannot be, and never throws. */
  end(): void | Promise<void>;
}

/** The session of one client, shared by all namespaces that it joins. */
export interface ClientSession {
  /** Whether what is in it is kept nowhere else, so that a client that comes back has to be given it again. */
  readonly isPrivate: boolean;
  /** Opens the session for a handler. */
  begin(): SessionScope | Promise<SessionScope>;
  /** What is in it; `null` where it is kept elsewhere, or has not been opened. Not to be changed. */
  snapshot(): Record<string, unknown> | null;
  /** Puts in it what was in the session of an earlier connection. */
  replace(data: Record<string, unknown>): void;
  /**
   * The HTTP session that the client came with, and what its own handlers have changed of it since: with that a later
   * connection is compared. `null` where the server knows no HTTP sessions. It rejects where the session cannot be read.
   */
  origin(): Record<string, unknown> | null | Promise<Record<string, unknown>>;
}

/**
 * The link to other processes. It is told of what concerns clients that may be there, when it has taken effect here.
 * Nothing here throws: a link that is down is no reason for a local operation to fail.
 */
export interface Backplane {
  /** Stands in the public ids of this process's clients, behind the mark of all: other processes know by it where they are. */
  readonly sidPrefix: string;
  /**
   * A namespace has got its first client.
   *
   * @returns what to wait for until the events of other processes come; `null` for nothing. It never rejects.
   */
  onNamespaceOpen(namespace: string): Promise<void> | null;
  /** A namespace has lost its last client. */
  onNamespaceEmpty(namespace: string): void;
  /** A room has got its first member here. */
  onRoomOpen(namespace: string, room: string): void;
  /** A room has lost its last member here. */
  onRoomEmpty(namespace: string, room: string): void;
  /** What to wait for until other processes' events for a room come here; `null` for nothing. It never rejects. */
  subscribed(namespace: string, room: string): Promise<void> | null;
  /**
   * An event was sent to the clients of this process.
   *
   * @param packet - the event, ready to be sent; no other process need encode it again
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
  /** An operation was carried out here. The promise settles when other processes know of it; it never rejects. */
  publish(operation: Operation): Promise<void>;
  /**
   * An event was sent to the clients of this process, and answers are waited for; other processes may have more of them.
   *
   * @param timeout - how long clients have to answer, in ms; `null` for as long as they are there
   * @returns what stops the waiting
   */
  ask(question: AckRequest, timeout: number | null, listener: AckListener): () => void;
  /** Lists clients of other processes. The promise never rejects. */
  sockets(target: Target): Promise<FoundSockets>;
  /** Counts clients of other processes. The promise never rejects. */
  count(target: Target): Promise<FoundCount>;
}

/** An event that clients are to answer. */
export interface AckRequest {
  readonly target: Target;
  /** The event, ready to be sent. */
  readonly packet: EventPacket;
  /** Its name. */
  readonly event: string;
  /** Its arguments. */
  readonly values: readonly unknown[];
}
