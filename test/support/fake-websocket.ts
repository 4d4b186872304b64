/** WebSockets without a network, and the server's end of each in a test's hands. */

import { type ClientSocket, type ConnectOptions, connect } from "roomcast/client";
import { onTestFinished, vi } from "vitest";

/** One WebSocket that a client opened. */
export class FakeWebSocket {
  binaryType = "blob";
  readyState = 0;
  bufferedAmount = 0;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: object) => void) | null = null;
  onerror: ((event: { message?: string }) => void) | null = null;
  readonly url: string;
  /** When it was opened, by the fake clock. */
  readonly openedAt = Date.now();
  /** What the client has sent and the test has not taken yet. */
  readonly sent: unknown[] = [];
  isClosedByClient = false;

  constructor(url: string) {
    this.url = url;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {
    this.isClosedByClient = true;
    this.readyState = 2;
  }

  /** The server opens the connection, with a heartbeat of 25 s + 20 s. */
  open(settings: object = {}): void {
    this.readyState = 1;
    const opening = { sid: "e", upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1e6 };
    this.receive(`0${JSON.stringify({ ...opening, ...settings })}`);
  }

  /** A message of the server arrives. */
  receive(data: string | Uint8Array): void {
    this.onmessage?.({ data: typeof data === "string" ? data : data.slice().buffer });
  }

  /** The connection breaks, as browsers tell it. */
  break(): void {
    this.readyState = 3;
    this.onerror?.({});
    this.onclose?.({});
  }

  /** Takes what the client has sent. */
  take(): unknown[] {
    return this.sent.splice(0);
  }
}

/** A page with a client, the server's end of its WebSockets, and a clock that stands still. */
export class FakePage {
  readonly sockets: FakeWebSocket[] = [];
  readonly document = {
    hidden: false,
    addEventListener: (type: string, listener: (event: object) => void) => {
      this.#listen(`document ${type}`, listener);
    },
    removeEventListener: (type: string, listener: (event: object) => void) => {
      this.#listeners.get(`document ${type}`)?.delete(listener);
    },
  };
  readonly #listeners = new Map<string, Set<(event: object) => void>>();

  /** Takes the place of the runtime's globals until the test ends. */
  constructor() {
    vi.useFakeTimers();
    vi.stubGlobal("document", this.document);
    vi.stubGlobal("addEventListener", (type: string, listener: (event: object) => void) => {
      this.#listen(`window ${type}`, listener);
    });
    vi.stubGlobal("removeEventListener", (type: string, listener: (event: object) => void) => {
      this.#listeners.get(`window ${type}`)?.delete(listener);
    });
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => {
      vi.useRealTimers();
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    });
  }

  /** How many listeners the client has on the page. */
  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  /** The WebSocket of the latest attempt. */
  get last(): FakeWebSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error("The client has opened no WebSocket.");
    return last;
  }

  /** Makes a client. */
  connect(options: ConnectOptions = {}, url = "http://server"): ClientSocket {
    const { sockets } = this;
    const Recorded = class extends FakeWebSocket {
      constructor(address: string) {
        super(address);
        sockets.push(this);
      }
    };
    return connect(url, { WebSocket: Recorded, ...options });
  }

  /** Makes a client that the server has accepted. */
  async connected(options: ConnectOptions = {}, welcome: object = { sid: "a" }): Promise<ClientSocket> {
    const socket = this.connect(options);
    await this.accept(welcome);
    return socket;
  }

  /** The server accepts the latest attempt. */
  async accept(welcome: object = { sid: "a" }): Promise<void> {
    this.last.open();
    await settled();
    this.last.receive(`40${JSON.stringify(welcome)}`);
    this.last.take();
  }

  /** Lets time pass until the client tries again. Resolves to the time that it took, in ms. */
  async nextAttempt(): Promise<number> {
    const { length } = this.sockets;
    const start = Date.now();
    while (this.sockets.length === length && Date.now() < start + 600_000)
      await vi.advanceTimersToNextTimerAsync();
    return Date.now() - start;
  }

  /** The browser tells the page something. */
  dispatch(type: string, event: object = {}): void {
    const target = type === "resume" || type === "visibilitychange" ? "document" : "window";
    for (const listener of [...(this.#listeners.get(`${target} ${type}`) ?? [])])
      listener({ type, ...event });
  }

  #listen(type: string, listener: (event: object) => void): void {
    if (!this.#listeners.has(type)) this.#listeners.set(type, new Set());
    this.#listeners.get(type)?.add(listener);
  }
}

/** Has what promises are waiting for happen, and no time pass. */
export async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}
