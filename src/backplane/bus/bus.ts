/** The port of a bus, which carries bytes between processes. It knows no rooms, events or Socket.IO. */

import type { BusLoad } from "./queue-health.ts";

/** Learns what happens on a bus. None of these methods throws. */
export interface BusListener {
  /** A message came. It may be this process's own: some buses return messages to a sender that subscribes. */
  onMessage(subject: string, message: Uint8Array): void;
  /** The bus carries messages: for the first time, or again. */
  onUp(): void;
  /**
   * The bus carries nothing for now, and keeps trying. Called once, however many attempts fail, and once more
   * when the broker begins to refuse this process.
   */
  onDown(error: unknown): void;
  /** The broker refused one message, although the bus is up. */
  onRefused(error: unknown): void;
  /**
   * The connection or the bus ended before the broker confirmed a number of messages. They may have arrived.
   */
  onUnconfirmed?(count: number, error: unknown): void;
  /** Messages that the bus had taken will not be sent. */
  onDropped?(count: number): void;
}

/**
 * Connects processes. A message reaches the subscribers of its subject, at most once. Messages of one sender
 * on one subject keep their order. A subject is any text.
 */
export interface Bus {
  /** The name, for messages. */
  readonly name: string;
  /** Its figures at this moment; `undefined` where it sends at once. */
  readonly load?: BusLoad | undefined;
  /**
   * Connects, and reconnects until {@link close}. Resolves when the first attempt has succeeded or failed;
   * the listener learns which. Rejects when no attempt can succeed: a package is missing, or the broker
   * refuses this process.
   */
  open(listener: BusListener): Promise<void>;
  /**
   * Sends a message without waiting. Messages from before the end of the first attempt to connect are kept
   * until then.
   *
   * @param message - must not change any more
   * @returns `false` when the message was dropped, since the bus is down or does not keep up
   */
  publish(subject: string, message: Uint8Array): boolean;
  /**
   * Subscribes to a subject. Resolves when every message that is sent from then on will come. Subscriptions
   * outlive a break: on a bus that is down, this is when it is up again.
   */
  subscribe(subject: string): Promise<void>;
  /** Unsubscribes from a subject. A few messages may still come. */
  unsubscribe(subject: string): void;
  /**
   * Counts the connections that have subscribed to a subject, those of other programs included. Resolves to
   * `null`, or is missing, where a bus cannot tell. Rejects while it is down.
   */
  countSubscribers?(subject: string): Promise<number | null>;
  /**
   * What to wait for before a message that only makes sense while the bus is up; `null` where the bus is up,
   * or has no such waiting. It never rejects.
   */
  whenUp?(): Promise<void> | null;
  /** Waits a moment for messages under way, then disconnects. Closing twice is harmless. */
  close(): Promise<void>;
}
