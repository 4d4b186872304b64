/** A request for an upgrade that came without a socket, and was read without the parser of Node. */

import type {
  EngineRequest,
  HeaderFields,
  HttpResponse,
  UpgradeExchange,
  WebSocketLink,
  WebSocketListener,
} from "../../engine/ports.ts";
import { httpErrorResponse, httpErrors } from "../../engine/request/http-error.ts";
import type { BareConnection } from "../../net/bare-connection.ts";
import type { RequestHead } from "../../net/request-head.ts";
import { HttpRequest } from "../http-request.ts";
import { type Deflation, openWebSocket } from "./deflating-websocket.ts";
import { checkHandshake, handshakeAnswer, type MessageLimits } from "./node-websocket.ts";
import { refuseUpgrade } from "./shared-server.ts";
import type { DetachedUpgrade } from "./socket-handover.ts";

/** What such requests need of their adapter. */
export interface BareUpgradeOwner {
  readonly listensOnLoopback: boolean;
  readonly limits: MessageLimits;
  /** Compresses messages, each by itself; `null` where none are compressed. */
  readonly deflation: Deflation | null;
  /** The same request, on a socket. */
  upgradeOn(upgrade: DetachedUpgrade): UpgradeExchange;
}

/**
 * One such request. The WebSocket needs no socket where it is accepted at once. Where the request is refused,
 * or the decision takes time, it gets one.
 */
export class BareUpgrade implements UpgradeExchange {
  readonly request: EngineRequest;
  readonly #owner: BareUpgradeOwner;
  readonly #connection: BareConnection;
  readonly #head: RequestHead;
  /** What came behind the head. */
  readonly #rest: Buffer;
  #isSettled = false;
  /** The request on a socket, once it has that. */
  #upgrade: UpgradeExchange | null = null;

  /** Takes no object: that would be an allocation for each client. */
  constructor(owner: BareUpgradeOwner, connection: BareConnection, head: RequestHead, rest: Buffer) {
    this.request = new HttpRequest("GET", head.url, head.headers, connection.address ?? "", false);
    this.#owner = owner;
    this.#connection = connection;
    this.#head = head;
    this.#rest = rest;
  }

  get listensOnLoopback(): boolean {
    return this.#owner.listensOnLoopback;
  }

  accept(headers: HeaderFields, open: (link: WebSocketLink) => WebSocketListener): void {
    if (this.#upgrade !== null) {
      this.#upgrade.accept(headers, open);
      return;
    }
    const { deflation, limits } = this.#owner;
    const { headers: sent } = this.#head;
    const terms = deflation?.agree(sent["sec-websocket-extensions"]) ?? null;
    const refusal = checkHandshake(this.request);
    if (refusal !== undefined || terms === "malformed") {
      this.refuse(refusal ?? httpErrorResponse(httpErrors.badRequest));
      return;
    }
    this.#isSettled = true;
    const link = openWebSocket(this.#connection, limits, terms);
    const fields = terms === null ? headers : { ...headers, "Sec-WebSocket-Extensions": terms.answer };
    link.start(this.#rest, handshakeAnswer(sent, fields));
    link.open(open);
  }

  refuse(response: HttpResponse): void {
    if (this.#upgrade !== null) {
      this.#upgrade.refuse(response);
      return;
    }
    this.#isSettled = true;
    refuseUpgrade(this.#connection.toSocket(), response);
  }

  /** Gives the request a socket to wait with, where it has no answer yet. */
  wait(): void {
    if (this.#isSettled) return;
    const { url, headers } = this.#head;
    const socket = this.#connection.toSocket();
    this.#upgrade = this.#owner.upgradeOn({ socket, method: "GET", url, headers, head: this.#rest });
  }
}
