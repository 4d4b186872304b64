/** A NATS connection of the application, used by one link. The end of the link leaves it open. */

import type { NatsConnection, ServerInfo, Status, Subscription } from "@nats-io/transport-node";
import { RoomcastError } from "../../base/errors.ts";

/** The part of a connection that links use. */
export type NatsLinkConnection = Pick<
  NatsConnection,
  "publish" | "request" | "subscribe" | "flush" | "status" | "isClosed" | "closed" | "close"
> & { readonly info?: ServerInfo | undefined };

/** See the head of this file. */
export class BorrowedConnection implements NatsLinkConnection {
  readonly #connection: NatsConnection;
  readonly #subscriptions = new Set<Subscription>();
  readonly #statuses = new Set<AsyncIterable<Status>>();
  readonly #ended: Promise<Error | undefined>;
  #end: (error?: Error) => void = () => {};
  #isClosed = false;

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#ended = new Promise((resolve) => {
      this.#end = (error) => resolve(error);
    });
  }

  /**
   * Resolves when the connection is up.
   *
   * @throws {@link RoomcastError} `ERR_MESSAGE_QUEUE` when the application has closed it
   */
  static async of(connection: NatsConnection): Promise<BorrowedConnection> {
    if (connection.isClosed()) throw isOver();
    await connection.flush();
    const borrowed = new BorrowedConnection(connection);
    void borrowed.#watch();
    void connection.closed().then((error) => borrowed.#end(error instanceof Error ? error : isOver()));
    return borrowed;
  }

  get info(): ServerInfo | undefined {
    return this.#connection.info;
  }

  publish(...values: Parameters<NatsConnection["publish"]>): void {
    this.#connection.publish(...values);
  }

  request(...values: Parameters<NatsConnection["request"]>): ReturnType<NatsConnection["request"]> {
    return this.#connection.request(...values);
  }

  subscribe(...values: Parameters<NatsConnection["subscribe"]>): Subscription {
    const subscription = this.#connection.subscribe(...values);
    this.#subscriptions.add(subscription);
    void subscription.closed.then(() => this.#subscriptions.delete(subscription));
    return subscription;
  }

  flush(): Promise<void> {
    return this.#connection.flush();
  }

  status(): AsyncIterable<Status> {
    const statuses = this.#connection.status();
    this.#statuses.add(statuses);
    return statuses;
  }

  isClosed(): boolean {
    return this.#isClosed || this.#connection.isClosed();
  }

  /** Resolves when the link has to end: the connection breaks or is closed, or the link itself is. */
  closed(): Promise<Error | undefined> {
    return this.#ended;
  }

  /** Removes what the link has added to the connection. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    for (const subscription of this.#subscriptions) {
      if (!this.#connection.isClosed()) subscription.unsubscribe();
    }
    // The package's iterators have a way to end, which their type does not show.
    for (const statuses of this.#statuses) (statuses as { stop?(): void }).stop?.();
    this.#end();
    return Promise.resolve();
  }

  /** Messages may be lost in a break, although the connection comes back by itself. */
  async #watch(): Promise<void> {
    for await (const { type } of this.status()) {
      if (type === "disconnect") this.#end(new Error("The connection to NATS was lost."));
    }
  }
}

function isOver(): RoomcastError {
  return new RoomcastError(
    "ERR_MESSAGE_QUEUE",
    "The NATS connection that the option messageQueue was given is closed, and never opens again. Close it after socketio.stop(), or give the options of a connection: messageQueue: { url }.",
  );
}
