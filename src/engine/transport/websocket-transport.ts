/** Packets over a WebSocket: one message each, all of a tick in one write. */

import { type CloseReason, closeCodes } from "../close-reason.ts";
import type { Batch } from "../outbox/batch.ts";
import { packetsOf } from "../outbox/outbox.ts";
import type { WebSocketCloseCause, WebSocketLink, WebSocketListener, WebSocketMessage } from "../ports.ts";
import { frameBytes, receivedBytes, sentBytes, textBytes } from "./traffic.ts";
import type { Transport, TransportOwner } from "./transport.ts";
import { type WireFormat, wireForm } from "./wire-format.ts";

const closeReasons = {
  closed: "transport close",
  error: "transport error",
  "too large": "payload too large",
  "too many fragments": "too many fragments",
} as const satisfies Record<WebSocketCloseCause, CloseReason>;

/** A transport on an open WebSocket. */
export class WebSocketTransport implements Transport, WebSocketListener {
  /** Receives what comes in: the upgrade while it is under way, then the connection. */
  owner: TransportOwner;
  readonly #link: WebSocketLink;
  readonly #form: WireFormat;

  /**
   * @param link - the open WebSocket
   * @param owner - receives what comes in
   * @param form - how packets look on it. It also makes the listener of the link
   */
  constructor(link: WebSocketLink, owner: TransportOwner, form: WireFormat = wireForm) {
    this.#link = link;
    this.owner = owner;
    this.#form = form;
  }

  // Values that are the same for all transports take no memory of each.
  get name(): "websocket" {
    return "websocket";
  }

  get writable(): boolean {
    return true;
  }

  get farewell(): null {
    return null;
  }

  get link(): WebSocketLink | null {
    return this.#link.takesFrames && this.#form === wireForm ? this.#link : null;
  }

  get congested(): boolean {
    return this.#link.bufferedBytes > 0;
  }

  get bufferedBytes(): number {
    return this.#link.bufferedBytes;
  }

  send(batch: Batch): void {
    const link = this.#link;
    const { meter } = this.owner;
    if (link.takesFrames) {
      const frames = this.#form.frames(batch);
      link.writeFrames(frames);
      meter?.onSent("websocket", frameBytes(frames));
      return;
    }
    const messages: WebSocketMessage[] = [];
    for (const packet of packetsOf(batch)) {
      const { compress } = packet;
      for (const data of this.#form.messages(packet)) messages.push({ data, compress });
    }
    link.send(messages);
    if (meter === null) return;
    for (const { data } of messages) meter.onSent("websocket", sentBytes(textBytes(data)));
  }

  close(reason: CloseReason, words: string = reason): void {
    this.#link.close(closeCodes[reason] ?? undefined, words);
  }

  terminate(reason: CloseReason): void {
    const code = closeCodes[reason];
    if (code === null) this.#link.terminate();
    else this.#link.fail(code, reason);
  }

  /** A WebSocket that has ended drops everything by itself. */
  cut(): void {}

  onText(text: string, size?: number): void {
    this.owner.meter?.onReceived("websocket", receivedBytes(size ?? textBytes(text)));
    this.owner.onText(text);
  }

  onBinary(bytes: Uint8Array): void {
    this.owner.meter?.onReceived("websocket", receivedBytes(bytes.length));
    this.owner.onBinary(bytes);
  }

  onClose(cause: WebSocketCloseCause): void {
    this.owner.onTransportClose(closeReasons[cause]);
  }
}
