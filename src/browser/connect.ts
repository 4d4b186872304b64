/** Makes sockets: finds the server's address, and keeps those that are shared by name. */

import type { DefinedContract } from "../contract/contract.ts";
import type { Contract, SentAuth } from "../contract/events.ts";
import { ClientError } from "./client-error.ts";
import type { ClientNamespaceOptions } from "./client-options.ts";
import { ClientSocket } from "./client-socket.ts";
import { LiveConnection, type WebSocketClass } from "./live-connection.ts";
import { defaultParser, type PacketParser } from "./packet-codec.ts";

/** The options of {@link connect}. Durations are in ms. */
export interface ConnectOptions<Auth = unknown> extends ClientNamespaceOptions<Auth> {
  /** The path of the server. Default `"/socket.io/"`. */
  readonly path?: string | undefined;
  /** The query of the connection's address. Not for secrets, which proxies log. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /**
   * Shares the socket: every `connect()` with this name returns the same one, also after a module of the page
   * was replaced.
   */
  readonly name?: string | undefined;
  /** How packets become messages. Default: as servers have it that are not set otherwise. */
  readonly parser?: PacketParser;
  /** The class of WebSockets, in runtimes that have none. */
  readonly WebSocket?: WebSocketClass;
  /** The first wait for another attempt is random, up to this. Default 1000. */
  readonly minDelay?: number | undefined;
  /** Waits grow to this. Default 10 000. */
  readonly maxDelay?: number | undefined;
  /** How long an attempt to connect may take. Default 20 000. */
  readonly connectTimeout?: number | undefined;
  /** How long a visible page is without a connection until it counts as offline. Default 10 000. */
  readonly offlineAfter?: number | undefined;
}

const named = new Map<string, ClientSocket>();

/**
 * Connects to a Socket.IO server, and keeps connected.
 *
 * ```ts
 * const socket = connect("https://example.com/chat", { auth: () => ({ token: readToken() }) });
 * socket.on("said", (text) => console.log(text));
 * console.log(await socket.call("say", "Hello"));
 * ```
 *
 * @param contract - the events, where server and client share a contract; it is read by the compiler alone
 * @param url - the server, with the namespace as its path; by default the server of the page
 * @param options - see {@link ConnectOptions}
 * @throws ClientError `ERR_OPTION` for a wrong address
 */
export function connect<C extends DefinedContract>(
  contract: C,
  url?: string | URL,
  options?: ConnectOptions<SentAuth<C>>,
): ClientSocket<C>;
export function connect<C extends DefinedContract>(
  contract: C,
  options?: ConnectOptions<SentAuth<C>>,
): ClientSocket<C>;
export function connect<C = Contract>(url?: string | URL, options?: ConnectOptions): ClientSocket<C>;
export function connect<C = Contract>(options?: ConnectOptions): ClientSocket<C>;
export function connect(...given: readonly unknown[]): ClientSocket {
  const url = given.find((value) => typeof value === "string" || value instanceof URL) ?? "/";
  const options = (given.find((value) => value && value !== url && !Object(value)["~contract"]) ??
    {}) as ConnectOptions;
  const { name, path = "/socket.io/", autoConnect = true } = options;
  let socket = named.get(name ?? "");
  if (!socket) {
    const runtime = globalThis as { location?: { href: string }; WebSocket?: unknown };
    let address: URL;
    try {
      address = new URL(url, runtime.location?.href);
    } catch {
      throw new ClientError("ERR_OPTION", `"${url}" is no address.`);
    }
    const query = new URLSearchParams({ ...options.query, EIO: "4", transport: "websocket" });
    const connection = new LiveConnection({
      parser: defaultParser,
      WebSocket: runtime.WebSocket as WebSocketClass,
      ...options,
      url: `${address.origin.replace("http", "ws")}${path}?${query}`,
    });
    socket = new ClientSocket(connection, address.pathname, options);
    if (name) named.set(name, socket);
  }
  if (autoConnect) socket.connect();
  return socket;
}
