/**
 * The body of a long-polling request or response: packets joined by U+001E, binary messages as `b` and
 * base64. A sample: `4hello` U+001E `bAQID` U+001E `2`.
 */

import { ProtocolError } from "../base/errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { decodeEngineText, type EnginePacket, encodeEnginePacket } from "./engine-packet.ts";

/** What stands between two packets of a payload. JSON escapes it, so Socket.IO's texts never hold it. */
export const payloadSeparator = "\u001e";

const letterB = 0x62;

/**
 * Encodes one packet for a payload.
 *
 * @param packet - what to send
 * @returns text such as `4hello`, or `bAQID` for a binary message
 */
export function encodePollingPacket(packet: EnginePacket): string {
  const encoded = encodeEnginePacket(packet);
  return typeof encoded === "string" ? encoded : `b${encodeBase64(encoded)}`;
}

/**
 * Encodes packets as one body.
 *
 * @param packets - at least one; an empty list gives `""`, which is not a valid payload
 */
export function encodePollingPayload(packets: readonly EnginePacket[]): string {
  let payload = "";
  for (const packet of packets) {
    payload += payload === "" ? encodePollingPacket(packet) : payloadSeparator + encodePollingPacket(packet);
  }
  return payload;
}

/**
 * Decodes a body.
 *
 * @param payload - the whole body as text
 * @param maxPackets - how many packets it may hold. Default: as many as fit
 * @returns the packets in their order
 * @throws ProtocolError when the payload or one of its packets is empty, of no known type, or not base64
 *   behind a `b`, and when there are more than `maxPackets`
 */
export function decodePollingPayload(payload: string, maxPackets = Number.POSITIVE_INFINITY): EnginePacket[] {
  if (payload === "") throw new ProtocolError("empty payload");
  const packets: EnginePacket[] = [];
  let start = 0;
  while (start <= payload.length) {
    if (packets.length >= maxPackets)
      throw new ProtocolError(`more than ${maxPackets} packets in one payload`, "too many packets");
    let end = payload.indexOf(payloadSeparator, start);
    if (end === -1) end = payload.length;
    packets.push(
      payload.charCodeAt(start) === letterB
        ? { type: "message", data: decodeBase64(payload.slice(start + 1, end)) }
        : decodeEngineText(payload, start, end),
    );
    start = end + 1;
  }
  return packets;
}
