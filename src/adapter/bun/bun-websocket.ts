/** WebSockets of Bun, which frames messages by itself. */

import type {
  UpgradeExchange,
  WebSocketCloseCause,
  WebSocketLink,
  WebSocketListener,
  WebSocketMessage,
} from "../../engine/ports.ts";
import { textBytes } from "../../engine/transport/traffic.ts";
import type { BunWebSocket, BunWebSocketHandlers } from "./bun-runtime.ts";

type Open = Parameters<UpgradeExchange["accept"]>[1];

/** A WebSocket that Bun has accepted. Bun keeps it as the `data` of its own. */
export class BunLink implements WebSocketLink {
  readonly takesFrames = false;
  #open: Open | null;
  #webSocket: BunWebSocket | null = null;
  #listener: WebSocketListener | null = null;
  readonly #threshold: number;
  /** What opening it threw, which Bun would not hand on. */
  failure: { readonly error: unknown } | null = null;

  /**
   * @param open - see `UpgradeExchange.accept`
   * @param threshold - shorter messages, in bytes, are not compressed
   */
  constructor(open: Open, threshold = 0) {
    this.#open = open;
    this.#threshold = threshold;
  }

  get bufferedBytes(): number {
    return this.#webSocket?.getBufferedAmount() ?? 0;
  }

  /** Not used: this link takes messages. */
  writeFrames(): void {}

  send(messages: readonly WebSocketMessage[]): void {
    const webSocket = this.#webSocket;
    if (webSocket === null) return;
    const [first] = messages;
    if (messages.length === 1 && first !== undefined) {
      webSocket.send(first.data, this.#compresses(first));
      return;
    }
    webSocket.cork(() => {
      for (const message of messages) webSocket.send(message.data, this.#compresses(message));
    });
  }

  /** Whether Bun is to compress a message, where the client takes that. */
  #compresses({ data, compress }: WebSocketMessage): boolean {
    return compress && (data.length >= this.#threshold || textBytes(data) >= this.#threshold);
  }

  close(code?: number, reason?: string): void {
    this.#webSocket?.close(code, reason);
  }

  fail(code: number, reason: string): void {
    // A peer that has not taken what it was sent would not hear of it.
    if (this.bufferedBytes > 0) this.terminate();
    else this.close(code, reason);
  }

  terminate(): void {
    this.#webSocket?.terminate();
  }

  /** @internal */
  onOpen(webSocket: BunWebSocket): void {
    const open = this.#open;
    this.#open = null;
    this.#webSocket = webSocket;
    try {
      this.#listener = open?.(this) ?? null;
    } catch (error) {
      this.failure = { error };
      this.terminate();
    }
  }

  /** @internal */
  onMessage(message: string | Buffer): void {
    if (typeof message === "string") this.#listener?.onText(message);
    else this.#listener?.onBinary(message);
  }

  /** @internal */
  onClose(cause: WebSocketCloseCause): void {
    const listener = this.#listener;
    this.#listener = null;
    this.#webSocket = null;
    listener?.onClose(cause);
  }
}

/**
 * Beyond this, in bytes, Bun would drop messages. Long before that the engine ends a connection that takes
 * nothing.
 */
const backpressureLimit = 2 ** 31 - 1;

/** Bun's settings and handlers for a server's WebSockets. WebSockets of other programs are handed on. */
export function bunWebSocketHandlers(
  {
    maxHttpBufferSize,
    perMessageDeflate,
  }: { maxHttpBufferSize: number; perMessageDeflate: boolean | object },
  others: Partial<BunWebSocketHandlers> = {},
): BunWebSocketHandlers {
  return {
    // The engine has a heartbeat of its own.
    idleTimeout: 0,
    sendPings: false,
    ...others,
    perMessageDeflate: perMessageDeflate !== false || others.perMessageDeflate === true,
    maxPayloadLength: Math.max(maxHttpBufferSize, others.maxPayloadLength ?? 0),
    backpressureLimit,
    open(webSocket) {
      if (webSocket.data instanceof BunLink) webSocket.data.onOpen(webSocket);
      else others.open?.(webSocket);
    },
    message(webSocket, message) {
      if (webSocket.data instanceof BunLink) webSocket.data.onMessage(message);
      else others.message?.(webSocket, message);
    },
    drain(webSocket) {
      if (!(webSocket.data instanceof BunLink)) others.drain?.(webSocket);
    },
    close(webSocket, code, reason) {
      if (webSocket.data instanceof BunLink) webSocket.data.onClose(closeCause(code, reason));
      else others.close?.(webSocket, code, reason);
    },
  };
}

/**
 * Why a WebSocket is gone. What Bun itself ends has the code 1006, like what just breaks, and a reason in
 * words.
 */
function closeCause(code: number, reason: string): WebSocketCloseCause {
  if (code !== 1006) return "closed";
  if (reason.startsWith("Received too big message")) return "too large";
  return reason.startsWith("Received invalid") ? "error" : "closed";
}
