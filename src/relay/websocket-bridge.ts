/** Connects a client's WebSocket with one to the owner of its connection, and slows the faster side down. */

import type { WebSocket } from "ws";
import type { WebSocketLink, WebSocketListener } from "../engine/ports.ts";
import { encodeBinaryFrameHeader, encodeTextFrame } from "../websocket/frame.ts";
import { TimeLimit } from "./time-limit.ts";

/** The limits of a bridge. */
export interface BridgeLimits {
  /** The longest message to hand on, in bytes. */
  readonly maxLength: number;
  /**
   * How long the owner of a connection may have nothing to say to its client, in ms: it probes for life more
   * often.
   */
  readonly longestSilence: number;
  /** How long anything else may take that is done at once where all is well, in ms. */
  readonly patience: number;
}

/**
 * What may wait for a client before its owner is to wait too, in bytes: the owner's own bound counts from
 * there.
 */
export const highWater = 256 * 1024;
/** How often it is looked whether a slow client has caught up, in ms. */
export const lookInterval = 50;

/** A client's WebSocket and the one to the owner of its connection: what comes in here goes out there. */
export class WebSocketBridge implements WebSocketListener {
  readonly #link: WebSocketLink;
  readonly #peer: WebSocket;
  readonly #maxLength: number;
  readonly #limit: TimeLimit;

  constructor(link: WebSocketLink, peer: WebSocket, { maxLength, longestSilence, patience }: BridgeLimits) {
    this.#link = link;
    this.#peer = peer;
    this.#maxLength = maxLength;
    // An owner that is frozen, or cut off, does not close.
    this.#limit = new TimeLimit(() => {
      link.terminate();
      peer.terminate();
    });
    this.#limit.start(longestSilence);
    peer.on("message", (data: Buffer, isBinary: boolean) => this.#toClient(data, isBinary));
    peer.on("close", () => {
      link.close();
      // Nor does a client have to.
      this.#limit.start(patience);
    });
  }

  onText(text: string): void {
    this.#toOwner(text);
  }

  onBinary(bytes: Uint8Array): void {
    this.#toOwner(bytes);
  }

  onClose(): void {
    this.#limit.end();
    // Also where it is paused, and would never read that its peer is closing.
    this.#peer.terminate();
  }

  #toOwner(message: string | Uint8Array): void {
    const peer = this.#peer;
    if (peer.readyState !== peer.OPEN) return;
    peer.send(message);
    // A client that sends faster than its owner reads cannot be told to wait.
    if (peer.bufferedAmount > highWater + this.#maxLength) {
      this.#link.terminate();
      peer.terminate();
    }
  }

  #toClient(data: Buffer, isBinary: boolean): void {
    this.#limit.restart();
    const link = this.#link;
    // Which messages hold secrets, only their sender knows.
    if (!link.takesFrames) link.send([{ data: isBinary ? data : data.toString(), compress: false }]);
    else if (isBinary) link.writeFrames([encodeBinaryFrameHeader(data.length), data]);
    else link.writeFrames([encodeTextFrame(data.toString())]);
    if (link.bufferedBytes > highWater && !this.#peer.isPaused) this.#wait();
  }

  /** Reads no more of the owner until the client has taken most of what it was sent. */
  #wait(): void {
    const peer = this.#peer;
    peer.pause();
    const look = setInterval(() => {
      if (peer.readyState === peer.OPEN && this.#link.bufferedBytes > highWater / 2) return;
      clearInterval(look);
      peer.resume();
    }, lookInterval);
    look.unref();
  }
}
