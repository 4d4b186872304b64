/** Reaches a server from Node: requests by `node:http` and `node:https`, WebSockets by `ws`. */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { type ClientOptions, WebSocket } from "ws";
import {
  asNetworkError,
  type ClientNetwork,
  type ClientSocketLink,
  type ClientSocketListener,
  type NetworkAnswer,
  NetworkError,
  type RequestQuery,
} from "../network.ts";
import { CookieJar } from "./cookie-jar.ts";
import { type ByteTraffic, handshakeFields, handshakeKey, LightSocket } from "./light-socket.ts";

/** Where a server is, and what goes with each request. */
export interface NodeNetworkSettings {
  /** Scheme, host and port; `http:` or `https:`. */
  readonly origin: string;
  /** Where Engine.IO is, such as `/socket.io/`. */
  readonly path: string;
  /** Goes with each request, behind the protocol's own. */
  readonly query: RequestQuery;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether certificates are taken as they are. Default `false`. */
  readonly acceptsAnyCertificate?: boolean;
  /** Certificates of authorities besides those of the system, as PEM. */
  readonly authorities?: string;
  /** Whether WebSockets are as light as thousands need them; they do not compress. Default `false`. */
  readonly light?: boolean;
  /** Counts bytes of requests, and of light WebSockets. */
  readonly traffic?: ByteTraffic;
  /** Whether each request gets a connection of its own, as with many clients. Default `false`. */
  readonly isolated?: boolean;
}

/** The longest answer that is read, in bytes. */
const longestAnswer = 64 * 2 ** 20;

/** The network of one connection; it keeps cookies as a browser does. */
export class NodeNetwork implements ClientNetwork {
  readonly #settings: NodeNetworkSettings;
  readonly #tls: { rejectUnauthorized: boolean; ca?: string };
  #agent: HttpAgent | null = null;
  readonly #isSecure: boolean;
  readonly cookies = new CookieJar();

  constructor(settings: NodeNetworkSettings) {
    this.#settings = settings;
    const { acceptsAnyCertificate = false, authorities } = settings;
    this.#tls = {
      rejectUnauthorized: !acceptsAnyCertificate,
      ...(authorities === undefined ? {} : { ca: authorities }),
    };
    this.#isSecure = settings.origin.startsWith("https:");
  }

  request(query: RequestQuery, body: string | undefined, signal: AbortSignal): Promise<NetworkAnswer> {
    return this.exchange(
      {
        query,
        method: body === undefined ? "GET" : "POST",
        ...(body === undefined ? {} : { body, headers: { "content-type": "text/plain;charset=UTF-8" } }),
      },
      signal,
    );
  }

  /**
   * Sends any request to the server's path.
   *
   * @throws NetworkError when there is no answer
   */
  exchange(
    { query = {}, method = "GET", body, headers = {}, path = this.#settings.path }: NodeRequest,
    signal: AbortSignal,
  ): Promise<NetworkAnswer> {
    const url = this.#urlOf(query, path);
    const began = performance.now();
    const { traffic } = this.#settings;
    return new Promise((resolve, reject) => {
      const send = this.#isSecure ? httpsRequest : httpRequest;
      const fail = (error: unknown) => reject(asNetworkError(error));
      const request = send(
        url,
        { method, agent: this.#pool(), signal, headers: { ...this.#headers(), ...headers } },
        (response) => {
          this.cookies.take(response.headers["set-cookie"]);
          readBody(response).then((bytes) => {
            if (traffic !== undefined && method === "GET") traffic.received += bytes.length;
            resolve(answerOf(response, bytes, performance.now() - began));
          }, fail);
        },
      );
      request.once("error", fail);
      if (body !== undefined) {
        const length = Buffer.byteLength(body);
        if (traffic !== undefined) traffic.sent += length;
        request.setHeader("content-length", length);
      }
      request.end(body);
    });
  }

  openWebSocket(query: RequestQuery, listener: ClientSocketListener): ClientSocketLink {
    const url = this.#urlOf(query, this.#settings.path);
    if (this.#settings.light === true) return this.#openLight(url, listener);
    url.protocol = this.#isSecure ? "wss:" : "ws:";
    const { origin, ...headers } = this.#headers();
    const options: ClientOptions = {
      headers,
      ...(origin === undefined ? {} : { origin }),
      ...this.#tls,
      maxPayload: longestAnswer,
    };
    return new NodeSocketLink(new WebSocket(url, options), listener);
  }

  end(): void {
    this.#agent?.destroy();
  }

  #openLight(url: URL, listener: ClientSocketListener): ClientSocketLink {
    const began = performance.now();
    const link = new LightSocket(listener, this.#settings.traffic);
    const key = handshakeKey();
    const send = this.#isSecure ? httpsRequest : httpRequest;
    const request = send(url, {
      ...this.#tls,
      agent: false,
      headers: { ...this.#headers(), ...handshakeFields(key) },
    });
    request.once("upgrade", (response, socket: Socket, head) => {
      this.cookies.take(response.headers["set-cookie"]);
      link.open({ response, socket, head, key });
    });
    request.once("response", (response) => {
      readBody(response).then(
        (bytes) => link.end()?.refused(answerOf(response, bytes, performance.now() - began)),
        (error) => link.fail(error),
      );
    });
    request.on("error", (error) => link.fail(error));
    link.onAbort = () => request.destroy();
    request.end();
    return link;
  }

  /** The connections of requests, which most WebSockets do without. */
  #pool(): HttpAgent {
    const keepAlive = this.#settings.isolated !== true;
    this.#agent ??= this.#isSecure
      ? new HttpsAgent({ keepAlive, ...this.#tls })
      : new HttpAgent({ keepAlive });
    return this.#agent;
  }

  #urlOf(query: RequestQuery, path: string): URL {
    const url = new URL(path, this.#settings.origin);
    for (const [name, value] of Object.entries({ ...query, ...this.#settings.query }))
      url.searchParams.set(name, value);
    return url;
  }

  #headers(): Record<string, string> {
    const cookie = this.cookies.header;
    const { headers } = this.#settings;
    return cookie === "" || headers.cookie !== undefined ? { ...headers } : { ...headers, cookie };
  }
}

/** A request beyond those of long polling. */
export interface NodeRequest {
  readonly query?: RequestQuery;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** A WebSocket of `ws`. */
class NodeSocketLink implements ClientSocketLink {
  readonly #socket: WebSocket;
  #sent: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(socket: WebSocket, listener: ClientSocketListener) {
    this.#socket = socket;
    const began = performance.now();
    const once = (tell: () => void) => {
      if (this.#isOver) return;
      this.#isOver = true;
      tell();
    };
    socket.on("open", () => {
      if (!this.#isOver) listener.opened(socket.extensions);
    });
    socket.on("message", (data: Buffer, isBinary) => {
      if (!this.#isOver) listener.received(isBinary ? new Uint8Array(data) : data.toString());
    });
    socket.on("unexpected-response", (request, response: IncomingMessage) => {
      readBody(response).then(
        (bytes) => once(() => listener.refused(answerOf(response, bytes, performance.now() - began))),
        (error) => once(() => listener.failed(asNetworkError(error))),
      );
      response.once("end", () => request.destroy());
    });
    socket.on("error", (error) => once(() => listener.failed(asNetworkError(error))));
    socket.on("close", (code, reason) => once(() => listener.closed(code, reason.toString())));
  }

  send(data: string | Uint8Array): void {
    const sent = new Promise<void>((resolve) => {
      // What cannot be sent ends the WebSocket, which tells that itself.
      this.#socket.send(data, () => resolve());
    });
    this.#sent = sent;
  }

  flushed(): Promise<void> {
    return this.#sent;
  }

  close(): void {
    this.#socket.close(1000);
    // A server that does not answer the closing frame would hold the process for half a minute.
    setTimeout(() => this.#socket.terminate(), 1000).unref();
  }

  abort(): void {
    this.#isOver = true;
    this.#socket.terminate();
  }
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestAnswer) {
      response.destroy();
      throw new NetworkError("ETOOLARGE", `an answer of more than ${longestAnswer} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answerOf(response: IncomingMessage, bytes: Buffer, took: number): NetworkAnswer {
  return { status: response.statusCode ?? 0, headers: response.headers, body: bytes.toString(), bytes, took };
}
