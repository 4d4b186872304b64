/** HTTP and upgrade requests without a network: a test plays the peer and reads the answers. */

import type {
  EngineRequest,
  HttpExchange,
  HttpResponse,
  UpgradeExchange,
  WebSocketLink,
  WebSocketListener,
} from "../../src/engine/ports.ts";
import { FakeLink } from "./fake-link.ts";

/** What a test may set in a request, besides its URL. */
export type RequestDetails = Partial<Pick<EngineRequest, "method" | "headers" | "address" | "secure">>;

/** A request as an adapter describes it. */
export function fakeRequest(url = "/socket.io/", details: RequestDetails = {}): EngineRequest {
  const [path = "", query = ""] = url.split("?", 2);
  return {
    method: "GET",
    headers: { host: "localhost" },
    address: "192.0.2.1",
    secure: false,
    ...details,
    url,
    path,
    query: new URLSearchParams(query),
  };
}

/** The body of a request, or a promise of it. */
export type FakeBody = string | Uint8Array | Promise<string | Uint8Array>;

/** A body that arrives late. */
export class SlowBody {
  readonly promise: Promise<string>;
  #arrive: (text: string) => void = () => {};
  #breakOff: (error: Error) => void = () => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#arrive = resolve;
      this.#breakOff = reject;
    });
  }

  /** The whole body arrives. */
  arrive(text: string): void {
    this.#arrive(text);
  }

  /** The peer disconnects in the middle of the body. */
  breakOff(): void {
    this.#breakOff(new Error("aborted"));
  }
}

/** One request whose answer a test can read. */
export class FakeExchange implements HttpExchange {
  readonly request: EngineRequest;
  listensOnLoopback = false;
  /** All answers, of which only the first would count. */
  readonly responses: HttpResponse[] = [];
  readonly #body: FakeBody;
  #aborted = false;
  #onEnd: ((isTaken: boolean) => void) | null = null;
  /** Whether the peer accepts an answer as soon as it is given, as most do. */
  takesAtOnce = true;
  /** Whether the connection of the peer was cut. */
  isCut = false;

  constructor(request: EngineRequest = fakeRequest(), body: FakeBody = "") {
    this.request = request;
    this.#body = body;
  }

  /** The answer, if there is one. */
  get response(): HttpResponse | undefined {
    return this.responses[0];
  }

  get status(): number | undefined {
    return this.response?.status;
  }

  /** The body of the answer as text. */
  get text(): string | undefined {
    return this.response === undefined ? undefined : Buffer.from(this.response.body ?? "").toString();
  }

  /** The packets in the answer. */
  get packets(): string[] {
    return this.text?.split("\u001e") ?? [];
  }

  async readBody(limit: number): Promise<Uint8Array | undefined> {
    const body = Buffer.from((await this.#body) as Uint8Array);
    return body.length > limit ? undefined : body;
  }

  respond(response: HttpResponse): void {
    this.responses.push(response);
    if (this.takesAtOnce) this.take();
  }

  onEnd(callback: (isTaken: boolean) => void): void {
    if (this.#aborted) callback(false);
    else this.#onEnd = callback;
  }

  cut(): void {
    this.isCut = true;
    this.abort();
  }

  /** The peer accepts the whole answer. */
  take(): void {
    this.#end(true);
  }

  /** The peer disconnects before the whole answer was sent. */
  abort(): void {
    this.#aborted = true;
    this.#end(false);
  }

  #end(isTaken: boolean): void {
    const callback = this.#onEnd;
    this.#onEnd = null;
    callback?.(isTaken);
  }
}

/** One upgrade request whose answer a test can read. */
export class FakeUpgradeExchange implements UpgradeExchange {
  readonly request: EngineRequest;
  listensOnLoopback = false;
  readonly link: FakeLink;
  readonly refusals: HttpResponse[] = [];
  /** The headers of the acceptance, if the upgrade was accepted. */
  headers: Readonly<Record<string, string>> | null = null;
  readonly #delayed: boolean;
  #open: ((link: WebSocketLink) => WebSocketListener) | null = null;

  /**
   * @param request - the upgrade request
   * @param link - the WebSocket that opens on acceptance
   * @param delayed - whether the WebSocket waits for {@link FakeUpgradeExchange.complete} to open
   */
  constructor(request: EngineRequest, link = new FakeLink(), delayed = false) {
    this.request = request;
    this.link = link;
    this.#delayed = delayed;
  }

  get refusal(): HttpResponse | undefined {
    return this.refusals[0];
  }

  accept(headers: Readonly<Record<string, string>>, open: (link: WebSocketLink) => WebSocketListener): void {
    this.headers = headers;
    this.#open = open;
    if (!this.#delayed) this.complete();
  }

  /** The accepted handshake completes. */
  complete(): void {
    const open = this.#open;
    this.#open = null;
    try {
      if (open !== null) this.link.listener = open(this.link);
    } catch (error) {
      this.link.terminate();
      throw error;
    }
  }

  refuse(response: HttpResponse): void {
    this.refusals.push(response);
  }
}
