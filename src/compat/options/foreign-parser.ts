/** Parsers made for socket.io, with an `Encoder` and a `Decoder`, as Roomcast takes them. */

import { RoomcastError } from "../../base/errors.ts";
import { decodeMessagePack } from "../../protocol/message-pack-reader.ts";
import type { Parser, ParserDecoder, ParserMessage } from "../../protocol/parser.ts";
import { defaultDecoderLimits, type SocketPacket } from "../../protocol/socket-packet.ts";

/** A packet as socket.io's parsers know it. */
interface ForeignPacket {
  readonly type: number;
  readonly nsp: string;
  readonly data?: unknown;
  readonly id?: number | undefined;
}

interface ForeignEncoder {
  encode(packet: ForeignPacket): readonly unknown[];
}

interface ForeignDecoder {
  on(event: "decoded", listener: (packet: ForeignPacket) => void): unknown;
  add(message: unknown): void;
  destroy?(): void;
}

interface ForeignParser {
  readonly Encoder: new () => ForeignEncoder;
  readonly Decoder: new () => ForeignDecoder;
}

/** The types of packets, each at the place of its number. The last two carry binary. */
const types = ["connect", "disconnect", "event", "ack", "connect_error", "event", "ack"] as const;

/**
 * The option `parser` for Roomcast: those that Roomcast has itself by their names, which are faster, others
 * by an object around them.
 *
 * @throws {@link RoomcastError} `ERR_OPTION` for something else
 */
export function settleParser(value: unknown): "default" | "msgpack" | Parser {
  if (value === "default" || value === "msgpack" || isOwnParser(value)) return value;
  if (!isForeignParser(value)) {
    throw new RoomcastError(
      "ERR_OPTION",
      "The option parser of new Server() must be a module with the classes Encoder and Decoder, such as socket.io-msgpack-parser.",
    );
  }
  const sample: ForeignPacket = { type: 2, nsp: "/", data: ["a", 1] };
  const [first] = new value.Encoder().encode(sample);
  if (first === '2["a",1]') return "default";
  if (first instanceof Uint8Array && isMessagePack(first)) return "msgpack";
  return new WrappedParser(value);
}

function isOwnParser(value: unknown): value is Parser {
  return hasFunctions(value, "encode", "createDecoder");
}

function isForeignParser(value: unknown): value is ForeignParser {
  return hasFunctions(value, "Encoder", "Decoder");
}

function hasFunctions(value: unknown, ...names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}

/** Whether bytes are the sample packet as `socket.io-msgpack-parser` writes it. */
function isMessagePack(bytes: Uint8Array): boolean {
  try {
    const { type, nsp, data, ...rest } = decodeMessagePack(bytes, defaultDecoderLimits) as Record<
      string,
      unknown
    >;
    return (
      type === 2 &&
      nsp === "/" &&
      JSON.stringify(data) === '["a",1]' &&
      Object.keys(rest).join() in { "": 0, options: 0 }
    );
  } catch {
    return false;
  }
}

class WrappedParser implements Parser {
  readonly #parser: ForeignParser;
  readonly #encoder: ForeignEncoder;

  constructor(parser: ForeignParser) {
    this.#parser = parser;
    this.#encoder = new parser.Encoder();
  }

  encode(packet: SocketPacket): readonly ParserMessage[] {
    const data = "data" in packet && packet.data !== undefined ? { data: packet.data } : {};
    const id = "id" in packet && packet.id !== undefined ? { id: packet.id } : {};
    return this.#encoder.encode({
      type: types.indexOf(packet.type),
      nsp: packet.namespace,
      ...data,
      ...id,
    }) as readonly ParserMessage[];
  }

  createDecoder(): ParserDecoder {
    const decoder = new this.#parser.Decoder();
    let decoded: SocketPacket | undefined;
    decoder.on("decoded", ({ type, nsp, data, id }) => {
      // The server checks its members, whichever parser has read them.
      decoded = { type: types[type], namespace: nsp, data, id } as unknown as SocketPacket;
    });
    return {
      decode(message) {
        decoded = undefined;
        decoder.add(
          typeof message === "string"
            ? message
            : Buffer.from(message.buffer, message.byteOffset, message.length),
        );
        return decoded;
      },
    };
  }
}
