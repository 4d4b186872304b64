/** What all connections to NATS have in common: how they are opened, how names become subjects, and waiting for its word. */

import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { NatsConnection } from "@nats-io/transport-node";
import { RoomcastError } from "../../base/errors.ts";
import { missingPackage } from "../../base/missing-package.ts";
import { brokerRefusal, certificateRefusal } from "../bus/broker-refusal.ts";
import type { QueueServer, QueueUrl } from "../bus/queue-url.ts";
import { digestOf } from "../wire/digest.ts";

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
 * Opens a connection to one of the servers that a URL names: it tries one after the other, in an order of chance.
 *
 * @param queue - `nats://` or `tls://`, with users and passwords or tokens where needed
 * @param signal - aborts the attempt
 */
export async function connectTo(
  client: NatsClient,
  queue: QueueUrl,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const errors: unknown[] = [];
  for (const server of shuffled(queue.servers)) {
    if (signal.aborted) break;
    try {
      return await connectToServer(client, server, queue.isSecure, signal);
    } catch (error) {
      errors.push(refusalOf(error));
    }
  }
  // A server that refuses for good is worth more than one that may come back.
  throw errors.find((error) => error instanceof RoomcastError) ?? errors[0] ?? signal.reason;
}

async function connectToServer(
  { connect }: NatsClient,
  { host, port, username, password }: QueueServer,
  isSecure: boolean,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const authentication =
    username === "" ? {} : password === "" ? { token: username } : { user: username, pass: password };
  // An attempt cannot be taken back; it ends by itself.
  const connection = await connect({
    servers: [`${host.includes(":") ? `[${host}]` : host}:${port ?? 4222}`],
    ...authentication,
    ...(isSecure ? { tls: identityCheck(host) } : {}),
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

/** Options of TLS: the client by itself would compare the certificate of a server at an address with the name "localhost". */
function identityCheck(host: string) {
  return {
    handshakeFirst: false,
    checkServerIdentity: (_name: string, certificate: PeerCertificate) =>
      checkServerIdentity(host, certificate),
  };
}

function shuffled<T>(list: readonly T[]): readonly T[] {
  return list
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Refusals that come again however often one tries, as errors that say what to do; others as they are. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/^(Authorization|UserAuthenticationExpired)Error$/.test(error.name)) {
    const advice = "Check the user and the password, or the token, in the messageQueue's URL.";
    return brokerRefusal("NATS", error.message, advice, error);
  }
  if (error.name === "PermissionViolationError") {
    const advice =
      "Give the user of the messageQueue's URL the right to it: docs/scaling.md lists the subjects.";
    return brokerRefusal("NATS", error.message, advice, error);
  }
  return certificateRefusal("NATS", error) ?? error;
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

/**
 * The most bytes of a name that stands in a subject or stream as it is. A server takes 255 characters for the name of a
 * stream, which holds two tokens, and ends a connection that sends it a line of more than 4096.
 */
const maxTokenBytes = 90;

/** What a channel's subjects begin with. */
export function channelToken(channel: string): string {
  return /^[\w-]+$/.test(channel) && channel.length <= maxTokenBytes ? channel : encodeToken(channel);
}

/** A subject's token must hold no dots, wildcards or spaces, and must be neither empty nor long. */
export function encodeToken(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= maxTokenBytes ? `_${bytes.toString("base64url")}` : digestToken(digestOf(text));
}

/** The token of a name that is too long. No text begins with the bytes that a second `_` stands for, so it is unlike all others. */
export function digestToken(digest: string): string {
  return `__${digest}`;
}
