/**
 * Roomcast on a `node:http` or `node:https` server. It answers the requests of its own path and leaves all others to
 * whoever listens to the server, before or after it; it never closes a server.
 */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type {
  EngineRequest,
  HttpExchange,
  HttpResponse,
  RequestSink,
  UpgradeExchange,
  WebSocketLink,
  WebSocketListener,
} from "../engine/ports.ts";
import { CompressedWebSockets } from "./compressed-websocket.ts";
import { checkHandshake, handshakeAnswer, NodeWebSocket } from "./node-websocket.ts";
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
  readonly #webSockets: WebSocketSettings;

  /** Attaches to a server. */
  constructor(server: HttpServer, sink: RequestSink, options: NodeAdapterOptions) {
    this.#server = SharedServer.of(server);
    this.#sink = sink;
    this.#webSockets = {
      maxLength: options.maxHttpBufferSize,
      compressed: options.perMessageDeflate ? new CompressedWebSockets(options.maxHttpBufferSize) : null,
    };
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

/** What an adapter's WebSockets have in common. */
interface WebSocketSettings {
  /** The longest message to accept, in bytes. */
  readonly maxLength: number;
  /** Accepts them in place of Roomcast, where messages may be compressed. */
  readonly compressed: CompressedWebSockets | null;
}

/** What is kept of a request for as long as its connection lives: no more than can be asked for. */
class NodeRequest implements EngineRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
  readonly secure: boolean;

  constructor({ method = "GET", url = "/", headers, socket }: IncomingMessage) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.address = socket.remoteAddress ?? "";
    this.secure = "encrypted" in socket && socket.encrypted === true;
  }

  get path(): string {
    const mark = this.url.indexOf("?");
    return mark === -1 ? this.url : this.url.slice(0, mark);
  }

  get query(): URLSearchParams {
    const mark = this.url.indexOf("?");
    return new URLSearchParams(mark === -1 ? "" : this.url.slice(mark + 1));
  }
}

class NodeExchange implements HttpExchange {
  readonly request: EngineRequest;
  readonly #raw: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(raw: IncomingMessage, response: ServerResponse) {
    this.request = new NodeRequest(raw);
    this.#raw = raw;
    this.#response = response;
    // A peer that resets its connection is no error of ours.
    raw.on("error", () => {});
    response.on("error", () => {});
  }

  readBody(limit: number): Promise<Uint8Array | undefined> {
    const raw = this.#raw;
    if (Number(raw.headers["content-length"] ?? 0) > limit) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      raw.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > limit) {
          raw.pause();
          resolve(undefined);
        } else {
          chunks.push(chunk);
        }
      });
      raw.on("end", () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length)));
      raw.on("close", () => {
        if (!raw.complete) reject(new Error("the request's sender went away before its end"));
      });
    });
  }

  respond({ status, headers, body = "" }: HttpResponse): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    // These two have no body, and the length of none must not be told (RFC 9110 §8.6).
    const length = status === 204 || status === 304 ? {} : { "content-length": Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...length });
    // What is left of a body that was too long is not read: the connection cannot be used again.
    if (headers.connection === "close") response.end(body, () => this.#raw.destroy());
    else response.end(body);
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
  readonly #settings: WebSocketSettings;
  readonly #raw: IncomingMessage;
  readonly #socket: Socket;
  readonly #head: Buffer;

  constructor(settings: WebSocketSettings, raw: IncomingMessage, socket: Duplex, head: Buffer) {
    this.request = new NodeRequest(raw);
    this.#settings = settings;
    this.#raw = raw;
    this.#socket = socket as Socket;
    this.#head = head;
    socket.on("error", ignore);
  }

  accept(headers: Readonly<Record<string, string>>, open: (link: WebSocketLink) => WebSocketListener): void {
    const { compressed, maxLength } = this.#settings;
    const socket = this.#socket;
    // The client may have left while it was decided about.
    if (!socket.readable || !socket.writable) {
      socket.destroy();
      return;
    }
    socket.off("error", ignore);
    if (compressed !== null) {
      compressed.accept(this.#raw, socket, this.#head, headers, open);
      return;
    }
    const refusal = checkHandshake(this.#raw);
    if (refusal !== undefined) {
      this.refuse(refusal);
      return;
    }
    const link = new NodeWebSocket(socket, maxLength);
    link.start(this.#head);
    // What is sent at once goes out together with the answer.
    socket.cork();
    socket.write(handshakeAnswer(this.#raw, headers), "latin1");
    try {
      link.listener = open(link);
    } catch (error) {
      link.terminate();
      throw error;
    } finally {
      socket.uncork();
    }
  }

  refuse(response: HttpResponse): void {
    if (!this.#socket.destroyed) refuseUpgrade(this.#socket, response);
  }
}

function ignore(): void {}
