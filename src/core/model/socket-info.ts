/** What may be told of a client: plain data, without what is secret, that means the same in every process. */

import type { EngineRequest } from "../../engine/ports.ts";
import { isSecret, withoutSecrets } from "./secret-names.ts";

/**
 * The request with which a client's connection began, without what may hold secrets: header fields and parameters of the query whose
 * names or values tell that they do.
 */
export interface HandshakeInfo {
  /** When it came, in ms since 1970. */
  readonly time: number;
  /** The client's network address. */
  readonly address: string;
  /** Whether the connection uses TLS. */
  readonly secure: boolean;
  /** Path and query, without parameters that may hold secrets. */
  readonly url: string;
  /** The query, without the same parameters; of a name that occurs more than once the last value. */
  readonly query: Readonly<Record<string, string>>;
  /** The header fields by lower-case name, without those that may hold secrets. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * A client in a namespace.
 *
 * @typeParam Data - the type of its public data
 */
// biome-ignore lint/suspicious/noExplicitAny: without a contract public data is anything
export interface SocketInfo<Data = Record<string, any>> {
  /** The client's public id. */
  readonly sid: string;
  /** The namespace. */
  readonly namespace: string;
  /** The rooms that it is in, its own sid first. */
  readonly rooms: readonly string[];
  /** What handlers have put into `request.publicData`. */
  readonly publicData: Data;
  /** The request with which its connection began. */
  readonly handshake: HandshakeInfo;
  /** The transport in use: `"polling"` or `"websocket"`. */
  readonly transport: string;
}

/** What was found of clients in all processes. */
export interface FoundSockets {
  readonly sockets: readonly SocketInfo[];
  /** The processes that have clients who may have been meant, and were not heard of. */
  readonly missing: readonly string[];
}

/** How many clients there are in all processes. */
export interface FoundCount {
  readonly count: number;
  /** The processes that have clients who may have been meant, and were not heard of. */
  readonly missing: readonly string[];
}

/** A socket, as far as it is told of. */
export interface DescribedSocket {
  readonly sid: string;
  readonly namespace: string;
  readonly rooms: Iterable<string>;
  readonly publicData: Readonly<Record<string, unknown>>;
  readonly client: {
    readonly request: EngineRequest;
    readonly connectedAt: number;
    readonly transportName: string;
  };
}

/** What may be told of header fields. */
export function tellHeaders(given: EngineRequest["headers"]): HandshakeInfo["headers"] {
  const told: [string, string | readonly string[]][] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || [value].flat().some((each) => isSecret(name, each))) continue;
    // The URL of a page, say, has a query of its own.
    told.push([name, typeof value === "string" ? withoutSecrets(value) : value.map(withoutSecrets)]);
  }
  return Object.fromEntries(told);
}

/** What may be told of a query. */
export function tellQuery(query: Iterable<[string, string]>): HandshakeInfo["query"] {
  return Object.fromEntries([...query].filter(([name, value]) => !isSecret(name, value)));
}

/** Tells of a client. */
export function describeSocket({ sid, namespace, rooms, publicData, client }: DescribedSocket): SocketInfo {
  const { address, secure, url, query, headers } = client.request;
  return {
    sid,
    namespace,
    rooms: [sid, ...rooms],
    publicData: { ...publicData },
    handshake: {
      time: client.connectedAt,
      address,
      secure,
      url: withoutSecrets(url),
      query: tellQuery(query),
      headers: tellHeaders(headers),
    },
    transport: client.transportName,
  };
}
