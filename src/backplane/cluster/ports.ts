/** What a cluster needs of the rest of its process. */

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
  /** Asks those of this process. */
  inquireFor(target: Target, event: EncodedEvent, timeout: number, listener: AckListener): () => void;
  /** Lists those of this process. */
  describe(target: Target): readonly SocketInfo[];
  /** Counts those of this process. */
  countHere(target: Target): number;
  /** What other processes sent may have been lost. */
  onGap(): void;
  /** Whether clients of a namespace keep their public ids when they come back to another process. */
  roams(namespace: string): boolean;
  /** What to wait for until other processes would know what is known of clients here; `null` for nothing. */
  kept(target: Target): Promise<unknown> | null;
}

/**
 * A second way to the processes of a recoverable namespace, on which messages keep their place among its events.
 */
export interface OrderedWay {
  /** Hears what other processes pass; `null` for nobody. */
  listener: PassedListener | null;
  /**
   * Sends a message to the processes that have clients in a namespace.
   *
   * @param target - for whom it is; `null` for all of these processes
   * @param isAgain - whether it waits for a connection where there is none, and may come twice; else it is dropped
   * @returns `false` where it cannot go that way
   */
  pass(namespace: string, target: Target | null, message: Uint8Array, isAgain: boolean): boolean;
  /** Whether what others pass in a namespace is heard here. */
  hears(namespace: string): boolean;
}

/** Who hears what other processes pass. */
export interface PassedListener {
  /** @param namespace - among whose events it was passed */
  onPassed(message: Uint8Array, namespace: string): void;
  /** There was a break: what was passed in a namespace before comes no more. */
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
  /** The way on which messages keep their place among recoverable events; `null` where no namespace is recoverable. */
  readonly ordered: OrderedWay | null;
  /** Sends a message on the bus; `false` where the bus drops it. */
  send(subject: string, message: Uint8Array): boolean;
}
