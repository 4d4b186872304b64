/** Scenarios, and their parameters: clients of one library over one transport, and a server. */

import { isDeepStrictEqual } from "node:util";
import { expect, vi } from "vitest";
import { TcpProxy } from "../../support/tcp-proxy.ts";
import { deadline } from "../../support/waiting.ts";
import type { Client, ClientSocket, ConnectOptions, Parser, Refusal } from "../clients/client.ts";

/** A row of the page: a feature that users rely on, and the scenarios that show it. */
export interface Feature {
  readonly name: string;
  /** Why some clients do not have it; the reason becomes a footnote of the page. */
  readonly missingIn?: (client: Client) => string | undefined;
  readonly scenarios: readonly Scenario[];
}

/** A sequence of actions of a server and its clients. */
export interface Scenario {
  readonly title: string;
  /** Why some clients cannot run it, although they have the feature in general. */
  readonly missingIn?: (client: Client) => string | undefined;
  run(stage: Stage): Promise<void>;
}

/** A server as a scenario sees it. */
export interface ScenarioServer {
  readonly url: string;
  readonly port: number;
  /** Makes the server do something that no client can request, and resolves to the result. */
  control(command: string, ...values: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Where a server runs. */
export interface ServerHost {
  start(settings?: { port?: number; parser?: Parser }): Promise<ScenarioServer>;
}

/** The resources of one run of a scenario. They end with the run. */
export class Stage {
  readonly client: Client;
  /** Shared with other runs at the same time. */
  readonly server: ScenarioServer;
  readonly #host: ServerHost;
  readonly #putAway: (() => unknown)[] = [];

  constructor(client: Client, server: ScenarioServer, host: ServerHost) {
    this.client = client;
    this.server = server;
    this.#host = host;
  }

  /** Starts to connect. */
  open(namespace = "/", options: ConnectOptions & { url?: string } = {}): ClientSocket {
    return this.openTogether([namespace], options)[0] as ClientSocket;
  }

  /** Starts to connect to several namespaces over one connection. */
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

  /** Tries to connect, and expects a refusal. */
  refuse(namespace: string, options: ConnectOptions = {}): Promise<Refusal> {
    return this.open(namespace, options).refused();
  }

  /** A server for this run alone, which may be stopped. */
  async startServer(settings: { port?: number } = {}): Promise<ScenarioServer> {
    const server = await this.#host.start({ ...settings, parser: this.client.library.parser });
    this.#putAway.push(() => server.stop());
    return server;
  }

  /** A network between this run's clients and the server, which the run can cut. */
  async startNetwork(): Promise<TcpProxy> {
    const network = await TcpProxy.open(this.server.port);
    this.#putAway.push(() => network.stop());
    return network;
  }

  /** Ends everything that this run has started. */
  async putAway(): Promise<void> {
    for (const step of this.#putAway.splice(0).reverse()) await step();
  }
}

/** Whether it is a client in Python. */
export function isPython({ library }: Client): boolean {
  return library.name === "python-socketio";
}

/** Whether it is a client of Socket.IO 2, whose older protocol has fewer features. */
export function isVersion2({ library }: Client): boolean {
  return library.name === "socket.io-client" && library.version.startsWith("2");
}

/** Why the server may notice a disconnect of this client late; `undefined` if it notices at once. */
export function losesGoodbye(client: Client): string | undefined {
  return isPython(client) && client.transport === "polling"
    ? "Over polling the client's goodbye may get lost. The server then notices when the client misses a heartbeat."
    : undefined;
}

/** Why this client does not reconnect when the server ends its connection; `undefined` if it does. */
export function silentUponGoodbye(client: Client): string | undefined {
  return isPython(client) && client.transport === "polling"
    ? "Over polling the client does not come back by itself after the server has ended the connection."
    : undefined;
}

/** The values that a MessagePack client sends wrongly, if any. The Python client has no such faults. */
export function messagePackFaults(client: Client): string | undefined {
  return client.library.parser === "msgpack" && !isPython(client)
    ? "The client's encoder gets integers far beyond 2^53 wrong, and sends a typed array's whole buffer, also beyond the array."
    : undefined;
}

const patience = { timeout: deadline, interval: 5 };

/** Repeats an assertion until it holds. */
export function soon(assertion: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(assertion, patience);
}

/** Waits for the expected number of events, and asserts that they are exactly these. */
export async function receives(socket: ClientSocket, events: readonly (readonly unknown[])[]): Promise<void> {
  await vi
    .waitUntil(() => socket.received.length >= events.length, patience)
    .catch(() => {
      // The assertion shows more details.
    });
  expectSame(socket.received, events);
}

/** Like `toEqual`, but fast with many bytes. */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** The id under which the server knows a client. */
export async function sidOf(socket: ClientSocket): Promise<string> {
  const [who] = (await socket.ask("who")) as [{ sid: string }];
  return who.sid;
}
