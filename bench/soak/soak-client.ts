/** One client of the soak on a bare socket, with its log of sent and received messages. */

import { connect, type Socket } from "node:net";
import { platform } from "node:os";
import { textFrame } from "../load/frames.ts";

/** How a client behaves. */
export type Manner = "steady" | "churning" | "cut" | "garbage" | "slow";

/** Receives the reports of clients. */
export interface Bookkeeper {
  onConnect(client: SoakClient): void;
  /** It has ended; `wanted` says whether it intended to. */
  onEnd(client: SoakClient, wanted: boolean): void;
  onAnswer(client: SoakClient, milliseconds: number): void;
  onTick(): void;
  onHeard(): void;
  error(client: SoakClient, what: string): void;
}

/** On Linux all of 127/8 is this machine, and each address has ports of its own. */
const addresses = platform() === "linux" ? 200 : 1;
let nextAddress = 0;

/** The read buffer of all connections: each reads at once, and copies only incomplete data. */
const readBuffer = Buffer.alloc(256 * 1024);
const pong = textFrame("3");

/** A client. It reconnects with the same number and a new life. */
export class SoakClient {
  readonly number: number;
  readonly life: number;
  readonly room: number;
  readonly manner: Manner;
  /** Whether the server has accepted it, and it has not ended. */
  isConnected = false;
  wasAccepted = false;
  /** The number of its last room message. */
  said = 0;
  /** When it leaves, according to its manner; in ms since the process started. */
  leavesAt = Number.POSITIVE_INFINITY;
  readonly #keeper: Bookkeeper;
  readonly #socket: Socket;
  readonly #lastHeard = new Map<number, { life: number; number: number }>();
  #rest: Buffer | null = null;
  #isUpgraded = false;
  #isOver = false;
  #asked = 0;
  #askedAt = 0;
  #isWaiting = false;
  #lastTick = 0;

  constructor(port: number, number: number, life: number, room: number, manner: Manner, keeper: Bookkeeper) {
    this.number = number;
    this.life = life;
    this.room = room;
    this.manner = manner;
    this.#keeper = keeper;
    nextAddress = (nextAddress + 1) % addresses;
    this.#socket = connect({
      host: "127.0.0.1",
      port,
      noDelay: true,
      ...(addresses === 1 ? {} : { localAddress: `127.0.0.${nextAddress + 2}` }),
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          this.#read(length);
          return true;
        },
      },
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.isConnected = false;
      this.#keeper.onEnd(this, this.#isOver);
    });
    this.#socket.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
  }

  /** Whether an answer has been due for this long, in ms. */
  isOwed(milliseconds: number): boolean {
    return this.isConnected && this.#isWaiting && performance.now() - this.#askedAt > milliseconds;
  }

  /** Requests an answer, unless one is pending. Returns whether it did. */
  ask(): boolean {
    if (!this.isConnected || this.#isWaiting) return false;
    this.#asked += 1;
    this.#isWaiting = true;
    this.#askedAt = performance.now();
    this.#socket.write(textFrame(`42${this.#asked}["ask",${this.#asked}]`));
    return true;
  }

  /** Sends the next number to its room. */
  say(): void {
    this.said += 1;
    this.#socket.write(textFrame(`42["say",${this.room},${this.number},${this.life},${this.said}]`));
  }

  /** The last number received from another client in this life. */
  lastHeardOf({ number, life }: SoakClient): number {
    const last = this.#lastHeard.get(number);
    return last?.life === life ? last.number : 0;
  }

  /** Stops reading. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Sends a pong, as a client does that is alive but does not read. */
  pong(): void {
    this.#socket.write(pong);
  }

  /** Disconnects as a client does. */
  leave(): void {
    this.#isOver = true;
    this.#socket.end(textFrame("1"));
  }

  /** Writes meaningless bytes, after which the server closes the connection. */
  sendGarbage(bytes: Uint8Array): void {
    this.#isOver = true;
    this.#socket.write(bytes);
  }

  /** Cuts the connection, often in the middle of a frame. */
  cut(): void {
    this.#isOver = true;
    this.isConnected = false;
    if (this.number % 2 === 0) this.#socket.write(textFrame('42["ask",0]').subarray(0, 7));
    if (this.#socket.writableEnded) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #read(length: number): void {
    const chunk = readBuffer.subarray(0, length);
    let bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    if (!this.#isUpgraded) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end === -1) {
        this.#rest = Buffer.from(bytes);
        return;
      }
      if (!bytes.toString("latin1", 0, 12).endsWith(" 101")) {
        this.#keeper.error(this, `the handshake was answered with ${bytes.toString("latin1", 0, 60)}`);
      }
      this.#isUpgraded = true;
      bytes = bytes.subarray(end + 4);
    }
    this.#readFrames(bytes);
  }

  #readFrames(bytes: Buffer): void {
    let at = 0;
    while (bytes.length - at >= 2) {
      const code = bytes[at + 1] ?? 0;
      const head = code < 126 ? 2 : code === 126 ? 4 : 10;
      if (bytes.length - at < head) break;
      const length =
        code < 126 ? code : code === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
      const end = at + head + length;
      if (bytes.length < end) break;
      if (((bytes[at] ?? 0) & 0x0f) === 1 && !this.#isOver)
        this.#hear(bytes.toString("latin1", at + head, end));
      at = end;
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }

  #hear(text: string): void {
    if (text.startsWith("42")) this.#hearEvent(JSON.parse(text.slice(2)));
    else if (text.startsWith("43")) this.#hearAnswer(text);
    else if (text === "2") this.#socket.write(pong);
    else if (text.startsWith("0")) {
      const auth = { room: this.room, isSlow: this.manner === "slow" };
      this.#socket.write(textFrame(`40${JSON.stringify(auth)}`));
    } else if (text.startsWith("40")) {
      this.isConnected = true;
      this.wasAccepted = true;
      this.#keeper.onConnect(this);
    } else this.#keeper.error(this, `heard ${text.slice(0, 100)}`);
  }

  #hearAnswer(text: string): void {
    if (text !== `43${this.#asked}[${this.#asked}]` || !this.#isWaiting) {
      this.#keeper.error(this, `heard the answer ${text}, and had asked ${this.#asked}`);
    }
    this.#isWaiting = false;
    this.#keeper.onAnswer(this, performance.now() - this.#askedAt);
  }

  #hearEvent([event, ...values]: [string, ...number[]]): void {
    const [first = 0, life = 0, number = 0] = values;
    if (event === "tick") {
      if (this.#lastTick !== 0 && first !== this.#lastTick + 1) {
        this.#keeper.error(this, `heard tick ${first} after ${this.#lastTick}`);
      }
      this.#lastTick = first;
      this.#keeper.onTick();
    } else if (event === "said") {
      const last = this.#lastHeard.get(first);
      // Messages before its join are not for it; from then on no message may be missing.
      const isNext =
        last === undefined || (last.life === life ? number === last.number + 1 : life > last.life);
      if (!isNext) this.#keeper.error(this, `heard ${first}/${life}/${number} after ${JSON.stringify(last)}`);
      this.#lastHeard.set(first, { life, number });
      this.#keeper.onHeard();
    }
  }
}
