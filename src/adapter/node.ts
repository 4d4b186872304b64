/**
 * Roomcast on a `node:http` or `node:https` server. It answers the requests of its own path and leaves all others to
 * whoever listens to the server, before or after it; it never closes a server.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import type {
  EngineRequest,
  HttpExchange,
  HttpResponse,
  RequestSink,
  UpgradeExchange,
  WebSocketCloseCause,
  WebSocketLink,
  WebSocketListener,
} from "../engine/ports.ts";
import { type HttpServer, refuseUpgrade, SharedServer, type Tenant } from "./shared-server.ts";

export type { HttpServer };

/** What the adapter has to know of the options. */
export interface NodeAdapterOptions {
  readonly maxHttpBufferSize: number;
  readonly perMessageDeflate: boolean;
}

/** The bond between one server and one {@link RequestSink}. */
export class NodeAdapter implements Tenant {
  readonly #server: SharedServer;
  readonly #sink: RequestSink;
  readonly #webSockets: WebSocketServer;

  /** Attaches to a server. */
  constructor(server: HttpServer, sink: RequestSink, options: NodeAdapterOptions) {
    this.#server = SharedServer.of(server);
    this.#sink = sink;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.maxHttpBufferSize,
      perMessageDeflate: options.perMessageDeflate,
    } satisfies ServerOptions);
    this.#webSockets.on("headers", (headers: string[], request: UpgradeRequest) => {
      for (const [name, value] of Object.entries(request[extraHeaders] ?? {}))
        headers.push(`${name}: ${value}`);
    });
    this.#server.attach(this);
  }

  /** Leaves the server to its other listeners. Connections that were accepted live on. */
  detach(): void {
    this.#server.detach(this);
  }

  takeRequest(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#sink.owns(request.url ?? "")) return false;
    this.#sink.handleRequest(new NodeExchange(request, response));
    return true;
  }

  takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (!this.#sink.owns(request.url ?? "")) return false;
    this.#sink.handleUpgrade(new NodeUpgrade(this.#webSockets, request, socket, head));
    return true;
  }
}

const extraHeaders = Symbol("headers of the answer to an upgrade");

interface UpgradeRequest extends IncomingMessage {
  [extraHeaders]?: Readonly<Record<string, string>>;
}

function describe(request: IncomingMessage): EngineRequest {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  return {
    method: request.method ?? "GET",
    url,
    path: mark === -1 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1)),
    headers: request.headers,
    address: request.socket.remoteAddress ?? "",
    secure: "encrypted" in request.socket && request.socket.encrypted === true,
  };
}

class NodeExchange implements HttpExchange {
  readonly request: EngineRequest;
  readonly #raw: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(raw: IncomingMessage, response: ServerResponse) {
    this.request = describe(raw);
    this.#raw = raw;
    this.#response = response;
    // A peer that resets its connection is no error of ours.
    raw.on("error", () => {});
    response.on("error", () => {});
  }

  async readBody(limit: number): Promise<Uint8Array | undefined> {
    if (Number(this.#raw.headers["content-length"] ?? 0) > limit) return undefined;
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.#raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) return undefined;
      chunks.push(chunk);
    }
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length);
  }

  respond({ status, headers, body = "" }: HttpResponse): void {
    if (this.#response.headersSent || this.#response.destroyed) return;
    // These two have no body, and the length of none must not be told (RFC 9110 §8.6).
    const length = status === 204 || status === 304 ? {} : { "content-length": Buffer.byteLength(body) };
    this.#response.writeHead(status, { ...headers, ...length });
    this.#response.end(body, () => {
      // What is left of a body that was too long is not read: the connection cannot be used again.
      if (headers.connection === "close") this.#raw.destroy();
    });
  }

  onAbort(callback: () => void): void {
    if (this.#raw.destroyed && !this.#raw.readableEnded) {
      callback();
      return;
    }
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) callback();
    });
  }
}

class NodeUpgrade implements UpgradeExchange {
  readonly request: EngineRequest;
  readonly #raw: IncomingMessage;
  readonly #webSockets: WebSocketServer;
  readonly #socket: Duplex;
  readonly #head: Buffer;

  constructor(webSockets: WebSocketServer, raw: IncomingMessage, socket: Duplex, head: Buffer) {
    this.request = describe(raw);
    this.#raw = raw;
    this.#webSockets = webSockets;
    this.#socket = socket;
    this.#head = head;
    socket.on("error", ignore);
  }

  accept(headers: Readonly<Record<string, string>>, open: (link: WebSocketLink) => WebSocketListener): void {
    const request: UpgradeRequest = this.#raw;
    request[extraHeaders] = headers;
    this.#webSockets.handleUpgrade(request, this.#socket as Socket, this.#head, (webSocket) => {
      this.#socket.off("error", ignore);
      const link = new NodeLink(webSocket, this.#socket as Socket);
      try {
        link.listener = open(link);
      } catch (error) {
        link.terminate();
        throw error;
      }
    });
  }

  refuse(response: HttpResponse): void {
    if (!this.#socket.destroyed) refuseUpgrade(this.#socket, response);
  }
}

function ignore(): void {}

/** How long a peer that broke the rules may take to hear why, in ms. */
const closingGrace = 1000;

class NodeLink implements WebSocketLink {
  readonly takesFrames: boolean;
  listener: WebSocketListener | null = null;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  #broken = false;

  constructor(webSocket: WebSocket, socket: Socket) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    // An extension such as permessage-deflate changes frames on their way, so then the library has to write them.
    this.takesFrames = webSocket.extensions === "";
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.listener?.onBinary(data);
      else this.listener?.onText(data.toString());
    });
    webSocket.on("error", (error: Error & { code?: string }) => {
      this.#broken = true;
      // The library tells the peer why, and would wait half a minute for its answer.
      setTimeout(() => webSocket.terminate(), closingGrace).unref();
      this.#end(error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" ? "too large" : "error");
    });
    webSocket.on("close", () => this.#end("closed"));
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  writeFrames(chunks: readonly Uint8Array[]): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) {
      this.#socket.write(first);
      return;
    }
    this.#socket.cork();
    for (const chunk of chunks) this.#socket.write(chunk);
    this.#socket.uncork();
  }

  send(message: string | Uint8Array, compress: boolean): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(message, { compress });
  }

  close(): void {
    this.#webSocket.close();
  }

  terminate(): void {
    if (!this.#broken) this.#webSocket.terminate();
  }

  #end(cause: WebSocketCloseCause): void {
    const { listener } = this;
    this.listener = null;
    listener?.onClose(cause);
  }
}
