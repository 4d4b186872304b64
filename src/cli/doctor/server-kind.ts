/** Tells servers apart by how they answer what no client asks. */

import type { NetworkAnswer } from "../../client/network.ts";

/** A kind of server. */
export type SocketServerKind =
  | "Roomcast"
  | "Socket.IO 2"
  | "Socket.IO 3 or 4"
  | "python-socketio"
  | "unknown";

/** Answers that tell a server. */
export interface TellingAnswers {
  /** To an unknown transport. */
  readonly strangeTransport: NetworkAnswer | undefined;
  /** To a GET for a WebSocket without an upgrade. */
  readonly plainWebSocket: NetworkAnswer | undefined;
  /** To a revision that does not exist. */
  readonly strangeRevision: NetworkAnswer | undefined;
}

/** The kind of a server. */
export function serverKindOf({
  strangeTransport,
  plainWebSocket,
  strangeRevision,
}: TellingAnswers): SocketServerKind {
  // python-socketio answers with a text of JSON: "Invalid transport".
  if (/^"/.test(strangeTransport?.body.trim() ?? "")) return "python-socketio";
  if (codeOf(strangeTransport) !== 0) return "unknown";
  if (strangeRevision?.status === 200) return "Socket.IO 2";
  if (codeOf(plainWebSocket) === 0) return "Roomcast";
  return codeOf(plainWebSocket) === 3 ? "Socket.IO 3 or 4" : "unknown";
}

/** The code in the body of an Engine.IO refusal, such as 1 of `{"code":1,"message":"Session ID unknown"}`. */
export function codeOf(answer: NetworkAnswer | undefined): number | undefined {
  try {
    const body: unknown = JSON.parse(answer?.body ?? "");
    const code = typeof body === "object" && body !== null ? (body as { code?: unknown }).code : undefined;
    return typeof code === "number" ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an answer says that the server does not know the connection. */
export function isUnknownSession(answer: NetworkAnswer): boolean {
  return (
    answer.status === 400 && (codeOf(answer) === 1 || /invalid session|session id unknown/i.test(answer.body))
  );
}

/** The product that an answer names, such as `nginx`. */
export function productOf(answer: NetworkAnswer | null): string | undefined {
  const server = answer?.headers.server;
  return typeof server === "string" ? server : undefined;
}
