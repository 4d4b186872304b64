/** One connection to NATS. */

import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "./broker-bus.ts";
import { channelToken, connectTo, encodeToken, importClient, RoundTrips } from "./nats-connection.ts";

/**
 * How to open a link to NATS.
 *
 * @param url - `nats://` or `tls://`, with a user and password or a token where needed; further servers of the cluster
 *   may follow, after commas
 * @param channel - what all subjects begin with
 */
export function natsLinks(url: string, channel: string): ConnectBroker {
  return async (owner, signal) => {
    const connection = await connectTo(await importClient(), url, signal);
    return new NatsLink(connection, channel, owner);
  };
}

/** See above. */
class NatsLink implements BrokerLink {
  readonly #connection: NatsConnection;
  readonly #roundTrips: RoundTrips;
  readonly #prefix: string;
  readonly #owner: BrokerLinkOwner;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(connection: NatsConnection, channel: string, owner: BrokerLinkOwner) {
    this.#connection = connection;
    this.#roundTrips = new RoundTrips(connection);
    this.#owner = owner;
    this.#prefix = channelToken(channel);
    void connection.closed().then((error) => {
      owner.onLost(error instanceof Error ? error : new Error("The connection to NATS was lost."));
    });
  }

  publish(subject: string, message: Uint8Array): Promise<unknown> {
    try {
      this.#connection.publish(this.#name(subject), message);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#roundTrips.make();
  }

  subscribe(subjects: readonly string[]): Promise<unknown> {
    for (const subject of subjects) {
      if (this.#subscriptions.has(subject)) continue;
      const subscription = this.#connection.subscribe(this.#name(subject), {
        callback: (error, message) => {
          if (error === null) this.#owner.onMessage(subject, message.data);
          else this.#owner.onLost(error);
        },
      });
      this.#subscriptions.set(subject, subscription);
    }
    return this.#roundTrips.make();
  }

  unsubscribe(subjects: readonly string[]): Promise<unknown> {
    for (const subject of subjects) {
      this.#subscriptions.get(subject)?.unsubscribe();
      this.#subscriptions.delete(subject);
    }
    return Promise.resolve();
  }

  ping(): Promise<unknown> {
    return this.#connection.flush();
  }

  close(): void {
    this.#connection.close().catch(() => {});
  }

  #name(subject: string): string {
    return `${this.#prefix}.${encodeToken(subject)}`;
  }
}
