/**
 * One WebSocket client on a bare `node:net` socket, with as little work as possible: it writes prepared
 * frames, and counts the answers. It bypasses the stream of the socket, because the load must not take more
 * time than the fastest server does.
 *
 *     TCP connect, GET … Upgrade: websocket   →
 *                                             ←  101 Switching Protocols
 *                                             ←  0{"sid":…}    (Engine.IO: open)
 *     40                                      →                (Socket.IO: CONNECT)
 *                                             ←  40{"sid":…}
 */

import { connect, type Socket } from "node:net";
import { type DirectHandle, type Receiver, useDirectly, writeDirectly } from "../../src/net/direct-socket.ts";
import { compressedBit, opcodes } from "../../src/websocket/frame.ts";
import { type ServerFrameListener, ServerFrameReader } from "../../src/websocket/server-frame-reader.ts";
import type { Dialect } from "./dialect.ts";
import { closeFrame, pongFrame, textFrame } from "./frames.ts";

/** Receives the messages of a connection. */
export interface MessageListener {
  /**
   * A whole message has arrived.
   *
   * @param connection - its connection
   * @param isBinary - whether it is binary
   */
  onMessage(connection: Connection, isBinary: boolean): void;
}

/** The part of its opener that a connection uses. */
export interface ConnectionOwner {
  /** The connection is ready for events. */
  onConnect(connection: Connection): void;
  /** The connection has ended. `wanted` says whether this side closed it. */
  onClose(connection: Connection, wanted: boolean, error: Error | null): void;
}

/** Where to connect. */
export interface Address {
  readonly port: number;
  /** The local address, if one address has too few ports. */
  readonly localAddress: string | undefined;
  /** Whether to offer to compress. */
  readonly compresses: boolean;
}

const connectFrame = textFrame("40");
const engineIoPong = textFrame("3");
/** A compressed ping is shorter than any event. */
const longestPing = 16;
const endOfHead = Buffer.from("\r\n\r\n");

// The first two bytes of payloads, as numbers.
const openPacket = 0x30; // 0
const pingPacket = 0x32; // 2
const acceptPacket = 0x3430; // 40
const refusePacket = 0x3434; // 44

/** The offer of a browser to compress. */
const deflateOffer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";

/** The request of a browser; its offer to compress is left out where no server of the scenario accepts it. */
function upgradeRequest(path: string, port: number, compresses: boolean): Buffer {
  const headers = [
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Pragma: no-cache",
    "Cache-Control: no-cache",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Upgrade: websocket",
    `Origin: http://127.0.0.1:${port}`,
    "Sec-WebSocket-Version: 13",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-US,en;q=0.9",
    "Cookie: session=eyJ2aXNpdG9yIjo0Mn0.aGVsbG8.3n0vZ2h0cyByZXNlcnZlZA",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...(compresses ? [deflateOffer] : []),
  ];
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
}

/** A WebSocket client. */
export class Connection implements ServerFrameListener, Receiver {
  /** Its index among the connections of its listener, which sets it. */
  position = 0;
  /** Receives the messages, once it is connected. */
  listener: MessageListener | null = null;
  received = 0;
  readonly #owner: ConnectionOwner;
  readonly #greets: boolean;
  readonly #socket: Socket;
  /** The handle for writing past the stream; `null` if the socket has none. */
  #handle: DirectHandle | null = null;
  readonly #reader: ServerFrameReader;
  #state: "upgrading" | "greeting" | "connected" | "closed" = "upgrading";
  #head: Buffer | null = null;
  #error: Error | null = null;
  #wantsClose = false;
  /** Whether the first packet came, where it was compressed. */
  #isOpened = false;
  /** Whether the server has agreed to compress. */
  isCompressed = false;

  constructor({ port, localAddress, compresses }: Address, dialect: Dialect, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#reader = new ServerFrameReader(this, Number.POSITIVE_INFINITY, compresses);
    this.#greets = dialect.greets;
    this.#socket = connect({
      host: "127.0.0.1",
      port,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    this.#socket.once("connect", () => {
      this.#handle = useDirectly(this.#socket, this);
      if (this.#handle === null) this.#socket.on("data", (bytes) => this.onReceived(bytes, bytes.length));
      this.write(upgradeRequest(dialect.path, port, compresses));
    });
    this.#socket.on("error", (error) => {
      this.#error ??= error;
    });
    this.#socket.on("close", () => {
      this.#state = "closed";
      this.#owner.onClose(this, this.#wantsClose, this.#error);
    });
  }

  /** Whether earlier writes are still waiting in this process. */
  get isBlocked(): boolean {
    return (this.#handle?.writeQueueSize ?? this.#socket.writableLength) > 0;
  }

  /** Writes frames. */
  write(frames: Uint8Array): void {
    if (this.#handle === null) this.#socket.write(frames);
    else if (writeDirectly(this.#handle, frames) < 0) this.#socket.destroy();
  }

  /** Closes the connection as a client does; the server then ends it. */
  close(): void {
    this.#wantsClose = true;
    this.write(closeFrame);
  }

  /** Drops the connection at once, so that its port is free again. */
  drop(): void {
    this.#wantsClose = true;
    this.#socket.resetAndDestroy();
  }

  onFrame(type: number, bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if ((type & compressedBit) !== 0) {
      this.#onCompressed(type & ~compressedBit, length);
      return;
    }
    const opcode = type;
    const first = length > 0 ? (bytes[start] ?? 0) : 0;
    const head = (first << 8) | (length > 1 ? (bytes[start + 1] ?? 0) : 0);
    if (opcode === opcodes.ping) {
      this.write(pongFrame);
    } else if (opcode === opcodes.close) {
      this.#socket.end();
    } else if (this.#state === "connected") {
      if (length === 1 && this.#greets && head >> 8 === pingPacket) this.write(engineIoPong);
      else if (opcode === opcodes.text || opcode === opcodes.binary) {
        this.listener?.onMessage(this, opcode === opcodes.binary);
      } else this.#fail(`an unexpected frame with opcode ${opcode}`);
    } else if (head >> 8 === openPacket) {
      this.write(connectFrame);
    } else if (head === acceptPacket) {
      this.#connected();
    } else if (head === refusePacket) {
      this.#fail("a refusal of the namespace");
    } else {
      this.#fail("something other than a handshake");
    }
  }

  /**
   * Compressed messages are not read, since that would take longer than the server does: what each is follows
   * from its place and its length. Servers with context takeover compress everything, however short.
   */
  #onCompressed(opcode: number, length: number): void {
    if (this.#state === "connected") {
      if (length <= longestPing) this.write(engineIoPong);
      else this.listener?.onMessage(this, opcode === opcodes.binary);
    } else if (this.#isOpened) {
      this.#connected();
    } else {
      this.#isOpened = true;
      this.write(connectFrame);
    }
  }

  onReceived(memory: Buffer, length: number): void {
    if (this.#state !== "upgrading") {
      this.#scan(memory, 0, length);
      return;
    }
    const copy = Buffer.from(memory.subarray(0, length));
    const head = this.#head === null ? copy : Buffer.concat([this.#head, copy]);
    const end = head.indexOf(endOfHead);
    if (end === -1) {
      this.#head = head;
      return;
    }
    this.#head = null;
    const statusLine = head.toString("latin1", 0, head.indexOf("\r"));
    if (!statusLine.startsWith("HTTP/1.1 101")) {
      this.#fail(statusLine);
      return;
    }
    this.isCompressed = /\r\nsec-websocket-extensions: permessage-deflate/i.test(
      head.toString("latin1", 0, end),
    );
    if (this.#greets) this.#state = "greeting";
    else this.#connected();
    this.#scan(head, end + endOfHead.length, head.length);
  }

  #scan(buffer: Buffer, start: number, end: number): void {
    try {
      this.#reader.read(buffer, start, end);
    } catch (error) {
      this.#error ??= error instanceof Error ? error : new Error(String(error));
      this.#socket.destroy();
    }
  }

  #connected(): void {
    this.#state = "connected";
    this.#owner.onConnect(this);
  }

  #fail(what: string): void {
    this.#error ??= new Error(`the server answered with ${what}`);
    this.#socket.destroy();
  }
}
