/**
 * A connection of a server of `node:http` without a `net.Socket`, until it is closed, or is given one for
 * all that is not done often. It is taken for good, or answers requests.
 */

import { AsyncResource } from "node:async_hooks";
import { Socket } from "node:net";
import { type BareRequest, BareRequests } from "./bare-requests.ts";
import {
  type BareHandle,
  type BareReceiver,
  type DirectHandle,
  isDirectAlone,
  useBare,
  useDirectly,
} from "./direct-socket.ts";
import type { RequestHead } from "./request-head.ts";

/** The inside of a connection over TCP. */
export interface TcpHandle extends BareHandle {
  [connectionOf]?: BareConnection;
  close(callback: (this: TcpHandle) => void): void;
  getpeername(address: { address?: string }): number;
  setNoDelay(noDelay: boolean): number;
  setKeepAlive(keepAlive: boolean, delay: number): number;
}

const connectionOf = Symbol("the connection of a handle");

/** The class of handles that are as known here. */
let knownHandles: object | null = null;

/** Whether a handle is that of a connection over TCP, and as known here. */
export function isTcp(handle: unknown): handle is TcpHandle {
  if (typeof handle !== "object" || handle === null) return false;
  const kind = Object.getPrototypeOf(handle);
  if (kind === knownHandles) return true;
  const { readStart, readStop, close, getpeername, setNoDelay, setKeepAlive } = handle as Partial<TcpHandle>;
  const methods = [readStart, readStop, close, getpeername, setNoDelay, setKeepAlive];
  if (methods.some((method) => typeof method !== "function") || !isDirectAlone(handle)) return false;
  knownHandles = kind;
  return true;
}

/** The connections of one server, which decides over them. */
export interface BareConnectionGroup {
  /** No request waits for its answer, and these bytes have come, or the end. */
  onBytes(connection: BareConnection, bytes: Buffer | null): void;
  /** All requests have their answers. */
  onIdle(connection: BareConnection): void;
  /** How long a connection may be idle then, in ms; 0 for ever. */
  readonly longestIdle: number;
  /** What answers tell of that. */
  readonly keepAliveFields: string;
  /** The connection is taken. Its handle gets the server's options for connections. */
  adapt(handle: TcpHandle): void;
  /** Makes a socket with the server's options. */
  socketFor(handle: TcpHandle): Socket;
  /** The connection is gone. */
  forget(connection: BareConnection): void;
}

/** One connection without a socket. */
export class BareConnection {
  readonly #group: BareConnectionGroup;
  /** `null` once it is closed, or has a socket. */
  #handle: TcpHandle | null;
  #socket: Socket | null = null;
  #receiver: BareReceiver | null = null;
  /** Of all bytes that have come, the number that are known of; its last 32 bits. */
  #received = 0;
  /** What it has answered, and is to answer; `null` until there is something. */
  #requests: BareRequests | null = null;
  /**
   * The asynchronous context in which the server accepts, until it is decided what handles the next bytes.
   * Node handles requests in such a context, of which each connection has one of its own. A handle has none.
   */
  #context: AsyncResource | null = newContext();

  /** @internal */
  constructor(group: BareConnectionGroup, handle: TcpHandle) {
    this.#group = group;
    this.#handle = handle;
  }

  /** The network address of the peer; `undefined` where the connection has broken. */
  get address(): string | undefined {
    const peer: { address?: string } = {};
    return this.#handle?.getpeername(peer) === 0 ? peer.address : undefined;
  }

  /** Whether the peer is gone without an end. */
  get isBroken(): boolean {
    return this.#handle !== null && this.address === undefined;
  }

  /** Whether its last use was to answer a request. */
  get answersRequests(): boolean {
    return this.#requests !== null;
  }

  /** The head of the last request that it took; `null` for none. */
  get lastHead(): RequestHead | null {
    return this.#requests?.lastHead ?? null;
  }

  /** Whether it waits for the next request. */
  get isIdle(): boolean {
    return this.#requests?.isIdle === true;
  }

  /** @internal Begins to read. Returns whether that is possible. */
  read(): boolean {
    const handle = this.#handle;
    if (handle === null) return false;
    handle[connectionOf] = this;
    handle.onread = readBytes;
    return handle.readStart() === 0;
  }

  /** @internal A read has ended with a chunk, or with the end of the connection. */
  onRead(chunk: unknown): void {
    if (this.#handle === null) return;
    const received = this.#handle.bytesRead | 0;
    const length = (received - this.#received) | 0;
    this.#received = received;
    // Node 24 and later leave memory behind what has come where that fills most of the memory.
    this.onBytes(chunk instanceof ArrayBuffer ? Buffer.from(chunk, 0, length) : null);
  }

  /** @internal */
  onBytes(bytes: Buffer | null): void {
    if (this.#requests?.keep(bytes) !== true) this.run(() => this.#group.onBytes(this, bytes));
  }

  /** @internal Decides what handles the connection, in the context of its server. */
  run(decide: () => void): void {
    const context = this.#context;
    this.#context = null;
    if (context === null) return;
    try {
      context.runInAsyncScope(decide);
    } finally {
      context.emitDestroy();
    }
  }

  /**
   * Takes the connection: has what it receives handed to a receiver.
   *
   * @returns what to write to; `null` where it cannot be used
   */
  open(receiver: BareReceiver): DirectHandle | null {
    const handle = this.#handle;
    if (handle === null || !useBare(handle, receiver)) return null;
    this.#receiver = receiver;
    this.#requests?.stop();
    this.#requests = null;
    this.#group.adapt(handle);
    return handle;
  }

  /**
   * Takes a request, of which all bytes have come. The next bytes are decided about when it has its answer.
   *
   * @returns what to answer with; `null` where the connection is gone
   */
  hold(request: BareRequest): BareRequests | null {
    const handle = this.#handle;
    if (handle === null) return null;
    // Made before any function of the application has run, whose context it would have.
    this.#context ??= newContext();
    if (this.#requests === null) {
      this.#requests = new BareRequests(this, handle);
      this.#group.adapt(handle);
    }
    this.#requests.begin(request, this.#group.longestIdle);
    return this.#requests;
  }

  /** @internal */
  get keepAliveFields(): string {
    return this.#group.keepAliveFields;
  }

  /** @internal */
  onIdle(): void {
    this.#group.onIdle(this);
  }

  /**
   * Gives the connection a socket, for all that is not done often. It is the caller's from then on, and so
   * are its errors.
   */
  toSocket(): Socket {
    const handle = this.release();
    if (handle === null) return this.#socket ?? closedSocket();
    const socket = this.#group.socketFor(handle);
    this.#socket = socket;
    const receiver = this.#receiver;
    socket.once("close", () => {
      this.#group.forget(this);
      this.onClosed();
    });
    if (receiver === null) return socket;
    socket.on("error", ignore);
    if (useDirectly(socket, receiver) === null) socket.destroy();
    return socket;
  }

  /** @internal Leaves the handle to the caller. */
  release(): TcpHandle | null {
    const handle = this.#handle;
    this.#handle = null;
    this.#endUse();
    handle?.readStop();
    return handle;
  }

  /** Ends the connection after what was written, of which the peer takes the rest. */
  end(): void {
    if ((this.#handle?.writeQueueSize ?? 0) > 0) this.toSocket().end();
    else this.destroy();
  }

  /** Closes the connection. */
  destroy(): void {
    this.#socket?.destroy();
    const handle = this.#handle;
    if (handle === null) return;
    this.#handle = null;
    this.#endUse();
    handle.onread = ignore;
    handle.close(onClosed);
    this.#group.forget(this);
  }

  /** @internal */
  onClosed(): void {
    this.#receiver?.onClosed();
    this.#requests?.onClosed();
  }

  /** No more requests are answered here. */
  #endUse(): void {
    this.#requests?.stop();
    this.#context?.emitDestroy();
    this.#context = null;
  }
}

function newContext(): AsyncResource {
  return new AsyncResource("HTTPCONNECTION", { requireManualDestroy: true });
}

function readBytes(this: DirectHandle, chunk: unknown): void {
  (this as TcpHandle)[connectionOf]?.onRead(chunk);
}

function onClosed(this: TcpHandle): void {
  this[connectionOf]?.onClosed();
}

function closedSocket(): Socket {
  return new Socket().destroy();
}

function ignore(): void {}
