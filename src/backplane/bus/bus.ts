/** What carries bytes between processes. A bus knows nothing of rooms, events or Socket.IO. */

/** What a bus tells. None of these throws. */
export interface BusListener {
  /** A message came in. It may be one of this process's own: some buses return them to a sender that subscribed. */
  onMessage(subject: string, message: Uint8Array): void;
  /** The bus carries messages: for the first time, or again. */
  onUp(): void;
  /**
   * The bus carries nothing for now; it goes on trying by itself. Told once, however many attempts fail, and once more
   * when the broker comes to refuse this process.
   */
  onDown(error: unknown): void;
  /** One message could not be carried, although the bus is up. */
  onRefused(error: unknown): void;
  /** Whether so many messages have reached the broker is not known: the connection or the bus ended before it said so. */
  onUnconfirmed?(count: number, error: unknown): void;
}

/**
 * A way between processes. A message reaches those that have subscribed to its subject, at most once; the messages of
 * one sender on one subject keep their order. A subject is any text.
 */
export interface Bus {
  /** What it is, for messages. */
  readonly name: string;
  /**
   * Connects, and stays connected until {@link close}. Resolves when the first attempt has succeeded or failed, which
   * the listener is told; rejects when no attempt can succeed: a package is missing, or the broker refuses this process.
   */
  open(listener: BusListener): Promise<void>;
  /**
   * Sends a message and does not wait for anything. What is sent before the first attempt to connect has ended is kept
   * until then.
   *
   * @param message - not to be changed any more
   * @returns `false` when the message was dropped, since the bus is down or does not keep up
   */
  publish(subject: string, message: Uint8Array): boolean;
  /**
   * Asks for the messages of a subject. Resolves when they will come: whatever anybody sends from then on. On a bus
   * that is down this is when it is up again; subscriptions outlive that.
   */
  subscribe(subject: string): Promise<void>;
  /** Wants no more messages of a subject. A few may still come. */
  unsubscribe(subject: string): void;
  /**
   * What to wait for before something that only makes sense while the bus is up; `null` where the bus is up, or where there is
   * no waiting. It never rejects.
   */
  whenUp?(): Promise<void> | null;
  /** Sends what is under way, as far as that takes no more than a moment, and lets go of everything. Closing twice is harmless. */
  close(): Promise<void>;
}
