/** WebSockets whose messages are compressed each by itself: the agreement with the client, and the link. */

import { systemClock } from "../../base/time/clock.ts";
import type { DeflateConfig } from "../../engine/deflate-options.ts";
import type { BareConnection } from "../../net/bare-connection.ts";
import { agreeOnDeflate } from "../../websocket/deflate-offer.ts";
import { DeflateQueue, Deflater } from "../../websocket/deflater.ts";
import { type MessageLimits, NodeWebSocket, type WebSocketCarrier } from "./node-websocket.ts";

/** What a server and its client have agreed upon. */
export interface DeflateTerms {
  /** The field `sec-websocket-extensions` of the answer. */
  readonly answer: string;
  readonly deflater: Deflater;
}

/** What compresses for the WebSockets of one server. */
export class Deflation {
  readonly #config: DeflateConfig;
  readonly #queue = new DeflateQueue(systemClock.atTickEnd);
  /** One for each window that clients have asked for: most ask for none. */
  readonly #deflaters = new Map<number, Deflater>();

  constructor(config: DeflateConfig) {
    this.#config = config;
  }

  /**
   * Agrees to an offer.
   *
   * @param field - the field `sec-websocket-extensions` of the request
   * @returns what was agreed; `null` where nothing is compressed, and `"malformed"` where the handshake fails
   */
  agree(field: string | readonly string[] | undefined): DeflateTerms | null | "malformed" {
    if (field === undefined) return null;
    const agreement = agreeOnDeflate(String(field));
    if (agreement === "malformed") return agreement;
    if (agreement === "declined") return null;
    return { answer: agreement.answer, deflater: this.#deflaterFor(agreement.windowBits) };
  }

  #deflaterFor(windowBits: number): Deflater {
    let deflater = this.#deflaters.get(windowBits);
    if (deflater === undefined) {
      const { threshold, level } = this.#config;
      deflater = new Deflater(threshold, { level, windowBits }, this.#queue);
      this.#deflaters.set(windowBits, deflater);
    }
    return deflater;
  }
}

/** A WebSocket whose messages may be compressed. */
export class DeflatingWebSocket extends NodeWebSocket {
  readonly deflater: Deflater;

  constructor(socket: WebSocketCarrier | BareConnection, limits: MessageLimits, deflater: Deflater) {
    super(socket, limits, true);
    this.deflater = deflater;
  }
}

/** A WebSocket as it was agreed upon. */
export function openWebSocket(
  socket: WebSocketCarrier | BareConnection,
  limits: MessageLimits,
  terms: DeflateTerms | null,
): NodeWebSocket {
  return terms === null
    ? new NodeWebSocket(socket, limits)
    : new DeflatingWebSocket(socket, limits, terms.deflater);
}
