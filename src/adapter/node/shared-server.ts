/**
 * One server, and the Roomcast servers attached to it. Node tells a server's listeners of a request by its
 * `emit`. Taking requests out there leaves every listener in its place and works for those that are added
 * later too, which exchanging listeners does not. No listener is added either: others count them to learn
 * whether they are alone.
 */

import { EventEmitter } from "node:events";
import { type IncomingMessage, maxHeaderSize, Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Http2SecureServer, Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HttpResponse } from "../../engine/ports.ts";
import { answerFields } from "../../engine/request/http-error.ts";
import type { BareConnection } from "../../net/bare-connection.ts";
import { type BareConnectionOwner, BareConnections } from "../../net/bare-connections.ts";
import { type RequestHead, readRequestHead } from "../../net/request-head.ts";
import { isLoopback } from "../loopback.ts";
import { offersWebSocket, type ParsedConnection, UpgradeOffers } from "./upgrade-offers.ts";

/** A server that Roomcast can attach to. */
export type HttpServer = Server | SecureServer | Http2SecureServer | Http2Server;

/**
 * Attached to a server. Says of each request whether it takes it; a request that none takes is the
 * application's.
 */
export interface RequestHandler {
  /** Whether a request for this URL (path and query) is the tenant's. */
  owns(url: string): boolean;
  takeRequest(request: IncomingMessage, response: ServerResponse): boolean;
  /** Takes an upgrade of a URL that it {@link owns}. */
  takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  takeStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean;
  /** Whether it takes requests of connections without a socket. */
  readonly takesBareRequests?: boolean;
  /**
   * Takes an upgrade of a URL that it {@link owns}; not called unless {@link takesBareRequests}. Returns
   * whether it is taken.
   */
  takeBareUpgrade?(connection: BareConnection, head: RequestHead, rest: Buffer): boolean;
  /** Takes any other request, in the same way. */
  takeBareRequest?(connection: BareConnection, head: RequestHead, body: Buffer): boolean;
}

/** Where requests come from. */
export interface RequestSource {
  /** Whether it listens on loopback addresses alone, which other machines do not reach. */
  readonly listensOnLoopback: boolean;
  /** Hands requests to a tenant from now on. */
  attach(tenant: RequestHandler): void;
  /** Hands no more requests to a tenant. */
  detach(tenant: RequestHandler): void;
}

/** The longest head that is read without Node's parser, in bytes, and its most fields. */
const longestHead = 8192;
const mostFields = 64;

const sharedServers = new WeakMap<HttpServer, SharedServer>();

/** A server with its tenants. */
export class SharedServer implements RequestSource, BareConnectionOwner {
  readonly #server: HttpServer;
  #tenants: readonly RequestHandler[] = [];
  readonly #offers: UpgradeOffers;
  /** Connections that have no socket; `null` where the server cannot have any. */
  readonly bareConnections: BareConnections | null;
  /** The server's `emit` as it was before the first tenant came; `null` without tenants. */
  #emit: HttpServer["emit"] | null = null;
  /** See {@link listensOnLoopback}; `null` until it is looked at. */
  #listensOnLoopback: boolean | null = null;
  /** The tenant of the request that was judged last. */
  #judged: RequestHandler | undefined;
  /** Whether the application's own listeners take no other upgrades than WebSockets. */
  upgradesToWebSocketOnly = false;

  private constructor(server: HttpServer) {
    this.#server = server;
    this.#offers = new UpgradeOffers(server, (request) => this.#judge(request));
    this.bareConnections = server instanceof Server ? new BareConnections(server, this) : null;
  }

  /** The one shared form of a server. */
  static of(server: HttpServer): SharedServer {
    const known = sharedServers.get(server);
    if (known !== undefined) return known;
    const shared = new SharedServer(server);
    sharedServers.set(server, shared);
    return shared;
  }

  /** Whether it listens on loopback addresses alone, which other machines do not reach. */
  get listensOnLoopback(): boolean {
    this.#listensOnLoopback ??= isLoopback(this.#server.address());
    return this.#listensOnLoopback;
  }

  /** Lets a tenant in. The first to come is the first to be asked. */
  attach(tenant: RequestHandler): void {
    if (this.#tenants.length === 0) {
      if (this.#emit === null) {
        this.#emit = this.#server.emit;
        this.#server.emit = this.#offerFirst;
      }
      this.#offers.start();
      this.bareConnections?.start();
    }
    if (!this.#tenants.includes(tenant)) this.#tenants = [...this.#tenants, tenant];
  }

  /** Lets a tenant go. After the last one the server is as it was. */
  detach(tenant: RequestHandler): void {
    if (!this.#tenants.includes(tenant)) return;
    this.#tenants = this.#tenants.filter((each) => each !== tenant);
    this.#judged = undefined;
    if (this.#tenants.length > 0) return;
    this.#offers.stop();
    this.bareConnections?.stop();
    // Where another program has wrapped `emit` since, it calls ours for ever, which then hands everything on.
    if (this.#server.emit !== this.#offerFirst || this.#emit === null) return;
    this.#server.emit = this.#emit;
    this.#emit = null;
  }

  /** Whether there is a tenant for them, and no program looks at what the server tells its listeners. */
  get takesConnections(): boolean {
    const isAlone =
      this.#emit === EventEmitter.prototype.emit && this.#server.emit === (this.#offerFirst as unknown);
    return isAlone && this.#tenants.some(({ takesBareRequests }) => takesBareRequests === true);
  }

  takeConnection(connection: BareConnection, bytes: Buffer): boolean {
    const { maxHeadersCount } = this.#server as Server;
    const limits = {
      maxLength: Math.min(Reflect.get(this.#server, "maxHeaderSize") || maxHeaderSize, longestHead),
      maxFields: Math.min(maxHeadersCount || mostFields, mostFields),
    };
    const head = readRequestHead(bytes, limits, connection.lastHead);
    if (head === null) return false;
    const owner = this.#ownerOf(head);
    if (owner?.takesBareRequests !== true) return false;
    const rest = bytes.subarray(head.length);
    if (head.bodyLength === null) return owner.takeBareUpgrade?.(connection, head, rest) === true;
    // Neither a part of a body, nor what another request has behind it.
    if (rest.length !== head.bodyLength || this.bareConnections?.mayAnswer !== true) return false;
    return owner.takeBareRequest?.(connection, head, rest) === true;
  }

  /** Offers a request to the tenants; says whether one of them took it. */
  offerRequest(request: IncomingMessage, response: ServerResponse): boolean {
    // Where a framework hands on a request of HTTP/2, there is a stream behind it.
    const isStream = request.httpVersionMajor === 2 && "stream" in response;
    if (isStream && this.#offerStream(response.stream as ServerHttp2Stream, request.headers)) return true;
    for (const tenant of this.#tenants) if (tenant.takeRequest(request, response)) return true;
    return false;
  }

  #offerStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    for (const tenant of this.#tenants) if (tenant.takeStream(stream, headers)) return true;
    return false;
  }

  #offerUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    // What was judged a moment ago has its tenant.
    const owner = this.#offers.settle(request) ? this.#judged : this.#ownerOf(request);
    if (owner !== undefined && offersWebSocket(request)) {
      owner.takeUpgrade(request, socket, head);
      return true;
    }
    // Some programs tell one server of another's upgrades. Where no listener waits for it, its socket would
    // stay for ever.
    if (this.#tenants.length === 0 || this.#server.listenerCount("upgrade") > 0) return false;
    const headers = { "content-type": "text/plain", ...answerFields };
    refuseUpgrade(socket, { status: 400, headers, body: "Nothing to upgrade to here" });
    return true;
  }

  #ownerOf({ url = "" }: { readonly url?: string | undefined }): RequestHandler | undefined {
    for (const tenant of this.#tenants) if (tenant.owns(url)) return tenant;
    return undefined;
  }

  /**
   * Whether a request that offers another protocol becomes an upgrade; `undefined` where that is not
   * Roomcast's to say.
   */
  #judge(request: IncomingMessage): boolean | undefined {
    this.#judged = this.#ownerOf(request);
    if (this.#judged !== undefined) return offersWebSocket(request);
    return this.upgradesToWebSocketOnly && !offersWebSocket(request) ? false : undefined;
  }

  readonly #offerFirst = (event: string, ...values: unknown[]): boolean => {
    const first = values[0];
    switch (event) {
      case "request":
        if (this.offerRequest(first as IncomingMessage, values[1] as ServerResponse)) return true;
        break;
      case "upgrade":
        if (this.#offerUpgrade(first as IncomingMessage, values[1] as Duplex, values[2] as Buffer))
          return true;
        break;
      case "stream":
        // Every request of HTTP/2 comes as a stream at first, out of which its `request` is made.
        if (this.#offerStream(first as ServerHttp2Stream, values[1] as IncomingHttpHeaders)) return true;
        break;
      case "connection":
        this.bareConnections?.restore(first as Socket);
        break;
      case "listening":
        this.bareConnections?.listen();
        this.#listensOnLoopback = null;
        break;
      case "close":
        this.#listensOnLoopback = null;
    }
    const isHeard = this.#emit?.call(this.#server, event, ...values) ?? false;
    if (event === "connection" || event === "secureConnection") this.#offers.watch(first as ParsedConnection);
    return isHeard;
  };
}

/** Answers a request to speak another protocol with an HTTP status. */
export function refuseUpgrade(socket: Duplex, { status, headers, body = "" }: HttpResponse): void {
  const length = String(Buffer.byteLength(body));
  const lines = Object.entries({ "content-length": length, ...headers, connection: "close" });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  // A peer that resets its connection is no error of ours.
  socket.on("error", () => {});
  socket.end(Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]));
  socket.once("finish", () => socket.destroy());
}
