/**
 * A server that speaks NATS's protocol with one client at a time. A test plays the other clients, and answers
 * requests, so that JetStream's faults come in milliseconds and without a broker.
 */

import type { Socket } from "node:net";
import { FakeBrokerServer } from "./fake-broker-server.ts";

/** A message that a client has sent. */
export interface NatsMessage {
  readonly subject: string;
  readonly data: string;
  /** Header fields, each as `name: value`. */
  readonly headers: readonly string[];
  /** Where its sender listens for an answer; `null` where it wants none. */
  readonly reply: string | null;
}

/** An answer to a request. */
export interface NatsAnswer {
  readonly data?: string | object;
  /** The first line behind the version, such as `404 No Message`. */
  readonly status?: string;
  readonly headers?: Readonly<Record<string, string | number>>;
}

/** Answers a request; `null` where it has no listeners, `undefined` for no answer. */
export type NatsResponder = (message: NatsMessage) => NatsAnswer | null | undefined;

/** What a test may set of a server. */
export interface FakeNatsOptions {
  readonly version?: string;
  readonly maxPayload?: number;
  /** What it says in place of letting a client in. */
  readonly refusal?: string;
  readonly respond?: NatsResponder;
}

/** A server on a free port of this machine, while one test runs. */
export class FakeNatsServer extends FakeBrokerServer {
  /** Messages that clients have sent and that want no answer, in order. */
  readonly messages: NatsMessage[] = [];
  /** Requests, in order. */
  readonly requests: NatsMessage[] = [];
  /** The settings with which clients have connected. */
  readonly connects: Record<string, unknown>[] = [];
  /** The subjects that clients listen to, by the client's number for each. */
  readonly subjects = new Map<string, string>();
  pings = 0;
  /** Whether pings are answered. */
  answersPings = true;
  respond: NatsResponder;
  readonly #options: FakeNatsOptions;
  #input = Buffer.alloc(0);

  private constructor(options: FakeNatsOptions) {
    super();
    this.#options = options;
    this.respond = options.respond ?? (() => undefined);
  }

  /** Starts a server. */
  static async start(options: FakeNatsOptions = {}): Promise<FakeNatsServer> {
    return new FakeNatsServer(options).listen();
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Publishes a message to the subscriptions of its subject. */
  publish(subject: string, { data = "", status = "", headers = {} }: NatsAnswer): void {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = status === "" && fields.length === 0 ? "" : `NATS/1.0 ${status}`.trimEnd();
    const block = head === "" ? "" : `${head}\r\n${fields.join("")}\r\n`;
    const [start, end] = [Buffer.byteLength(block), Buffer.byteLength(block) + Buffer.byteLength(text)];
    for (const [id, pattern] of this.subjects) {
      if (!isMatch(pattern, subject)) continue;
      const line = block === "" ? `MSG ${subject} ${id} ${end}` : `HMSG ${subject} ${id} ${start} ${end}`;
      this.say(`${line}\r\n${block}${text}`);
    }
  }

  /** Sends a line. */
  say(line: string): void {
    for (const socket of this.sockets) socket.write(`${line}\r\n`);
  }

  /** Sends all that a test has it say in one piece. */
  atOnce(act: () => void): void {
    for (const socket of this.sockets) socket.cork();
    act();
    for (const socket of this.sockets) socket.uncork();
  }

  protected accept(socket: Socket): void {
    const { version = "2.10.0", maxPayload = 1024 * 1024 } = this.#options;
    this.sockets.add(socket);
    // Answers are short, and a client must not wait for one after the other.
    socket.setNoDelay();
    this.#input = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("data", (bytes) => {
      this.#input = Buffer.concat([this.#input, bytes]);
      while (this.#take(socket));
    });
    const info = { server_id: "fake", version, headers: true, proto: 1, max_payload: maxPayload };
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
  }

  /** Takes one command; `false` where none is complete. */
  #take(socket: Socket): boolean {
    const end = this.#input.indexOf("\r\n");
    if (end < 0) return false;
    const [command = "", ...words] = this.#input.toString("utf8", 0, end).split(" ");
    const isMessage = command === "PUB" || command === "HPUB";
    const size = isMessage ? Number(words.at(-1)) + 2 : 0;
    if (this.#input.length < end + 2 + size) return false;
    const payload = this.#input.toString("utf8", end + 2, end + 2 + size - 2);
    this.#input = this.#input.subarray(end + 2 + size);
    if (isMessage) this.#onMessage(command, words, payload);
    else this.#onCommand(command, words, socket);
    return true;
  }

  #onCommand(command: string, words: readonly string[], socket: Socket): void {
    const { refusal } = this.#options;
    if (command === "CONNECT") this.connects.push(JSON.parse(words.join(" ")));
    if (command === "CONNECT" && refusal !== undefined) socket.end(`-ERR '${refusal}'\r\n`);
    if (command === "SUB") this.subjects.set(words.at(-1) ?? "", words[0] ?? "");
    if (command === "UNSUB") this.subjects.delete(words[0] ?? "");
    if (command !== "PING") return;
    this.pings += 1;
    if (this.answersPings) socket.write("PONG\r\n");
  }

  #onMessage(command: string, words: readonly string[], payload: string): void {
    const [subject = ""] = words;
    const hasHeaders = command === "HPUB";
    const reply = words.length === (hasHeaders ? 4 : 3) ? (words[1] ?? null) : null;
    const start = hasHeaders ? Number(words.at(-2)) : 0;
    const headers = payload.slice(0, start).split("\r\n").slice(1).filter(Boolean);
    const message = { subject, headers, data: payload.slice(start), reply };
    if (reply === null) {
      this.messages.push(message);
      return;
    }
    this.requests.push(message);
    const answer = this.respond(message);
    if (answer === null) this.publish(reply, { status: "503" });
    else if (answer !== undefined) this.publish(reply, answer);
  }
}

function isMatch(pattern: string, subject: string): boolean {
  const [wanted, given] = [pattern.split("."), subject.split(".")];
  if (wanted.at(-1) !== ">" && wanted.length !== given.length) return false;
  return wanted.every((token, index) => token === "*" || token === ">" || token === given[index]);
}
