/** Encodes a server's packets into messages and decodes them. The server chooses its codec once. */

import type { OutgoingPacket, PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type {
  DecoderLimits,
  EncodedEvent,
  PacketDecoder,
  SocketPacket,
} from "../../protocol/socket-packet.ts";
import { SocketPacketDecoder } from "../../protocol/socket-packet-decoder.ts";
import { decodeEvent, type EventPacket, encodeJsonPacket, JsonEventPacket } from "./event-packet.ts";

/** A way to encode packets and to decode them. */
export interface Codec {
  /**
   * Encodes an event.
   *
   * @param namespace - the namespace of the event
   * @param event - the event's name
   * @param values - the event's arguments
   * @param flags - how it may be treated on its way
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  event(namespace: string, event: string, values: readonly unknown[], flags?: PacketFlags): EventPacket;
  /**
   * Encodes any packet.
   *
   * @param flags - how it may be treated on its way
   * @throws {@link RoomcastError} `ERR_PAYLOAD`
   */
  packet(packet: SocketPacket, flags?: PacketFlags): OutgoingPacket;
  /** Makes the decoder of one connection. */
  decoder(limits: Readonly<DecoderLimits>): PacketDecoder;
}

/** The codec of Socket.IO's default parser. */
export const jsonCodec: Codec = {
  event: (namespace, event, values, flags) => new JsonEventPacket(namespace, event, values, flags),
  packet: encodeJsonPacket,
  decoder: (limits) => new SocketPacketDecoder(limits),
};

/**
 * Makes a packet of an event that another process has encoded with the default parser.
 *
 * Every server encodes events for other processes so, whichever parser its clients have.
 */
export function receivedEvent(
  codec: Codec,
  namespace: string,
  encoded: EncodedEvent,
  flags?: PacketFlags,
): EventPacket {
  if (codec === jsonCodec) return JsonEventPacket.received(namespace, encoded, flags);
  const [event, ...values] = decodeEvent(encoded);
  return codec.event(namespace, event, values, flags);
}
