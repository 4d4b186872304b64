/** A bare TCP connection to a server, which can send anything, unlike an HTTP library. */

import { connect, type Socket } from "node:net";
import { platform } from "node:os";

/** An HTTP response. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** How long to wait for something that may never come, in ms. */
const patience = 60;

/**
 * On Linux all of 127/8 is this machine. Connections use many addresses, because each has only about 28 000
 * ports, and a used port may be unavailable for a minute.
 */
const addresses = platform() === "linux" ? 200 : 1;
let nextAddress = 0;

/** One connection. */
export class Wire {
  readonly #socket: Socket;
  #received = "";
  #isClosed = false;
  #wake: (() => void) | null = null;

  constructor(port: number) {
    nextAddress = (nextAddress + 1) % addresses;
    this.#socket = connect({
      host: "127.0.0.1",
      port,
      noDelay: true,
      ...(addresses === 1 ? {} : { localAddress: `127.0.0.${nextAddress + 2}` }),
    });
    this.#socket.on("data", (bytes) => {
      this.#received += bytes.toString("latin1");
      this.#wake?.();
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.#isClosed = true;
      this.#wake?.();
    });
  }

  /** Whether it has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Received bytes that were not taken yet, as Latin-1. */
  get received(): string {
    return this.#received;
  }

  /** Takes the received bytes. */
  take(): string {
    const taken = this.#received;
    this.#received = "";
    return taken;
  }

  write(...parts: readonly (string | Uint8Array)[]): void {
    for (const part of parts) if (this.#socket.writable) this.#socket.write(part);
  }

  /** Stops reading, so that writes of the other side have to wait there. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Half-closes the connection. */
  end(): void {
    this.#socket.end();
  }

  /** Resets the connection, so that no local port becomes unavailable. */
  reset(): void {
    // A half-closed socket cannot be reset: libuv refuses, and its handle would stay.
    if (this.#socket.writableEnded) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Waits until the received bytes satisfy a condition; `false` after a timeout, or at the end. */
  async until(condition: (received: string) => boolean, milliseconds = patience): Promise<boolean> {
    const deadline = performance.now() + milliseconds;
    while (!condition(this.#received)) {
      const left = deadline - performance.now();
      if (this.#isClosed || left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
    return true;
  }

  /** Waits for the end; `false` after a timeout. */
  async closed(milliseconds = patience): Promise<boolean> {
    await this.until(() => false, milliseconds);
    return this.#isClosed;
  }

  /** The next response; `undefined` after a timeout. All of Roomcast's responses state their length. */
  async answer(milliseconds = patience): Promise<Answer | undefined> {
    let answer: Answer | undefined;
    await this.until((received) => {
      const head = received.indexOf("\r\n\r\n");
      const status = Number(received.slice(9, 12));
      if (head === -1) return false;
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, head))?.[1] ?? 0);
      const end = head + 4 + (status === 204 || status === 304 ? 0 : length);
      if (received.length < end) return false;
      answer = { status, body: received.slice(head + 4, end) };
      this.#received = received.slice(end);
      return true;
    }, milliseconds);
    return answer;
  }
}
