/** The codecs of MessagePack and of custom parsers. */

import { ProtocolError, RoomcastError } from "../../base/errors.ts";
import { errorText, isInstance } from "../../base/foreign-value.ts";
import { OutgoingPacket, type PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import {
  addMessagePackId,
  encodeMessagePackPacket,
  MessagePackDecoder,
} from "../../protocol/message-pack-packet.ts";
import {
  checkBounds,
  checkPacket,
  type Parser,
  type ParserDecoder,
  type ParserMessage,
} from "../../protocol/parser.ts";
import type { DecoderLimits, PacketDecoder, SocketPacket } from "../../protocol/socket-packet.ts";
import { encodingError } from "../../protocol/socket-packet-encoder.ts";
import { type Codec, jsonCodec } from "./codec.ts";
import { checkEventName, type EventPacket } from "./event-packet.ts";

/** The codec for the option `parser`. */
export function codecFor(parser: "default" | "msgpack" | Parser): Codec {
  if (parser === "default") return jsonCodec;
  return parser === "msgpack" ? messagePackCodec : new ParserCodec(parser);
}

class MessagePackEvent implements EventPacket {
  readonly #bytes: Uint8Array;
  readonly #flags: PacketFlags | undefined;

  constructor(namespace: string, event: string, values: readonly unknown[], flags?: PacketFlags) {
    checkEventName(event);
    this.#bytes = encodeMessagePackPacket({ type: "event", namespace, data: [event, ...values] });
    this.#flags = flags;
  }

  plain(): OutgoingPacket {
    return new OutgoingPacket("", [this.#bytes], this.#flags);
  }

  withId(id: number): OutgoingPacket {
    return new OutgoingPacket("", [addMessagePackId(this.#bytes, id)], this.#flags);
  }
}

/** The codec of clients with `socket.io-msgpack-parser`. */
export const messagePackCodec: Codec = {
  event: (namespace, event, values, flags) => new MessagePackEvent(namespace, event, values, flags),
  packet: (packet, flags) => new OutgoingPacket("", [encodeMessagePackPacket(packet)], flags),
  decoder: (limits) => new MessagePackDecoder(limits),
};

/** The codec of a custom parser. */
class ParserCodec implements Codec {
  readonly #parser: Parser;

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  event(namespace: string, event: string, values: readonly unknown[], flags?: PacketFlags): EventPacket {
    checkEventName(event);
    const type = "event";
    return {
      plain: () => this.#encode({ type, namespace, data: [event, ...values] }, flags),
      withId: (id) => this.#encode({ type, namespace, data: [event, ...values], id }, flags),
    };
  }

  packet(packet: SocketPacket, flags?: PacketFlags): OutgoingPacket {
    return this.#encode(packet, flags);
  }

  decoder(limits: Readonly<DecoderLimits>): PacketDecoder {
    return new CheckedDecoder(this.#parser.createDecoder(), limits);
  }

  #encode(packet: SocketPacket, flags?: PacketFlags): OutgoingPacket {
    try {
      const encoded = this.#parser.encode(packet);
      const [first, ...rest] = Array.isArray(encoded) ? encoded : [encoded];
      const attachments = (typeof first === "string" ? rest : [first, ...rest]).map(checkBytes);
      return new OutgoingPacket(typeof first === "string" ? `4${first}` : "", attachments, flags);
    } catch (error) {
      throw encodingError(packet, error);
    }
  }
}

/** Decodes with a custom parser, and checks its packets by the same rules as all others. */
class CheckedDecoder implements PacketDecoder {
  readonly #decoder: ParserDecoder;
  readonly #limits: Readonly<DecoderLimits>;

  constructor(decoder: ParserDecoder, limits: Readonly<DecoderLimits>) {
    this.#decoder = decoder;
    this.#limits = limits;
  }

  decodeText(text: string, start: number): SocketPacket | undefined {
    return this.#decode(text.slice(start));
  }

  decodeBinary(bytes: Uint8Array): SocketPacket | undefined {
    return this.#decode(bytes);
  }

  reset(): void {}

  #decode(message: ParserMessage): SocketPacket | undefined {
    let packet: unknown;
    try {
      packet = this.#decoder.decode(message);
    } catch (error) {
      if (isInstance(error, ProtocolError)) throw error;
      throw new ProtocolError(`the parser refused it: ${errorText(error)}`);
    }
    if (packet === undefined) return undefined;
    if (typeof packet !== "object" || packet === null) throw new ProtocolError("the parser gave no packet");
    const { type, namespace, data, id } = packet as Record<string, unknown>;
    checkBounds(data, this.#limits);
    return checkPacket({ type, namespace, data, id }, this.#limits);
  }
}

function checkBytes(message: unknown): Uint8Array {
  if (message instanceof Uint8Array) return message;
  throw new RoomcastError(
    "ERR_PAYLOAD",
    "its parser gave something other than one text and the bytes behind it",
  );
}
