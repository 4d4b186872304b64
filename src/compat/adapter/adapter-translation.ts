/**
 * The option `adapter`, and what `io.adapter()` gets. The classic Redis adapter becomes Roomcast's own way to
 * the same servers, on its clients. All others are refused.
 */

import type { SocketIOOptions } from "../../app/options/app-options.ts";
import { RoomcastError } from "../../base/errors.ts";
import { decodeMessagePack } from "../../protocol/message-pack-reader.ts";
import { defaultDecoderLimits } from "../../protocol/socket-packet.ts";

/** A message queue in the format of `@socket.io/redis-adapter`. */
export interface AdapterQueue {
  readonly queue: NonNullable<SocketIOOptions["messageQueue"]>;
  readonly channel: string;
  /** How long the other servers may take to answer, in ms. */
  readonly requestsTimeout: number | undefined;
}

/** The members of the classic adapter that tell how it was made. */
interface ClassicAdapter {
  readonly pubClient: object;
  readonly subClient: object;
  readonly channel: string;
  readonly requestChannel: string;
  readonly requestsTimeout?: number;
  readonly parser?: { encode(value: unknown): Uint8Array };
  close?(): unknown;
}

/** Those in memory: socket.io's two, and what `io.adapter()` gives here. */
const inMemory = new Set(["Adapter", "SessionAwareAdapter", "AdapterView"]);

/** What to do in place of other adapters. */
const advice =
  'Roomcast\'s own processes reach each other with a message queue: new Server(httpServer, { messageQueue: "redis://localhost" }), or "nats://…". Together with servers of socket.io, use createAdapter() of @socket.io/redis-adapter.';

/** No client is ever in it, and no other server knows it. */
const nowhere = "/roomcast-reads-the-adapter";

/**
 * Translates an adapter.
 *
 * @returns the message queue; `null` for the adapters in memory, in place of which nothing is needed
 * @throws {@link RoomcastError} `ERR_OPTION` for all other adapters
 */
export function translateAdapter(adapter: unknown): AdapterQueue | null {
  if (typeof adapter !== "function") throw refused(`a value of the type ${typeof adapter}`);
  const source = Function.prototype.toString.call(adapter);
  const { name } = adapter;
  if (source.startsWith("class")) {
    if (inMemory.has(name)) return null;
    throw refused(`the class ${name || "of an adapter"}`);
  }
  // Others are not called: some begin to read at once.
  const made = /\bnew (\w*(?:Sharded|Stream|Cluster|Mongo|Postgres)\w*)\(/.exec(source)?.[1];
  if (made !== undefined || /\bcreateSharded|\bStreams?Adapter/.test(source))
    throw refused(made ?? "another adapter");
  const classic = readClassic(adapter as (namespace: object) => unknown);
  if (classic.parser !== undefined && !isMessagePack(classic.parser))
    throw refused("a Redis adapter with a parser of its own");
  const channel = classic.channel.slice(0, -`#${nowhere}#`.length);
  return { queue: queueOf(classic.pubClient), channel, requestsTimeout: classic.requestsTimeout };
}

/**
 * Makes the adapter of a namespace that is not used, and ends it: nothing else tells the clients that it was
 * made with.
 */
function readClassic(make: (namespace: object) => unknown): ClassicAdapter {
  const server = { encoder: {}, _opts: {}, opts: {} };
  let made: Partial<ClassicAdapter> | null = null;
  try {
    made = make({ name: nowhere, server, sockets: new Map(), _ids: 0 }) as Partial<ClassicAdapter>;
  } catch (error) {
    throw refused("a function that makes no adapter", error);
  }
  if (isClassic(made)) {
    void made.close?.();
    return made;
  }
  throw refused(made?.constructor?.name ?? "another adapter");
}

function isClassic(made: Partial<ClassicAdapter> | null): made is ClassicAdapter {
  return (
    typeof made?.pubClient === "object" &&
    typeof made.subClient === "object" &&
    typeof made.channel === "string" &&
    made.requestChannel?.includes("-request#") === true
  );
}

function isMessagePack({ encode }: { encode(value: unknown): Uint8Array }): boolean {
  try {
    return JSON.stringify(decodeMessagePack(encode({ a: [1] }), defaultDecoderLimits)) === '{"a":[1]}';
  } catch {
    return false;
  }
}

/** Options of a client of ioredis, as far as the message queue has them too. */
interface IoredisOptions {
  readonly host?: string;
  readonly port?: number;
  readonly db?: number;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly tls?: object | null;
  readonly path?: string | null;
  readonly sentinels?: readonly { readonly host?: string; readonly port?: number }[] | null;
  /** The primary that sentinels watch. */
  readonly name?: string;
  readonly sentinelUsername?: string | null;
  readonly sentinelPassword?: string | null;
  readonly sentinelTLS?: object | null;
  readonly enableTLSForSentinelMode?: boolean;
}

/** Clients of the package `redis` are taken as they are. Those of ioredis tell where they connect to. */
function queueOf(client: object): AdapterQueue["queue"] {
  if (!("defineCommand" in client)) return client as AdapterQueue["queue"];
  const { options, isCluster } = client as { options?: IoredisOptions; isCluster?: boolean };
  if (options === undefined || isCluster === true || options.path != null)
    throw refused("a Redis adapter on a client of ioredis for a cluster or for a Unix socket");
  const { host = "localhost", port = 6379, db = 0, username, password, tls } = options;
  const login = {
    ...(username == null ? {} : { username: String(username) }),
    ...(password == null ? {} : { password: String(password) }),
  };
  if (options.sentinels != null) return { sentinel: sentinelsOf(options), database: db, ...login };
  return {
    url: `redis://${hostOf(host)}:${port}/${db}`,
    ...login,
    ...(tls == null ? {} : { tls: tls as object }),
  };
}

/** The sentinels of a client of ioredis. */
function sentinelsOf(options: IoredisOptions): { readonly name: string; readonly url: readonly string[] } {
  const { sentinels, name, sentinelUsername, sentinelPassword, tls, sentinelTLS } = options;
  if (sentinels == null || sentinels.length === 0 || name === undefined)
    throw refused(
      "a Redis adapter on a client of ioredis with sentinels, but without their addresses and name",
    );
  if (options.enableTLSForSentinelMode === true || tls != null || sentinelTLS != null)
    throw refused("a Redis adapter on a client of ioredis for sentinels with TLS");
  const user = encodeURIComponent(sentinelUsername ?? "");
  const login = sentinelPassword == null ? "" : `${user}:${encodeURIComponent(sentinelPassword)}@`;
  const urlOf = ({ host = "localhost", port = 26_379 }) => `redis://${login}${hostOf(host)}:${port}`;
  return { name, url: sentinels.map(urlOf) };
}

/** A host as URLs have it. */
function hostOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function refused(what: string, cause?: unknown): RoomcastError {
  return new RoomcastError(
    "ERR_OPTION",
    `io.adapter() got ${what}, which Roomcast does not take. ${advice}`,
    {
      cause,
    },
  );
}
