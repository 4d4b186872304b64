/** Types of socket.io's API that name no others. */

import type { IncomingHttpHeaders } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";

/** An error of a middleware. Its `data` reaches the client's `connect_error`. */
export interface ExtendedError extends Error {
  // biome-ignore lint/suspicious/noExplicitAny: programs put into it what they like
  data?: any;
}

/** Why a client has left. */
export type BridgeReason =
  | "transport error"
  | "transport close"
  | "forced close"
  | "ping timeout"
  | "parse error"
  | "server shutting down"
  | "forced server close"
  | "client namespace disconnect"
  | "server namespace disconnect";

/** The request that began a client's connection, and what it sent to join the namespace. */
export interface Handshake {
  headers: IncomingHttpHeaders;
  /** When the connection began, in words. */
  time: string;
  /** The network address of the client. */
  address: string;
  /** Whether the request named an origin. */
  xdomain: boolean;
  secure: boolean;
  /** When the connection began, in ms since 1970. */
  issued: number;
  url: string;
  query: ParsedUrlQuery;
  // biome-ignore lint/suspicious/noExplicitAny: the client sends what it likes
  auth: { [key: string]: any };
}

/** Decides whether a client may open a namespace. */
export type NamespaceDecision = (
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: the client sends what it likes
  auth: { [key: string]: any },
  fn: (err: Error | null, success: boolean) => void,
) => void;
