/**
 * Requests that a framework, or the application's own server, hands over one by one, where Roomcast cannot
 * attach to the server itself.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { answerFields } from "../../engine/request/http-error.ts";
import { isLoopback } from "../loopback.ts";
import { type RequestHandler, type RequestSource, refuseUpgrade } from "./shared-server.ts";
import { offersWebSocket } from "./upgrade-offers.ts";

/** The functions that take requests of Node's, for frameworks that make the server themselves. */
export interface NodeHandlers {
  /** Whether a request belongs to Roomcast, by its path. All others are the application's. */
  readonly owns: (request: { readonly url?: string | undefined }) => boolean;
  /**
   * Answers a request. One that does not belong to Roomcast gets status 404. Resolves when the answer has
   * ended, which some frameworks wait for, and never rejects.
   */
  readonly request: (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => Promise<void>;
  /** Takes a request for an upgrade with its socket. One that does not belong to Roomcast gets status 404. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

const plainText = { "content-type": "text/plain; charset=utf-8", ...answerFields };

/** Takes requests for one tenant. */
export class HandedRequests implements RequestSource {
  #tenant: RequestHandler | null = null;
  #hasStopped = false;
  /** The socket of the latest request, which knows its server. */
  #socket: Duplex | null = null;

  /** The functions for the application. */
  readonly handlers: NodeHandlers = {
    owns: ({ url = "" }) => this.#tenant?.owns(url) ?? false,
    request: (request, response) =>
      new Promise((resolve) => {
        response.once("finish", resolve).once("close", resolve);
        this.#takeRequest(request, response);
      }),
    upgrade: (request, socket, head) => this.#takeUpgrade(request, socket, head),
  };

  get listensOnLoopback(): boolean {
    const { server } = (this.#socket ?? {}) as { server?: { address?(): AddressInfo | string | null } };
    return isLoopback(server?.address?.());
  }

  attach(tenant: RequestHandler): void {
    this.#tenant = tenant;
  }

  detach(): void {
    this.#tenant = null;
    this.#hasStopped = true;
    this.#socket = null;
  }

  #takeRequest(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void {
    const tenant = this.#tenant;
    this.#socket = tenant === null ? null : request.socket;
    if (tenant !== null) {
      if ("stream" in response && tenant.takeStream(response.stream, request.headers)) return;
      // Those of HTTP/2 have the same members as far as they are used.
      if (tenant.takeRequest(request as IncomingMessage, response as ServerResponse)) return;
    }
    const [status, text] = this.#refusal();
    response.writeHead(status, plainText).end(text);
  }

  #takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const tenant = this.#tenant;
    if (tenant?.owns(request.url ?? "") === true) {
      this.#socket = socket;
      if (offersWebSocket(request)) tenant.takeUpgrade(request, socket, head);
      else refuseUpgrade(socket, { status: 400, headers: plainText, body: "Nothing to upgrade to here" });
      return;
    }
    const [status, body] = this.#refusal();
    refuseUpgrade(socket, { status, headers: plainText, body });
  }

  #refusal(): [status: number, text: string] {
    return this.#hasStopped ? [503, "The server has stopped"] : [404, "Not found"];
  }
}
