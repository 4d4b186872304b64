/**
 * Packets over a WebSocket that compresses: as over any other, but a batch may take a while. Until it is
 * compressed the transport takes no other, so that they stay in order.
 */

import type { CloseReason } from "../close-reason.ts";
import type { Batch } from "../outbox/batch.ts";
import type { Frames, WebSocketLink } from "../ports.ts";
import { DeflatedFrames, FramesInWork } from "./deflated-frames.ts";
import { frameBytes } from "./traffic.ts";
import type { TransportOwner } from "./transport.ts";
import { WebSocketTransport } from "./websocket-transport.ts";
import { type WireFormat, wireForm } from "./wire-format.ts";

/** Makes the transport for an open WebSocket: see {@link WebSocketTransport}. */
export function webSocketTransport(
  link: WebSocketLink,
  owner: TransportOwner,
  form?: WireFormat,
): WebSocketTransport {
  return link.deflater === undefined
    ? new WebSocketTransport(link, owner, form)
    : new DeflatedTransport(link, owner, DeflatedFrames.of(link.deflater), form);
}

/** A transport on a WebSocket whose client takes compressed messages. */
export class DeflatedTransport extends WebSocketTransport {
  readonly #link: WebSocketLink;
  readonly #frames: DeflatedFrames;
  readonly #form: WireFormat;
  /** The frames that are being compressed, and how many bytes they were; `null` while there are none. */
  #work: FramesInWork | null = null;
  #workSize = 0;
  /** Closes, once the work is done. */
  #close: (() => void) | null = null;

  constructor(
    link: WebSocketLink,
    owner: TransportOwner,
    frames: DeflatedFrames,
    form: WireFormat = wireForm,
  ) {
    super(link, owner, form);
    this.#link = link;
    this.#frames = frames;
    this.#form = form;
  }

  override get writable(): boolean {
    return this.#work === null;
  }

  override get link(): null {
    return null;
  }

  override get congested(): boolean {
    return this.bufferedBytes > 0;
  }

  override get bufferedBytes(): number {
    return this.#link.bufferedBytes + this.#workSize;
  }

  override send(batch: Batch): void {
    const { meter } = this.owner;
    // Before compression, as everywhere.
    if (meter !== null) meter.onSent("websocket", frameBytes(this.#form.frames(batch)));
    const frames = this.#frames.framesOf(batch, this.#form);
    if (!(frames instanceof FramesInWork)) {
      this.#link.writeFrames(frames);
      return;
    }
    this.#work = frames;
    this.#workSize = batch.size;
    frames.wait((done) => this.#onDone(frames, done));
  }

  override close(reason: CloseReason, words?: string): void {
    if (this.#work === null) super.close(reason, words);
    else this.#close = () => super.close(reason, words);
  }

  override terminate(reason: CloseReason): void {
    this.#endWork();
    super.terminate(reason);
  }

  #onDone(work: FramesInWork, frames: Frames): void {
    // The WebSocket may have ended since.
    if (this.#work !== work) return;
    const close = this.#close;
    this.#endWork();
    this.#link.writeFrames(frames);
    if (close === null) this.owner.onWritable();
    else close();
  }

  #endWork(): void {
    this.#work = null;
    this.#workSize = 0;
    this.#close = null;
  }
}
