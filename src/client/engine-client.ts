/**
 * One connection of Engine.IO 4 or 3 as a client: handshake, heartbeat, upgrade, close reasons. Knows nothing
 * of Socket.IO's packets, and hears of HTTP and WebSocket only through its port. It never connects again.
 */

import { ProtocolError } from "../base/errors.ts";
import { type Clock, systemClock, type Timer } from "../base/time/clock.ts";
import type { EnginePacket } from "../protocol/engine-packet.ts";
import {
  type ClientDialect,
  decodedOrNothing,
  dialect3,
  dialectOf,
  dialectOfPayload,
  type EngineRevision,
} from "./client-dialect.ts";
import { ClientPolling } from "./client-polling.ts";
import {
  beginOnSocket,
  knowsRevision3Alone,
  type OpenedSocket,
  type OpenedSocketOwner,
  probeSocket,
} from "./client-socket-opening.ts";
import type { ClientCloseReason, ClientTransportName, ConnectFailure } from "./connect-failure.ts";
import { type ClientNetwork, type ClientSocketLink, type NetworkAnswer, NetworkError } from "./network.ts";
import { readServerHandshake, type ServerHandshake } from "./server-handshake.ts";

/** How to connect. */
export interface EngineClientSettings {
  /** The transports that may be used; the first one opens the connection. */
  readonly transports: readonly ClientTransportName[];
  /** Whether a connection that began with long polling changes to WebSocket. */
  readonly upgrade: boolean;
  /** `"auto"`: 4, or 3 where the server speaks only that. */
  readonly revision: EngineRevision | "auto";
  /** In ms, for each step until the connection is open. */
  readonly connectTimeout: number;
  readonly clock?: Clock;
}

/** One packet that came or went, for a tool that shows them. */
export interface WireEntry {
  readonly direction: "in" | "out";
  readonly transport: ClientTransportName;
  readonly packet: EnginePacket;
}

/** What a connection tells of itself. */
export interface EngineClientListener {
  message(data: string | Uint8Array): void;
  closed(reason: ClientCloseReason): void;
  wire?(entry: WireEntry): void;
  /** The connection is on WebSocket now. */
  upgraded?(): void;
  /** The connection stays on long polling. */
  upgradeFailed?(failure: ConnectFailure): void;
}

/** What opening a connection came to. */
export type OpenOutcome = { type: "open"; handshake: ServerHandshake } | ConnectFailure;

/** A connection. */
export class EngineClient {
  readonly #network: ClientNetwork;
  readonly #settings: EngineClientSettings;
  readonly #listener: EngineClientListener;
  readonly #clock: Clock;
  #state: "new" | "open" | "closed" = "new";
  #transport: ClientTransportName = "polling";
  #dialect: ClientDialect;
  #handshake: ServerHandshake | null = null;
  #polling: ClientPolling | null = null;
  #socket: { readonly link: ClientSocketLink; readonly extensions: string } | null = null;
  /** Packets that are sent while the transport changes. */
  #held: EnginePacket[] | null = null;
  #sent: Promise<void> = Promise.resolve();
  #timers: Timer[] = [];
  /** Ends an upgrade that is under way. */
  #stopProbe: () => void = () => {};
  readonly #socketOwner: OpenedSocketOwner = {
    frame: (data) => this.#receiveFrame(data),
    ended: (reason) => this.#end(reason),
  };

  constructor(network: ClientNetwork, settings: EngineClientSettings, listener: EngineClientListener) {
    this.#network = network;
    this.#settings = settings;
    this.#listener = listener;
    this.#clock = settings.clock ?? systemClock;
    this.#dialect = dialectOf(settings.revision === "auto" ? 4 : settings.revision);
  }

  get transport(): ClientTransportName {
    return this.#transport;
  }

  get revision(): EngineRevision {
    return this.#dialect.revision;
  }

  get handshake(): ServerHandshake | null {
    return this.#handshake;
  }

  /** The extensions of the WebSocket, such as `permessage-deflate`; empty where there are none. */
  get extensions(): string {
    return this.#socket?.extensions ?? "";
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Opens the connection. Called once. */
  async open(): Promise<OpenOutcome> {
    let first: ConnectFailure | undefined;
    for (const transport of this.#settings.transports) {
      const outcome = transport === "polling" ? await this.#openPolling() : await this.#openWebSocket();
      if (outcome.type === "open") return outcome;
      first ??= outcome;
      // Another transport goes to the same address, which is not there.
      if (outcome.type === "unreachable" || outcome.type === "timeout") break;
    }
    this.#network.end();
    if (first === undefined) throw new TypeError("no transport was given");
    return first;
  }

  /** Sends a message; it goes out in the order of the calls. */
  send(data: string | Uint8Array): void {
    this.#send({ type: "message", data });
  }

  /** Resolves when the server, or the system, has taken all that was sent. */
  async flush(): Promise<void> {
    await this.#sent;
    await this.#socket?.link.flushed();
  }

  /** Sends what waits, and closes the connection in order. */
  async close(): Promise<void> {
    if (this.#state !== "open") return;
    if (this.#transport === "polling") this.#send({ type: "close" });
    const patience = new Promise<void>((resolve) => {
      this.#timers.push(this.#clock.after(this.#settings.connectTimeout, resolve));
    });
    await Promise.race([this.flush(), patience]);
    this.#end({ type: "closed here" });
  }

  /** Ends the connection because of what came over it. */
  fail(reason: ClientCloseReason): void {
    this.#end(reason);
  }

  async #openPolling(): Promise<OpenOutcome> {
    const timeout = new AbortController();
    const timer = this.#clock.after(this.#settings.connectTimeout, () => timeout.abort(), true);
    try {
      const query = { ...this.#dialect.query, transport: "polling" };
      const answer = await this.#network.request(query, undefined, timeout.signal);
      if (answer.status !== 200) {
        const isLast = this.#settings.revision !== "auto" || this.#dialect.revision === 3;
        if (isLast || !knowsRevision3Alone(answer)) return { type: "refused", transport: "polling", answer };
        this.#dialect = dialect3;
        return await this.#openPolling();
      }
      return this.#begin(answer);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      return timeout.signal.aborted
        ? { type: "timeout", transport: "polling", after: this.#settings.connectTimeout }
        : { type: "unreachable", transport: "polling", error };
    } finally {
      timer.cancel();
    }
  }

  #begin(answer: NetworkAnswer): OpenOutcome {
    const foreign: ConnectFailure = { type: "foreign", transport: "polling", answer };
    const dialect = dialectOfPayload(answer.body);
    if (dialect === undefined) return foreign;
    const packets = decodedOrNothing(() => dialect.decodePayload(answer));
    const [open, ...others] = packets ?? [];
    const handshake = open?.type === "open" ? readServerHandshake(open.data) : undefined;
    if (open === undefined || handshake === undefined) return foreign;
    this.#dialect = dialect;
    const query = { ...dialect.query, transport: "polling", sid: handshake.sid };
    const owner = {
      dialect,
      maxPayload: handshake.maxPayload,
      received: (packet: EnginePacket) => this.#receive(packet),
      ended: (reason: ClientCloseReason) => this.#end(reason),
    };
    this.#polling = new ClientPolling(this.#network, query, owner);
    this.#start("polling", handshake, open);
    // The caller gets the connection before the packets that came with it.
    queueMicrotask(() => {
      for (const packet of others) this.#receive(packet);
      if (this.#state !== "open") return;
      this.#polling?.start();
      const { upgrade, transports } = this.#settings;
      if (upgrade && transports.includes("websocket") && handshake.upgrades.includes("websocket"))
        this.#upgrade(handshake.sid);
    });
    return { type: "open", handshake };
  }

  async #openWebSocket(): Promise<OpenOutcome> {
    const { revision, connectTimeout: timeout } = this.#settings;
    const patience = { clock: this.#clock, timeout, guesses: revision === "auto" };
    // What comes with the handshake waits until the caller has the connection.
    let early: (() => void)[] | null = [];
    const { frame, ended } = this.#socketOwner;
    const outcome = await beginOnSocket(this.#network, this.#dialect, patience, {
      frame: (data) => (early === null ? frame(data) : early.push(() => frame(data))),
      ended: (reason) => (early === null ? ended(reason) : early.push(() => ended(reason))),
    });
    if (outcome.type !== "begun") return outcome;
    const { handshake } = outcome;
    this.#dialect = outcome.dialect;
    this.#socket = outcome;
    this.#start("websocket", handshake, { type: "open", data: JSON.stringify(handshake) });
    queueMicrotask(() => {
      const first = early ?? [];
      early = null;
      for (const data of outcome.early) frame(data);
      for (const take of first) take();
    });
    return { type: "open", handshake };
  }

  #start(transport: ClientTransportName, handshake: ServerHandshake, open: EnginePacket): void {
    this.#state = "open";
    this.#transport = transport;
    this.#handshake = handshake;
    this.#listener.wire?.({ direction: "in", transport, packet: open });
    this.#restartHeartbeat(handshake);
  }

  #restartHeartbeat({ pingInterval, pingTimeout }: ServerHandshake): void {
    for (const timer of this.#timers) timer.cancel();
    const late = (after: number) => () => this.#end({ type: "ping timeout", after });
    const whole = pingInterval + pingTimeout;
    this.#timers = this.#dialect.serverPings
      ? [this.#clock.after(whole, late(whole))]
      : [
          this.#clock.after(pingInterval, () => this.#send({ type: "ping", data: "" })),
          this.#clock.after(whole, late(whole)),
        ];
  }

  #upgrade(sid: string): void {
    const query = { ...this.#dialect.query, transport: "websocket", sid };
    const patience = {
      clock: this.#clock,
      timeout: this.#settings.connectTimeout,
      owner: this.#socketOwner,
    };
    this.#stopProbe = probeSocket(this.#network, query, patience, (outcome) => {
      if (this.#state !== "open") return;
      if (outcome.type === "opened") this.#changeTo(outcome);
      else this.#listener.upgradeFailed?.(outcome);
    });
  }

  async #changeTo(opened: OpenedSocket): Promise<void> {
    const held: EnginePacket[] = [];
    this.#held = held;
    await this.#polling?.pause();
    if (this.#state !== "open") {
      opened.link.abort();
      return;
    }
    this.#held = null;
    this.#socket = opened;
    this.#transport = "websocket";
    this.#send({ type: "upgrade" });
    for (const packet of held) this.#send(packet);
    this.#listener.upgraded?.();
  }

  #receiveFrame(data: string | Uint8Array): void {
    let packet: EnginePacket;
    try {
      packet = this.#dialect.decodeFrame(data);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end({ type: "protocol error", message: error.message });
      return;
    }
    this.#receive(packet);
  }

  #receive(packet: EnginePacket): void {
    if (this.#state !== "open") return;
    this.#listener.wire?.({ direction: "in", transport: this.#transport, packet });
    switch (packet.type) {
      case "message":
        this.#listener.message(packet.data);
        break;
      case "ping":
        this.#send({ type: "pong", data: packet.data });
        this.#beat();
        break;
      case "pong":
        this.#beat();
        break;
      case "close":
        this.#end({ type: "server closed" });
        break;
      case "open":
      case "upgrade":
      case "noop":
        break;
      default:
        packet satisfies never;
    }
  }

  #beat(): void {
    if (this.#handshake !== null) this.#restartHeartbeat(this.#handshake);
  }

  #send(packet: EnginePacket): void {
    if (this.#state !== "open") return;
    if (this.#held !== null) {
      this.#held.push(packet);
      return;
    }
    this.#listener.wire?.({ direction: "out", transport: this.#transport, packet });
    if (this.#transport === "websocket") this.#socket?.link.send(this.#dialect.encodeFrame(packet));
    // A failure ends the connection, whose listener is told the reason.
    else if (this.#polling !== null) this.#sent = this.#polling.send([packet]).catch(() => {});
  }

  #end(reason: ClientCloseReason): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    for (const timer of this.#timers) timer.cancel();
    this.#stopProbe();
    this.#polling?.abort();
    if (reason.type === "closed here") this.#socket?.link.close();
    else this.#socket?.link.abort();
    this.#network.end();
    this.#listener.closed(reason);
  }
}
