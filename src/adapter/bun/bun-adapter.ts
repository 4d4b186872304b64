/**
 * Roomcast on `Bun.serve`: it answers the requests of its own path, and leaves all others to the application.
 */

import { type PerMessageDeflateOptions, settleDeflate } from "../../engine/deflate-options.ts";
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
import { isLoopback } from "../loopback.ts";
import { BodyGatherer } from "../node/exchange/request-body.ts";
import { checkHandshake } from "../node/node-websocket.ts";
import { BunRequest } from "./bun-request.ts";
import type { BunFetch, BunServer, BunWebSocketHandlers } from "./bun-runtime.ts";
import { BunLink, bunWebSocketHandlers } from "./bun-websocket.ts";

/** What the adapter has to know of the options. */
export interface BunAdapterOptions {
  readonly maxHttpBufferSize: number;
  readonly perMessageDeflate: boolean | PerMessageDeflateOptions;
}

/** The handlers for `Bun.serve`. */
export interface BunHandlers {
  fetch: BunFetch;
  websocket: BunWebSocketHandlers;
}

/** The bond between one {@link RequestSink} and any number of servers of Bun's. */
export class BunAdapter {
  readonly #sink: RequestSink;
  readonly #options: BunAdapterOptions;
  /** From how many bytes on messages are compressed, where they are. */
  readonly #threshold: number;
  #isAttached = true;

  constructor(sink: RequestSink, options: BunAdapterOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#threshold = settleDeflate(options.perMessageDeflate)?.threshold ?? 0;
  }

  /**
   * The handlers for `Bun.serve`, so that it serves Roomcast's path and leaves the rest to these
   * functions.
   */
  handlers({
    fetch,
    websocket,
  }: {
    fetch: BunFetch;
    websocket?: Partial<BunWebSocketHandlers>;
  }): BunHandlers {
    return {
      fetch: (request, server) => {
        const url = request.url.slice(request.url.indexOf("/", "https://".length));
        return this.#isAttached && this.#sink.owns(url)
          ? this.#handle(request, url, server)
          : fetch(request, server);
      },
      websocket: bunWebSocketHandlers(this.#options, websocket),
    };
  }

  /** Leaves the servers to their applications. Connections that were accepted live on. */
  detach(): void {
    this.#isAttached = false;
  }

  #handle(raw: Request, url: string, server: BunServer): ReturnType<BunFetch> {
    const request = new BunRequest(raw, url, server);
    if (raw.headers.get("upgrade")?.toLowerCase() === "websocket") {
      const upgrade = new BunUpgrade(raw, request, server, this.#threshold);
      this.#sink.handleUpgrade(upgrade);
      return upgrade.answer;
    }
    const exchange = new BunExchange(raw, request, server);
    this.#sink.handleRequest(exchange);
    return exchange.answer;
  }
}

/** An answer that is there at once or comes later. The first one counts. */
class Answer {
  #given: Response | undefined;
  #settle: ((response: Response | undefined) => void) | null = null;
  #isSettled = false;

  /** To be asked for once. */
  get value(): Response | undefined | Promise<Response | undefined> {
    if (this.#isSettled) return this.#given;
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  settle(response: Response | undefined): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#given = response;
    this.#settle?.(response);
  }
}

class BunExchange implements HttpExchange {
  readonly request: EngineRequest;
  readonly #raw: Request;
  readonly #server: BunServer;
  readonly #answer = new Answer();
  #onEnd: ((isTaken: boolean) => void) | null = null;
  #body: PulledBody | null = null;

  constructor(raw: Request, request: EngineRequest, server: BunServer) {
    this.request = request;
    this.#raw = raw;
    this.#server = server;
  }

  get raw(): Request {
    return this.#raw;
  }

  get answer(): ReturnType<BunFetch> {
    const { value } = this.#answer;
    // A poll waits for longer than Bun lets a connection rest.
    if (!this.#answer.isSettled && this.#raw.method === "GET") this.#server.timeout(this.#raw, 0);
    return value;
  }

  get listensOnLoopback(): boolean {
    return isLoopback(this.#server.address);
  }

  async readBody(limit: number): Promise<Uint8Array | undefined> {
    const raw = this.#raw;
    const announced = raw.headers.get("content-length");
    if (Number(announced ?? 0) > limit) return undefined;
    // It cannot be longer than announced, and as a whole it costs far less than as a stream.
    if (announced !== null || raw.body === null) return new Uint8Array(await raw.arrayBuffer());
    const body = new BodyGatherer(limit);
    for await (const piece of raw.body) if (!body.add(piece)) return undefined;
    return body.bytes;
  }

  respond(response: HttpResponse): void {
    const { body = "" } = response;
    if (this.#answer.isSettled) return;
    if (body.length <= longBody) {
      this.#answer.settle(toResponse(response));
      this.#onEnd?.(true);
      return;
    }
    this.#body = new PulledBody(body, (isTaken) => this.#onEnd?.(isTaken));
    this.#answer.settle(toResponse(response, this.#body.stream));
  }

  onEnd(callback: (isTaken: boolean) => void): void {
    const { signal } = this.#raw;
    this.#onEnd = callback;
    if (signal.aborted) callback(false);
    else signal.addEventListener("abort", () => callback(false), { once: true });
  }

  cut(): void {
    this.#body?.cut();
  }
}

/**
 * From so many characters or bytes on, Bun is asked how much of a body its client takes. Less fits into the
 * system's memory.
 */
const longBody = 64 * 1024;
/** So much of a long body is handed to Bun at a time, in bytes. */
const bodyPiece = 64 * 1024;

/** A body that Bun takes as its client does. */
class PulledBody {
  readonly stream: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(body: string | Uint8Array, onEnd: (isTaken: boolean) => void) {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    let at = 0;
    this.stream = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: (controller) => {
          if (at < bytes.length) {
            controller.enqueue(bytes.subarray(at, at + bodyPiece));
            at += bodyPiece;
            return;
          }
          controller.close();
          onEnd(true);
        },
        cancel: () => onEnd(false),
      },
      { highWaterMark: 0 },
    );
  }

  cut(): void {
    this.#controller?.error(new Error("the client took no more of its answer"));
  }
}

class BunUpgrade implements UpgradeExchange {
  readonly request: EngineRequest;
  readonly #raw: Request;
  readonly #server: BunServer;
  readonly #threshold: number;
  readonly #answer = new Answer();

  constructor(raw: Request, request: EngineRequest, server: BunServer, threshold: number) {
    this.request = request;
    this.#raw = raw;
    this.#server = server;
    this.#threshold = threshold;
  }

  get raw(): Request {
    return this.#raw;
  }

  get answer(): ReturnType<BunFetch> {
    return this.#answer.value;
  }

  get listensOnLoopback(): boolean {
    return isLoopback(this.#server.address);
  }

  accept(headers: HeaderFields, open: (link: WebSocketLink) => WebSocketListener): void {
    const refusal = checkHandshake(this.request);
    if (refusal !== undefined) {
      this.refuse(refusal);
      return;
    }
    // Where it fails, the client has left while it was decided about.
    const link = new BunLink(open, this.#threshold);
    // Most answers have no fields of their own, and an empty `Headers` costs a microsecond.
    const options = isEmpty(headers) ? { data: link } : { headers: headersOf(headers), data: link };
    this.#server.upgrade(this.#raw, options);
    this.#answer.settle(undefined);
    if (link.failure !== null) throw link.failure.error;
  }

  refuse({ headers, ...response }: HttpResponse): void {
    // As on Node: a client that asked for another protocol sends nothing more.
    this.#answer.settle(toResponse({ ...response, headers: { ...headers, connection: "close" } }));
  }
}

function toResponse(
  { status, headers, body = "" }: HttpResponse,
  given: ReadableStream | string | Uint8Array = body,
): Response {
  const fields = "set-cookie" in headers ? headersOf(headers) : (headers as Record<string, string>);
  return new Response(status === 204 || status === 304 ? null : given, { status, headers: fields });
}

function isEmpty(headers: HeaderFields): boolean {
  for (const _ in headers) return false;
  return true;
}

/** Cookies are the one field of which there are several values. */
function headersOf({ "set-cookie": cookies = [], ...fields }: HeaderFields): Headers {
  const headers = new Headers(fields as Record<string, string>);
  for (const cookie of [cookies].flat()) headers.append("set-cookie", cookie);
  return headers;
}
