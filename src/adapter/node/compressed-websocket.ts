/**
 * WebSockets whose messages may refer to earlier ones when they are compressed (RFC 7692 §7.1.1), which is
 * left to the `ws` package as a whole.
 */

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { ServerOptions, WebSocket, WebSocketServer } from "ws";
import { compactBytes } from "../../base/bytes.ts";
import type { DeflateConfig } from "../../engine/deflate-options.ts";
import type {
  HeaderFields,
  WebSocketCloseCause,
  WebSocketLink,
  WebSocketListener,
  WebSocketMessage,
} from "../../engine/ports.ts";
import type { MessageLimits } from "./node-websocket.ts";

/**
 * A message costs the library some hundred bytes for each piece that brings it; less than these, on average,
 * is no network.
 */
const leastPiece = 64;

/** How long a peer that broke the rules may take to hear why, in ms. */
const closingGrace = 1000;

const errorCauses: Readonly<Record<string, WebSocketCloseCause>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: "too large",
  WS_ERR_TOO_MANY_BUFFERED_PARTS: "too many fragments",
};

const extraHeaders = Symbol("headers of the answer to an upgrade");

interface UpgradeRequest extends IncomingMessage {
  [extraHeaders]?: HeaderFields;
}

/** A request for an upgrade, as the server hands it out. */
export interface RawUpgrade {
  readonly request: UpgradeRequest;
  readonly socket: Socket;
  /** What the client has sent behind its request. */
  readonly head: Buffer;
}

type WebSocketPackage = typeof import("ws");

/** Accepts WebSockets, and offers their clients to compress. */
export class CompressedWebSockets {
  readonly #server: WebSocketServer;

  /**
   * Loads the package, and resolves to what accepts WebSockets with it.
   *
   * @param limits - which messages to accept; their length is that after decompression
   * @param deflate - how to compress
   */
  static async load(limits: MessageLimits, deflate: DeflateConfig): Promise<CompressedWebSockets> {
    return new CompressedWebSockets(await import("ws"), limits, deflate);
  }

  private constructor(
    library: WebSocketPackage,
    { maxLength, maxFragments }: MessageLimits,
    { threshold, level }: DeflateConfig,
  ) {
    this.#server = new library.WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxLength,
      // What a client sends holds secrets, too: none of its messages is compressed together with another.
      perMessageDeflate: { clientNoContextTakeover: true, threshold, zlibDeflateOptions: { level } },
      ...{
        // For the library 0 is no limit, and it keeps 32 bits.
        maxFragments: maxFragments < 2 ** 31 ? maxFragments : 0,
        maxBufferedChunks: Math.min(1024 + Math.ceil(maxLength / leastPiece), 2 ** 31 - 1),
      },
    } satisfies ServerOptions);
    this.#server.on("headers", (headers: string[], request: UpgradeRequest) => {
      for (const [name, value] of Object.entries(request[extraHeaders] ?? {}))
        for (const each of [value].flat()) headers.push(`${name}: ${each}`);
    });
  }

  /** Completes a handshake: see `UpgradeExchange.accept`. */
  accept(
    { request, socket, head }: RawUpgrade,
    headers: HeaderFields,
    open: (link: WebSocketLink) => WebSocketListener,
  ): void {
    request[extraHeaders] = headers;
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const link = new CompressedLink(webSocket);
      try {
        link.listener = open(link);
      } catch (error) {
        link.terminate();
        throw error;
      }
    });
  }
}

class CompressedLink implements WebSocketLink {
  /** An extension changes frames on their way. */
  readonly takesFrames = false;
  listener: WebSocketListener | null = null;
  readonly #webSocket: WebSocket;
  #broken = false;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      // What was not compressed is a view of all that came with it.
      if (isBinary) this.listener?.onBinary(compactBytes(data));
      else this.listener?.onText(data.toString());
    });
    webSocket.on("error", (error: Error & { code?: string }) => {
      this.#broken = true;
      // The library tells the peer why, and would wait half a minute for its answer.
      setTimeout(() => webSocket.terminate(), closingGrace).unref();
      this.#end(errorCauses[error.code ?? ""] ?? "error");
    });
    webSocket.on("close", () => this.#end("closed"));
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** Not used: this link takes messages. */
  writeFrames(): void {}

  send(messages: readonly WebSocketMessage[]): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    for (const { data, compress } of messages) this.#webSocket.send(data, { compress });
  }

  close(code?: number, reason?: string): void {
    this.#webSocket.close(code, reason);
  }

  fail(code: number, reason: string): void {
    if (this.#broken) return;
    this.#broken = true;
    this.listener = null;
    this.#webSocket.close(code, reason);
    setTimeout(() => this.#webSocket.terminate(), closingGrace).unref();
  }

  terminate(): void {
    if (!this.#broken) this.#webSocket.terminate();
  }

  #end(cause: WebSocketCloseCause): void {
    const { listener } = this;
    this.listener = null;
    listener?.onClose(cause);
  }
}
