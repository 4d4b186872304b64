/** What a scenario is, and what it is given: clients of one library over one transport, and a server. */

import { isDeepStrictEqual } from "node:util";
import { expect, vi } from "vitest";
import { TcpProxy } from "../../support/tcp-proxy.ts";
import { deadline } from "../../support/waiting.ts";
import type { Client, ClientSocket, ConnectOptions, Parser, Refusal } from "../clients/client.ts";

/** A row of the page: something that users rely on, and the scenarios that show it. */
export interface Feature {
  readonly name: string;
  /** Which clients do not have it, and why; the reason becomes a footnote of the page. */
  readonly missingIn?: (client: Client) => string | undefined;
  readonly scenarios: readonly Scenario[];
}

/** Something that a server and its clients go through. */
export interface Scenario {
  readonly title: string;
  /** Which clients cannot take part in it, although they have the feature on the whole, and why. */
  readonly missingIn?: (client: Client) => string | undefined;
  run(stage: Stage): Promise<void>;
}

/** A server as a scenario sees it. */
export interface ScenarioServer {
  readonly url: string;
  readonly port: number;
  /** Has the server do what no client can ask for, and resolves to what it returns. */
  control(command: string, ...values: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Where a server runs. */
export interface ServerHost {
  start(settings?: { port?: number; parser?: Parser }): Promise<ScenarioServer>;
}

/** What one run of a scenario has to itself; all of it is put away when the run is over. */
export class Stage {
  readonly client: Client;
  /** Shared with other runs, which go on at the same time. */
  readonly server: ScenarioServer;
  readonly #host: ServerHost;
  readonly #putAway: (() => unknown)[] = [];

  constructor(client: Client, server: ScenarioServer, host: ServerHost) {
    this.client = client;
    this.server = server;
    this.#host = host;
  }

  /** Begins to connect. */
  open(namespace = "/", options: ConnectOptions & { url?: string } = {}): ClientSocket {
    return this.openTogether([namespace], options)[0] as ClientSocket;
  }

  /** Begins to connect to several namespaces over one connection. */
  openTogether(
    namespaces: readonly string[],
    { url = this.server.url, ...options }: ConnectOptions & { url?: string } = {},
  ): ClientSocket[] {
    const sockets = this.client.open(url, namespaces, options);
    this.#putAway.push(() => sockets[0]?.dispose());
    return sockets;
  }

  /** Connects. */
  async connect(namespace = "/", options: ConnectOptions & { url?: string } = {}): Promise<ClientSocket> {
    const socket = this.open(namespace, options);
    await socket.connected();
    return socket;
  }

  /** Tries to connect and is refused. */
  refuse(namespace: string, options: ConnectOptions = {}): Promise<Refusal> {
    return this.open(namespace, options).refused();
  }

  /** A server that no other run shares, and that may be stopped. */
  async startServer(settings: { port?: number } = {}): Promise<ScenarioServer> {
    const server = await this.#host.start({ ...settings, parser: this.client.library.parser });
    this.#putAway.push(() => server.stop());
    return server;
  }

  /** A network between this run's clients and the server, which can be cut. */
  async startNetwork(): Promise<TcpProxy> {
    const network = await TcpProxy.open(this.server.port);
    this.#putAway.push(() => network.stop());
    return network;
  }

  /** Ends all that this run has begun. */
  async putAway(): Promise<void> {
    for (const step of this.#putAway.splice(0).reverse()) await step();
  }
}

/** Says whether it is a client in Python. */
export function isPython({ library }: Client): boolean {
  return library.name === "python-socketio";
}

/** Says whether it is a client of Socket.IO 2, to which the older protocol gives less. */
export function isVersion2({ library }: Client): boolean {
  return library.name === "socket.io-client" && library.version.startsWith("2");
}

/** Why the server may learn late of a client that disconnects, if it does. */
export function losesGoodbye(client: Client): string | undefined {
  return isPython(client) && client.transport === "polling"
    ? "Over polling the client's goodbye may get lost; the server then learns of it when it answers no heartbeat."
    : undefined;
}

/** Why a client may stay away when the server ends its connection, if it does. */
export function silentUponGoodbye(client: Client): string | undefined {
  return isPython(client) && client.transport === "polling"
    ? "Over polling the client does not come back by itself once the server has said goodbye."
    : undefined;
}

/** What a client with MessagePack does not send as it is, if anything. Python's has no such faults. */
export function messagePackFaults(client: Client): string | undefined {
  return client.library.parser === "msgpack" && !isPython(client)
    ? "The client's encoder gets whole numbers far beyond 2^53 wrong, and sends all of the memory of which a typed array shows a part."
    : undefined;
}

const patience = { timeout: deadline, interval: 5 };

/** Asserts again and again until the assertion holds. */
export function soon(assertion: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(assertion, patience);
}

/** Waits for as many events as are expected, and asserts that it is these that the client has received so far. */
export async function receives(socket: ClientSocket, events: readonly (readonly unknown[])[]): Promise<void> {
  await vi
    .waitUntil(() => socket.received.length >= events.length, patience)
    .catch(() => {
      // The assertion tells more.
    });
  expectSame(socket.received, events);
}

/** Like `toEqual`, but quick with many bytes. */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** The id under which the server knows a client. */
export async function sidOf(socket: ClientSocket): Promise<string> {
  const [who] = (await socket.ask("who")) as [{ sid: string }];
  return who.sid;
}
