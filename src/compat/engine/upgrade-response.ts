/** The response that middleware gets with a request for a WebSocket. */

import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HeaderFields } from "../../engine/ports.ts";

/** Fields of an answer that is no acceptance of a WebSocket. */
const others = new Set(["connection", "content-length", "content-type", "transfer-encoding", "upgrade"]);

/** Answers in place of an acceptance, or gives its header fields to one. */
export class UpgradeResponse extends ServerResponse {
  readonly #socket: Socket;

  constructor(request: IncomingMessage, socket: Socket) {
    super(request);
    this.#socket = socket;
    this.shouldKeepAlive = false;
    this.assignSocket(socket);
    this.once("finish", () => {
      // The answer of middleware: no WebSocket comes any more.
      this.detachSocket(socket);
      socket.destroySoon();
    });
  }

  /**
   * Ends a response without an answer, and returns the header fields that were set on it. It is no method:
   * an application of Express gives its responses another prototype.
   */
  static release(response: UpgradeResponse): HeaderFields {
    return response.#release();
  }

  #release(): HeaderFields {
    // Some middleware, such as that of sessions, sets its fields at the last moment.
    if (!this.headersSent) this.writeHead(200);
    const fields: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(this.getHeaders()))
      if (value !== undefined && !others.has(name))
        fields[name] = Array.isArray(value) ? value : String(value);
    this.removeAllListeners("finish");
    this.detachSocket(this.#socket);
    return fields;
  }
}
