/**
 * WebSockets on the sockets of a Node server, or on its streams of HTTP/2: the handshake, and the link on
 * which frames then travel.
 */

import type { Duplex } from "node:stream";
import { nodeCrypto } from "../../base/node-crypto.ts";
import type {
  EngineRequest,
  Frames,
  HeaderFields,
  HttpResponse,
  WebSocketCloseCause,
  WebSocketLink,
  WebSocketListener,
} from "../../engine/ports.ts";
import { httpErrorResponse, httpErrors } from "../../engine/request/http-error.ts";
import { BareConnection } from "../../net/bare-connection.ts";
import {
  type BareReceiver,
  type DirectHandle,
  readInto,
  useDirectly,
  writeAllDirectly,
  writeDirectly,
} from "../../net/direct-socket.ts";
import { encodeCloseFrame, encodeControlFrame, opcodes } from "../../websocket/frame.ts";
import { type FrameListener, FrameReader, type ViolationCode } from "../../websocket/frame-reader.ts";
import { unmaskingMemory } from "../../websocket/unmasker.ts";

readInto(unmaskingMemory);

/** What every server adds to its client's key (RFC 6455 §1.3). */
const keySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const keyPattern = /^[+/0-9A-Za-z]{22}==$/;
/** A token of RFC 9110 §5.6.2. */
const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a handshake is checked by. */
interface HandshakeRequest {
  readonly method?: string | undefined;
  readonly headers: EngineRequest["headers"];
}

/**
 * The refusal of a request to speak WebSocket that is not as RFC 6455 §4.2.1 has it; `undefined` where it is.
 */
export function checkHandshake({ method, headers }: HandshakeRequest): HttpResponse | undefined {
  const isRequest = method === "GET" && String(headers.upgrade).toLowerCase() === "websocket";
  if (!isRequest || !keyPattern.test(String(headers["sec-websocket-key"]))) {
    return httpErrorResponse(httpErrors.badRequest);
  }
  if (headers["sec-websocket-version"] === "13") return undefined;
  return httpErrorResponse(httpErrors.unsupportedWebSocket, { "sec-websocket-version": "13" });
}

/** The header fields of a request that its answer depends on. */
interface HandshakeFields {
  readonly "sec-websocket-key"?: string | undefined;
  readonly "sec-websocket-protocol"?: string | undefined;
}

/** The answer that completes the handshake (RFC 6455 §4.2.2). */
export function handshakeAnswer(request: HandshakeFields, headers: HeaderFields): string {
  const key = request["sec-websocket-key"] ?? "";
  let answer =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${nodeCrypto().hash("sha1", key + keySuffix, "base64")}\r\n`;
  const subprotocol = chosenSubprotocol(request["sec-websocket-protocol"]);
  if (subprotocol !== undefined) answer += `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") answer += `${name}: ${value}\r\n`;
    else for (const each of value ?? []) answer += `${name}: ${each}\r\n`;
  }
  return `${answer}\r\n`;
}

/**
 * The first subprotocol that a client offers. It closes where none is chosen, and none means anything to
 * Socket.IO.
 *
 * @param offered - the field `sec-websocket-protocol`
 */
export function chosenSubprotocol(offered: string | undefined): string | undefined {
  const first = offered?.split(",", 1)[0]?.trim() ?? "";
  return tokenPattern.test(first) ? first : undefined;
}

/** How long a peer that broke the rules may take to hear why, in ms. */
const closingGrace = 1000;
/** A peer that does not take what it is sent gets no answers to pings on top of that, in bytes. */
const pongLimit = 16 * 1024;

const empty = Buffer.alloc(0);

const violationCauses = {
  1002: "error",
  1007: "error",
  1008: "too many fragments",
  1009: "too large",
} as const satisfies Record<ViolationCode, WebSocketCloseCause>;

const linkOf = Symbol("the WebSocket on a socket");

/** What a WebSocket's bytes come and go through: a network socket, or a stream of HTTP/2. */
export type WebSocketCarrier = Duplex & {
  setTimeout(milliseconds: number): unknown;
  setNoDelay?(noDelay: boolean): unknown;
};

/** A carrier that has become a WebSocket. Its listeners are shared functions: a server has many of them. */
type LinkedSocket = WebSocketCarrier & { [linkOf]?: NodeWebSocket };

/** Which messages are accepted. */
export interface MessageLimits {
  /** The longest message, in bytes. */
  readonly maxLength: number;
  /** The most frames that one message may come in. */
  readonly maxFragments: number;
}

/** A WebSocket. */
export class NodeWebSocket implements WebSocketLink, FrameListener, BareReceiver {
  listener: WebSocketListener | null = null;
  received = 0;
  /** The handle to write to, where the socket is used past its stream. */
  #handle: DirectHandle | null = null;
  /** Whether the operating system did not take all of an earlier write, as far as is known. */
  #isWaiting = false;
  /** The answer to the request, until it leaves: together with the packets sent at once, in one write. */
  #answer: string | null = null;
  /** While `"closing"`, nothing is said any more, and the end of what was said is awaited. */
  #state: "open" | "closing" | "broken" = "open";
  readonly #socket: LinkedSocket | BareConnection;
  readonly #reader: FrameReader;

  /**
   * @param socket - the socket, after the handshake. Its errors are listened to already: a peer that resets
   *   its connection is none of ours, and its end is told by `close`. Or a connection without one
   * @param limits - which messages to accept
   * @param inflates - whether they may be compressed. Default `false`
   */
  constructor(
    socket: WebSocketCarrier | BareConnection,
    { maxLength, maxFragments }: MessageLimits,
    inflates = false,
  ) {
    this.#socket = socket;
    this.#reader = new FrameReader(this, maxLength, maxFragments, inflates);
  }

  /**
   * Begins to read.
   *
   * @param head - what came together with the request
   * @param answer - the answer to the request, which leaves with the first frames or by {@link answer}; none
   *   where it is sent already
   * @param isDirect - whether the socket may be used past its stream
   */
  start(head: Buffer = empty, answer: string | null = null, isDirect = true): void {
    const socket = this.#socket;
    this.#answer = answer;
    if (socket instanceof BareConnection) {
      this.#handle = socket.open(this);
      // Nothing could be written. It cannot be told before the caller has set the listener.
      if (this.#handle === null) process.nextTick(() => this.terminate());
      else if (head.length > 0) process.nextTick(takeHead, this, head);
      return;
    }
    socket[linkOf] = this;
    socket.setTimeout(0);
    socket.setNoDelay?.(true);
    socket.on("close", onClose).on("end", onEnd);
    this.#handle = isDirect ? useDirectly(socket, this) : null;
    if (this.#handle !== null) {
      // Not before the caller has set the listener.
      if (head.length > 0) process.nextTick(takeHead, this, head);
    } else {
      if (head.length > 0) socket.unshift(head);
      socket.on("data", onData);
    }
  }

  /**
   * Has the server set the listener, and answers the request.
   *
   * @param open - gives the listener; where it throws, the WebSocket ends
   */
  open(open: (link: WebSocketLink) => WebSocketListener): void {
    try {
      this.listener = open(this);
      this.answer();
    } catch (error) {
      this.terminate();
      throw error;
    }
  }

  /** The stream to write to where there is no handle. */
  get #stream(): LinkedSocket {
    return this.#socket as LinkedSocket;
  }

  /** Answers the request, if no frame has taken the answer along. */
  answer(): void {
    if (this.#answer !== null && this.#state === "open") this.#write(this.#answer);
    this.#answer = null;
  }

  get takesFrames(): true {
    return true;
  }

  get bufferedBytes(): number {
    const handle = this.#handle;
    if (handle === null) return this.#stream.writableLength;
    if (!this.#isWaiting) return 0;
    // Of a socket that has been closed nothing is known.
    const waiting = handle.writeQueueSize ?? 0;
    this.#isWaiting = waiting > 0;
    return waiting;
  }

  writeFrames(frames: Frames): void {
    if (this.#state !== "open") return;
    if (typeof frames === "string") {
      this.#write(this.#answer === null ? frames : this.#answer + frames);
      this.#answer = null;
      return;
    }
    this.answer();
    const [first] = frames;
    if (frames.length === 1 && first !== undefined) this.#write(first);
    else this.#writeAll(frames);
  }

  /** @param data - bytes, or a string whose characters each stand for one byte */
  #write(data: string | Uint8Array): void {
    if (this.#handle === null) {
      this.#stream.write(data, "latin1");
      return;
    }
    const waiting = writeDirectly(this.#handle, data);
    if (waiting !== 0) this.#onWaiting(waiting);
  }

  #writeAll(pieces: readonly Uint8Array[]): void {
    if (this.#handle !== null) {
      const waiting = writeAllDirectly(this.#handle, pieces);
      if (waiting !== 0) this.#onWaiting(waiting);
      return;
    }
    const socket = this.#stream;
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  /** What was written has not been taken, or never will be. */
  #onWaiting(waiting: number): void {
    this.#isWaiting = waiting > 0;
    if (waiting < 0) this.#socket.destroy();
  }

  onBroken(): boolean {
    const socket = this.#socket;
    // Other listeners for errors of the socket get one.
    const isHeard =
      !(socket instanceof BareConnection) && (socket.listenerCount?.("error") ?? 0) > ownErrorListeners;
    if (isHeard) return false;
    socket.destroy();
    return true;
  }

  /** Not used: this link takes frames. */
  send(): void {}

  close(code?: number, reason?: string): void {
    this.#sayGoodbye(code, reason);
  }

  fail(code: number, reason: string): void {
    if (this.#state !== "open") {
      this.terminate();
      return;
    }
    this.#reader.stop();
    this.#sayGoodbye(code, reason);
    this.#breakOff();
  }

  terminate(): void {
    if (this.#state === "broken") return;
    this.#state = "closing";
    this.#reader.stop();
    this.#socket.destroy();
  }

  /** @internal */
  onReceived(memory: Buffer, length: number): void {
    this.#reader.read(memory, length);
  }

  /** @internal */
  onHalfClosed(): void {
    if (this.#state === "open") this.#state = "closing";
    this.#socket.end();
  }

  /** @internal */
  onClosed(): void {
    this.#reader.stop();
    this.#end("closed");
  }

  onText(text: string, size: number): void {
    this.listener?.onText(text, size);
  }

  onBinary(bytes: Uint8Array): void {
    this.listener?.onBinary(bytes);
  }

  onPing(payload: Uint8Array): void {
    if (this.#state !== "open" || this.bufferedBytes > pongLimit) return;
    this.#write(encodeControlFrame(opcodes.pong, payload));
  }

  onCloseFrame(code: number | undefined): void {
    this.#sayGoodbye(code);
    // The peer sends nothing more, and the operating system has the answer: it goes out before the end.
    if (this.#handle !== null && this.bufferedBytes === 0) this.#socket.destroy();
    else destroyWhenSent(this.#socket);
  }

  onViolation(code: ViolationCode): void {
    this.#sayGoodbye(code);
    this.#breakOff();
    this.#end(violationCauses[code]);
  }

  #sayGoodbye(code?: number, reason?: string): void {
    if (this.#state !== "open") return;
    this.answer();
    this.#state = "closing";
    this.#write(encodeCloseFrame(code, reason));
  }

  /** What else the peer sends is read and dropped: closing before that would take the reason from it. */
  #breakOff(): void {
    this.#state = "broken";
    setTimeout(() => this.#socket.destroy(), closingGrace).unref();
  }

  #end(cause: WebSocketCloseCause): void {
    const { listener } = this;
    this.listener = null;
    listener?.onClose(cause);
  }
}

/** The listeners for errors that the adapter has on the socket of an upgrade. */
const ownErrorListeners = 1;

/** What `destroySoon` does for network sockets, for both. */
function destroyWhenSent(carrier: WebSocketCarrier | BareConnection): void {
  const socket = carrier instanceof BareConnection ? carrier.toSocket() : carrier;
  socket.end();
  if (socket.writableFinished) socket.destroy();
  else socket.once("finish", () => socket.destroy());
}

function onData(this: LinkedSocket, chunk: Buffer): void {
  this[linkOf]?.onReceived(chunk, chunk.length);
}

function takeHead(link: NodeWebSocket, head: Buffer): void {
  link.onReceived(head, head.length);
}

function onEnd(this: LinkedSocket): void {
  this[linkOf]?.onHalfClosed();
}

function onClose(this: LinkedSocket): void {
  this[linkOf]?.onClosed();
}
