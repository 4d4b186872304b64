/** The protocol spoken by hand: Engine.IO over plain requests and a plain WebSocket, for what no stock client would say. */

import type { IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";
import WebSocket, { type ClientOptions } from "ws";
import { within } from "./waiting.ts";

/** What a server says when a connection opens. */
export interface Handshake {
  readonly sid: string;
  readonly upgrades: string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
}

/** What stands between the packets of one polling payload. */
export const separator = "\u001e";

/** The address of a server's requests; an entry that is `undefined` is left out. */
export function engineUrl(url: string, query: Record<string, string | undefined>): string {
  const given = Object.entries({ EIO: "4", ...query }).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined;
  });
  return `${url}/socket.io/?${new URLSearchParams(given)}`;
}

/** A refusal or answer over HTTP. */
export async function answerOf(response: Response): Promise<{ status: number; body: unknown }> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

/** A connection over long-polling. */
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

  /** The session that a server has opened with this payload. */
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

  /** Asks for packets. */
  get(init: RequestInit = {}): Promise<Response> {
    return within("the poll's answer", fetch(this.url, init));
  }

  /** Asks for packets and gives the payload. */
  async poll(): Promise<string> {
    return (await this.get()).text();
  }

  /** Asks for packets; resolves when the request waits at the server, to a function that gives its answer. */
  async wait(init: RequestInit = {}): Promise<() => Promise<Response>> {
    const answer = this.get(init);
    answer.catch(() => {});
    // It was sent before this one, which is answered.
    await this.post("3");
    return () => answer;
  }

  async #leave(): Promise<void> {
    // A session that has ended already takes no goodbye, and a server that has stopped no request.
    await this.post("1").catch(() => {});
  }

  /** Sends a payload. */
  post(body: string, init: RequestInit = {}): Promise<Response> {
    return within("the post's answer", fetch(this.url, { method: "POST", body, ...init }));
  }
}

/** A WebSocket that keeps what it receives until somebody asks. */
export class RawSocket {
  readonly #socket: WebSocket;
  readonly #received: (string | Buffer)[] = [];
  #waiting: (() => void) | null = null;
  /** How the WebSocket was opened, once it is. */
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

  /** Everything that was received and not asked for yet. */
  get unread(): readonly (string | Buffer)[] {
    return this.#received;
  }

  /** Resolves when the WebSocket is open. */
  async opened(): Promise<void> {
    if (this.#socket.readyState === WebSocket.OPEN) return;
    await within("the WebSocket", new Promise((resolve) => this.#socket.once("open", resolve)));
  }

  /** Resolves to the answer of a server that does not want to speak WebSocket. */
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

  /** Sends one text message, cut into pieces. */
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
