/**
 * Packets as `socket.io-msgpack-parser` 3 has them: each is one binary message, a map with the type's number,
 * the data, the namespace and, where there is one, the id.
 *
 *     { type: 2, nsp: "/chat", data: ["say", "hello"], id: 7 }
 */

import { ProtocolError } from "../base/errors.ts";
import { decodeMessagePack } from "./message-pack-reader.ts";
import { MessagePackWriter } from "./message-pack-writer.ts";
import { checkPacket } from "./parser.ts";
import {
  type DecoderLimits,
  defaultDecoderLimits,
  type PacketDecoder,
  type SocketPacket,
} from "./socket-packet.ts";
import { encodingError } from "./socket-packet-encoder.ts";

const types = ["connect", "disconnect", "event", "ack", "connect_error"] as const;
const typeNumbers = { connect: 0, disconnect: 1, event: 2, ack: 3, connect_error: 4 } as const;

let idleWriter: MessagePackWriter | null = new MessagePackWriter();

/**
 * Encodes a packet.
 *
 * @param packet - what to send; never changed
 * @throws RoomcastError `ERR_PAYLOAD` when its data cannot be sent
 */
export function encodeMessagePackPacket(packet: SocketPacket): Uint8Array {
  const id = packet.type === "event" || packet.type === "ack" ? packet.id : undefined;
  const data = packet.type === "disconnect" ? undefined : packet.data;
  const fields = 2 + (data === undefined ? 0 : 1) + (id === undefined ? 0 : 1);
  try {
    return write((writer) => {
      writer.objectHeader(fields);
      writer.value("type");
      writer.value(typeNumbers[packet.type]);
      writer.value("nsp");
      writer.value(packet.namespace);
      if (data !== undefined) {
        writer.value("data");
        writer.value(data);
      }
      if (id !== undefined) {
        writer.value("id");
        writer.value(id);
      }
    });
  } catch (error) {
    throw encodingError(packet, error);
  }
}

/** The header of a map of three fields, which is the first byte of an event without an id. */
const headerOfThree = 0x83;

/**
 * Asks for an acknowledgement of an event that is encoded already.
 *
 * @param event - an event without an id, from {@link encodeMessagePackPacket}
 * @param id - the acknowledgement's id
 */
export function addMessagePackId(event: Uint8Array, id: number): Uint8Array {
  const end = write((writer) => {
    writer.value("id");
    writer.value(id);
  });
  const packet = new Uint8Array(event.length + end.length);
  packet.set(event);
  packet[0] = headerOfThree + 1;
  packet.set(end, event.length);
  return packet;
}

/** A value's own conversion may send something itself: that gets a writer of its own. */
function write(fill: (writer: MessagePackWriter) => void): Uint8Array {
  const writer = idleWriter ?? new MessagePackWriter();
  idleWriter = null;
  try {
    fill(writer);
    return writer.take();
  } finally {
    writer.reset();
    idleWriter = writer;
  }
}

/** Decodes the packets of one connection, each from one binary message. */
export class MessagePackDecoder implements PacketDecoder {
  readonly #limits: Readonly<DecoderLimits>;

  /** @param limits - what to take from the peer; defaults in {@link defaultDecoderLimits} */
  constructor(limits: Readonly<DecoderLimits> = defaultDecoderLimits) {
    // The map that is the packet itself is a level more.
    this.#limits = { ...limits, maxDepth: limits.maxDepth + 1 };
  }

  decodeText(): never {
    throw new ProtocolError("text where MessagePack was due: the client uses another parser");
  }

  decodeBinary(bytes: Uint8Array): SocketPacket {
    const fields = decodeMessagePack(bytes, this.#limits);
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
      throw new ProtocolError("a packet that is no map");
    }
    const { type, nsp, data, id } = fields as Record<string, unknown>;
    const name = typeof type === "number" ? types[type] : undefined;
    if (name === undefined) throw new ProtocolError("unknown Socket.IO packet type");
    return checkPacket(
      { type: name, namespace: nsp, data: data ?? undefined, id: id ?? undefined },
      this.#limits,
    );
  }

  /** Nothing is kept from one message to the next. */
  reset(): void {}
}
