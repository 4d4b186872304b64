/** What the Redis package is told to connect: from a message queue's URL, options or client. */

import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { QueueSource } from "../queue/queue-source.ts";
import type { QueueServer } from "../queue/queue-url.ts";

/** How long a server may take to accept a connection, in ms. */
const connectTimeout = 2000;

/**
 * The package would make an `AbortSignal` for each command, which takes longer than the command itself. The
 * bus has time limits of its own, and pings the server.
 */
export const commandOptions = { timeout: 0 };

/** What the application's own clients must not bring along: it changes keys or replies. */
export const neutral = { keyPrefix: undefined, commandOptions, clientSideCache: undefined };

/** The options of every connection of a message queue with a server's credentials. */
export function clientOptions(queue: QueueSource, { username, password }: QueueServer) {
  return {
    ...queue.options,
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    socket: socketOptions(queue, queue.isSecure),
    commandOptions,
    disableOfflineQueue: true,
  };
}

/** The options of a socket, without its address. */
export function socketOptions(queue: QueueSource, isSecure: boolean) {
  const names = [...queue.servers, ...(queue.sentinel?.servers ?? [])].map(({ host }) => host);
  return {
    connectTimeout,
    ...(queue.options?.socket as object | undefined),
    ...(isSecure ? { tls: true as const, checkServerIdentity: identityCheck(names), ...queue.tls } : {}),
  };
}

/** The address of a server. */
export function serverAddress({ host, port }: QueueServer): { host?: string; port?: number } {
  return { ...(host === "" ? {} : { host }), ...(port === null ? {} : { port }) };
}

/** The options of the application's client for another connection that does not reconnect by itself. */
export function duplicateOptions(client: object) {
  const { options } = client as { options?: { socket?: object } };
  return {
    ...neutral,
    socket: { connectTimeout, ...options?.socket, reconnectStrategy: false },
    disableOfflineQueue: true,
  };
}

/** Nodes of a cluster mostly tell addresses, and certificates name hosts: the queue's names are as good. */
function identityCheck(names: readonly string[]) {
  return (host: string, certificate: PeerCertificate) => {
    const error = checkServerIdentity(host, certificate);
    const isNamed = names.some((name) => name !== "" && checkServerIdentity(name, certificate) === undefined);
    return isNamed ? undefined : error;
  };
}

/** A list in random order. */
export function shuffled<T>(list: readonly T[]): readonly T[] {
  return list
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
