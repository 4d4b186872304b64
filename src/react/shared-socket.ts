/** Sockets that components share, by their address. Knows nothing of React. */

import type { ClientError } from "../browser/client-error.ts";
import type { ClientState } from "../browser/client-options.ts";
import type { ClientSocket } from "../browser/client-socket.ts";
import { type ConnectOptions, connect } from "../browser/connect.ts";

/** A socket, and what components need of it again and again. */
export interface SharedSocket {
  readonly socket: ClientSocket;
  /** The options of the latest rendering: `auth` is read from here. */
  options: ConnectOptions;
  /** The same function each time, as stores must have it. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly state: () => ClientState;
  readonly error: () => ClientError | undefined;
}

const shared = new Map<string, SharedSocket>();

/**
 * The socket of an address, or of the option `name`. Nothing is connected before a component is shown, and
 * nothing at all where pages are rendered on a server.
 */
export function sharedSocket(given: readonly unknown[]): SharedSocket {
  const isUrl = (value: unknown) => typeof value === "string" || value instanceof URL;
  const url = given.find(isUrl) as string | URL | undefined;
  const options = (given.find((value) => value && !isUrl(value) && !Object(value)["~contract"]) ??
    {}) as ConnectOptions;
  const key = options.name ?? String(url ?? "/");
  let entry = shared.get(key);
  if (!entry) {
    // A server that renders pages has no address of its own, and needs none.
    const address = url ?? ("location" in globalThis ? "/" : "http://localhost");
    const { auth } = options;
    const socket = connect(address, {
      ...options,
      autoConnect: false,
      ...(auth !== undefined && { auth: () => read(made.options.auth) }),
    });
    const made: SharedSocket = {
      socket,
      options,
      subscribe: (listener) => socket.subscribe(listener),
      // It is about to connect.
      error: () => socket.error,
      state: () => (socket.state === "closed" && !socket.error ? "connecting" : socket.state),
    };
    entry = made;
    shared.set(key, entry);
  }
  return entry;
}

function read(auth: ConnectOptions["auth"]): unknown {
  return typeof auth === "function" ? (auth as () => unknown)() : auth;
}
