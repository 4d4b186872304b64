/** Reads packets of Socket.IO v5, strictly and within limits. `socket-packet-encoder.ts` shows their form. */

import { ProtocolError } from "../base/errors.ts";
import { type AttachmentSlot, findAttachmentSlots } from "./attachments.ts";
import { exceedsDepth } from "./json-depth.ts";
import {
  type DecoderLimits,
  defaultDecoderLimits,
  excerpt,
  type PacketDecoder,
  reservedEvents,
  type SocketPacket,
} from "./socket-packet.ts";

const zero = 0x30;
const comma = 0x2c;
const dash = 0x2d;
const slash = 0x2f;
const quote = 0x22;
const leftBracket = 0x5b;
const leftBrace = 0x7b;

/** Digits of the largest safe integer: a longer number is refused unread. */
const maxDigits = 16;

/** A packet whose attachments have not all come yet. */
interface PendingPacket {
  readonly packet: SocketPacket;
  readonly slots: readonly AttachmentSlot[];
  received: number;
}

/**
 * Decodes the packets of one connection. It keeps a packet back until its attachments are there, and nothing
 * else; whatever is not valid is refused with a ProtocolError, after which it is as good as new.
 */
export class SocketPacketDecoder implements PacketDecoder {
  readonly #limits: Readonly<DecoderLimits>;
  #pending: PendingPacket | undefined;
  /** The namespace of the packet before, which most often is the next one's too. */
  #namespace = "/";

  /** @param limits - what to take from the peer. Default: {@link defaultDecoderLimits} */
  constructor(limits: Readonly<DecoderLimits> = defaultDecoderLimits) {
    this.#limits = limits;
  }

  /** Whether a packet waits for attachments, so that the next message has to be binary. */
  get awaitsAttachments(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Decodes a text message.
   *
   * @param text - holds the packet from `start` to its end
   * @param start - index where the packet begins. Default 0
   * @returns the packet, or `undefined` when its attachments are still to come
   * @throws ProtocolError when the packet is not valid or beyond a limit, or when attachments of the packet
   *   before it are missing
   */
  decodeText(text: string, start = 0): SocketPacket | undefined {
    if (this.#pending !== undefined) {
      this.reset();
      throw new ProtocolError("text where an attachment was due", "attachment expected");
    }
    let type = text.charCodeAt(start) - zero;
    let index = start + 1;
    let attachments = 0;
    if (type === 5 || type === 6) {
      const end = endOfDigits(text, index);
      if (end === index || end - index > maxDigits || text.charCodeAt(end) !== dash) {
        throw new ProtocolError("a binary packet must begin with its number of attachments");
      }
      attachments = readDigits(text, index, end);
      if (attachments > this.#limits.maxAttachments) {
        throw new ProtocolError(
          `${attachments} attachments, more than ${this.#limits.maxAttachments}`,
          "too many attachments",
        );
      }
      index = end + 1;
      type -= 3;
    }

    let namespace = "/";
    if (text.charCodeAt(index) === slash) {
      namespace = this.#readNamespace(text, index);
      index += namespace.length + 1;
    }

    switch (type) {
      case 2: {
        const end = endOfDigits(text, index);
        const data = this.#eventData(text, end);
        const packet: SocketPacket =
          end === index
            ? { type: "event", namespace, data }
            : { type: "event", namespace, id: readId(text, index, end), data };
        return attachments === 0 ? packet : this.#await(packet, data, attachments);
      }
      case 3: {
        const end = endOfDigits(text, index);
        if (end === index) throw new ProtocolError("an acknowledgement must have an id");
        const id = readId(text, index, end);
        const data = checkArguments(this.#arrayData(text, end), 0, this.#limits);
        const packet: SocketPacket = { type: "ack", namespace, id, data };
        return attachments === 0 ? packet : this.#await(packet, data, attachments);
      }
      case 0:
        if (index >= text.length) return { type: "connect", namespace };
        return { type: "connect", namespace, data: this.#objectData(text, index) };
      case 1:
        if (index < text.length) throw new ProtocolError("a disconnection carries no data");
        return { type: "disconnect", namespace };
      case 4: {
        const data =
          text.charCodeAt(index) === quote ? this.#parseJson(text, index) : this.#objectData(text, index);
        return { type: "connect_error", namespace, data };
      }
      default:
        throw new ProtocolError(`unknown Socket.IO packet type ${excerpt(text.charAt(start))}`);
    }
  }

  /**
   * Takes a binary message as the next attachment.
   *
   * @param bytes - the message; it becomes part of the packet as it is, uncopied
   * @returns the packet, or `undefined` when more attachments are to come
   * @throws ProtocolError when no attachment is due
   */
  decodeBinary(bytes: Uint8Array): SocketPacket | undefined {
    const pending = this.#pending;
    const slot = pending?.slots[pending.received];
    if (pending === undefined || slot === undefined)
      throw new ProtocolError("binary where no attachment was due", "attachment unexpected");
    // Replaces a value that JSON.parse made the holder's own, so not even `__proto__` reaches a setter.
    slot.holder[slot.key] = bytes;
    pending.received++;
    if (pending.received < pending.slots.length) return undefined;
    this.#pending = undefined;
    return pending.packet;
  }

  /** Forgets a packet whose attachments have not all come. */
  reset(): void {
    this.#pending = undefined;
  }

  #await(packet: SocketPacket, data: readonly unknown[], attachments: number): undefined {
    this.#pending = { packet, slots: findAttachmentSlots(data, attachments), received: 0 };
  }

  /** The namespace that begins at `index` and ends at a comma or with the text. */
  #readNamespace(text: string, index: number): string {
    const known = this.#namespace;
    const knownEnd = index + known.length;
    if ((text.charCodeAt(knownEnd) === comma || knownEnd === text.length) && text.startsWith(known, index)) {
      return known;
    }
    // Not a slice: engines let a slice keep the whole text alive, and a namespace's name is kept for long.
    let namespace = "";
    for (let end = index; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === comma) break;
      if (namespace.length >= this.#limits.maxNamespaceLength) {
        throw new ProtocolError(
          `a namespace longer than ${this.#limits.maxNamespaceLength} characters`,
          "namespace too long",
        );
      }
      namespace += String.fromCharCode(code);
    }
    this.#namespace = namespace;
    return namespace;
  }

  #eventData(text: string, index: number): [string, ...unknown[]] {
    return checkEventData(this.#arrayData(text, index), this.#limits);
  }

  #arrayData(text: string, index: number): unknown[] {
    if (text.charCodeAt(index) !== leftBracket) throw new ProtocolError("the data must be an array");
    return this.#parseJson(text, index) as unknown[];
  }

  #objectData(text: string, index: number): unknown {
    if (text.charCodeAt(index) !== leftBrace) throw new ProtocolError("the data must be an object");
    return this.#parseJson(text, index);
  }

  #parseJson(text: string, index: number): unknown {
    if (exceedsDepth(text, index, this.#limits.maxDepth)) {
      throw new ProtocolError(
        `the data is nested deeper than ${this.#limits.maxDepth} levels`,
        "data too deep",
      );
    }
    try {
      return JSON.parse(text.slice(index));
    } catch {
      throw new ProtocolError("the data is not valid JSON");
    }
  }
}

/**
 * Checks the list of an event's name and arguments. A number for a name becomes text.
 *
 * @throws ProtocolError when it is no name for an event
 */
export function checkEventData(data: unknown[], limits: Readonly<DecoderLimits>): [string, ...unknown[]] {
  checkArguments(data, 1, limits);
  let event = data[0];
  if (typeof event === "number") {
    event = String(event);
    data[0] = event;
  }
  if (typeof event !== "string") throw new ProtocolError("an event must have a name");
  if (event.length > limits.maxEventLength) {
    throw new ProtocolError(
      `an event's name longer than ${limits.maxEventLength} characters`,
      "event name too long",
    );
  }
  if (reservedEvents.has(event)) throw new ProtocolError(`${excerpt(event)} is not a name for an event`);
  return data as [string, ...unknown[]];
}

/**
 * Checks how many arguments a list holds: each becomes an argument of a function, which takes no more than
 * its stack holds.
 *
 * @param data - the list
 * @param others - how many of its entries are no arguments
 * @param limits - what to take from the peer
 * @throws ProtocolError when there are too many
 */
export function checkArguments(
  data: unknown[],
  others: number,
  { maxArguments }: Readonly<DecoderLimits>,
): unknown[] {
  if (data.length - others <= maxArguments) return data;
  throw new ProtocolError(`more than ${maxArguments} arguments`, "too many arguments");
}

/** Index behind the digits at `index`; stops behind the first digit too many. */
function endOfDigits(text: string, index: number): number {
  const limit = index + maxDigits + 1;
  let end = index;
  while (end < limit && isDigit(text.charCodeAt(end))) end++;
  return end;
}

function isDigit(code: number): boolean {
  return code >= zero && code <= zero + 9;
}

function readDigits(text: string, index: number, end: number): number {
  let number = 0;
  for (let at = index; at < end; at++) number = number * 10 + (text.charCodeAt(at) - zero);
  return number;
}

function readId(text: string, index: number, end: number): number {
  const id = readDigits(text, index, end);
  if (end - index > maxDigits || !Number.isSafeInteger(id))
    throw new ProtocolError("an acknowledgement id that is too large");
  return id;
}
