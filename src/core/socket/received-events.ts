/**
 * The events that one client has marked with ids, and their answers, so that a repeated event is not handled
 * twice.
 *
 * It outlives the connection of a client that may return. It knows no socket and no handler.
 */

import { ownBytes } from "../../base/bytes.ts";
import type { Clock } from "../../base/time/clock.ts";
import { defaultDecoderLimits, type EncodedSocketPacket } from "../../protocol/socket-packet.ts";
import { SocketPacketDecoder } from "../../protocol/socket-packet-decoder.ts";
import { encodeSocketPacket } from "../../protocol/socket-packet-encoder.ts";

/** How much is remembered of each client. */
export interface ReceivedBounds {
  /** Events. */
  readonly maxIds: number;
  /** Bytes of the answers to them. */
  readonly maxBytes: number;
  /** How long an event is remembered, in ms. */
  readonly maxAge: number;
}

/**
 * How many repetitions of a running event get its answer: the latest, since clients give up older attempts.
 */
const maxWaiting = 10;
/** The memory of an event beside its answer, in bytes: its id, and the objects around both. */
const eventCost = 1024;

/** Sends an acknowledgement. */
type Answer = (values: readonly unknown[]) => void;

interface Received {
  readonly at: number;
  /** The functions that wait for the answer. */
  waiting: Answer[];
  /** The answer, encoded because its values may change later; `null` while the event is being handled. */
  answer: EncodedSocketPacket | null;
}

/** The server made this answer itself, so no limits apply. */
const limits = {
  ...defaultDecoderLimits,
  maxAttachments: Infinity,
  maxDepth: Infinity,
  maxArguments: Infinity,
};

/** The events of one client. */
export class ReceivedEvents {
  readonly #bounds: ReceivedBounds;
  readonly #clock: Clock;
  readonly #events = new Map<string, Received>();
  #bytes = 0;

  /**
   * @param bounds - how much to remember
   * @param clock - tells the time
   */
  constructor(bounds: ReceivedBounds, clock: Clock) {
    this.#bounds = bounds;
    this.#clock = clock;
  }

  /** The number of events that are remembered. */
  get size(): number {
    return this.#events.size;
  }

  /** The memory that they take, in bytes, approximately. */
  get weight(): number {
    return this.#bytes + this.#events.size * eventCost;
  }

  /**
   * Takes an event.
   *
   * @param id - identifies it among the client's events
   * @param answer - answers the client, if it asked for that
   * @returns a function that answers the event, if it must be handled now; `null` if it was handled before:
   *   the client gets the same answer, as soon as there is one
   */
  take(id: string, answer: Answer | null): Answer | null {
    this.#forget();
    const known = this.#events.get(id);
    if (known !== undefined) {
      if (known.answer !== null) answer?.(decode(known.answer));
      else if (answer !== null) {
        known.waiting.push(answer);
        if (known.waiting.length > maxWaiting) known.waiting.shift();
      }
      return null;
    }
    const received: Received = {
      at: this.#clock.now(),
      waiting: answer === null ? [] : [answer],
      answer: null,
    };
    this.#events.set(id, received);
    this.#forget();
    return (values) => this.#settle(id, received, values);
  }

  #settle(id: string, received: Received, values: readonly unknown[]): void {
    if (received.answer !== null) return;
    const answer = encode(values);
    received.answer = answer;
    // It may be forgotten while it is being handled.
    if (this.#events.get(id) === received) {
      this.#bytes += sizeOf(answer);
      this.#forget();
    }
    const { waiting } = received;
    received.waiting = [];
    for (const each of waiting) each(values);
  }

  #forget(): void {
    const { maxIds, maxBytes, maxAge } = this.#bounds;
    const now = this.#clock.now();
    for (const [id, { at, answer }] of this.#events) {
      const isOver = this.#events.size > maxIds || (this.#bytes > maxBytes && this.#events.size > 1);
      if (!isOver && at + maxAge > now) return;
      this.#events.delete(id);
      if (answer !== null) this.#bytes -= sizeOf(answer);
    }
  }
}

function encode(values: readonly unknown[]): EncodedSocketPacket {
  const packet = encodeSocketPacket({ type: "ack", namespace: "/", id: 0, data: [...values] });
  return { ...packet, attachments: packet.attachments.map(ownBytes) };
}

function decode({ text, attachments }: EncodedSocketPacket): readonly unknown[] {
  const decoder = new SocketPacketDecoder(limits);
  let packet = decoder.decodeText(text);
  for (const bytes of attachments) packet = decoder.decodeBinary(bytes);
  return packet?.type === "ack" ? packet.data : [];
}

function sizeOf({ text, attachments }: EncodedSocketPacket): number {
  return attachments.reduce((size, bytes) => size + bytes.length, text.length);
}
