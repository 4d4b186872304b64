/**
 * Runs one program on socket.io's own server and on the bridge, with stock clients, and writes down what the
 * server and each client see.
 */

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerOptions, Server as StockServer } from "socket.io";
import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import { Server as BridgeServer } from "../../../src/compat/index.ts";
import { within } from "../../support/waiting.ts";
import { recordedServer } from "../api/touch-recorder.ts";
import { type ClientKind, openClient, serverOptionsFor } from "./client-kinds.ts";

/** A server program. */
export type Program = (stage: Stage) => Promise<void> | void;

/** What the server and the clients saw: lines by the name of the observer. */
export type Transcript = Readonly<Record<string, readonly string[]>>;

export type ServerClass = typeof StockServer;
export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** How clients connect. */
export interface ClientWay {
  readonly transports: readonly string[];
  /** The version of the clients; the newest where it is missing. */
  readonly client?: ClientKind;
}

/** Where a program runs. */
export class Stage {
  readonly http: HttpServer = createServer();
  readonly Server: ServerClass;
  readonly #lines: Record<string, string[]> = { server: [] };
  readonly #names: Map<string, string>;
  /** Look for a line that is waited for. */
  readonly #checks = new Set<() => void>();
  readonly #clients: Socket[] = [];
  readonly #servers: { close(): unknown }[] = [];
  readonly #way: ClientWay;
  readonly #serverIds = new Set<string>();
  readonly #cleaning: (() => void)[] = [];

  /**
   * @param way - how clients connect
   * @param names - of clients by their ids, where several stages have them in common
   */
  constructor(Server: ServerClass, way: ClientWay, names = new Map<string, string>()) {
    this.Server = Server;
    this.#way = way;
    this.#names = names;
  }

  /** The options that a server needs for the clients. */
  get needed(): Partial<ServerOptions> {
    return serverOptionsFor(this.#way.client ?? "4.8");
  }

  get transports(): readonly string[] {
    return this.#way.transports;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** Makes the server of the program on this stage's own. */
  serve(options: Partial<ServerOptions> = {}): StockServer {
    // Roomcast says that WebSockets are open to every origin, unless the program says so itself.
    const quiet = { anyWebSocketOrigin: true };
    return this.keep(new this.Server(this.http, { ...quiet, ...this.needed, ...options }));
  }

  /** Does something at the end, before the servers close. */
  cleanUp(clean: () => void): void {
    this.#cleaning.push(clean);
  }

  /** Closes a server at the end. */
  keep<Kept extends { close(): unknown }>(server: Kept): Kept {
    this.#servers.push(server);
    return server;
  }

  /** Writes a line of the server's. */
  readonly log = (...values: unknown[]): void => {
    this.note("server", ...values);
  };

  note(observer: string, ...values: unknown[]): void {
    this.#lines[observer] ??= [];
    this.#lines[observer].push(values.map(text).join(" "));
    for (const check of [...this.#checks]) check();
  }

  /** How many lines an observer has written. */
  count(observer: string): number {
    return this.#lines[observer]?.length ?? 0;
  }

  /** Waits for a line of an observer that holds a text. */
  seen(observer: string, part: string): Promise<void> {
    return within(
      `"${part}" at ${observer}`,
      new Promise((resolve) => {
        const check = () => {
          if (this.#lines[observer]?.some((line) => line.includes(part)) !== true) return;
          this.#checks.delete(check);
          resolve();
        };
        this.#checks.add(check);
        check();
      }),
    );
  }

  /** Opens a client, which writes down everything that it sees. */
  client(name: string, path = "/", options: ClientOptions = {}): Socket {
    const socket = openClient(this.#way.client ?? "4.8", this.url + path, {
      transports: [...this.#way.transports],
      forceNew: true,
      reconnection: false,
      ...options,
    });
    this.#clients.push(socket);
    socket.on("connect", () => {
      if (socket.id !== undefined) this.#names.set(socket.id, name);
      this.note(name, "connect", socket.recovered);
    });
    socket.on("disconnect", (reason) => this.note(name, "disconnect", reason));
    socket.on("connect_error", (error) =>
      this.note(name, "connect_error", error.message, (error as { data?: unknown }).data),
    );
    socket.onAny((event: string, ...values: unknown[]) => {
      // Where clients come back with their state, an event ends with its place in the stream.
      const hasOffset = (socket as unknown as { _pid?: string })._pid !== undefined;
      this.note(name, event, ...(hasOffset ? values.slice(0, -1) : values));
    });
    return socket;
  }

  /** Opens a client and waits until it is accepted. */
  async join(name: string, path = "/", options: ClientOptions = {}): Promise<Socket> {
    const socket = this.client(name, path, options);
    await this.seen(name, "connect");
    if (this.#way.client === "2.5") this.#learnId(name, path, socket);
    return socket;
  }

  /** The oldest client may have another id on its side. Programs get that of the server. */
  #learnId(name: string, path: string, socket: Socket): void {
    const [server] = this.#servers;
    if (!(server !== undefined && "of" in server)) return;
    const ids = [...(server as StockServer).of(path).sockets.keys()].filter((id) => !this.#serverIds.has(id));
    // Those before it are clients of other namespaces, which are in the root as well.
    const id = ids.at(-1);
    if (id === undefined) throw new Error(`The server does not have the client ${name}.`);
    for (const known of ids) this.#serverIds.add(known);
    this.#names.set(id, name);
    Object.defineProperty(socket, "id", { value: id, writable: true });
  }

  async run(program: (stage: Stage) => Promise<unknown> | unknown): Promise<Transcript> {
    await new Promise<void>((resolve) => this.http.listen(0, "127.0.0.1", resolve));
    try {
      await program(this);
      // Where the transcript ends: clients are not heard of any more.
      return structuredClone(this.#named());
    } finally {
      for (const client of this.#clients) client.disconnect();
      for (const clean of this.#cleaning) clean();
      for (const server of this.#servers) await server.close();
      this.http.close();
      this.http.closeAllConnections();
    }
  }

  #named(): Transcript {
    const rename = (line: string) => {
      let renamed = line;
      for (const [id, name] of this.#names) renamed = renamed.replaceAll(id, `<${name}>`);
      return renamed;
    };
    return Object.fromEntries(
      Object.entries(this.#lines).map(([observer, lines]) => [observer, lines.map(rename)]),
    );
  }
}

/** The bridge as programs of socket.io have it. */
export const bridgeServer = BridgeServer as unknown as ServerClass;

/** Runs a program on both servers. */
export async function runOnBoth(
  program: Program,
  way: ClientWay,
  touched = new Set<string>(),
): Promise<{ readonly stock: Transcript; readonly bridge: Transcript }> {
  const stock = await new Stage(recordedServer(touched), way).run(program);
  const bridge = await new Stage(bridgeServer, way).run(program);
  return { stock, bridge };
}

function text(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Set) return `Set ${JSON.stringify([...value])}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (typeof value === "function") return "function";
  return typeof value === "string" ? value : String(JSON.stringify(value));
}
