/**
 * The requests of one connection without a `net.Socket`, which are answered one after the other. While one
 * waits, what comes behind it waits as well: then it is decided about like the first bytes of a connection.
 */

import { type BareHandle, type DirectHandle, writeAllDirectly, writeDirectly } from "./direct-socket.ts";
import type { RequestHead } from "./request-head.ts";

/** A request that wants an answer. */
export interface BareRequest {
  readonly head: RequestHead;
  /**
   * The operating system has the whole answer (`true`), or the connection has ended before that. Called once.
   */
  onGone(isTaken: boolean): void;
}

/** The connection that carries them. */
export interface RequestCarrier {
  /** The network address of the peer; `undefined` where the connection has broken. */
  readonly address: string | undefined;
  /** Whether the peer is gone without an end. */
  readonly isBroken: boolean;
  /** What answers say of how long it may be idle. */
  readonly keepAliveFields: string;
  /** No request waits, and these bytes have come, or the end. */
  onBytes(bytes: Buffer | null): void;
  /** The last request has its answer. */
  onIdle(): void;
  destroy(): void;
}

const requestsOf = Symbol("the requests of a handle");

/** The inside of such a connection. */
interface RequestHandle extends BareHandle {
  [requestsOf]?: BareRequests;
}

/** The requests of one connection. */
export class BareRequests {
  /** The network address of the peer. */
  readonly address: string;
  readonly #carrier: RequestCarrier;
  /** `null` once the connection is closed, or another's. */
  #handle: RequestHandle | null;
  #waiting: BareRequest | null = null;
  /** The head of the last request. */
  lastHead: RequestHead | null = null;
  /** Whether no other may follow. */
  #isLast = false;
  /** What has come behind the request that waits; from then on nothing is read. */
  #next: Buffer | null = null;
  /** Ends the connection when it is idle. It runs out in vain while a request waits. */
  #timer: NodeJS.Timeout | null = null;
  #longestIdle = 0;

  /** @internal */
  constructor(carrier: RequestCarrier, handle: RequestHandle) {
    this.address = carrier.address ?? "";
    this.#carrier = carrier;
    this.#handle = handle;
    handle[requestsOf] = this;
  }

  get keepAliveFields(): string {
    return this.#carrier.keepAliveFields;
  }

  /** Whether none waits. */
  get isIdle(): boolean {
    return this.#waiting === null && this.#next === null;
  }

  /**
   * @internal Takes a request.
   * @param longestIdle - how long the connection may be idle after the answer, in ms; 0 for ever
   */
  begin(request: BareRequest, longestIdle: number): void {
    this.#waiting = request;
    this.lastHead = request.head;
    if (longestIdle === this.#longestIdle) return;
    this.#longestIdle = longestIdle;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = longestIdle > 0 ? setTimeout(endIdle, longestIdle, this).unref() : null;
  }

  /** @internal Keeps what comes while a request waits. Returns whether one does. */
  keep(bytes: Buffer | null): boolean {
    const handle = this.#handle;
    if (this.#waiting === null || handle === null) return false;
    if (bytes !== null) {
      this.#next = bytes;
      handle.readStop();
      return true;
    }
    // The peer may still take the rest of the answer.
    if (!(handle.writeQueueSize ?? 0) || this.#carrier.isBroken) return false;
    this.#isLast = true;
    return true;
  }

  /**
   * Answers a request, if it still waits.
   *
   * @param answer - bytes, or a string whose characters each stand for one byte
   * @param isLast - whether the connection ends after it
   */
  answer(request: BareRequest, answer: string | readonly Uint8Array[], isLast: boolean): void {
    const handle = this.#handle;
    if (this.#waiting !== request || handle === null) return;
    if (isLast) this.#isLast = true;
    const waiting =
      typeof answer === "string"
        ? writeDirectly(handle, answer, onWritten)
        : writeAllDirectly(handle, answer, onWritten);
    if (waiting === 0) this.#settle();
    else if (waiting < 0) this.#carrier.destroy();
  }

  /** Ends the connection, if a request still waits. */
  cut(request: BareRequest): void {
    if (this.#waiting === request) this.#carrier.destroy();
  }

  /** Whether a request still waits, or its answer has not been taken. */
  holds(request: BareRequest): boolean {
    return this.#waiting === request && this.#handle !== null;
  }

  /** @internal A write that was not taken at once has ended. */
  onWritten(status: number): void {
    if (status < 0) this.#carrier.destroy();
    else this.#settle();
  }

  /** @internal The time of an idle connection is over. */
  onTimeout(): void {
    if (this.isIdle) this.#carrier.destroy();
  }

  /** @internal The connection is another's from now on, or is being closed. */
  stop(): void {
    this.#handle = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** @internal The connection is closed. */
  onClosed(): void {
    const request = this.#waiting;
    this.#waiting = null;
    request?.onGone(false);
  }

  /** The answer has been taken. */
  #settle(): void {
    const request = this.#waiting;
    this.#waiting = null;
    if (this.#isLast) {
      this.#carrier.destroy();
    } else {
      this.#timer?.refresh();
      if (this.#next === null) this.#carrier.onIdle();
      else setImmediate(readNext, this);
    }
    request?.onGone(true);
  }

  /** @internal Goes on with what came behind the last request. */
  readNext(): void {
    const bytes = this.#next;
    this.#next = null;
    if (this.#handle === null) return;
    this.#handle.readStart();
    this.#carrier.onBytes(bytes);
  }
}

function onWritten(this: unknown, status: number, handle: DirectHandle): void {
  (handle as RequestHandle)[requestsOf]?.onWritten(status);
}

function endIdle(requests: BareRequests): void {
  requests.onTimeout();
}

function readNext(requests: BareRequests): void {
  requests.readNext();
}
