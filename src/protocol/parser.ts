/** The port for parsers other than Socket.IO's own, and the checks of the packets that they give. */

import { isBinary } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { isPlainObject } from "../base/options.ts";
import type { DecoderLimits, SocketPacket } from "./socket-packet.ts";
import { checkArguments, checkEventData } from "./socket-packet-decoder.ts";

/** One message of a connection: text, or bytes. */
export type ParserMessage = string | Uint8Array;

/**
 * A way to put Socket.IO packets into messages. Clients need the other half of it, as their option `parser`.
 * Packets are checked whichever parser has read them: types, names, ids and limits are not its concern.
 */
export interface Parser {
  /**
   * Encodes a packet.
   *
   * @param packet - what to send; not to be changed
   * @returns the messages that carry it, in order: at most one text, in front, and any number of binary ones
   * @throws anything, where the packet's data cannot be sent
   */
  encode(packet: SocketPacket): ParserMessage | readonly ParserMessage[];
  /** Makes the decoder of one connection. */
  createDecoder(): ParserDecoder;
}

/** Reads the packets of one connection. */
export interface ParserDecoder {
  /**
   * Takes the next message.
   *
   * @param message - the text, or the bytes, which may be kept
   * @returns the packet that is complete with this message; `undefined` where more messages belong to it
   * @throws anything, where the message is not valid: the connection is closed with the reason `parse error`
   */
  decode(message: ParserMessage): SocketPacket | undefined;
}

/**
 * Checks a packet that a parser has read, but for how its data are nested.
 *
 * @param fields - what the parser gave
 * @returns the packet, with nothing in it that does not belong there
 * @throws ProtocolError when a peer may not send it
 */
export function checkPacket(
  { type, namespace, data, id }: Readonly<Record<"type" | "namespace" | "data" | "id", unknown>>,
  limits: Readonly<DecoderLimits>,
): SocketPacket {
  if (typeof namespace !== "string" || !namespace.startsWith("/") || namespace.includes(",")) {
    throw new ProtocolError("a packet without a valid namespace");
  }
  if (namespace.length > limits.maxNamespaceLength) {
    throw new ProtocolError(
      `a namespace longer than ${limits.maxNamespaceLength} characters`,
      "namespace too long",
    );
  }
  switch (type) {
    case "event": {
      const event = checkEventData(checkArray(data), limits);
      return id === undefined
        ? { type, namespace, data: event }
        : { type, namespace, id: checkId(id), data: event };
    }
    case "ack":
      return { type, namespace, id: checkId(id), data: checkArguments(checkArray(data), 0, limits) };
    case "connect":
      if (data === undefined) return { type, namespace };
      if (!isPlainObject(data)) throw new ProtocolError("the data must be an object");
      return { type, namespace, data };
    case "disconnect":
      if (data !== undefined) throw new ProtocolError("a disconnection carries no data");
      return { type, namespace };
    case "connect_error":
      return { type, namespace, data };
    default:
      throw new ProtocolError("unknown Socket.IO packet type");
  }
}

/**
 * Checks how deep a value is nested, and how much binary it holds. A value that occurs several times is
 * looked at once.
 *
 * @throws ProtocolError when it is beyond a limit
 */
export function checkBounds(value: unknown, { maxDepth, maxAttachments }: Readonly<DecoderLimits>): void {
  let attachments = 0;
  const seen = new Set<object>();
  // Level by level instead of recursion: no nesting can overflow the stack.
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const member of level) {
      if (typeof member !== "object" || member === null || seen.has(member)) continue;
      seen.add(member);
      if (isBinary(member)) attachments += 1;
      else if (depth >= maxDepth) {
        throw new ProtocolError(`the data is nested deeper than ${maxDepth} levels`, "data too deep");
      } else next.push(...membersOf(member));
    }
    level = next;
  }
  if (attachments > maxAttachments) {
    throw new ProtocolError(`more than ${maxAttachments} attachments`, "too many attachments");
  }
}

function membersOf(object: object): readonly unknown[] {
  return Array.isArray(object) ? object : Object.values(object);
}

function checkArray(data: unknown): unknown[] {
  if (!Array.isArray(data)) throw new ProtocolError("the data must be an array");
  return data;
}

function checkId(id: unknown): number {
  if (!Number.isSafeInteger(id) || (id as number) < 0) {
    throw new ProtocolError("an acknowledgement id that is not an integer");
  }
  return id as number;
}
