/**
 * Writes packets of Socket.IO v5: `<type>[<attachments>-][<namespace>,][<id>]<json>`, then the attachments as
 * binary messages.
 */

import { ProtocolError, RoomcastError } from "../base/errors.ts";
import { errorText, isInstance } from "../base/foreign-value.ts";
import { extractAttachments, findAttachmentSlots, holdsBinary, maxValueDepth } from "./attachments.ts";
import { encodeJsonArray, isPlainText } from "./json-array.ts";
import { exceedsDepth } from "./json-depth.ts";
import {
  type EncodedEvent,
  type EncodedSocketPacket,
  excerpt,
  reservedEvents,
  type SocketPacket,
} from "./socket-packet.ts";

const noAttachments: readonly Uint8Array[] = Object.freeze([]);

const leftBracket = 0x5b;
const leftBrace = 0x7b;

/**
 * Encodes a packet.
 *
 * @param packet - what to send; never changed. That its names are usable (no comma in a namespace, no
 *   reserved event) is for the caller to see to
 * @returns the text and the attachments of the packet
 * @throws RoomcastError `ERR_PAYLOAD` when its data cannot be sent: see {@link encodeEvent}; or is not of the
 *   kind that the packet's type takes
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
 * Encodes an event, leaving room for an acknowledgement id. Values become what `JSON.stringify` makes of
 * them, except that an `ArrayBuffer` or a view of one becomes an attachment.
 *
 * @param namespace - where the event belongs
 * @param data - the event's name and its arguments; never changed
 * @throws RoomcastError `ERR_PAYLOAD` when an argument cannot be sent: it holds a BigInt or a cycle, is
 *   nested deeper than 1000 levels, its `toJSON` throws, or it has binary beside an object with
 *   `_placeholder: true`
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
