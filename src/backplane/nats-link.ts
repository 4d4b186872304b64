/** One connection to NATS. */

import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import { missingPackage } from "../base/missing-package.ts";
import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "./broker-bus.ts";

/**
 * How to open a link to NATS.
 *
 * @param url - `nats://` or `tls://`, with a user and password or a token where needed; further servers of the cluster
 *   may follow, after commas
 * @param channel - what all subjects begin with
 */
export function natsLinks(url: string, channel: string): ConnectBroker {
  const options = connectionOptions(url);
  return async (owner, signal) => {
    const { connect } = await importClient();
    // An attempt cannot be taken back; it ends by itself.
    const connection = await connect({
      ...options,
      name: "roomcast",
      timeout: 2000,
      noEcho: true,
      // Connections are made again by the bus, with everything that is subscribed.
      reconnect: false,
      // The bus asks on its own.
      pingInterval: 60_000,
    });
    if (signal.aborted) await connection.close();
    return new NatsLink(connection, channel, owner);
  };
}

async function importClient() {
  try {
    return await import("@nats-io/transport-node");
  } catch (error) {
    throw missingPackage("@nats-io/transport-node", error);
  }
}

function connectionOptions(url: string) {
  const [first = "", ...others] = url.split(",");
  const { protocol, username, password, host } = new URL(first);
  const servers = [host, ...others.map((other) => other.trim().replace(/^\w+:\/\/(.*@)?/, ""))];
  const user = decodeURIComponent(username);
  const authentication =
    user === "" ? {} : password === "" ? { token: user } : { user, pass: decodeURIComponent(password) };
  return { servers, ...authentication, ...(protocol === "tls:" ? { tls: {} } : {}) };
}

/** See above. */
class NatsLink implements BrokerLink {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #owner: BrokerLinkOwner;
  readonly #subscriptions = new Map<string, Subscription>();
  /** The round trip that is under way, and the one that those have to wait for who came after its beginning. */
  #flushing: Promise<void> | null = null;
  #nextFlush: Promise<void> | null = null;

  constructor(connection: NatsConnection, channel: string, owner: BrokerLinkOwner) {
    this.#connection = connection;
    this.#owner = owner;
    this.#prefix = /^[\w-]+$/.test(channel) ? channel : encodeToken(channel);
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
    return this.#flush();
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
    return this.#flush();
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

  /** Settles when the broker has read all that was written until now. One round trip serves all who wait. */
  #flush(): Promise<void> {
    if (this.#flushing === null) return this.#roundTrip();
    this.#nextFlush ??= this.#flushing.then(() => {
      this.#nextFlush = null;
      return this.#roundTrip();
    });
    return this.#nextFlush;
  }

  #roundTrip(): Promise<void> {
    const flushing = this.#connection.flush().finally(() => {
      if (this.#flushing === flushing) this.#flushing = null;
    });
    this.#flushing = flushing;
    return flushing;
  }

  #name(subject: string): string {
    return `${this.#prefix}.${encodeToken(subject)}`;
  }
}

/** A subject's token must hold no dots, wildcards or spaces, and must not be empty. */
function encodeToken(text: string): string {
  return `_${Buffer.from(text).toString("base64url")}`;
}
