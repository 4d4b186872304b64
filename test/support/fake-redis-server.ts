/**
 * A server that speaks as much of Redis's protocol as a client needs to connect. A test decides what it
 * answers, so that refusals come in milliseconds and without a broker.
 */

import type { Socket } from "node:net";
import { FakeBrokerServer } from "./fake-broker-server.ts";

/** The answer to a command, in the protocol's form; `undefined` for the usual one. */
export type RedisAnswer = (words: readonly string[]) => string | undefined;

/** A text of the protocol. */
export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** A list of the protocol, of items in its form. */
export function list(...items: readonly string[]): string {
  return `*${items.length}\r\n${items.join("")}`;
}

/** A message that the server sends by itself, of items in the protocol's form. */
export function push(...items: readonly string[]): string {
  return `>${items.length}\r\n${items.join("")}`;
}

/** A server on a free port of this machine, while one test runs. */
export class FakeRedisServer extends FakeBrokerServer {
  /** The commands that it got, in capitals, apart from those with which a client introduces itself. */
  readonly commands: (readonly string[])[] = [];
  readonly #answer: RedisAnswer;

  private constructor(answer: RedisAnswer) {
    super();
    this.#answer = answer;
  }

  /** Starts a server. */
  static async start(answer: RedisAnswer = () => undefined): Promise<FakeRedisServer> {
    return new FakeRedisServer(answer).listen();
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Sends something to all clients. */
  send(text: string): void {
    for (const socket of this.sockets) socket.write(text);
  }

  protected accept(socket: Socket): void {
    this.sockets.add(socket);
    // Answers are short, and a client must not wait for one after the other.
    socket.setNoDelay();
    let input = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("data", (bytes) => {
      input = Buffer.concat([input, bytes]);
      for (let read = readCommand(input); read !== null; read = readCommand(input)) {
        input = input.subarray(read.end);
        this.#take(read.words, socket);
      }
    });
  }

  #take(words: readonly string[], socket: Socket): void {
    const [name = "", ...rest] = words;
    const command = name.toUpperCase();
    if (!/^(HELLO|CLIENT|PING)$/.test(command)) this.commands.push([command, ...rest]);
    socket.write(this.#answer([command, ...rest]) ?? usualAnswer(command, rest));
  }
}

function usualAnswer(command: string, rest: readonly string[]): string {
  if (command === "HELLO") return `%2\r\n${bulk("mode")}${bulk("standalone")}${bulk("proto")}:3\r\n`;
  if (command === "CLIENT" && rest[0] !== "SETINFO") return "-ERR unknown subcommand\r\n";
  if (command.endsWith("SUBSCRIBE")) {
    return rest.map((channel) => push(bulk(command.toLowerCase()), bulk(channel), ":1\r\n")).join("");
  }
  return command.endsWith("PUBLISH") ? ":0\r\n" : "+OK\r\n";
}

/** Reads a list of texts; `null` while it is not complete. */
function readCommand(input: Buffer): { readonly words: string[]; readonly end: number } | null {
  let at = 0;
  const line = () => {
    const end = input.indexOf("\r\n", at);
    if (end < 0) return null;
    const text = input.toString("latin1", at, end);
    at = end + 2;
    return Number(text.slice(1));
  };
  const count = line();
  if (count === null) return null;
  const words: string[] = [];
  while (words.length < count) {
    const length = line();
    if (length === null || input.length < at + length + 2) return null;
    words.push(input.toString("utf8", at, at + length));
    at += length + 2;
  }
  return { words, end: at };
}
