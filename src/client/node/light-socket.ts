/**
 * A WebSocket for programs that have thousands of them: without compression, read and written past the stream
 * of its socket where that is possible. Frames that are sent in one turn are written at once.
 */

import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { ProtocolError } from "../../base/errors.ts";
import { type DirectHandle, type Receiver, useDirectly, writeDirectly } from "../../net/direct-socket.ts";
import { opcodes } from "../../websocket/frame.ts";
import { MaskedFrameWriter } from "../../websocket/masked-frame.ts";
import { ServerFrameReader } from "../../websocket/server-frame-reader.ts";
import {
  asNetworkError,
  type ClientSocketLink,
  type ClientSocketListener,
  NetworkError,
} from "../network.ts";

/** Bytes of messages, as frames or as bodies of requests, of all connections that share it. */
export interface ByteTraffic {
  received: number;
  sent: number;
}

/** What a server adds to the key of a handshake (RFC 6455 §1.3). */
const keySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const longestMessage = 64 * 2 ** 20;
/** How long a server has to answer the closing frame, in ms. */
const closingTime = 1000;
/** How often {@link LightSocket.flushed} looks, in ms. */
const flushBeat = 5;

const writer = new MaskedFrameWriter();
/** WebSockets with frames that are to be written at the end of this turn. */
let unwritten: LightSocket[] = [];

/** A handshake that the server has answered with 101. */
export interface AgreedHandshake {
  readonly response: IncomingMessage;
  readonly socket: Socket;
  /** What came behind the answer. */
  readonly head: Buffer;
  readonly key: string;
}

/** The fields of a handshake that are the same for each server. */
export function handshakeFields(key: string): Record<string, string> {
  return {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": key,
  };
}

/** A key for a handshake. */
export function handshakeKey(): string {
  return randomBytes(16).toString("base64");
}

/** A WebSocket, from its handshake on. */
export class LightSocket implements ClientSocketLink, Receiver {
  received = 0;
  /** Ends the handshake, while it is under way. */
  onAbort: () => void = () => {};
  readonly #listener: ClientSocketListener;
  readonly #traffic: ByteTraffic | undefined;
  readonly #reader = new ServerFrameReader(this, longestMessage);
  #socket: Socket | null = null;
  #handle: DirectHandle | null = null;
  /** Frames that are not written yet: a piece of memory, and where they stand in it. */
  #memory: Buffer | null = null;
  #start = 0;
  #end = 0;
  #code = 1006;
  #reason = "";
  #isOver = false;

  constructor(listener: ClientSocketListener, traffic: ByteTraffic | undefined) {
    this.#listener = listener;
    this.#traffic = traffic;
  }

  /** The server has agreed to the handshake with this key. */
  open({ response, socket, head, key }: AgreedHandshake): void {
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    const { "sec-websocket-accept": accept, "sec-websocket-extensions": extensions } = response.headers;
    if (
      accept !== createHash("sha1").update(`${key}${keySuffix}`).digest("base64") ||
      extensions !== undefined
    ) {
      this.fail(new NetworkError("INVALID_HANDSHAKE", "the answer to the WebSocket handshake is not valid"));
      return;
    }
    socket.setNoDelay(true);
    socket.on("error", (error) => this.fail(error));
    socket.on("close", () => this.end()?.closed(this.#code, this.#reason));
    this.#listener.opened("");
    if (head.length > 0) this.onReceived(head, head.length);
    if (this.#isOver) return;
    this.#handle = useDirectly(socket, this);
    if (this.#handle === null) socket.on("data", (chunk) => this.onReceived(chunk, chunk.length));
  }

  /** It cannot be opened, or has broken. */
  fail(error: unknown): void {
    this.#socket?.destroy();
    this.end()?.failed(asNetworkError(error));
  }

  /** Ends it. Returns the listener, the first time: it is told why. */
  end(): ClientSocketListener | null {
    if (this.#isOver) return null;
    this.#isOver = true;
    return this.#listener;
  }

  onReceived(memory: Buffer, length: number): void {
    try {
      this.#reader.read(memory, 0, length);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail(new NetworkError("INVALID_FRAME", error.message));
    }
  }

  onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (this.#isOver) return;
    const length = end - start;
    const isData = opcode === opcodes.text || opcode === opcodes.binary;
    if (isData && this.#traffic !== undefined) this.#traffic.received += frameLength(length);
    switch (opcode) {
      case opcodes.text:
        this.#listener.received(bytes.toString("utf8", start, end));
        break;
      case opcodes.binary:
        this.#listener.received(new Uint8Array(bytes.subarray(start, end)));
        break;
      case opcodes.ping:
        this.#queue(opcodes.pong, bytes.subarray(start, end));
        break;
      case opcodes.close:
        this.#code = length < 2 ? 1005 : bytes.readUInt16BE(start);
        this.#reason = bytes.toString("utf8", start + 2, Math.max(start + 2, end));
        this.#queue(opcodes.close, bytes.subarray(start, Math.min(end, start + 2)));
        this.write();
        this.#socket?.end();
        break;
      default:
    }
  }

  send(data: string | Uint8Array): void {
    const length = this.#queue(opcodes.text, data);
    if (this.#traffic !== undefined) this.#traffic.sent += length;
  }

  async flushed(): Promise<void> {
    this.write();
    while (!this.#isOver && (this.#handle?.writeQueueSize ?? this.#socket?.writableLength ?? 0) > 0)
      await new Promise((resolve) => setTimeout(resolve, flushBeat));
  }

  close(): void {
    this.#queue(opcodes.close, Buffer.from([1000 >> 8, 1000 & 0xff]));
    this.write();
    const socket = this.#socket;
    // A server that does not answer the closing frame would hold the connection.
    setTimeout(() => socket?.destroy(), closingTime).unref();
  }

  abort(): void {
    this.#isOver = true;
    if (this.#socket === null) this.onAbort();
    else this.#socket.destroy();
  }

  /** Puts a message or a control frame behind those that wait. Returns its length on the wire. */
  #queue(opcode: number, data: string | Uint8Array): number {
    if (typeof data === "string") writer.text(data);
    else writer.bytes(opcode === opcodes.text ? opcodes.binary : opcode, data);
    const { memory, start, end } = writer;
    if (memory === this.#memory && start === this.#end) this.#end = end;
    else {
      if (this.#memory !== null) this.write();
      else if (unwritten.push(this) === 1) queueMicrotask(writeAll);
      this.#memory = memory;
      this.#start = start;
      this.#end = end;
    }
    return end - start;
  }

  /** Writes the frames that wait. */
  write(): void {
    const memory = this.#memory;
    const socket = this.#socket;
    if (memory === null || socket === null) return;
    this.#memory = null;
    const bytes = memory.subarray(this.#start, this.#end);
    if (socket.destroyed) return;
    if (this.#handle === null) socket.write(bytes);
    else if (writeDirectly(this.#handle, bytes) < 0) socket.destroy();
  }
}

function writeAll(): void {
  const sockets = unwritten;
  unwritten = [];
  for (const socket of sockets) socket.write();
}

/** The bytes of a server's frame with so much payload. */
function frameLength(length: number): number {
  return length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);
}
