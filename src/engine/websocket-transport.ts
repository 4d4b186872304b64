/** Packets over a WebSocket: one message each, all of a tick in one write. */

import type { Batch } from "./batch.ts";
import { type CloseReason, closeCodes } from "./close-reason.ts";
import { packetsOf } from "./outbox.ts";
import type { WebSocketCloseCause, WebSocketLink, WebSocketListener } from "./ports.ts";
import type { Transport, TransportOwner } from "./transport.ts";

const closeReasons = {
  closed: "transport close",
  error: "transport error",
  "too large": "payload too large",
  "too many fragments": "too many fragments",
} as const satisfies Record<WebSocketCloseCause, CloseReason>;

/** A transport on an open WebSocket. */
export class WebSocketTransport implements Transport, WebSocketListener {
  readonly name = "websocket";
  readonly writable = true;
  readonly farewell = null;
  /** Who is told of what comes in: the upgrade while it is under way, then the connection. */
  owner: TransportOwner;
  readonly #link: WebSocketLink;

  /**
   * @param link - the open WebSocket
   * @param owner - who is told of what comes in
   */
  constructor(link: WebSocketLink, owner: TransportOwner) {
    this.#link = link;
    this.owner = owner;
  }

  get congested(): boolean {
    return this.#link.bufferedBytes > 0;
  }

  get bufferedBytes(): number {
    return this.#link.bufferedBytes;
  }

  send(batch: Batch): void {
    const link = this.#link;
    if (link.takesFrames) {
      link.writeFrames(batch.frames);
      return;
    }
    for (const packet of packetsOf(batch)) {
      link.send(packet.text, packet.compress);
      for (const bytes of packet.attachments) link.send(bytes, packet.compress);
    }
  }

  close(reason: CloseReason): void {
    this.#link.close(closeCodes[reason] ?? undefined, reason);
  }

  terminate(reason: CloseReason): void {
    const code = closeCodes[reason];
    if (code === null) this.#link.terminate();
    else this.#link.fail(code, reason);
  }

  onText(text: string): void {
    this.owner.onText(text);
  }

  onBinary(bytes: Uint8Array): void {
    this.owner.onBinary(bytes);
  }

  onClose(cause: WebSocketCloseCause): void {
    this.owner.onTransportClose(closeReasons[cause]);
  }
}
