/** The port for what sees the requests of a server before Roomcast does, and may answer them itself. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HeaderFields } from "../../engine/ports.ts";

/** Sees requests for Roomcast's path. It does not throw. */
export interface RequestFilter {
  /**
   * A request of long polling. Header fields that are set on its response are sent with the answer.
   *
   * @param proceed - hands the request on; not to be called after an answer
   */
  onRequest(request: IncomingMessage, response: ServerResponse, proceed: () => void): void;
  /**
   * A request for a WebSocket.
   *
   * @param proceed - hands the request on, with header fields for the answer that accepts it
   */
  onUpgrade(request: IncomingMessage, socket: Socket, proceed: (headers: HeaderFields) => void): void;
}

/** The fields of a WebSocket's acceptance that nothing is added to. */
export const noHeaders: HeaderFields = {};

/** The fields of two lists. Of a field that both have, the values of both. */
export function joinHeaders(first: HeaderFields, second: HeaderFields): HeaderFields {
  const joined: Record<string, string | string[]> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const key = name.toLowerCase();
    const known = joined[key];
    joined[key] = known === undefined ? value : [known, value].flat();
  }
  return joined;
}
