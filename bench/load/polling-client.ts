/**
 * One long-polling client of Engine.IO on two bare sockets, like a browser: one connection always has a
 * pending GET, the other posts. Understands only as much HTTP as servers of this protocol send.
 */

import { connect, type Socket } from "node:net";

/** One HTTP/1.1 keep-alive connection with one pending request at a time. */
class HttpLine {
  readonly #socket: Socket;
  readonly #onResponse: (status: number, body: string) => void;
  #received = "";

  constructor(
    port: number,
    onResponse: (status: number, body: string) => void,
    onClose: (error: Error | null) => void,
  ) {
    this.#onResponse = onResponse;
    let failure: Error | null = null;
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.on("data", (bytes) => this.#read(bytes));
    this.#socket.on("error", (error) => {
      failure = error;
    });
    this.#socket.on("close", () => onClose(failure));
  }

  write(request: Uint8Array | string): void {
    this.#socket.write(request);
  }

  drop(): void {
    this.#socket.resetAndDestroy();
  }

  #read(bytes: Buffer): void {
    this.#received += bytes.toString("latin1");
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const head = this.#received.slice(0, headEnd).toLowerCase();
    const start = headEnd + 4;
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
    let body: string;
    if (length !== undefined) {
      if (this.#received.length < start + Number(length)) return;
      body = this.#received.slice(start);
    } else if (head.includes("transfer-encoding: chunked")) {
      if (!this.#received.endsWith("0\r\n\r\n")) return;
      body = this.#received.slice(start).replaceAll(/[0-9a-f]+\r\n([\s\S]*?)\r\n/g, "$1");
    } else {
      throw new Error(`an answer without a length: ${head}`);
    }
    this.#received = "";
    this.#onResponse(Number(head.slice(9, 12)), body);
  }
}

/** A long-polling client. */
export class PollingClient {
  readonly #port: number;
  readonly #polls: HttpLine;
  readonly #posts: HttpLine;
  readonly #fail: (error: Error) => void;
  readonly #onMessage: (client: PollingClient) => void;
  #pollRequest = "";
  #onReady: () => void = () => {};
  #state: "opening" | "greeting" | "ready" | "closed" = "opening";
  /** What a message still waits for: its event in the answer to a poll, and the answer to its own post. */
  #missing = 0;

  /**
   * @param port - the port of the server
   * @param onMessage - called when an event has arrived and the post before it is answered
   * @param fail - called once, when something goes wrong
   */
  constructor(port: number, onMessage: (client: PollingClient) => void, fail: (error: Error) => void) {
    this.#port = port;
    this.#onMessage = onMessage;
    this.#fail = fail;
    const lost = (error: Error | null) => {
      if (this.#state !== "closed") fail(error ?? new Error("the server closed a polling connection"));
    };
    this.#polls = new HttpLine(port, (status, body) => this.#onPolled(status, body), lost);
    this.#posts = new HttpLine(port, (status, body) => this.#onPosted(status, body), lost);
  }

  /** Opens a session and joins the namespace. */
  open(): Promise<this> {
    this.#polls.write(this.#request("GET", ""));
    return new Promise((resolve) => {
      this.#onReady = () => resolve(this);
    });
  }

  /** A request that posts a packet, for {@link PollingClient.send}; valid only for this client. */
  prepare(packet: string): Buffer {
    return Buffer.from(this.#request("POST", packet));
  }

  /** Posts a packet that one event answers. */
  send(post: Buffer): void {
    this.#missing = 2;
    this.#posts.write(post);
  }

  /** Drops both connections. */
  drop(): void {
    this.#state = "closed";
    this.#polls.drop();
    this.#posts.drop();
  }

  #query = "/socket.io/?EIO=4&transport=polling";

  #request(method: "GET" | "POST", body: string): string {
    const head = `${method} ${this.#query} HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\nConnection: keep-alive\r\n`;
    if (method === "GET") return `${head}\r\n`;
    return `${head}Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }

  #onPolled(status: number, body: string): void {
    if (status !== 200) {
      this.#fail(new Error(`a poll was answered with ${status}: ${body}`));
      return;
    }
    if (this.#state === "opening") {
      this.#query += `&sid=${encodeURIComponent(String(JSON.parse(body.slice(1)).sid))}`;
      this.#pollRequest = this.#request("GET", "");
      this.#state = "greeting";
      this.#posts.write(this.#request("POST", "40"));
      this.#polls.write(this.#pollRequest);
    } else if (this.#state === "greeting" && body.startsWith("40")) {
      this.#state = "ready";
      this.#polls.write(this.#pollRequest);
      this.#onReady();
    } else if (this.#state === "ready") {
      this.#polls.write(this.#pollRequest);
      if (body.startsWith("42")) this.#arrived();
    }
  }

  #onPosted(status: number, body: string): void {
    if (status !== 200) this.#fail(new Error(`a post was answered with ${status}: ${body}`));
    else if (this.#missing > 0) this.#arrived();
  }

  #arrived(): void {
    this.#missing -= 1;
    if (this.#missing === 0) this.#onMessage(this);
  }
}
