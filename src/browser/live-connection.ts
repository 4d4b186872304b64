/**
 * One connection that comes back by itself: the WebSocket of the moment, its heartbeat, and the time until
 * the next attempt. Carries several namespaces and knows only their names.
 *
 *     attempt → WebSocket open → "0{…}" → open: members join → lost → wait → attempt → …
 */

import { isHidden, onWake } from "./browser-events.ts";
import { ClientError } from "./client-error.ts";
import { diagnoseFailure } from "./failure-diagnosis.ts";
import { connectType, disconnectType, type Frame, type Packet, type PacketParser } from "./packet-codec.ts";

/** The used parts of a WebSocket: that of browsers, of Node, of Bun, or of the package `ws`. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: object) => void) | null;
  onerror: ((event: { message?: string }) => void) | null;
  send(data: Frame): void;
  close(): void;
}

/** Makes WebSockets. */
export type WebSocketClass = new (url: string) => WebSocketLike;

/** The settings of a connection. Durations are in ms. */
export interface ConnectionSettings {
  readonly url: string;
  readonly parser: PacketParser;
  readonly WebSocket: WebSocketClass | undefined;
  /** The first wait is up to this long; each further one is up to twice as long as the one before. */
  readonly minDelay?: number | undefined;
  readonly maxDelay?: number | undefined;
  readonly connectTimeout?: number | undefined;
  readonly offlineAfter?: number | undefined;
}

/** A namespace on the connection. */
export interface ConnectionMember {
  readonly namespace: string;
  /** The connection is open: join. */
  onOpen(): unknown;
  onPacket(packet: Packet): void;
  /** The connection is lost, or an attempt failed. Without `retry` there is no further one. */
  onLost(error: ClientError, retry: boolean): void;
  /** It has been lost for a while, and the page is visible. */
  onOffline(): void;
}

/** What a server says as it opens a connection. */
export interface ServerOpening {
  /** How often it sends something, in ms; and how much longer that may take. */
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** The largest message that it takes, in bytes. */
  readonly maxPayload?: number;
}

/** The state of `readyState` in which a WebSocket can be written to. */
const open = 1;
/** Within this time after the page woke, in ms, a loss is a part of the sleep, and nothing is waited for. */
const wakeSpan = 2_000;
/** The least time between two attempts that the page's events cause, and the age at which one is given up. */
const wakePause = 1_000;
/** A connection that held this long, in ms, was a success: waits begin with the shortest again. */
const successAge = 5_000;
/** Bytes that wait to be sent: with more, volatile events are dropped. */
const backlog = 65_536;

/** The connection of one or several namespaces. */
export class LiveConnection {
  declare readonly settings: ConnectionSettings;
  readonly #members = new Map<string, ConnectionMember>();
  #socket: WebSocketLike | undefined;
  #opening: ServerOpening | undefined;
  /** Whether the latest server that was reached has sent a packet that the parser understands. */
  #isKnown = false;
  /** For the time limit of an attempt, then for heartbeats, then for the next attempt. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #startedAt = 0;
  #heardAt = 0;
  #wokeAt = 0;
  #wakeAttemptAt = 0;
  #stopListening: (() => void) | undefined;

  constructor(settings: ConnectionSettings) {
    this.settings = settings;
  }

  /** What the server said as it opened the connection of the moment; `undefined` without one. */
  get opening(): ServerOpening | undefined {
    return this.#opening;
  }

  /** Whether so much waits to be sent that volatile events are better dropped. */
  get isBusy(): boolean {
    return Number(this.#socket?.bufferedAmount) > backlog;
  }

  /** Adds a namespace, and opens the connection for the first one. */
  add(member: ConnectionMember): void {
    this.#members.set(member.namespace, member);
    this.#stopListening ??= onWake(() => this.#wake());
    if (this.isUsable()) {
      member.onOpen();
    } else if (!this.#socket && !this.#timer) {
      this.#startGrace();
      this.#attempt();
    }
  }

  /** Removes a namespace. The connection closes with the last one. */
  remove(member: ConnectionMember): void {
    this.#members.delete(member.namespace);
    if (this.#members.size > 0) return;
    this.#drop();
    clearTimeout(this.#graceTimer);
    this.#failures = 0;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** A namespace was accepted. */
  onAccepted(): void {
    clearTimeout(this.#graceTimer);
  }

  /** Whether a message that is sent now can arrive. A connection that slept past its heartbeat ends here. */
  isUsable(): boolean {
    if (!this.#opening) return false;
    if (this.#socket?.readyState === open && this.#patience() >= 0) return true;
    this.#lose("ping timeout");
    return false;
  }

  /** Sends a packet's messages. Only for a connection that is usable. */
  send(frames: readonly Frame[]): void {
    for (const frame of frames) this.#socket?.send(typeof frame === "string" ? `4${frame}` : frame);
  }

  /** How long to wait before the next attempt: a random time, so that many clients do not return at once. */
  nextDelay(): number {
    const { minDelay = 1_000, maxDelay = 10_000 } = this.settings;
    return Math.random() * Math.min(maxDelay, minDelay * 2 ** this.#failures++);
  }

  #attempt(): void {
    const { url, WebSocket, parser, connectTimeout = 20_000 } = this.settings;
    let socket: WebSocketLike;
    try {
      socket = new (WebSocket as WebSocketClass)(url);
    } catch (error) {
      this.#end("ERR_OPTION", `set the option WebSocket (${error})`);
      return;
    }
    const decode = parser.decoder();
    this.#socket = socket;
    this.#startedAt = Date.now();
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#receive(data, decode);
    socket.onclose = () => this.#lose("transport close");
    // Some runtimes close no WebSocket that could not be opened.
    socket.onerror = ({ message }) => this.#lose("transport close", message);
    this.#timer = setTimeout(() => this.#lose("connect timeout"), connectTimeout);
  }

  #receive(data: unknown, decode: ReturnType<PacketParser["decoder"]>): void {
    this.#heardAt = Date.now();
    let packet: Packet | undefined;
    try {
      const type = typeof data === "string" ? data[0] : "4";
      if (!this.#opening) {
        const opening = JSON.parse(String(data).slice(1)) as ServerOpening;
        if (!opening.pingInterval) throw "no handshake";
        this.#opening = opening;
        this.#isKnown = false;
        this.#watch();
        this.#each((member) => member.onOpen());
      } else if (type === "2") this.#socket?.send("3");
      else if (type === "4")
        packet = decode(typeof data === "string" ? data.slice(1) : new Uint8Array(data as ArrayBuffer));
      // Socket.IO 2 accepts a client without data. Every other packet but the end has some, too.
      if (packet && packet.type !== disconnectType && !packet.data) throw "it may be of Socket.IO 2";
    } catch (error) {
      if (this.#isKnown) this.#lose("parse error");
      else this.#end("ERR_PROTOCOL", `this is no server of Socket.IO 5 (${error})`);
      return;
    }
    if (!packet) return;
    this.#isKnown = true;
    const { type, namespace } = packet;
    const member = this.#members.get(namespace);
    if (member) member.onPacket(packet);
    // It left before it was accepted.
    else if (type === connectType)
      this.send(this.settings.parser.encode({ type: disconnectType, namespace }));
  }

  /** The current connection or attempt has failed. */
  #lose(reason: string, hint?: string): void {
    const wasOpen = this.#opening;
    if (wasOpen) {
      if (Date.now() - this.#startedAt > successAge) this.#failures = 0;
      this.#startGrace();
    } else if (!this.#isKnown && this.#failures === 0) {
      // The next attempts will hardly fail for another reason.
      void diagnoseFailure(this.settings.url, hint ?? reason).then((error) => {
        if (!this.#opening) this.#tell(error, true);
      });
    }
    this.#drop();
    // Servers end the connections of clients whose parser they do not have.
    const error = this.#isKnown
      ? new ClientError("ERR_DISCONNECTED", reason)
      : new ClientError("ERR_PROTOCOL", `${reason} before the client joined: do both use the same parser?`);
    if (wasOpen) this.#tell(error, true);
    // A member may have left, or have connected again.
    if (this.#members.size > 0 && !this.#socket && !this.#timer) this.#schedule();
  }

  #each(action: (member: ConnectionMember) => void): void {
    // Their actions may add members or remove them.
    [...this.#members.values()].forEach(action);
  }

  #tell(error: ClientError, retry: boolean): void {
    this.#each((member) => member.onLost(error, retry));
  }

  /** Ends the connection for good. */
  #end(code: string, message: string): void {
    this.#drop();
    this.#tell(new ClientError(code, `${this.settings.url}: ${message}.`), false);
  }

  /** Ends the WebSocket and whatever was waited for. */
  #drop(): void {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    this.#timer = this.#socket = this.#opening = undefined;
    if (!socket) return;
    socket.onmessage = socket.onclose = socket.onerror = () => {};
    socket.close();
  }

  #schedule(): void {
    const now = Date.now();
    let delay = this.nextDelay();
    if (now - this.#wokeAt < wakeSpan) {
      delay = Math.max(0, this.#wakeAttemptAt + wakePause - now);
      this.#wakeAttemptAt = now + delay;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#attempt();
    }, delay);
  }

  #wake(): void {
    const now = Date.now();
    this.#wokeAt = now;
    if (this.isUsable()) return;
    this.#startGrace();
    // Attempts that the page causes are a second apart, and a young one is given its time.
    if (now < Math.max(this.#wakeAttemptAt, this.#socket ? this.#startedAt : 0) + wakePause) return;
    this.#drop();
    this.#failures = 0;
    this.#schedule();
  }

  /** How much longer the server may be silent, in ms. Time goes on while the machine sleeps. */
  #patience(): number {
    const { pingInterval, pingTimeout } = this.#opening as ServerOpening;
    return this.#heardAt + pingInterval + pingTimeout - Date.now();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.isUsable()) this.#timer = setTimeout(() => this.#watch(), this.#patience() + 1);
  }

  /** Tells the members later that they are offline, unless a namespace is accepted before. */
  #startGrace(): void {
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => {
      if (!isHidden()) this.#each((member) => member.onOffline());
    }, this.settings.offlineAfter ?? 10_000);
  }
}
