/**
 * Runs one program on socket.io's own server and on the bridge, with stock clients, and writes down what the
 * server and each client see.
 */

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerOptions, Server as StockServer } from "socket.io";
import { type ManagerOptions, io as open, type Socket, type SocketOptions } from "socket.io-client";
import { Server as BridgeServer } from "../../../src/compat/index.ts";
import { within } from "../../support/waiting.ts";
import { recordedServer } from "../api/touch-recorder.ts";

/** A server program. */
export type Program = (stage: Stage) => Promise<void> | void;

/** What the server and the clients saw: lines by the name of the observer. */
export type Transcript = Readonly<Record<string, readonly string[]>>;

export type ServerClass = typeof StockServer;
type ClientOptions = Partial<ManagerOptions & SocketOptions>;

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
  readonly transports: readonly string[];
  readonly #cleaning: (() => void)[] = [];

  /** @param names - of clients by their ids, where several stages have them in common */
  constructor(Server: ServerClass, transports: readonly string[], names = new Map<string, string>()) {
    this.Server = Server;
    this.transports = transports;
    this.#names = names;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** Makes the server of the program on this stage's own. */
  serve(options: Partial<ServerOptions> = {}): StockServer {
    return this.keep(new this.Server(this.http, options));
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
    const socket = open(this.url + path, {
      transports: [...this.transports],
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
    return socket;
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
  transports: readonly string[],
  touched = new Set<string>(),
): Promise<{ readonly stock: Transcript; readonly bridge: Transcript }> {
  const stock = await new Stage(recordedServer(touched), transports).run(program);
  const bridge = await new Stage(bridgeServer, transports).run(program);
  return { stock, bridge };
}

function text(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Set) return `Set ${JSON.stringify([...value])}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (typeof value === "function") return "function";
  return typeof value === "string" ? value : String(JSON.stringify(value));
}
