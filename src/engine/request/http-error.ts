/**
 * The refusals of the Engine.IO protocol over HTTP: a status, and a JSON body that clients of the field
 * understand.
 */

import { type CloseReason, closeCodes } from "../close-reason.ts";
import type { HttpResponse } from "../ports.ts";

/** The refusals by name; `code` is the one that Engine.IO's clients know, where there is one. */
export const httpErrors = {
  unknownTransport: { status: 400, code: 0, message: "Transport unknown" },
  unknownSession: { status: 400, code: 1, message: "Session ID unknown" },
  badHandshakeMethod: { status: 400, code: 2, message: "Bad handshake method" },
  badRequest: { status: 400, code: 3, message: "Bad request" },
  forbidden: { status: 403, code: 4, message: "Forbidden" },
  middlewareRefused: { status: 403, code: 4, message: "Refused by the application's middleware" },
  hostForbidden: {
    status: 403,
    code: 4,
    message: "Host not allowed: the option allowedHosts does not name it",
  },
  originForbidden: { status: 403, code: 4, message: "Origin not allowed" },
  unsupportedVersion: { status: 400, code: 5, message: "Unsupported protocol version" },
  unsupportedWebSocket: { status: 426, code: 3, message: "WebSocket version 13 expected" },
  jsonpUnsupported: {
    status: 400,
    code: 3,
    message: "JSONP polling is not supported: use XHR polling or WebSocket",
  },
  queryTooLong: { status: 414, code: 3, message: "Query too long" },
  cookieTooLong: { status: 431, code: 3, message: "Cookie too long" },
  payloadTooLarge: { status: 413, code: 3, message: "Payload too large" },
  tooManyFromAddress: { status: 429, code: 3, message: "Too many connections from this address" },
  tooManyFromNetwork: { status: 429, code: 3, message: "Too many connections from this network" },
  serverError: { status: 500, code: 3, message: "Internal server error" },
  tooManyConnections: { status: 503, code: 3, message: "Too many connections" },
  tooManyHandshakes: { status: 503, code: 3, message: "Too many clients are connecting" },
  shuttingDown: { status: 503, code: 3, message: "Server shutting down" },
} as const;

/** The name of a refusal. */
export type HttpErrorName = keyof typeof httpErrors;

/** What a refused client is told. */
export interface HttpError {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/**
 * What the sender of a polling request is told that ended its connection: the reason, in words.
 *
 * @returns `undefined` where the request is not to blame
 */
export function offenceError(reason: CloseReason): HttpError | undefined {
  const code = closeCodes[reason];
  if (code === null || code < 1002) return undefined;
  if (reason === "payload too large") return httpErrors.payloadTooLarge;
  const message = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`;
  return { status: reason === "too many events" ? 429 : 400, code: 3, message };
}

/** Fields of every answer: it is what its type says, whatever a browser might guess from its bytes. */
export const answerFields = { "x-content-type-options": "nosniff" } as const;

/** When it is worth trying again, in seconds. */
const retryAfter = "5";

/** The answer that tells a client of a refusal. */
export function httpErrorResponse(error: HttpError, headers: Record<string, string> = {}): HttpResponse {
  // The rest of the request's body is not worth reading. As in the protocol's reference, the status says
  // it all.
  if (error.status === 413)
    return { status: 413, headers: { ...answerFields, ...headers, connection: "close" } };
  return {
    status: error.status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      ...answerFields,
      ...headers,
      ...(error.status === 503 ? { connection: "close", "retry-after": retryAfter } : {}),
    },
    body: JSON.stringify({ code: error.code, message: error.message }),
  };
}
