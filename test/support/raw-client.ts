/**
 * A hand-written client: Engine.IO over plain requests or a plain WebSocket, beyond what stock clients do.
 */

import type { IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";
import WebSocket, { type ClientOptions } from "ws";
import { within } from "./waiting.ts";

/** The first packet of a server on a new connection. */
export interface Handshake {
  readonly sid: string;
  readonly upgrades: string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
}

/** Separates the packets of a polling payload. */
export const separator = "\u001e";

/** The URL of an Engine.IO request; `undefined` entries are left out. */
export function engineUrl(url: string, query: Record<string, string | undefined>): string {
  const given = Object.entries({ EIO: "4", ...query }).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined;
  });
  return `${url}/socket.io/?${new URLSearchParams(given)}`;
}

/** The status and body of an HTTP response. */
export async function answerOf(response: Response): Promise<{ status: number; body: unknown }> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

/** A long-polling connection. */
export class PollingSession {
  readonly url: string;
  readonly handshake: Handshake;

  private constructor(url: string, handshake: Handshake) {
    this.url = url;
    this.handshake = handshake;
    onTestFinished(() => this.#leave());
  }

  static async open(server: string, init: RequestInit = {}): Promise<PollingSession> {
    const response = await fetch(engineUrl(server, { transport: "polling" }), init);
    if (!response.ok) throw new Error(`The server answered with ${response.status}.`);
    return PollingSession.of(server, await response.text());
  }

  /** The session that the server opened with this payload. */
  static of(server: string, payload: string): PollingSession {
    const handshake: Handshake = JSON.parse(payload.slice(1));
    return new PollingSession(engineUrl(server, { transport: "polling", sid: handshake.sid }), handshake);
  }

  /** Opens a connection and joins the namespace `"/"`. */
  static async join(server: string): Promise<PollingSession> {
    const session = await PollingSession.open(server);
    await session.post("40");
    await session.poll();
    return session;
  }

  /** Polls for packets. */
  get(init: RequestInit = {}): Promise<Response> {
    return within("the poll's answer", fetch(this.url, init));
  }

  /** Polls for packets; resolves to the payload. */
  async poll(): Promise<string> {
    return (await this.get()).text();
  }

  /** Polls for packets; resolves once the request waits at the server, to a function for its answer. */
  async wait(init: RequestInit = {}): Promise<() => Promise<Response>> {
    const answer = this.get(init);
    answer.catch(() => {});
    // It was sent after the poll, so its answer shows that the poll has arrived.
    await this.post("3");
    return () => answer;
  }

  async #leave(): Promise<void> {
    // An ended session refuses the close packet, and a stopped server the request.
    await this.post("1").catch(() => {});
  }

  /** Posts a payload. */
  post(body: string, init: RequestInit = {}): Promise<Response> {
    return within("the post's answer", fetch(this.url, { method: "POST", body, ...init }));
  }
}

/** A WebSocket that stores messages until a test reads them. */
export class RawSocket {
  readonly #socket: WebSocket;
  readonly #received: (string | Buffer)[] = [];
  #waiting: (() => void) | null = null;
  /** The response that opened the WebSocket. */
  response: IncomingMessage | null = null;
  /** Resolves to the close code. */
  readonly closed: Promise<number>;

  constructor(server: string, query: Record<string, string | undefined> = {}, options: ClientOptions = {}) {
    const url = engineUrl(server, { transport: "websocket", ...query }).replace("http", "ws");
    this.#socket = new WebSocket(url, options);
    this.closed = new Promise((resolve) => {
      this.#socket.once("close", resolve);
    });
    this.#socket.on("upgrade", (response) => {
      this.response = response;
    });
    this.#socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#received.push(isBinary ? data : data.toString());
      this.#waiting?.();
    });
    this.#socket.on("error", () => {});
    onTestFinished(() => this.#socket.terminate());
  }

  /** Opens a connection over WebSocket alone. */
  static async open(server: string): Promise<{ socket: RawSocket; handshake: Handshake }> {
    const socket = new RawSocket(server);
    const handshake: Handshake = JSON.parse(String(await socket.next()).slice(1));
    return { socket, handshake };
  }

  /** Opens a connection and joins a namespace. */
  static async join(server: string, namespace = "/"): Promise<RawSocket> {
    const { socket } = await RawSocket.open(server);
    socket.send(namespace === "/" ? "40" : `40${namespace},`);
    await socket.next();
    return socket;
  }

  /** The next message. */
  async next(): Promise<string | Buffer> {
    await within(
      "the next message",
      new Promise<void>((resolve) => {
        this.#waiting = resolve;
        if (this.#received.length > 0) resolve();
      }),
    );
    return this.#received.shift() ?? "";
  }

  /** The next messages. */
  async nextFew(count: number): Promise<(string | Buffer)[]> {
    const messages: (string | Buffer)[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** Messages received but not read yet. */
  get unread(): readonly (string | Buffer)[] {
    return this.#received;
  }

  /** Resolves when the WebSocket is open. */
  async opened(): Promise<void> {
    if (this.#socket.readyState === WebSocket.OPEN) return;
    await within("the WebSocket", new Promise((resolve) => this.#socket.once("open", resolve)));
  }

  /** Resolves to the response of a server that refuses the upgrade. */
  refused(): Promise<{ status: number; body: unknown; headers: IncomingMessage["headers"] }> {
    return within(
      "the refusal",
      new Promise((resolve) => {
        this.#socket.on("unexpected-response", async (_request, response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers["content-type"]?.startsWith("application/json") === true;
          resolve({
            status: response.statusCode ?? 0,
            body: isJson ? JSON.parse(text) : text,
            headers: response.headers,
          });
        });
      }),
    );
  }

  send(...messages: (string | Uint8Array)[]): void {
    for (const message of messages) this.#socket.send(message);
  }

  /** Sends one text message in fragments. */
  sendInPieces(...pieces: string[]): void {
    for (const [index, piece] of pieces.entries()) {
      this.#socket.send(piece, { fin: index === pieces.length - 1, binary: false, compress: false });
    }
  }

  close(): void {
    this.#socket.close();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
