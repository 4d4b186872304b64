/** The bus's link to NATS. */

import type { Subscription } from "@nats-io/transport-node";
import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "../bus/broker-bus.ts";
import { type MessageQueue, readQueue } from "../queue/queue-source.ts";
import type { NatsLinkConnection } from "./borrowed-connection.ts";
import {
  channelToken,
  connectToNats,
  encodeToken,
  importNats,
  RoundTrips,
  refusalOf,
} from "./nats-connection.ts";

/**
 * Opens links to NATS.
 *
 * @param given - a message queue on NATS
 * @param channel - the beginning of all subjects
 */
export function natsLinks(given: MessageQueue, channel: string): ConnectBroker {
  const queue = readQueue(given);
  return async (owner, signal) => {
    const connection = await connectToNats(await importNats(), queue, signal);
    return new NatsLink(connection, channel, owner);
  };
}

/** See {@link natsLinks}. */
class NatsLink implements BrokerLink {
  readonly lifeSign = "answer";
  readonly #connection: NatsLinkConnection;
  readonly #roundTrips: RoundTrips;
  readonly #prefix: string;
  readonly #owner: BrokerLinkOwner;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(connection: NatsLinkConnection, channel: string, owner: BrokerLinkOwner) {
    this.#connection = connection;
    this.#roundTrips = new RoundTrips(connection);
    this.#owner = owner;
    this.#prefix = channelToken(channel);
    void connection.closed().then((error) => {
      owner.onLost(error instanceof Error ? error : new Error("The connection to NATS was lost."));
    });
    void this.#watchRights();
  }

  publish(subject: string, message: Uint8Array): Promise<unknown> {
    try {
      this.#connection.publish(this.#name(subject), message);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#roundTrips.make();
  }

  async subscribe(subjects: readonly string[]): Promise<void> {
    let denial: unknown = null;
    for (const subject of subjects) {
      if (this.#subscriptions.has(subject)) continue;
      const subscription = this.#connection.subscribe(this.#name(subject), {
        callback: (error, message) => {
          if (error === null) {
            this.#owner.onMessage(subject, message.data);
          } else {
            denial ??= refusalOf(error);
            this.#owner.onLost(denial);
          }
        },
      });
      this.#subscriptions.set(subject, subscription);
    }
    await this.#roundTrips.make();
    // The server reports a missing right before it answers.
    if (denial !== null) throw denial;
  }

  async unsubscribe(subjects: readonly string[]): Promise<void> {
    for (const subject of subjects) {
      this.#subscriptions.get(subject)?.unsubscribe();
      this.#subscriptions.delete(subject);
    }
  }

  async ping(): Promise<unknown> {
    return this.#connection.flush();
  }

  /**
   * The server takes a message that this user may not send, and reports it afterwards.
   */
  async #watchRights(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type !== "error") continue;
      const { error } = status;
      if (!("operation" in error) || error.operation !== "publish") continue;
      this.#owner.onRefused(refusalOf(error));
    }
  }

  close(): void {
    this.#connection.close().catch(() => {});
  }

  #name(subject: string): string {
    return `${this.#prefix}.${encodeToken(subject)}`;
  }
}
