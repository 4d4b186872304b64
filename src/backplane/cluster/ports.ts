/** What a cluster needs of the rest of its process. */

import type { ContextPropagation } from "../../base/tracing/context-propagation.ts";
import type { AckListener } from "../../core/model/ack-listener.ts";
import type { Operation } from "../../core/model/operation.ts";
import type { SocketInfo } from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";
import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import type { BusMonitorOwner } from "../bus/bus-monitor.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";

/** The clients of this process. */
export interface LocalClients {
  /** Sends an event to those of this process. */
  deliver(target: Target, event: EncodedEvent, flags: PacketFlags): void;
  /** Carries out an operation on those of this process. */
  apply(operation: Operation): void;
  /** Calls those of this process. */
  inquireFor(target: Target, event: EncodedEvent, timeout: number, listener: AckListener): () => void;
  /** Lists those of this process. */
  describe(target: Target): readonly SocketInfo[];
  /** Counts those of this process. */
  countHere(target: Target): number;
  /** Messages of other processes may have been lost. */
  onGap(): void;
  /** Whether clients of a namespace keep their public ids when they come back to another process. */
  roams(namespace: string): boolean;
  /** What to wait for until other processes can take over clients as they are here; `null` for nothing. */
  kept(target: Target): Promise<unknown> | null;
}

/**
 * A second way to the processes of a recoverable namespace: messages on it keep their place among its events.
 */
export interface OrderedWay {
  /** Gets the messages that other processes pass; `null` where nothing does. */
  listener: PassedListener | null;
  /**
   * Sends a message to the processes that have clients in a namespace.
   *
   * @param target - the clients that it is for; `null` for all processes with clients in the namespace
   * @param isAgain - whether it waits for a connection where there is none, and may come twice; else it is
   *   dropped
   * @returns `false` where it cannot go that way
   */
  pass(namespace: string, target: Target | null, message: Uint8Array, isAgain: boolean): boolean;
  /** Whether this process gets the messages that others pass in a namespace. */
  hears(namespace: string): boolean;
}

/** Gets the messages that other processes pass. */
export interface PassedListener {
  /** @param namespace - among whose events it was passed */
  onPassed(message: Uint8Array, namespace: string): void;
  /** The way broke: messages that were passed in a namespace before come no more. */
  onPassedBreak(namespace: string): void;
}

/** What the cluster tells of its bus. */
export interface ClusterOwner extends BusMonitorOwner, MessageProblemListener {
  /** The bus did not take one message, although it is up. */
  onRefused(error: unknown): void;
  /** Reports an error that no caller gets. */
  report(error: unknown): void;
}

/** The ways on which this process sends to the others. */
export interface ClusterWays {
  /**
   * The way on which messages keep their place among recoverable events; `null` where no namespace is
   * recoverable.
   */
  readonly ordered: OrderedWay | null;
  /** The contexts of messages, for traces. */
  readonly contexts: ContextPropagation;
  /** Sends a message on the bus; `false` where the bus drops it. */
  send(subject: string, message: Uint8Array): boolean;
}
