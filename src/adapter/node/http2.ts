/**
 * Roomcast on the streams of a `node:http2` server: each carries one HTTP exchange, or one WebSocket (RFC
 * 8441) where the server's settings say that it may.
 */

import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type {
  EngineRequest,
  HeaderFields,
  HttpExchange,
  HttpResponse,
  UpgradeExchange,
  WebSocketLink,
  WebSocketListener,
} from "../../engine/ports.ts";
import { httpErrorResponse, httpErrors } from "../../engine/request/http-error.ts";
import { HttpRequest } from "../http-request.ts";
import { type Deflation, openWebSocket } from "./deflating-websocket.ts";
import { readWithin } from "./exchange/request-body.ts";
import { chosenSubprotocol, type MessageLimits } from "./node-websocket.ts";

/** Whether a stream asks for a WebSocket (RFC 8441 §4). */
export function asksForWebSocket(headers: IncomingHttpHeaders): boolean {
  return headers[":method"] === "CONNECT" && headers[":protocol"] === "websocket";
}

function requestOn(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): EngineRequest {
  const { session } = stream;
  return new HttpRequest(
    headers[":method"] ?? "GET",
    headers[":path"] ?? "/",
    plainHeaders(headers),
    session?.socket.remoteAddress ?? "",
    session?.encrypted === true,
  );
}

/** Header fields as they would be in HTTP/1.1: what stands in `:authority` is the host (RFC 9113 §8.3.1). */
function plainHeaders(headers: IncomingHttpHeaders): EngineRequest["headers"] {
  const plain: Record<string, string | string[] | undefined> = {};
  for (const name in headers) if (!name.startsWith(":")) plain[name] = headers[name];
  const host = headers[":authority"] ?? headers.host;
  if (host !== undefined) plain.host = host;
  return plain;
}

/** What the streams of an adapter have in common. */
export interface StreamSettings {
  readonly source: { readonly listensOnLoopback: boolean };
  /** Which messages to accept on WebSockets. */
  readonly limits: MessageLimits;
  /** Compresses messages; `null` where none are compressed. */
  readonly deflation: Deflation | null;
}

/** One HTTP exchange on a stream. */
export class Http2Exchange implements HttpExchange {
  readonly request: EngineRequest;
  readonly #settings: StreamSettings;
  readonly #stream: ServerHttp2Stream;

  constructor(settings: StreamSettings, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.request = requestOn(stream, headers);
    this.#settings = settings;
    this.#stream = stream;
    // A peer that resets its stream is no error of ours.
    stream.on("error", ignore);
    if (this.request.method !== "POST" && !stream.endAfterHeaders) stream.resume();
  }

  get listensOnLoopback(): boolean {
    return this.#settings.source.listensOnLoopback;
  }

  readBody(limit: number): Promise<Uint8Array | undefined> {
    return readWithin(limit, this.#stream, this.request.headers["content-length"]);
  }

  respond(response: HttpResponse): void {
    answer(this.#stream, response, this.request.method === "HEAD");
  }

  onEnd(callback: (isTaken: boolean) => void): void {
    const stream = this.#stream;
    if (stream.destroyed) {
      callback(false);
      return;
    }
    // A stream that its peer gave up is ended on this side by itself, and so counts as finished.
    stream.once("close", () => callback(!stream.aborted && stream.rstCode === 0 && stream.writableFinished));
  }

  cut(): void {
    this.#stream.destroy();
  }
}

/** A request for a WebSocket on a stream. */
export class Http2Upgrade implements UpgradeExchange {
  readonly request: EngineRequest;
  readonly #stream: ServerHttp2Stream;
  readonly #settings: StreamSettings;

  constructor(settings: StreamSettings, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.request = requestOn(stream, headers);
    this.#stream = stream;
    this.#settings = settings;
    stream.on("error", ignore);
  }

  get listensOnLoopback(): boolean {
    return this.#settings.source.listensOnLoopback;
  }

  accept(headers: HeaderFields, open: (link: WebSocketLink) => WebSocketListener): void {
    const stream = this.#stream;
    const { "sec-websocket-version": version, "sec-websocket-protocol": offered } = this.request.headers;
    if (stream.destroyed) return;
    if (version !== "13") {
      this.refuse(httpErrorResponse(httpErrors.unsupportedWebSocket, { "sec-websocket-version": "13" }));
      return;
    }
    const { deflation, limits } = this.#settings;
    const terms = deflation?.agree(this.request.headers["sec-websocket-extensions"]) ?? null;
    if (terms === "malformed") {
      this.refuse(httpErrorResponse(httpErrors.badRequest));
      return;
    }
    const extensions = terms === null ? {} : { "sec-websocket-extensions": terms.answer };
    stream.respond({ ":status": 200, ...headers, ...subprotocolField(offered), ...extensions });
    const link = openWebSocket(stream, limits, terms);
    link.start();
    link.open(open);
  }

  refuse(response: HttpResponse): void {
    answer(this.#stream, response, false);
  }
}

function subprotocolField(offered: string | string[] | undefined): OutgoingHttpHeaders {
  const chosen = chosenSubprotocol(String(offered ?? ""));
  return chosen === undefined ? {} : { "sec-websocket-protocol": chosen };
}

function answer(
  stream: ServerHttp2Stream,
  { status, headers, body = "" }: HttpResponse,
  isHead: boolean,
): void {
  if (stream.headersSent || stream.destroyed) return;
  // A stream ends by itself, and there is no field that says so (RFC 9113 §8.2.2).
  const { connection, ...fields } = headers;
  const hasLength = status !== 204 && status !== 304;
  const length = hasLength ? { "content-length": Buffer.byteLength(body) } : {};
  stream.respond({ ":status": status, ...fields, ...length });
  if (isHead || !hasLength) stream.end();
  // The rest of a body that was too long is not read.
  else if (connection === "close") stream.end(body, () => stream.close());
  else stream.end(body);
}

function ignore(): void {}
