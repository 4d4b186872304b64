/** The member `handshake` of a socket. */

import { parse } from "node:querystring";
import type { EngineRequest } from "../engine/ports.ts";
import type { Handshake } from "./types/plain-api.ts";

/** The handshake of a client: its first request, and what it sent to join. */
export function handshakeOf(request: EngineRequest, connectedAt: number, auth: unknown): Handshake {
  const { headers, url, address, secure } = request;
  const mark = url.indexOf("?");
  return {
    headers,
    time: String(new Date(connectedAt)),
    address,
    xdomain: Boolean(headers.origin),
    secure,
    issued: connectedAt,
    url,
    query: parse(mark === -1 ? "" : url.slice(mark + 1)),
    auth: (auth ?? {}) as Handshake["auth"],
  };
}
