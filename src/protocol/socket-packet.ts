/**
 * Socket.IO v5 packets: `<type>[<attachments>-][<namespace>,][<id>]<json>`, then the attachments as binary messages.
 * Knows neither Engine.IO nor what is connected; the server and the client use it alike.
 */

import { ProtocolError, RoomcastError } from "../base/errors.ts";
import { errorText, isInstance } from "../base/foreign-value.ts";
import { quoted } from "../base/printable.ts";
import {
  type AttachmentSlot,
  extractAttachments,
  findAttachmentSlots,
  holdsBinary,
  maxValueDepth,
} from "./attachments.ts";
import { encodeJsonArray, isPlainText } from "./json-array.ts";
import { exceedsDepth } from "./json-depth.ts";

/** A packet of Socket.IO v5. `namespace` is `"/"` where the wire names none. */
export type SocketPacket =
  | { type: "connect"; namespace: string; data?: unknown }
  | { type: "disconnect"; namespace: string }
  | { type: "event"; namespace: string; id?: number; data: [event: string, ...arguments: unknown[]] }
  | { type: "ack"; namespace: string; id: number; data: unknown[] }
  | { type: "connect_error"; namespace: string; data: unknown };

/** A packet ready to be sent: one text message and the binary messages that follow it. */
export interface EncodedSocketPacket {
  readonly text: string;
  /** Whether the text is known to be nothing but ASCII. Default `false`. */
  readonly isAscii?: boolean;
  /** Views of the memory that the packet's values have; not to be changed until they are sent. */
  readonly attachments: readonly Uint8Array[];
}

/**
 * An event ready to be sent but for its acknowledgement id, so that each receiver of one event may have its own:
 * the text is `prefix`, then the id if there is one, then `body`.
 */
export interface EncodedEvent {
  /** All before the id, for example `2/chat,` or `51-`. */
  readonly prefix: string;
  /** All behind the id: the JSON. */
  readonly body: string;
  /** Whether both are known to be nothing but ASCII. Default `false`. */
  readonly isAscii?: boolean;
  /** Views of the memory that the event's values have; not to be changed until they are sent. */
  readonly attachments: readonly Uint8Array[];
}

/** What a decoder takes from a peer. */
export interface DecoderLimits {
  /** Attachments of one packet. Default 10, as in the stock parser. */
  maxAttachments: number;
  /** Levels of arrays and objects in a packet's JSON, the outermost included. Default 128. */
  maxDepth: number;
  /** Characters of a namespace's name. Default 255. */
  maxNamespaceLength: number;
  /** Characters of an event's name. Default 255. */
  maxEventLength: number;
  /** Arguments of an event or acknowledgement. Default 1000. */
  maxArguments: number;
}

/** Decodes the packets of one connection, however they are put into messages. After an error it is as good as new. */
export interface PacketDecoder {
  /**
   * Takes a text message.
   *
   * @param text - holds the message from `start` to its end
   * @param start - index where the message begins
   * @returns the packet that is complete with it, if there is one
   * @throws ProtocolError when it is not valid or beyond a limit
   */
  decodeText(text: string, start: number): SocketPacket | undefined;
  /**
   * Takes a binary message, which may become part of the packet as it is.
   *
   * @returns the packet that is complete with it, if there is one
   * @throws ProtocolError when it is not valid or beyond a limit
   */
  decodeBinary(bytes: Uint8Array): SocketPacket | undefined;
  /** Forgets a packet that is not complete. */
  reset(): void;
}

/** The limits of a decoder that is given none. */
export const defaultDecoderLimits: Readonly<DecoderLimits> = Object.freeze({
  maxAttachments: 10,
  maxDepth: 128,
  maxNamespaceLength: 255,
  maxEventLength: 255,
  maxArguments: 1000,
});

/** Names that no event may have, because one peer or the other gives them a meaning of its own. */
export const reservedEvents: ReadonlySet<string> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

const noAttachments: readonly Uint8Array[] = Object.freeze([]);

const zero = 0x30;
const comma = 0x2c;
const dash = 0x2d;
const slash = 0x2f;
const quote = 0x22;
const leftBracket = 0x5b;
const leftBrace = 0x7b;

/** Digits of the largest safe integer: a longer number is refused unread. */
const maxDigits = 16;

/**
 * Encodes a packet.
 *
 * @param packet - what to send; never changed. That its names are usable (no comma in a namespace, no reserved
 *   event) is for the caller to see to
 * @returns the text and the attachments of the packet
 * @throws RoomcastError `ERR_PAYLOAD` when its data cannot be sent: see {@link encodeEvent}; or is not of the kind
 *   that the packet's type takes
 */
export function encodeSocketPacket(packet: SocketPacket): EncodedSocketPacket {
  switch (packet.type) {
    case "event": {
      const { prefix, body, isAscii = false, attachments } = encodeEvent(packet.namespace, packet.data);
      const text = packet.id === undefined ? prefix + body : prefix + packet.id + body;
      return { text, isAscii, attachments };
    }
    case "ack": {
      const {
        prefix,
        body,
        isAscii = false,
        attachments,
      } = encodeData("3", "6", packet.namespace, packet.data);
      return { text: prefix + packet.id + body, isAscii, attachments };
    }
    case "connect":
      return {
        text: header("0", packet.namespace) + (packet.data === undefined ? "" : encodeObject(packet.data)),
        attachments: noAttachments,
      };
    case "disconnect":
      return { text: header("1", packet.namespace), attachments: noAttachments };
    case "connect_error":
      return {
        text:
          header("4", packet.namespace) +
          (typeof packet.data === "string" ? JSON.stringify(packet.data) : encodeObject(packet.data)),
        attachments: noAttachments,
      };
    default:
      return packet satisfies never;
  }
}

/**
 * Encodes an event, leaving room for an acknowledgement id. Values become what `JSON.stringify` makes of them, except
 * that an `ArrayBuffer` or a view of one becomes an attachment.
 *
 * @param namespace - where the event belongs
 * @param data - the event's name and its arguments; never changed
 * @throws RoomcastError `ERR_PAYLOAD` when an argument cannot be sent: it holds a BigInt or a cycle, is nested deeper
 *   than 1000 levels, its `toJSON` throws, or it has binary beside an object with `_placeholder: true`
 */
export function encodeEvent(namespace: string, data: readonly [string, ...unknown[]]): EncodedEvent {
  return encodeData("2", "5", namespace, data);
}

/**
 * Says why an event that another program has encoded may not go to clients as it is; `null` where it may.
 *
 * @param event - the event, which goes to clients as text that nothing reads again
 * @param namespace - the namespace of these clients
 */
export function eventProblem({ prefix, body, attachments }: EncodedEvent, namespace: string): string | null {
  const count = attachments.length;
  if (prefix !== header(count === 0 ? "2" : `5${count}-`, namespace))
    return "its head is not that of an event";
  if (exceedsDepth(body, 0, maxValueDepth)) return `it is nested deeper than ${maxValueDepth} levels`;
  try {
    const data: unknown = JSON.parse(body);
    if (!Array.isArray(data) || body.charCodeAt(0) !== leftBracket) return "its body is no list";
    if (typeof data[0] !== "string" || data[0] === "") return "it has no name";
    if (reservedEvents.has(data[0])) return "its name is reserved";
    if (count > 0) findAttachmentSlots(data, count);
    return null;
  } catch (error) {
    return error instanceof ProtocolError ? error.message : "its body is not JSON";
  }
}

function encodeData(
  plainType: "2" | "3",
  binaryType: "5" | "6",
  namespace: string,
  data: readonly unknown[],
): EncodedEvent {
  try {
    if (!holdsBinary(data)) {
      const { json, isAscii } = encodeJsonArray(data);
      return {
        prefix: header(plainType, namespace),
        body: json,
        isAscii: isAscii && (namespace === "/" || isPlainText(namespace)),
        attachments: noAttachments,
      };
    }
    const attachments: Uint8Array[] = [];
    const body = JSON.stringify(extractAttachments(data, attachments));
    return attachments.length === 0
      ? { prefix: header(plainType, namespace), body, attachments: noAttachments }
      : {
          prefix: header(`${binaryType}${attachments.length}-`, namespace),
          body,
          attachments,
        };
  } catch (error) {
    throw payloadError(plainType === "2" ? `The event ${excerpt(data[0])}` : "The acknowledgement", error);
  }
}

function encodeObject(data: unknown): string {
  let body: string | undefined;
  try {
    holdsBinary(data); // asked only for its check of the depth
    body = JSON.stringify(data);
  } catch (error) {
    throw payloadError("The data of the connection", error);
  }
  if (body?.charCodeAt(0) !== leftBrace) {
    throw new RoomcastError("ERR_PAYLOAD", "The data of the connection cannot be sent: it is not an object");
  }
  return body;
}

function header(type: string, namespace: string): string {
  return namespace === "/" ? type : `${type}${namespace},`;
}

/** Tells why a packet could not be encoded, whichever parser it was that failed. */
export function encodingError(packet: SocketPacket, error: unknown): RoomcastError {
  if (packet.type === "event") return payloadError(`The event ${excerpt(packet.data[0])}`, error);
  return payloadError(packet.type === "ack" ? "The acknowledgement" : "The data of the connection", error);
}

/** Tells of any failure to encode in one way, whichever of the engine's errors or the user's own it was. */
function payloadError(subject: string, error: unknown): RoomcastError {
  let reason = "reading it failed";
  const text = errorText(error);
  if (isInstance(error, RoomcastError) && error.code === "ERR_PAYLOAD") reason = text;
  else if (isInstance(error, RangeError)) reason = "it is nested too deeply, or too long";
  else if (isInstance(error, TypeError) && text.includes("BigInt")) reason = "it holds a BigInt";
  else if (isInstance(error, Error)) reason = text.split("\n", 1)[0] ?? reason;
  return new RoomcastError("ERR_PAYLOAD", `${subject} cannot be sent: ${reason}`, { cause: error });
}

/** A piece of foreign text that is short enough for a message. */
function excerpt(text: unknown): string {
  return quoted(String(text).slice(0, 30));
}

/** A packet whose attachments have not all come yet. */
interface PendingPacket {
  readonly packet: SocketPacket;
  readonly slots: readonly AttachmentSlot[];
  received: number;
}

/**
 * Decodes the packets of one connection. It keeps a packet back until its attachments are there, and nothing else;
 * whatever is not valid is refused with a ProtocolError, after which it is as good as new.
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
   * @throws ProtocolError when the packet is not valid or beyond a limit, or when attachments of the packet before it
   *   are missing
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
 * Checks how many arguments a list holds: each becomes an argument of a function, which takes no more than its stack holds.
 *
 * @param data - the list
 * @param others - how many of its entries are no arguments
 * @param limits - what is taken from the peer
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
