/**
 * Connections of a server of `node:http` without a `net.Socket`. To make one, to have it parsed, and to take
 * the parser away again for a WebSocket is half of what a connection costs.
 *
 *                     ┌── the answer ◀──┐
 *                     ▼                 │
 *     accepted ── next bytes ──▶ a request that Roomcast answers, or a WebSocket: it reads and writes the
 *        │            │          handle inside
 *        │            └────────▶ not for Roomcast: Node's own function gets it, with all its bytes
 *        └── silent for a moment, or Node is asked to close it ──▶ the same
 *
 * So Node sees each connection that is not Roomcast's as if it had been accepted now: its limits, options,
 * time limits and events are its own. It counts the others as well, which is what `getConnections`,
 * `maxConnections` and `close` go by. Where a program could notice the difference, none is taken.
 */

import { channel } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import { createServer, IncomingMessage, Server, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { constants } from "node:os";
import { BareConnection, type BareConnectionGroup, isTcp, type TcpHandle } from "./bare-connection.ts";
import { canWrite } from "./direct-socket.ts";

/**
 * How long a connection may be silent until Node gets it, in ms: once to twice as long. Node's time limits
 * begin then.
 */
const silence = 500;
/** A time limit of the server below which those milliseconds would count, in ms. */
const leastTimeout = 10_000;

/** The longest time that a timer knows, in ms. */
const longestTimer = 2 ** 31 - 1;

/** Node's function for what a server has accepted. */
type OnConnection = (this: ServerHandle, error: number, handle: unknown) => void;

/** The inside of a server. */
interface ServerHandle {
  onconnection: OnConnection;
}

/** A server, with what Node's own functions know of it. */
interface BareServer extends Server {
  readonly _handle?: ServerHandle | null;
  _connections: number;
  _emitCloseIfDrained(): void;
  readonly allowHalfOpen?: boolean;
  readonly pauseOnConnect?: boolean;
  readonly blockList?: unknown;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
  readonly keepAliveTimeoutBuffer?: number;
  readonly httpAllowHalfOpen?: boolean;
}

/** A connection that Node gets. */
interface HandedOn {
  readonly handle: TcpHandle;
  /** What it has sent; `null` for nothing. */
  readonly bytes: Buffer | null;
}

/** Takes connections. */
export interface BareConnectionOwner {
  /** Whether any would be taken now. */
  readonly takesConnections: boolean;
  /**
   * The first bytes of a connection have come, or those after an answer.
   *
   * @param bytes - the owner's to keep
   * @returns whether they are taken; the connection has been opened, made a socket or destroyed then, or
   *   holds a request
   */
  takeConnection(connection: BareConnection, bytes: Buffer): boolean;
}

/** What tells of Node's sockets and requests to others, where they ask for it. */
const channels = ["net.server.socket", "http.server.request.start"].map((name) => channel(name));
const answerChannels = ["http.server.response.created", "http.server.response.finish"].map((name) =>
  channel(name),
);

/** Roomcast's own listeners for connections, which need to see those with a socket only. */
const ownListeners = new WeakSet<object>();

/** Node's own listener for the connections of an HTTP server; `null` where it is not the only one. */
let nodeListener: object | null | undefined;

function findNodeListener(): object | null {
  const [listener, ...others] = createServer().listeners("connection");
  return listener === undefined || others.length > 0 ? null : listener;
}

/** Whether the requests of a server, and their answers, are objects of Node's own classes. */
function hasOwnMessages(server: object): boolean {
  const classes: Record<string, unknown> = { IncomingMessage, ServerResponse };
  return Object.getOwnPropertySymbols(server).every((key) => {
    const expected = classes[key.description ?? ""];
    return expected === undefined || Reflect.get(server, key) === expected;
  });
}

/** Says that a listener for the connections of servers does not need those without a socket. */
export function ignoreBareConnections(listener: object): void {
  ownListeners.add(listener);
}

/** The connections of one server that have no socket. */
export class BareConnections implements BareConnectionGroup {
  readonly #server: BareServer;
  readonly #owner: BareConnectionOwner;
  #isActive = false;
  /** What accepts connections, and Node's function for that. */
  #listening: { readonly handle: ServerHandle; readonly own: OnConnection } | null = null;
  readonly #open = new Set<BareConnection>();
  /** Those that have sent nothing yet: since the last sweep, and since the one before. */
  #silent = new Set<BareConnection>();
  #longSilent = new Set<BareConnection>();
  #sweep: NodeJS.Timeout | null = null;
  /** The connection that Node gets at this moment. */
  #handedOn: HandedOn | null = null;
  readonly #hasOwnMessages: boolean;

  constructor(server: Server, owner: BareConnectionOwner) {
    this.#server = server as BareServer;
    this.#owner = owner;
    this.#hasOwnMessages = hasOwnMessages(server);
  }

  /** How many there are, those included that have sent nothing yet. */
  get size(): number {
    return this.#open.size;
  }

  /** Whether requests may be answered, too: no program could tell the difference. */
  get mayAnswer(): boolean {
    const server = this.#server;
    const { timeout, maxRequestsPerSocket, httpAllowHalfOpen } = server;
    return (
      this.#hasOwnMessages &&
      // Limits are Node's to apply, as above.
      !timeout &&
      !maxRequestsPerSocket &&
      httpAllowHalfOpen !== true &&
      server.listenerCount("timeout") === 0 &&
      !answerChannels.some(({ hasSubscribers }) => hasSubscribers)
    );
  }

  get longestIdle(): number {
    const { keepAliveTimeout, keepAliveTimeoutBuffer: more = 1000 } = this.#server;
    if (!(keepAliveTimeout > 0)) return 0;
    return Math.min(keepAliveTimeout + (more >= 0 ? more : 1000), longestTimer);
  }

  get keepAliveFields(): string {
    const { keepAliveTimeout } = this.#server;
    const seconds = Math.floor(keepAliveTimeout / 1000);
    return `Connection: keep-alive\r\n${keepAliveTimeout ? `Keep-Alive: timeout=${seconds}\r\n` : ""}`;
  }

  /** Begins to take connections, where they can be taken at all. */
  start(): void {
    this.#isActive = true;
    this.listen();
  }

  /** To be called when the server begins to listen. */
  listen(): void {
    const server = this.#server;
    const { _handle: handle } = server;
    if (!this.#isActive || typeof handle?.onconnection !== "function") return;
    if (handle.onconnection === this.#accept) return;
    nodeListener ??= findNodeListener();
    const isKnown =
      nodeListener !== null &&
      process.versions.bun === undefined &&
      Object.getPrototypeOf(server) === Server.prototype &&
      handle.onconnection.name === "onconnection" &&
      handle.onconnection.length === 2 &&
      typeof server._connections === "number" &&
      typeof server._emitCloseIfDrained === "function" &&
      canWrite();
    if (!isKnown) return;
    this.#listening = { handle, own: handle.onconnection };
    handle.onconnection = this.#accept;
    server.closeAllConnections = this.#closeAll;
    server.closeIdleConnections = this.#closeIdle;
  }

  /** Takes no more connections. Those that were taken live on. */
  stop(): void {
    this.#isActive = false;
    this.handOnSilent();
    for (const connection of this.#open) if (connection.isIdle) this.#handOn(connection, null);
    const { handle, own } = this.#listening ?? {};
    // Another program may have put its function before this one, which then hands everything on.
    if (handle?.onconnection === this.#accept && own !== undefined) handle.onconnection = own;
    if (this.#server.closeAllConnections === this.#closeAll)
      Reflect.deleteProperty(this.#server, "closeAllConnections");
    if (this.#server.closeIdleConnections === this.#closeIdle)
      Reflect.deleteProperty(this.#server, "closeIdleConnections");
  }

  /** Node gets the connections that have sent nothing yet. */
  handOnSilent(): void {
    for (const silent of [this.#longSilent, this.#silent])
      for (const connection of silent) this.#handOn(connection, null);
  }

  /** Destroys all that are open. */
  destroy(): void {
    for (const connection of this.#open) connection.destroy();
  }

  /** Gives a socket that Node makes of a connection what that has sent. To be called before its listeners. */
  restore(socket: Socket): void {
    const handedOn = this.#handedOn;
    if (handedOn === null || Reflect.get(socket, "_handle") !== handedOn.handle) return;
    this.#handedOn = null;
    if (handedOn.bytes !== null) socket.unshift(handedOn.bytes);
  }

  forget(connection: BareConnection): void {
    if (!this.#open.delete(connection)) return;
    this.#settle(connection);
    this.#server._connections -= 1;
    this.#server._emitCloseIfDrained();
  }

  socketFor(handle: object): Socket {
    const server = this.#server;
    const { noDelay = false, keepAlive = false, keepAliveInitialDelay = 0 } = server;
    const options = { handle, allowHalfOpen: true, readable: true, writable: true };
    const socket = new Socket(options);
    Object.assign(socket, { server });
    if (noDelay) socket.setNoDelay(true);
    if (keepAlive) socket.setKeepAlive(true, keepAliveInitialDelay * 1000);
    return socket;
  }

  adapt(handle: TcpHandle): void {
    const { keepAlive, keepAliveInitialDelay = 0 } = this.#server;
    handle.setNoDelay(true);
    if (keepAlive === true) handle.setKeepAlive(true, keepAliveInitialDelay);
  }

  onIdle(connection: BareConnection): void {
    if (!this.#isActive) this.#handOn(connection, null);
  }

  onBytes(connection: BareConnection, bytes: Buffer | null): void {
    this.#settle(connection);
    if (bytes === null) {
      // What ends without a word is answered by its end. A listener for errors hears of one that breaks.
      const isHeard = connection.isBroken && this.#server.listenerCount("clientError") > 0;
      if (isHeard) this.#tellOfBreak(connection);
      else connection.destroy();
      return;
    }
    let isTaken = false;
    try {
      isTaken = this.#mayTake() && this.#owner.takeConnection(connection, bytes);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    if (!isTaken) this.#giveToNode(connection, bytes);
  }

  /** The socket has an error of its own, since it cannot read. */
  #tellOfBreak(connection: BareConnection): void {
    const socket = connection.toSocket().on("error", ignore);
    this.#server.emit("clientError", resetError(), socket);
  }

  readonly #accept: OnConnection = (error, handle) => {
    if (error || !this.#hasRoom || !this.#mayTake() || !isTcp(handle)) {
      this.#callNode(error, handle);
      return;
    }
    const connection = new BareConnection(this, handle);
    if (!connection.read()) {
      this.#callNode(error, handle);
      return;
    }
    this.#server._connections += 1;
    this.#open.add(connection);
    this.#silent.add(connection);
    this.#sweep ??= setTimeout(this.#onSweep, silence).unref();
  };

  /** Limits are Node's to apply: what it drops, it tells of. */
  get #hasRoom(): boolean {
    const { maxConnections, _connections: count } = this.#server;
    return maxConnections === undefined || maxConnections === null || count < maxConnections;
  }

  /** Whether no program could tell connections without a socket from others. */
  #mayTake(): boolean {
    if (!this.#isActive || !this.#owner.takesConnections) return false;
    const server = this.#server;
    const { timeout, headersTimeout, requestTimeout } = server;
    return (
      server.allowHalfOpen === true &&
      server.pauseOnConnect !== true &&
      !server.blockList &&
      [timeout, headersTimeout, requestTimeout].every((limit) => !(limit > 0 && limit < leastTimeout)) &&
      Server.prototype.emit === EventEmitter.prototype.emit &&
      !channels.some(({ hasSubscribers }) => hasSubscribers) &&
      server
        .listeners("connection")
        .every((listener) => listener === nodeListener || ownListeners.has(listener))
    );
  }

  #callNode(error: number, handle: unknown): void {
    const { handle: server, own } = this.#listening ?? {};
    if (server !== undefined) own?.call(server, error, handle);
  }

  #handOn(connection: BareConnection, bytes: Buffer | null): void {
    this.#settle(connection);
    connection.run(() => this.#giveToNode(connection, bytes));
  }

  #giveToNode(connection: BareConnection, bytes: Buffer | null): void {
    const handle = connection.release();
    if (handle === null) return;
    this.#open.delete(connection);
    this.#server._connections -= 1;
    this.#handedOn = { handle, bytes };
    this.#callNode(0, handle);
    if (this.#handedOn === null) return;
    // A limit that was set after the connection came has Node drop it.
    this.#handedOn = null;
    this.#server._emitCloseIfDrained();
  }

  #settle(connection: BareConnection): void {
    if (!this.#silent.delete(connection)) this.#longSilent.delete(connection);
  }

  readonly #onSweep = () => {
    const due = this.#longSilent;
    this.#longSilent = this.#silent;
    // A listener may throw. The others have their turn next time.
    this.#silent = due;
    const hasMore = due.size + this.#longSilent.size > 0;
    this.#sweep = hasMore ? setTimeout(this.#onSweep, silence).unref() : null;
    for (const connection of due) this.#handOn(connection, null);
  };

  readonly #closeAll = () => {
    for (const silent of [this.#longSilent, this.#silent])
      for (const connection of silent) connection.destroy();
    for (const connection of this.#open) if (connection.answersRequests) connection.destroy();
    Server.prototype.closeAllConnections.call(this.#server);
  };

  readonly #closeIdle = () => {
    for (const connection of this.#open) if (connection.isIdle) connection.destroy();
    Server.prototype.closeIdleConnections.call(this.#server);
  };
}

/** As Node's own. */
function resetError(): Error {
  const fields = { errno: -constants.errno.ECONNRESET, code: "ECONNRESET", syscall: "read" };
  return Object.assign(new Error("read ECONNRESET"), fields);
}

function ignore(): void {}
