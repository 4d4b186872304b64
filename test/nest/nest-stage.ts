/**
 * Runs one application with gateways on Nest's own adapter and on Roomcast's, with stock clients, and writes
 * down what the gateways and each client see.
 */

import "reflect-metadata";
import type { AddressInfo } from "node:net";
import {
  type INestApplication,
  Module,
  type NestApplicationOptions,
  type Type,
  type WebSocketAdapter,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { IoAdapter } from "@nestjs/platform-socket.io";
import { type ManagerOptions, io as open, type Socket, type SocketOptions } from "socket.io-client";
import { RoomcastAdapter } from "../../src/nest/roomcast-adapter.ts";
import { within } from "../support/waiting.ts";
import { decorate } from "./decorating.ts";

/** What gateways and clients saw: lines by the name of the observer. */
export type Transcript = Readonly<Record<string, readonly string[]>>;

/** An application, and what its clients do. */
export type Program = (stage: NestStage) => Promise<void>;

type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** Where a program runs. */
export class NestStage {
  readonly transport: string;
  readonly #makeAdapter: (app: INestApplication) => WebSocketAdapter;
  readonly #lines: Record<string, string[]> = { server: [] };
  readonly #names = new Map<string, string>();
  readonly #checks = new Set<() => void>();
  readonly #clients: Socket[] = [];
  #app: INestApplication | null = null;

  constructor(transport: string, makeAdapter: (app: INestApplication) => WebSocketAdapter) {
    this.transport = transport;
    this.#makeAdapter = makeAdapter;
  }

  /** Starts an application with gateways. */
  async start(
    providers: readonly unknown[],
    options: NestApplicationOptions = {},
  ): Promise<INestApplication> {
    const AppModule = decorate(class AppModule {}, [Module({ providers: providers as Type[] })]);
    const app = await NestFactory.create(AppModule, { logger: false, ...options });
    app.useWebSocketAdapter(this.#makeAdapter(app));
    await app.listen(0, "127.0.0.1");
    this.#app = app;
    return app;
  }

  get url(): string {
    if (this.#app === null) throw new Error("The application has not started.");
    return `http://127.0.0.1:${(this.#app.getHttpServer().address() as AddressInfo).port}`;
  }

  /** Writes a line of the gateways'. */
  readonly log = (...values: unknown[]): void => this.note("server", ...values);

  note(observer: string, ...values: unknown[]): void {
    this.#lines[observer] ??= [];
    this.#lines[observer].push(values.map(text).join(" "));
    for (const check of [...this.#checks]) check();
  }

  /** Waits for a line of an observer that holds a text. */
  seen(observer: string, part: string): Promise<void> {
    return within(
      `"${part}" at ${observer}`,
      new Promise((resolve) => {
        const check = () => {
          if (!this.#named(observer).some((line) => line.includes(part))) return;
          this.#checks.delete(check);
          resolve();
        };
        this.#checks.add(check);
        check();
      }),
    );
  }

  /** Connects a client that writes down all that it sees. */
  async client(name: string, address = "/", options: ClientOptions = {}): Promise<Socket> {
    const socket = this.connect(name, address, options);
    await this.seen(name, "connected");
    return socket;
  }

  /** The same, and does not wait until it is connected. */
  connect(name: string, address = "/", options: ClientOptions = {}): Socket {
    const url = address.startsWith("/") ? `${this.url}${address}` : address;
    const socket = open(url, {
      transports: [this.transport],
      forceNew: true,
      reconnection: false,
      ...options,
    });
    this.#clients.push(socket);
    socket.on("connect", () => {
      if (socket.id !== undefined) this.#names.set(socket.id, `<${name}>`);
      this.note(name, "connected");
    });
    socket.on("connect_error", ({ message }) => this.note(name, "refused", message));
    socket.on("disconnect", (reason) => this.note(name, "disconnected", reason));
    socket.onAny((event: string, ...values: unknown[]) => this.note(name, event, ...values));
    return socket;
  }

  /** Asks, and writes down the answer, or that there was none before that of a later question. */
  async ask(name: string, socket: Socket, event: string, ...values: unknown[]): Promise<void> {
    socket.emit(event, ...values, (...answer: unknown[]) => this.note(name, event, "answers", ...answer));
    await this.settle(socket);
  }

  /** Sends an event without asking for an answer. */
  async tell(socket: Socket, event: string, ...values: unknown[]): Promise<void> {
    socket.emit(event, ...values);
    await this.settle(socket);
  }

  /** Waits until the server has handled what a client sent, and the client has what the server sent. */
  async settle(socket: Socket): Promise<void> {
    for (let round = 0; round < 2; round += 1) await within("an answer", socket.emitWithAck("settle"));
  }

  async close(): Promise<void> {
    await this.#app?.close();
    this.#app = null;
  }

  /** Ends everything; returns what was seen, with names in place of ids. */
  async end(): Promise<Transcript> {
    for (const socket of this.#clients) socket.disconnect();
    await this.close();
    return Object.fromEntries(Object.keys(this.#lines).map((observer) => [observer, this.#named(observer)]));
  }

  #named(observer: string): string[] {
    const named = (line: string) =>
      [...this.#names].reduce((rest, [id, name]) => rest.replaceAll(id, name), line);
    return (this.#lines[observer] ?? []).map(named);
  }
}

/** What was seen on Nest's own adapter and on Roomcast's. */
export interface BothTranscripts {
  readonly stock: Transcript;
  readonly roomcast: Transcript;
}

/** Runs a program on both adapters. */
export async function runOnBoth(program: Program, transport: string): Promise<BothTranscripts> {
  const [stock, roomcast] = await Promise.all([
    run(program, new NestStage(transport, (app) => new IoAdapter(app))),
    run(program, new NestStage(transport, (app) => new RoomcastAdapter(app))),
  ]);
  return { stock, roomcast };
}

async function run(program: Program, stage: NestStage): Promise<Transcript> {
  try {
    await program(stage);
  } catch (error) {
    const seen = await stage.end();
    throw new Error(`${String(error)}\n${JSON.stringify(seen, null, 2)}`, { cause: error });
  }
  return stage.end();
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined) return "undefined";
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  return JSON.stringify(value);
}

/**
 * A transcript of socket.io's server, but for two reasons. Roomcast says goodbye to polling clients when it
 * closes, where stock fails their next request; on a busy machine that request may come too late for it. And
 * it does so, too, where Nest cuts all connections off.
 */
export function asRoomcastDoes(transcript: Transcript): Transcript {
  return Object.fromEntries(
    Object.entries(transcript).map(([observer, lines]) => [
      observer,
      lines.map((line) =>
        observer === "server"
          ? line.replace("forced close", "server shutting down")
          : line.replace("disconnected transport error", "disconnected transport close"),
      ),
    ]),
  );
}
