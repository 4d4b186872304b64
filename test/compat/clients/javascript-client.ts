/** `socket.io-client` in the versions that applications use, each with its own API. */

import { createRequire } from "node:module";
import type { io as IO, ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import messagePack from "socket.io-msgpack-parser";
import { vi } from "vitest";
import { deadline, within } from "../../support/waiting.ts";
import type { Client, ClientSocket, ConnectOptions, Library, Parser, Refusal, Transport } from "./client.ts";

const require = createRequire(import.meta.url);

/** Each version under test, by the name under which it is installed. */
const packages = {
  "2.5": "socket.io-client-2",
  "3.0": "socket.io-client-3",
  "3.1": "socket.io-client-3.1",
  "4.0": "socket.io-client-4.0",
  "4.8": "socket.io-client",
} as const;

/** A version of `socket.io-client`, by its first two numbers. */
export type JavaScriptVersion = keyof typeof packages;

/** Every version, the oldest first. */
export const javaScriptVersions = Object.keys(packages) as JavaScriptVersion[];

const transportNames: Record<Transport, string[]> = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

/** One version with one transport. */
export class JavaScriptClient implements Client {
  readonly library: Library;
  readonly transport: Transport;
  // The used part of the API has the same types in every version.
  readonly #io: typeof IO;

  constructor(version: JavaScriptVersion, transport: Transport, parser: Parser = "default") {
    this.library = { name: "socket.io-client", version, parser };
    this.transport = transport;
    const module = require(packages[version]) as typeof IO | { io: typeof IO };
    this.#io = "io" in module ? (module.io as typeof IO) : module;
  }

  open(url: string, namespaces: readonly string[], options: ConnectOptions = {}): ClientSocket[] {
    const { auth, query, reconnects = false } = options;
    const given: Partial<ManagerOptions & SocketOptions> = {
      transports: transportNames[this.transport],
      forceNew: true,
      reconnection: reconnects,
      reconnectionDelay: 20,
      reconnectionDelayMax: 40,
      ...(this.library.parser === "msgpack" && { parser: messagePack }),
      ...(auth && { auth: { ...auth } }),
      ...(query && { query: { ...query } }),
    };
    const [first = "/", ...others] = namespaces;
    const socket = this.#io(url + first, given);
    return [socket, ...others.map((name) => socket.io.socket(name))].map(
      (each) => new JavaScriptSocket(each, this.transport),
    );
  }
}

/** A client of any version in one namespace. */
class JavaScriptSocket implements ClientSocket {
  readonly received: unknown[][] = [];
  readonly ends: string[] = [];
  acceptances = 0;
  readonly #socket: Socket;
  readonly #transport: Transport;
  readonly #refusals: Refusal[] = [];

  constructor(socket: Socket, transport: Transport) {
    this.#socket = socket;
    this.#transport = transport;
    socket.on("connect", () => {
      this.acceptances += 1;
    });
    socket.on("disconnect", (reason) => this.ends.push(reason));
    socket.on("connect_error", (error: Error & { data?: unknown }) => this.#refusals.push(error));
    asVersion2(socket)?.on("error", (words) =>
      this.#refusals.push(typeof words === "string" ? { message: words } : { data: words }),
    );
    recordEvents(socket, this.received);
  }

  get isRecovered(): boolean {
    return this.#socket.recovered === true;
  }

  async connected(): Promise<void> {
    await vi.waitUntil(() => this.#socket.connected || this.#refusals.length > 0, patience);
    const [refusal] = this.#refusals;
    if (!this.#socket.connected) throw new Error("The client was refused.", { cause: refusal });
    if (this.#transport === "upgrade")
      await vi.waitUntil(() => this.#engine?.transport.name === "websocket", patience);
  }

  async refused(): Promise<Refusal> {
    return vi.waitUntil(() => this.#refusals[0], patience);
  }

  emit(event: string, ...values: unknown[]): void {
    this.#socket.emit(event, ...values);
  }

  emitVolatile(event: string, ...values: unknown[]): void {
    this.#socket.volatile.emit(event, ...values);
  }

  ask(event: string, ...values: unknown[]): Promise<unknown[]> {
    return within(
      `the acknowledgement of "${event}"`,
      new Promise((resolve) => {
        this.#socket.emit(event, ...values, (...answer: unknown[]) => resolve(answer));
      }),
    );
  }

  askWithin(timeout: number, event: string, ...values: unknown[]): Promise<unknown[] | "timeout"> {
    return new Promise((resolve) => {
      this.#socket
        .timeout(timeout)
        .emit(event, ...values, (error: Error | null, ...answer: unknown[]) =>
          resolve(error ? "timeout" : answer),
        );
    });
  }

  answer(event: string, answer: readonly unknown[] | "what came", delay = 0): void {
    this.#socket.on(event, (...given: unknown[]) => {
      const acknowledge = given.pop();
      if (typeof acknowledge !== "function") return;
      const values = answer === "what came" ? given : answer;
      if (delay === 0) acknowledge(...values);
      else setTimeout(() => acknowledge(...values), delay).unref();
    });
  }

  async currentTransport(): Promise<string> {
    return this.#engine?.transport.name ?? "none";
  }

  disconnect(): void {
    this.#socket.disconnect();
  }

  async reconnect(): Promise<void> {
    // An older version would mistake the end of its last connection for the end of the new one.
    await vi.waitUntil(() => this.#engine?.readyState !== "closing", patience);
    this.#socket.connect();
    await this.connected();
  }

  dispose(): void {
    this.#socket.disconnect();
    // Without this, a manager that waits for its next attempt or for an answer would run on.
    this.#socket.io.reconnection(false);
    this.#engine?.close();
  }

  get #engine(): Socket["io"]["engine"] | undefined {
    return this.#socket.io.engine;
  }
}

const patience = { timeout: deadline, interval: 3 };

/** The differences of Socket.IO 2: the client has no `onAny`, and a refusal is the event `error`. */
interface Version2Socket {
  on(event: "error", listener: (words: unknown) => void): unknown;
  onevent(packet: { data: unknown[] }): void;
}

function asVersion2(socket: object): Version2Socket | undefined {
  return "onAny" in socket ? undefined : (socket as Version2Socket);
}

/** Records every event with its values, but without its acknowledgement callback. */
function recordEvents(socket: Socket, received: unknown[][]): void {
  const note = (...values: unknown[]) => {
    received.push(values.filter((value) => typeof value !== "function"));
  };
  const older = asVersion2(socket);
  if (older === undefined) {
    socket.onAny(note);
    return;
  }
  const { onevent } = older;
  older.onevent = (packet) => {
    note(...packet.data);
    onevent.call(older, packet);
  };
}
