/** Why a client has no connection, or no longer one, as values; and the same in words. */

import { printable } from "../base/printable.ts";
import type { NetworkAnswer, NetworkError } from "./network.ts";

/** The name of a transport. */
export type ClientTransportName = "polling" | "websocket";

/** Why a connection was not opened. */
export type ConnectFailure =
  /** No answer at all: no name, no server, a certificate that is not trusted. */
  | { type: "unreachable"; transport: ClientTransportName; error: NetworkError }
  /** `after` in ms. */
  | { type: "timeout"; transport: ClientTransportName; after: number }
  /** The server answered, and not with a connection. */
  | { type: "refused"; transport: ClientTransportName; answer: NetworkAnswer }
  /** The server answered with success and something that is no Engine.IO. */
  | { type: "foreign"; transport: ClientTransportName; answer: NetworkAnswer }
  /** The WebSocket opened, and ended or stayed without the first packet. */
  | { type: "ended"; transport: ClientTransportName; reason: ClientCloseReason };

/** Why a connection ended. */
export type ClientCloseReason =
  | { type: "closed here" }
  /** The server sent the packet that closes a connection. */
  | { type: "server closed" }
  /** The transport ended: the code and reason of a WebSocket. */
  | { type: "transport closed"; code: number; reason: string }
  | { type: "transport error"; error: NetworkError }
  /** A request was answered with something else than success. */
  | { type: "request refused"; answer: NetworkAnswer }
  /** Nothing came for longer than `after` ms. */
  | { type: "ping timeout"; after: number }
  /** What came is not valid. */
  | { type: "protocol error"; message: string };

/** A failure to connect, as one line. */
export function describeFailure(failure: ConnectFailure): string {
  switch (failure.type) {
    case "unreachable":
      return describeNetworkError(failure.error);
    case "timeout":
      return `The server did not answer within ${failure.after} ms (${failure.transport}).`;
    case "refused":
      return `The server answered ${describeAnswer(failure.answer)} (${failure.transport}).`;
    case "foreign":
      return `The server answers ${describeAnswer(failure.answer)}, which is not Socket.IO: is the path right?`;
    case "ended":
      return `The connection ended before it was open: ${describeClose(failure.reason)}`;
    default:
      return failure satisfies never;
  }
}

/** The end of a connection, as one line. */
export function describeClose(reason: ClientCloseReason): string {
  switch (reason.type) {
    case "closed here":
      return "Closed.";
    case "server closed":
      return "The server closed the connection.";
    case "transport closed": {
      const text = reason.reason === "" ? "" : `, "${printable(reason.reason)}"`;
      const unsaid =
        reason.code === 1006 ? ": without a closing frame, as when a process or proxy ends it" : "";
      return `The WebSocket was closed (code ${reason.code}${text})${unsaid}.`;
    }
    case "transport error":
      return `The connection broke: ${describeNetworkError(reason.error)}`;
    case "request refused":
      return `A request was answered with ${describeAnswer(reason.answer)}.`;
    case "ping timeout":
      return `Nothing came from the server for ${reason.after} ms, though its ping was due.`;
    case "protocol error":
      return `The server sent an invalid packet: ${printable(reason.message)}.`;
    default:
      return reason satisfies never;
  }
}

/** Longest part of a body that a line shows. */
const longestBody = 160;

/** An HTTP answer in a few words, such as `400 {"code":5,"message":"Unsupported protocol version"}`. */
export function describeAnswer({ status, headers, body }: NetworkAnswer): string {
  const location = headers.location;
  if (typeof location === "string" && status >= 300 && status < 400)
    return `${status}, a redirect to ${printable(location)}`;
  const text = printable(body.split(/\s/).filter(Boolean).join(" "));
  if (text === "") return String(status);
  if (text.startsWith("<")) {
    const title = /<title>([^<]{1,80})/i.exec(body)?.[1];
    return `${status} with a page${title === undefined ? "" : ` ("${printable(title.trim())}")`}`;
  }
  return `${status} ${text.length > longestBody ? `${text.slice(0, longestBody)}…` : text}`;
}

const networkErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Nothing listens there (ECONNREFUSED)",
  ENOTFOUND: "The name is not known (ENOTFOUND)",
  EAI_AGAIN: "The name cannot be looked up now (EAI_AGAIN)",
  ECONNRESET: "The other side ended the connection without an answer (ECONNRESET)",
  EHOSTUNREACH: "The machine cannot be reached (EHOSTUNREACH)",
  ENETUNREACH: "The network cannot be reached (ENETUNREACH)",
  CERT_HAS_EXPIRED: "The certificate has expired (CERT_HAS_EXPIRED)",
  DEPTH_ZERO_SELF_SIGNED_CERT: "The certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)",
  SELF_SIGNED_CERT_IN_CHAIN: "The certificate's authority is not trusted here (SELF_SIGNED_CERT_IN_CHAIN)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "The server leaves out the certificates between its own and an authority (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
  ERR_TLS_CERT_ALTNAME_INVALID: "The certificate is for other names (ERR_TLS_CERT_ALTNAME_INVALID)",
};

/** A failure of the network, as one line. */
export function describeNetworkError({ code, message }: NetworkError): string {
  const known = networkErrors[code];
  const text = printable(message);
  if (known === undefined) return text.includes(code) ? `${text}.` : `${text} (${code}).`;
  return `${known}: ${text}.`;
}
