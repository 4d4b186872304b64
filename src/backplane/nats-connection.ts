/** What all connections to NATS have in common: how they are opened, how names become subjects, and waiting for its word. */

import type { NatsConnection } from "@nats-io/transport-node";
import { missingPackage } from "../base/missing-package.ts";

/** The client's package. */
export type NatsClient = typeof import("@nats-io/transport-node");

/** Imports the client's package, which is an optional one. */
export async function importClient(): Promise<NatsClient> {
  try {
    return await import("@nats-io/transport-node");
  } catch (error) {
    throw missingPackage("@nats-io/transport-node", error);
  }
}

/**
 * Opens a connection.
 *
 * @param url - `nats://` or `tls://`, with a user and password or a token where needed; further servers of the cluster
 *   may follow, after commas
 * @param signal - aborts the attempt
 */
export async function connectTo(
  { connect }: NatsClient,
  url: string,
  signal: AbortSignal,
): Promise<NatsConnection> {
  // An attempt cannot be taken back; it ends by itself.
  const connection = await connect({
    ...connectionOptions(url),
    name: "roomcast",
    timeout: 2000,
    noEcho: true,
    // Connections are made again by the bus, with everything that is subscribed.
    reconnect: false,
    // The bus asks on its own.
    pingInterval: 60_000,
    // An error would be made for each request, also for those that go well.
    noAsyncTraces: true,
  });
  if (signal.aborted) await connection.close();
  return connection;
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

/** Round trips to the server, one for all who wait for one at a time. */
export class RoundTrips {
  readonly #connection: NatsConnection;
  /** The one that is under way, and the one that those have to wait for who came after its beginning. */
  #current: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  /** Settles when the server has read all that was written until now. */
  make(): Promise<void> {
    if (this.#current === null) return this.#begin();
    this.#next ??= this.#current.then(() => {
      this.#next = null;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<void> {
    const current = this.#connection.flush().finally(() => {
      if (this.#current === current) this.#current = null;
    });
    this.#current = current;
    return current;
  }
}

/** What a channel's subjects begin with. */
export function channelToken(channel: string): string {
  return /^[\w-]+$/.test(channel) ? channel : encodeToken(channel);
}

/** A subject's token must hold no dots, wildcards or spaces, and must not be empty. */
export function encodeToken(text: string): string {
  return `_${Buffer.from(text).toString("base64url")}`;
}
