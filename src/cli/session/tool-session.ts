/** A client that is kept connected: it connects again after a while, and tells why it had to. */

import { type Clock, systemClock, type Timer } from "../../base/time/clock.ts";
import type { ClientCloseReason, ConnectFailure } from "../../client/connect-failure.ts";
import type { WireEntry } from "../../client/engine-client.ts";
import type { ClientNetwork, RequestQuery } from "../../client/network.ts";
import type { CallOutcome, IncomingEvent, JoinOutcome } from "../../client/socketio-client.ts";
import { queryOf, SocketIOClient } from "../../client/socketio-client.ts";
import { connectionFailure, joinFailure } from "./outcome.ts";
import type { ServerTarget } from "./server-target.ts";

/** What a session tells. */
export interface ToolSessionListener {
  event?(event: IncomingEvent): void;
  /** The server ended the client's stay. */
  left?(namespace: string): void;
  /** Connected, and in all its namespaces; `took` in ms. */
  connected?(client: SocketIOClient, took: number): void;
  /** The connection ended; it will be opened again unless `isFinal`. */
  lost?(reason: ClientCloseReason, isFinal: boolean): void;
  /** An attempt failed; the next one is after `delay` ms. */
  failed?(failure: ConnectFailure, delay: number): void;
  /** A namespace that the client was in refuses it now. */
  refused?(namespace: string, outcome: JoinOutcome): void;
  upgraded?(): void;
  upgradeFailed?(failure: ConnectFailure): void;
  wire?(entry: WireEntry): void;
}

/** What a session has. */
export interface ToolSessionParts {
  readonly target: ServerTarget;
  /** Makes the network of one connection, whose requests have this query besides the user's own. */
  readonly network: (query: RequestQuery) => ClientNetwork;
  readonly listener: ToolSessionListener;
  /** Whether it connects again. */
  readonly reconnects: boolean;
  readonly clock?: Clock;
}

/** The first wait before an attempt, in ms; it doubles, up to the longest. */
const firstDelay = 500;
const longestDelay = 5000;

/** A session. */
export class ToolSession {
  readonly #parts: ToolSessionParts;
  readonly #clock: Clock;
  /** The namespaces to be in, with the auth for each. */
  readonly #wanted = new Map<string, unknown>();
  #client: SocketIOClient | null = null;
  #retry: Timer | null = null;
  #isStopped = false;
  #attempts = 0;
  /** Servers of Socket.IO 2 take the auth for `"/"` from the query of each request. */
  #query: RequestQuery = {};

  constructor(parts: ToolSessionParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    const { address, auth } = parts.target;
    this.#wanted.set(address.namespace, auth);
  }

  /** The client, where it is connected. */
  get client(): SocketIOClient | null {
    return this.#client;
  }

  /**
   * Connects for the first time.
   *
   * @throws CommandFailure when there is no connection, or the namespace refuses
   */
  async start(): Promise<SocketIOClient> {
    const { target } = this.#parts;
    const { client, failure } = await this.#open();
    if (client === null) throw connectionFailure(failure, target.url);
    for (const [namespace, auth] of this.#wanted) {
      const outcome = await client.join(namespace, auth, target.timeout);
      if (outcome.type === "joined") continue;
      await this.stop();
      throw joinFailure(outcome, namespace);
    }
    return client;
  }

  /** Joins a namespace, now and after each new connection. */
  async join(namespace: string, auth: unknown): Promise<JoinOutcome> {
    const outcome = await this.#client?.join(namespace, auth, this.#parts.target.timeout);
    if (outcome === undefined) return { type: "closed", reason: { type: "closed here" } };
    if (outcome.type === "joined") this.#wanted.set(namespace, auth);
    return outcome;
  }

  /** Leaves a namespace for good. */
  leave(namespace: string): void {
    this.#wanted.delete(namespace);
    this.#client?.leave(namespace);
  }

  /** Calls an event. */
  call(namespace: string, event: readonly [string, ...unknown[]]): Promise<CallOutcome> {
    const outcome = this.#client?.call(namespace, event, this.#parts.target.timeout);
    return outcome ?? Promise.resolve({ type: "closed", reason: { type: "closed here" } });
  }

  /** Closes the connection and opens another one at once. */
  async reconnect(): Promise<void> {
    this.#retry?.cancel();
    const client = this.#client;
    this.#client = null;
    await client?.close();
    await this.#again();
  }

  /** Closes the connection for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#retry?.cancel();
    await this.#client?.close();
  }

  async #open(): Promise<
    { client: SocketIOClient; failure: null } | { client: null; failure: ConnectFailure }
  > {
    const { target, network, listener } = this.#parts;
    const began = this.#clock.now();
    const client: SocketIOClient = new SocketIOClient(network(this.#query), target.engine, {
      event: (event) => listener.event?.(event),
      left: (namespace) => {
        this.#wanted.delete(namespace);
        listener.left?.(namespace);
      },
      closed: (reason) => this.#onClosed(client, reason),
      upgraded: () => listener.upgraded?.(),
      upgradeFailed: (failure) => listener.upgradeFailed?.(failure),
      ...(listener.wire === undefined ? {} : { wire: (entry: WireEntry) => listener.wire?.(entry) }),
    });
    const outcome = await client.connect();
    if (outcome.type !== "open") return { client: null, failure: outcome };
    if (this.#isStopped) {
      await client.close();
      return { client: null, failure: closedHere };
    }
    const auth = this.#wanted.get("/");
    if (client.engine.revision === 3 && auth !== undefined && Object.keys(this.#query).length === 0) {
      this.#query = Object.fromEntries(new URLSearchParams(queryOf(auth)));
      await client.close();
      return this.#open();
    }
    this.#client = client;
    this.#attempts = 0;
    listener.connected?.(client, this.#clock.now() - began);
    return { client, failure: null };
  }

  #onClosed(client: SocketIOClient, reason: ClientCloseReason): void {
    if (this.#client !== client) return;
    this.#client = null;
    const isFinal = this.#isStopped || !this.#parts.reconnects;
    this.#parts.listener.lost?.(reason, isFinal);
    if (!isFinal) this.#retryLater();
  }

  #retryLater(): number {
    const delay = Math.min(firstDelay * 2 ** this.#attempts++, longestDelay) * (0.75 + Math.random() / 2);
    this.#retry = this.#clock.after(delay, () => this.#again(), true);
    return delay;
  }

  async #again(): Promise<void> {
    const { client, failure } = await this.#open();
    if (this.#isStopped) return;
    const { listener, target } = this.#parts;
    if (client === null) {
      listener.failed?.(failure, this.#retryLater());
      return;
    }
    for (const [namespace, auth] of [...this.#wanted]) {
      const outcome = await client.join(namespace, auth, target.timeout);
      if (outcome.type === "joined" || outcome.type === "closed") continue;
      this.#wanted.delete(namespace);
      listener.refused?.(namespace, outcome);
    }
  }
}

const closedHere: ConnectFailure = {
  type: "ended",
  transport: "polling",
  reason: { type: "closed here" },
};
