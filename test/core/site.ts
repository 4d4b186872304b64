/**
 * A hub on a real engine, without a network and on a fake clock. Peers write and read Socket.IO's packets.
 */

import { resolveOptions } from "../../src/base/options.ts";
import { Trace, type TraceEvent } from "../../src/base/trace.ts";
import { Hub } from "../../src/core/hub.ts";
import { hubOptions } from "../../src/core/hub-options.ts";
import type { DisconnectReason } from "../../src/core/model/disconnect-reason.ts";
import type { LostClient } from "../../src/core/model/lost-client.ts";
import { clientIn, everyoneIn, type Target } from "../../src/core/model/target.ts";
import type {
  Answer,
  NamespaceHandlers,
  NamespaceRule,
  Refusal,
} from "../../src/core/namespace/open-namespace.ts";
import type { ClientSession } from "../../src/core/ports.ts";
import { Recovery, type RecoverySettings } from "../../src/core/recovery/recovery.ts";
import type { Socket } from "../../src/core/socket/socket.ts";
import { Counters } from "../../src/engine/counters.ts";
import { Engine } from "../../src/engine/engine.ts";
import { engineOptions } from "../../src/engine/engine-options.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeUpgradeExchange, fakeRequest } from "../support/fake-exchange.ts";

/** All clients of the main namespace. */
export const everyone = everyoneIn("/");

/** The clients of a room in the main namespace. */
export const room = (name: string): Target => ({ ...everyone, rooms: [name] });

/** One client. */
export const only = ({ namespace, sid }: Socket): Target => clientIn(namespace, sid);

/** A call of the event handler. */
export interface HandledEvent {
  readonly socket: Socket;
  readonly event: string;
  readonly values: readonly unknown[];
  readonly answer: Answer | null;
}

/** A test's application: accepts every client, unless a test replaces `onConnect`, and records its calls. */
export class FakeHandlers implements NamespaceHandlers {
  readonly events: HandledEvent[] = [];
  readonly disconnects: { socket: Socket; reason: DisconnectReason }[] = [];
  onConnect: (socket: Socket, decide: (refusal?: Refusal) => void) => void = (_socket, decide) => decide();
  onDisconnect: (socket: Socket) => void = () => {};

  connect(socket: Socket, decide: (refusal?: Refusal) => void): void {
    this.onConnect(socket, decide);
  }

  event(socket: Socket, event: string, values: readonly unknown[], answer: Answer | null): void {
    this.events.push({ socket, event, values, answer });
  }

  disconnect(socket: Socket, reason: DisconnectReason): void {
    this.disconnects.push({ socket, reason });
    this.onDisconnect(socket);
  }
}

/** A client that the test controls. */
export class Peer {
  readonly #exchange: FakeUpgradeExchange;
  readonly #site: Site;
  #heard = 1;

  constructor(site: Site, version: 3 | 4) {
    this.#site = site;
    this.#exchange = new FakeUpgradeExchange(fakeRequest(`/socket.io/?EIO=${version}&transport=websocket`));
    site.engine.handleUpgrade(this.#exchange);
  }

  /** Sends Socket.IO packets, such as `40` or `42["event"]`. */
  say(...messages: (string | Uint8Array)[]): void {
    for (const message of messages) this.#exchange.link.receive(message);
  }

  /** The messages that the client got since the last call, with `SID` in place of every sid. */
  heard(): (string | Buffer)[] {
    this.#site.clock.endTick();
    const messages = this.#exchange.link.messages.slice(this.#heard);
    this.#heard += messages.length;
    return messages.map((message) =>
      typeof message === "string" ? message.replace(/^(40.*"sid":")sid~[\w-]+/, "$1SID") : message,
    );
  }

  /** The reason that the client got for the end of its connection. */
  get told() {
    return this.#exchange.link.told;
  }

  /** How the server has ended the connection, if it has. */
  get endings(): readonly string[] {
    return this.#exchange.link.endings;
  }

  /** Joins a namespace. Returns the server's socket. */
  join(namespace = "/"): Socket {
    this.say(namespace === "/" ? "40" : `40${namespace},`);
    const socket = [...(this.#site.namespace(namespace)?.sockets() ?? [])].at(-1);
    if (socket === undefined) throw new Error(`${namespace} has no clients`);
    this.heard();
    return socket;
  }

  /** The network fails. */
  drop(): void {
    this.#exchange.link.end();
  }
}

/** A server without an application layer. */
export class Site {
  readonly clock = new FakeClock();
  readonly trace = new Trace();
  readonly counters = new Counters();
  readonly handlers = new FakeHandlers();
  readonly reported: unknown[] = [];
  /** Clients that cannot return. */
  readonly lost: LostClient[] = [];
  readonly engine: Engine;
  readonly hub: Hub;
  /** The namespaces that clients may join. */
  readonly open = new Set(["/", "/chat"]);
  /** The HTTP session of new clients; `null` for none. */
  httpSession: Record<string, unknown> | null = null;
  /** The rules that may let clients in. */
  readonly rules: NamespaceRule[] = [];

  /**
   * @param given - options of engine and hub
   * @param recovery - how clients of `/` return
   */
  constructor(given: object = {}, recovery: RecoverySettings | null = null) {
    const options = resolveOptions(
      { ...engineOptions, ...hubOptions },
      { allowEIO3: true, ...given },
      "a test",
    );
    const report = (error: unknown) => this.reported.push(error);
    this.hub = new Hub(
      {
        recoveryOf: (name) => (name === "/" ? recovery : null),
        onLost: (client) => this.lost.push(client),
        handlersOf: (name, rule) => (this.open.has(name) || rule !== null ? this.handlers : undefined),
        rules: () => this.rules,
        openSession: () => new FakeSession(this),
        report,
      },
      options,
      { clock: this.clock, trace: this.trace, counters: this.counters },
    );
    this.hub.namespaces.recoverWith(Recovery);
    this.engine = new Engine(
      options,
      {
        onConnection: (connection) => this.hub.clients.onConnection(connection),
        hasFile: () => false,
        serveFile: () => undefined,
        warn: () => {},
        report,
      },
      { clock: this.clock, trace: this.trace, counters: this.counters },
    );
  }

  /** A new client that has joined nothing yet, unless it is a client of Socket.IO 2. */
  peer(version: 3 | 4 = 4): Peer {
    return new Peer(this, version);
  }

  /** A namespace that has clients. */
  namespace(name: string) {
    return [...this.hub.namespaces.all()].find((namespace) => namespace.name === name);
  }

  /** Records trace events from now on. */
  listen(): TraceEvent[] {
    const events: TraceEvent[] = [];
    this.trace.listen((event) => events.push(event));
    return events;
  }
}

/** A session that is private to its connection. */
class FakeSession implements ClientSession {
  readonly isPrivate = true;
  readonly #data: Record<string, unknown> = {};
  readonly #site: Site;

  constructor(site: Site) {
    this.#site = site;
  }

  begin() {
    return { data: this.#data, end() {} };
  }

  snapshot() {
    return this.#data;
  }

  replace(data: Record<string, unknown>) {
    Object.assign(this.#data, data);
  }

  origin() {
    return this.#site.httpSession;
  }
}

/** Lets `connect` handlers wait until the test decides. */
export function delayDecisions(site: Site): { socket: Socket; decide: (refusal?: Refusal) => void }[] {
  const waiting: { socket: Socket; decide: (refusal?: Refusal) => void }[] = [];
  site.handlers.onConnect = (socket, decide) => waiting.push({ socket, decide });
  return waiting;
}

/** Everything that clients that are gone could leave behind. */
export function leftovers(site: Site) {
  const { pings, pongs, clientPingTimeouts, closeTimeouts, upgrades } = site.engine.connections;
  return {
    clients: site.hub.clients.size,
    namespaces: [...site.hub.namespaces.all()].length,
    connections: site.engine.connections.size,
    deadlines: pings.size + pongs.size + clientPingTimeouts.size + closeTimeouts.size + upgrades.size,
    timers: site.clock.timerCount,
  };
}

/** The {@link leftovers} when nothing is left. */
export const nothing = { clients: 0, namespaces: 0, connections: 0, deadlines: 0, timers: 0 };
