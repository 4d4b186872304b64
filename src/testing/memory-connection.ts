/** A test client's connection: packets to and from the server's engine, over a WebSocket in memory. */

import { AsyncResource } from "node:async_hooks";
import { ConnectionRefusedError } from "../base/errors.ts";
import type { Codec } from "../core/packet/codec.ts";
import type { Engine } from "../engine/engine.ts";
import type { EngineRequest, WebSocketLink, WebSocketListener, WebSocketMessage } from "../engine/ports.ts";
import { defaultDecoderLimits, type PacketDecoder, type SocketPacket } from "../protocol/socket-packet.ts";

/** The server may send more than clients may. */
const limits = { ...defaultDecoderLimits, maxArguments: Number.POSITIVE_INFINITY };

/** The server that the connection leads to. */
export interface MemoryConnectionOwner {
  readonly engine: Engine;
  readonly codec: Codec;
}

/** Receives what the server sends. */
export interface MemoryConnectionListener {
  onPacket(packet: SocketPacket): void;
  /** @param error - why the server refused the connection; `undefined` where it was open */
  onClose(error?: Error): void;
}

/** One connection at a time, which may be opened again. */
export class MemoryConnection {
  readonly #owner: MemoryConnectionOwner;
  readonly #request: EngineRequest;
  readonly #listener: MemoryConnectionListener;
  /**
   * The listener is called in the context in which the client was made, not in that of the handler that
   * sends.
   */
  readonly #place = new AsyncResource("TestClient");
  #decoder: PacketDecoder;
  #opening: Promise<void> | null = null;
  #link: MemoryLink | null = null;

  /**
   * @param owner - the server
   * @param request - the request that opens the connection
   * @param listener - the client
   */
  constructor(owner: MemoryConnectionOwner, request: EngineRequest, listener: MemoryConnectionListener) {
    this.#owner = owner;
    this.#request = request;
    this.#listener = listener;
    this.#decoder = owner.codec.decoder(limits);
  }

  get isOpen(): boolean {
    return this.#link !== null;
  }

  /**
   * Opens the connection unless it is open or opening.
   *
   * @throws {@link ConnectionRefusedError} when the server refuses it
   */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Sends a packet; nothing happens where the connection is closed. */
  send(packet: SocketPacket): void {
    const { text, attachments } = this.#owner.codec.packet(packet);
    this.#place.runInAsyncScope(() => {
      if (text !== "") this.#link?.listener?.onText(text);
      // The server gets memory of its own, as from a network.
      for (const bytes of attachments) this.#link?.listener?.onBinary(Buffer.from(bytes));
    });
  }

  /** Closes the connection soon, as a client does. */
  close(): void {
    this.#link?.close();
  }

  /** Cuts the connection at once, as a network does that fails. */
  cut(): void {
    this.#link?.end();
  }

  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { codec, engine } = this.#owner;
      this.#decoder = codec.decoder(limits);
      engine.handleUpgrade({
        request: this.#request,
        listensOnLoopback: false,
        accept: (_headers, open) => {
          const link = new MemoryLink(
            (message) => this.#place.runInAsyncScope(() => this.#take(message)),
            () => this.#place.runInAsyncScope(() => this.#onClose()),
          );
          link.listener = open(link);
          this.#link = link;
          resolve();
        },
        refuse: ({ status, body = "" }) => {
          const text = typeof body === "string" ? body : Buffer.from(body).toString();
          const error = new ConnectionRefusedError(`The server refused the connection: ${status} ${text}`);
          this.#onClose(error);
          reject(error);
        },
      });
    });
  }

  /** A text message is an Engine.IO packet: "2" a ping, "4…" a message. */
  #take(message: string | Uint8Array): void {
    let packet: SocketPacket | undefined;
    if (typeof message !== "string") packet = this.#decoder.decodeBinary(Buffer.from(message));
    else if (message === "2") this.#link?.listener?.onText("3");
    else if (message.startsWith("4")) packet = this.#decoder.decodeText(message, 1);
    if (packet !== undefined) this.#listener.onPacket(packet);
  }

  #onClose(error?: Error): void {
    this.#link = null;
    this.#opening = null;
    this.#listener.onClose(error);
  }
}

/** The server's end of a WebSocket that hands messages over in memory. */
class MemoryLink implements WebSocketLink {
  readonly takesFrames = false;
  readonly bufferedBytes = 0;
  listener: WebSocketListener | null = null;
  readonly #onMessage: (message: string | Uint8Array) => void;
  readonly #onEnd: () => void;

  constructor(onMessage: (message: string | Uint8Array) => void, onEnd: () => void) {
    this.#onMessage = onMessage;
    this.#onEnd = onEnd;
  }

  writeFrames(): void {
    throw new Error("the link in memory takes no frames");
  }

  send(messages: readonly WebSocketMessage[]): void {
    for (const { data } of messages) if (this.listener !== null) this.#onMessage(data);
  }

  close(): void {
    queueMicrotask(() => this.end());
  }

  fail(): void {
    queueMicrotask(() => this.end());
  }

  terminate(): void {
    queueMicrotask(() => this.end());
  }

  /** Tells both ends that it is over. */
  end(): void {
    const { listener } = this;
    if (listener === null) return;
    this.listener = null;
    this.#onEnd();
    listener.onClose("closed");
  }
}
