/**
 * Roomcast on a `node:http`, `node:https` or `node:http2` server. It answers the requests of its own path and
 * leaves all others to the other listeners of the server, added before or after it; it never closes a server.
 */

import { type IncomingHttpHeaders, IncomingMessage, type ServerResponse } from "node:http";
import type { IncomingHttpHeaders as Http2Headers, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  type DeflateConfig,
  type PerMessageDeflateOptions,
  settleDeflate,
} from "../../engine/deflate-options.ts";
import type {
  EngineRequest,
  HeaderFields,
  HttpExchange,
  HttpResponse,
  RequestSink,
  UpgradeExchange,
  WebSocketLink,
  WebSocketListener,
} from "../../engine/ports.ts";
import { httpErrorResponse, httpErrors } from "../../engine/request/http-error.ts";
import type { BareConnection } from "../../net/bare-connection.ts";
import type { RequestHead } from "../../net/request-head.ts";
import { HttpRequest } from "../http-request.ts";
import { BareUpgrade, type BareUpgradeOwner } from "./bare-upgrade.ts";
import { CompressedWebSockets } from "./compressed-websocket.ts";
import { Deflation, openWebSocket } from "./deflating-websocket.ts";
import { BareExchange } from "./exchange/bare-exchange.ts";
import { dropBody, readWithin } from "./exchange/request-body.ts";
import { HandedRequests } from "./handed-requests.ts";
import { asksForWebSocket, Http2Exchange, Http2Upgrade } from "./http2.ts";
import { checkHandshake, handshakeAnswer, type MessageLimits } from "./node-websocket.ts";
import { joinHeaders, noHeaders, type RequestFilter } from "./request-filter.ts";
import {
  type HttpServer,
  type RequestHandler,
  type RequestSource,
  refuseUpgrade,
  SharedServer,
} from "./shared-server.ts";
import type { DetachedUpgrade } from "./socket-handover.ts";

export type { HttpServer };

/** What the adapter has to know of the options. */
export interface NodeAdapterOptions {
  readonly maxHttpBufferSize: number;
  readonly maxFragments: number;
  readonly perMessageDeflate: boolean | PerMessageDeflateOptions;
  readonly directSockets: boolean;
  /** Whether bodies that senders hold back (`Expect: 100-continue`) are asked for only when they are read. */
  readonly asksForBodies?: boolean;
  /** Functions that see requests as Node has them; `null` for none. */
  readonly httpMiddleware?: unknown;
}

/** The bond between one server and one {@link RequestSink}. */
export class NodeAdapter implements RequestHandler, BareUpgradeOwner {
  readonly #source: RequestSource;
  readonly #sink: RequestSink;
  readonly #settings: AdapterSettings;
  /** Upgrades wait for this, where messages may refer to earlier ones; `null` when they do not have to. */
  #loading: Promise<void> | null = null;

  readonly #filter: RequestFilter | null;
  readonly takesBareRequests: boolean;

  /** Attaches to a server, or to another source of requests. A filter sees each request before the sink. */
  constructor(
    server: HttpServer | HandedRequests,
    sink: RequestSink,
    options: NodeAdapterOptions,
    filter: RequestFilter | null = null,
  ) {
    this.#filter = filter;
    const { directSockets, httpMiddleware = null } = options;
    const deflate = settleDeflate(options.perMessageDeflate);
    // Packages, filters and middleware take a socket.
    const takesSockets = deflate?.contextTakeover === true || httpMiddleware !== null || filter !== null;
    this.takesBareRequests = directSockets && !takesSockets;
    this.#source = server instanceof HandedRequests ? server : SharedServer.of(server);
    this.#sink = sink;
    const limits = { maxLength: options.maxHttpBufferSize, maxFragments: options.maxFragments };
    this.#settings = {
      source: this.#source,
      asksForBodies: options.asksForBodies ?? false,
      limits,
      directSockets,
      deflation: deflate === null || deflate.contextTakeover ? null : new Deflation(deflate),
      compressed: null,
    };
    if (deflate?.contextTakeover === true) this.#loading = this.#loadCompression(limits, deflate);
    this.#source.attach(this);
    // A server of HTTP/2 makes requests of its streams where something listens to them.
    if (filter !== null && "updateSettings" in server) server.on("request", ignore);
  }

  /** Leaves the server to its other listeners. Connections that were accepted live on. */
  detach(): void {
    this.#source.detach(this);
  }

  get limits(): MessageLimits {
    return this.#settings.limits;
  }

  get deflation(): Deflation | null {
    return this.#settings.deflation;
  }

  get listensOnLoopback(): boolean {
    return this.#source.listensOnLoopback;
  }

  owns(url: string): boolean {
    return this.#sink.owns(url);
  }

  takeRequest(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#sink.owns(request.url ?? "")) return false;
    const proceed = () => this.#sink.handleRequest(new NodeExchange(this.#settings, request, response));
    if (this.#filter === null) proceed();
    else this.#filter.onRequest(request, response, proceed);
    return true;
  }

  takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const proceed = (headers: HeaderFields) =>
      this.#handleUpgrade(new NodeUpgrade(this.#settings, request, { socket, head, headers }));
    if (this.#filter === null) proceed(noHeaders);
    else this.#filter.onUpgrade(request, socket as Socket, proceed);
  }

  /** Takes a request that another process has given up. */
  takeDetached(upgrade: DetachedUpgrade): void {
    this.#handleUpgrade(this.upgradeOn(upgrade));
  }

  /** A request that was read by another than this server's parser. */
  upgradeOn({ socket, method, url, headers, head }: DetachedUpgrade): NodeUpgrade {
    const request = new IncomingMessage(socket);
    request.method = method;
    request.url = url;
    request.headers = headers;
    return new NodeUpgrade(this.#settings, request, { socket, head: Buffer.from(head) });
  }

  takeBareUpgrade(connection: BareConnection, head: RequestHead, rest: Buffer): boolean {
    // Another process may have the client, and need the socket.
    if (head.url.includes("sid=")) return false;
    const upgrade = new BareUpgrade(this, connection, head, rest);
    this.#sink.handleUpgrade(upgrade);
    upgrade.wait();
    return true;
  }

  takeBareRequest(connection: BareConnection, head: RequestHead, body: Buffer): boolean {
    if (this.#sink.holds?.(head.url) !== true) return false;
    this.#sink.handleRequest(new BareExchange(connection, head, body, this.listensOnLoopback));
    return true;
  }

  takeStream(stream: ServerHttp2Stream, headers: Http2Headers): boolean {
    // Without a path it is a request for a tunnel (RFC 9113 §8.5), which is not ours either.
    if (!this.#sink.owns(headers[":path"] ?? "")) return false;
    // A filter sees requests alone. Node makes one of the stream, which comes back here.
    if (this.#filter !== null) return false;
    if (asksForWebSocket(headers)) {
      this.#sink.handleUpgrade(new Http2Upgrade(this.#settings, stream, headers));
    } else {
      this.#sink.handleRequest(new Http2Exchange(this.#settings, stream, headers));
    }
    return true;
  }

  async #loadCompression(limits: MessageLimits, deflate: DeflateConfig): Promise<void> {
    this.#settings.compressed = await CompressedWebSockets.load(limits, deflate);
    this.#loading = null;
  }

  #handleUpgrade(upgrade: NodeUpgrade): void {
    if (this.#loading === null) this.#sink.handleUpgrade(upgrade);
    else void this.#loading.then(() => this.#sink.handleUpgrade(upgrade));
  }
}

/** What an adapter's requests have in common. */
interface AdapterSettings {
  readonly source: RequestSource;
  /** See {@link NodeAdapterOptions}. */
  readonly asksForBodies: boolean;
  readonly limits: MessageLimits;
  /** See `useDirectly`. */
  readonly directSockets: boolean;
  /** Compresses messages, each by itself; `null` where none are compressed so. */
  readonly deflation: Deflation | null;
  /** Accepts WebSockets in place of Roomcast, where messages may refer to earlier ones. */
  compressed: CompressedWebSockets | null;
}

function requestOf({ method = "GET", url = "/", headers, socket }: IncomingMessage): EngineRequest {
  const secure = "encrypted" in socket && socket.encrypted === true;
  return new HttpRequest(method, url, headers, socket.remoteAddress ?? "", secure);
}

class NodeExchange implements HttpExchange {
  readonly request: EngineRequest;
  readonly #raw: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #settings: AdapterSettings;

  constructor(settings: AdapterSettings, raw: IncomingMessage, response: ServerResponse) {
    this.request = requestOf(raw);
    this.#settings = settings;
    this.#raw = raw;
    this.#response = response;
    // A peer that resets its connection is no error of ours.
    raw.on("error", () => {});
    response.on("error", () => {});
    if (raw.method !== "POST") dropBody(raw, raw.headers);
  }

  get raw(): IncomingMessage {
    return this.#raw;
  }

  get listensOnLoopback(): boolean {
    return this.#settings.source.listensOnLoopback;
  }

  readBody(limit: number): Promise<Uint8Array | undefined> {
    const { "content-length": announced, expect } = this.#raw.headers;
    if (this.#settings.asksForBodies && expect !== undefined && !(Number(announced) > limit))
      this.#response.writeContinue();
    return readWithin(limit, this.#raw, announced);
  }

  respond({ status, headers, body = "" }: HttpResponse): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    // These two have no body, and the length of none must not be told (RFC 9110 §8.6).
    const hasBody = status !== 204 && status !== 304;
    // In this order: a spread at the beginning of an object gives it a hidden class of its own on Node 20.
    response.writeHead(status, hasBody ? { "content-length": Buffer.byteLength(body), ...headers } : headers);
    // The rest of a body that was too long is not read: the connection cannot be used again.
    if (headers.connection === "close") {
      response.end(body, () => this.#raw.destroy());
      return;
    }
    // end(body) would add an empty piece, and all of it would be one `writev`, which takes longer.
    const { socket } = response;
    if (
      socket !== null &&
      body.length > 0 &&
      this.#raw.httpVersionMajor === 1 &&
      socket.writableCorked === 0
    ) {
      socket.cork();
      response.write(body);
      socket.uncork();
      response.end();
    } else {
      response.end(body);
    }
  }

  onEnd(callback: (isTaken: boolean) => void): void {
    if (this.#raw.destroyed && !this.#raw.readableEnded) callback(false);
    else this.#response.once("close", () => callback(this.#response.writableFinished));
  }

  cut(): void {
    this.#response.destroy();
  }
}

/** What comes with a request for an upgrade. */
interface UpgradeParts {
  readonly socket: Duplex;
  /** What its sender has sent behind it. */
  readonly head: Buffer;
  /** Fields for the answer that accepts it, besides those of the sink. */
  readonly headers?: HeaderFields;
}

/** A request for an upgrade over HTTP/1.1. */
export class NodeUpgrade implements UpgradeExchange {
  readonly request: EngineRequest;
  readonly #settings: AdapterSettings;
  readonly #raw: IncomingMessage;
  readonly #socket: Socket;
  readonly #head: Buffer;
  readonly #headers: HeaderFields;

  constructor(settings: AdapterSettings, raw: IncomingMessage, { socket, head, headers }: UpgradeParts) {
    this.request = requestOf(raw);
    this.#settings = settings;
    this.#raw = raw;
    this.#socket = socket as Socket;
    this.#head = head;
    this.#headers = headers ?? noHeaders;
    // From here on as long as the socket lives, also after an upgrade.
    socket.on("error", ignore);
  }

  get raw(): IncomingMessage {
    return this.#raw;
  }

  get listensOnLoopback(): boolean {
    return this.#settings.source.listensOnLoopback;
  }

  accept(own: HeaderFields, open: (link: WebSocketLink) => WebSocketListener): void {
    const headers = this.#headers === noHeaders ? own : joinHeaders(own, this.#headers);
    const { compressed, deflation, limits, directSockets } = this.#settings;
    const socket = this.#socket;
    // The client may have left while it was decided about.
    if (!socket.readable || !socket.writable) {
      socket.destroy();
      return;
    }
    if (compressed !== null) {
      compressed.accept({ request: this.#raw, socket, head: this.#head }, headers, open);
      return;
    }
    const terms = deflation?.agree(this.#raw.headers["sec-websocket-extensions"]) ?? null;
    const refusal = checkHandshake(this.#raw);
    if (refusal !== undefined || terms === "malformed") {
      this.refuse(refusal ?? httpErrorResponse(httpErrors.badRequest));
      return;
    }
    const link = openWebSocket(socket, limits, terms);
    const fields = terms === null ? headers : { ...headers, "Sec-WebSocket-Extensions": terms.answer };
    link.start(this.#head, handshakeAnswer(this.#raw.headers, fields), directSockets);
    link.open(open);
  }

  refuse(response: HttpResponse): void {
    if (!this.#socket.destroyed) refuseUpgrade(this.#socket, response);
  }

  /** Gives the request up, for another process to answer; `null` where its socket cannot leave this one. */
  detach(): DetachedUpgrade | null {
    // What TLS has agreed upon is known to this process alone.
    if (this.request.secure) return null;
    const { method, url, headers } = this.request;
    return { socket: this.#socket, method, url, headers: headers as IncomingHttpHeaders, head: this.#head };
  }
}

function ignore(): void {}
