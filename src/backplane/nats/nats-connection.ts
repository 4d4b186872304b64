/** Connections to NATS: opens them, turns names into subjects, and waits for round trips. */

import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { NatsConnection } from "@nats-io/transport-node";
import { RoomcastError } from "../../base/errors.ts";
import { missingPackage } from "../../base/missing-package.ts";
import { brokerRefusal, certificateRefusal } from "../bus/broker-refusal.ts";
import type { QueueSource } from "../queue/queue-source.ts";
import type { QueueServer } from "../queue/queue-url.ts";
import { digestOf } from "../wire/digest.ts";
import { BorrowedConnection, type NatsLinkConnection } from "./borrowed-connection.ts";

/** The client's package. */
export type NatsClient = typeof import("@nats-io/transport-node");

/** Imports the package, which is optional. */
export async function importNats(): Promise<NatsClient> {
  try {
    return await import("@nats-io/transport-node");
  } catch (error) {
    throw missingPackage("@nats-io/transport-node", error);
  }
}

/**
 * Opens a connection to one of the servers that a message queue names. It tries them one after another, in
 * random order. A connection of the application is used in place of an own one.
 *
 * @param queue - with users and passwords or tokens where needed
 * @param signal - aborts the attempt
 */
export async function connectToNats(
  client: NatsClient,
  queue: QueueSource,
  signal: AbortSignal,
): Promise<NatsLinkConnection> {
  if (queue.client !== undefined) {
    const borrowed = await BorrowedConnection.of(queue.client.client as NatsConnection);
    if (signal.aborted) await borrowed.close();
    return borrowed;
  }
  const errors: unknown[] = [];
  for (const server of shuffled(queue.servers)) {
    if (signal.aborted) break;
    try {
      return await connectToServer(client, server, queue, signal);
    } catch (error) {
      errors.push(refusalOf(error));
    }
  }
  // A refusal says more than a server that may come back.
  throw errors.find((error) => error instanceof RoomcastError) ?? errors[0] ?? signal.reason;
}

async function connectToServer(
  { connect }: NatsClient,
  { host, port, username, password }: QueueServer,
  { isSecure, tls, options }: QueueSource,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const authentication =
    username === "" ? {} : password === "" ? { token: username } : { user: username, pass: password };
  // An attempt cannot be cancelled. It ends by itself.
  const connection = await connect({
    name: "roomcast",
    timeout: 2000,
    ...options,
    servers: [`${host.includes(":") ? `[${host}]` : host}:${port ?? 4222}`],
    ...authentication,
    ...(isSecure ? { tls: { ...identityCheck(host), ...(tls as object | undefined) } } : {}),
    noEcho: true,
    // The bus reconnects and subscribes again.
    reconnect: false,
    // The bus has pings of its own.
    pingInterval: 60_000,
    // Otherwise every request makes an error, also when it succeeds.
    noAsyncTraces: true,
  });
  if (signal.aborted) await connection.close();
  return connection;
}

/**
 * Options of TLS. By itself, the package compares a certificate of a server at an address with "localhost".
 */
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

/**
 * Returns a refusal that trying again does not change as an error that says what to do, and others as they
 * are.
 */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/^(Authorization|UserAuthenticationExpired)Error$/.test(error.name)) {
    const advice = "Check the user and the password, or the token, in the option messageQueue.";
    return brokerRefusal("NATS", error.message, advice, error);
  }
  if (error.name === "PermissionViolationError") {
    const advice = "Give the user of the messageQueue the right to it: docs/brokers.md lists the subjects.";
    return brokerRefusal("NATS", error.message, advice, error);
  }
  return certificateRefusal("NATS", error) ?? error;
}

/** Round trips to the server. Callers at the same time share one. */
export class RoundTrips {
  readonly #connection: NatsLinkConnection;
  /** The round trip under way, and the next one, for callers that came after its beginning. */
  #current: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(connection: NatsLinkConnection) {
    this.#connection = connection;
  }

  /** Settles when the server has read all messages until now. */
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
 * The most bytes of a name in a subject or stream. A server takes 255 characters for the name of a stream,
 * which holds two tokens, and ends a connection that sends a line of more than 4096.
 */
const maxTokenBytes = 90;

/** The first token of a channel's subjects. */
export function channelToken(channel: string): string {
  return /^[\w-]+$/.test(channel) && channel.length <= maxTokenBytes ? channel : encodeToken(channel);
}

/** A subject's token must hold no dots, wildcards or spaces, and must be neither empty nor long. */
export function encodeToken(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= maxTokenBytes ? `_${bytes.toString("base64url")}` : digestToken(digestOf(text));
}

/**
 * The token of a name that is too long. No text encodes to a second `_`, so it differs from all other tokens.
 */
export function digestToken(digest: string): string {
  return `__${digest}`;
}
