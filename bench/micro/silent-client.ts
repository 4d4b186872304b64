/** A client without a network: what it sends is handed to the engine, and what it gets is counted. */

import type { Engine } from "../../src/engine/engine.ts";
import type { EngineRequest, WebSocketLink, WebSocketListener } from "../../src/engine/ports.ts";

const request: EngineRequest = {
  method: "GET",
  url: "/socket.io/?EIO=4&transport=websocket",
  path: "/socket.io/",
  query: new URLSearchParams("EIO=4&transport=websocket"),
  headers: {},
  address: "127.0.0.1",
  secure: false,
};

const fail = (error: unknown) => {
  throw error;
};

/** A client on a WebSocket. */
export class SilentClient implements WebSocketLink {
  readonly takesFrames = true;
  readonly bufferedBytes = 0;
  /** How many bytes it has got. */
  written = 0;
  readonly #engine: Engine;
  #listener: WebSocketListener | null = null;

  /** @param engine - which it connects to */
  constructor(engine: Engine) {
    this.#engine = engine;
    engine.handleUpgrade({
      request,
      listensOnLoopback: false,
      accept: (_, open) => {
        this.#listener = open(this);
      },
      refuse: fail,
    });
  }

  /** Sends a message to the server, and returns how many bytes it has got. */
  receive(text: string): number {
    this.#listener?.onText(text, text.length);
    this.#engine.connections.outbox.flush();
    return this.written;
  }

  /** Ends the connection. */
  drop(): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.onClose("closed");
  }

  writeFrames(frames: string | readonly Uint8Array[]): void {
    if (typeof frames === "string") this.written += frames.length;
    else for (const { length } of frames) this.written += length;
  }

  send(): void {}

  close(): void {
    this.#onEnd("closed");
  }

  fail(code: number, reason: string): void {
    this.#onEnd(`failed (${code} ${reason})`);
  }

  terminate(): void {
    this.#onEnd("cut");
  }

  /** The server ends the connection, which it does by itself only if the benchmark is wrong. */
  #onEnd(how: string): void {
    if (this.#listener !== null) fail(new Error(`the connection was ${how}`));
  }
}
