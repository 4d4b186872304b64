/** Describes a client for the application and for other processes: plain data without secrets. */

import type { EngineRequest } from "../../engine/ports.ts";
import { isSecret, withoutSecrets } from "./secret-names.ts";

/**
 * The request that began a client's connection.
 *
 * Header fields and parameters of the query are left out where their names or values look like secrets.
 */
export interface HandshakeInfo {
  /** When the request arrived, in ms since 1970. */
  readonly time: number;
  /** The client's network address. */
  readonly address: string;
  /** Whether the connection uses TLS. */
  readonly secure: boolean;
  /** Path and query, without parameters that may hold secrets. */
  readonly url: string;
  /** The query, without the same parameters. A repeated name has its last value. */
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
  /** The rooms of the client, its own sid first. */
  readonly rooms: readonly string[];
  /** What handlers have put into `request.publicData`. */
  readonly publicData: Data;
  /** The request with which its connection began. */
  readonly handshake: HandshakeInfo;
  /** The transport in use: `"polling"` or `"websocket"`. */
  readonly transport: string;
}

/** The clients that were found in all processes. */
export interface FoundSockets {
  readonly sockets: readonly SocketInfo[];
  /** Names of processes that may have clients of the target and did not answer. */
  readonly missing: readonly string[];
}

/** The number of clients in all processes. */
export interface FoundCount {
  readonly count: number;
  /** Names of processes that may have clients of the target and did not answer. */
  readonly missing: readonly string[];
}

/** The part of a socket that its description needs. */
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

/** The header fields without those that may hold secrets. */
export function tellHeaders(given: EngineRequest["headers"]): HandshakeInfo["headers"] {
  const told: [string, string | readonly string[]][] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || [value].flat().some((each) => isSecret(name, each))) continue;
    // The value may contain a URL with a query of its own.
    told.push([name, typeof value === "string" ? withoutSecrets(value) : value.map(withoutSecrets)]);
  }
  return Object.fromEntries(told);
}

/** The query without parameters that may hold secrets. */
export function tellQuery(query: Iterable<[string, string]>): HandshakeInfo["query"] {
  return Object.fromEntries([...query].filter(([name, value]) => !isSecret(name, value)));
}

/** Describes a client. */
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
