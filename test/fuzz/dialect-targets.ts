/** The decoders that only some clients need: Engine.IO version 3, and MessagePack. */

import { RoomcastError } from "../../src/base/errors.ts";
import {
  decodeOldBinaryPayload,
  decodeOldPayload,
  encodeOldBase64,
  encodeOldBinaryPieces,
  encodeOldTextItem,
  encodeOldTextPieces,
} from "../../src/protocol/eio3-packet.ts";
import type { EnginePacket } from "../../src/protocol/engine-packet.ts";
import { encodeMessagePackPacket, MessagePackDecoder } from "../../src/protocol/message-pack-packet.ts";
import type { SocketPacket } from "../../src/protocol/socket-packet.ts";
import { asText, attempt, type DecoderTarget, demandEqual, shapeOf, Violation } from "./decoder-target.ts";
import { hostileEnginePacket, hostileNames } from "./hostile-text.ts";
import { hostileValue } from "./hostile-values.ts";
import type { Random } from "./random.ts";

const letters = {
  open: "0",
  close: "1",
  ping: "2",
  pong: "3",
  message: "4",
  upgrade: "5",
  noop: "6",
} as const;

/** A packet as text. */
function asOldText(packet: EnginePacket): string {
  const data = "data" in packet ? packet.data : "";
  return typeof data === "string" ? letters[packet.type] + data : encodeOldBase64(data);
}

/** A length that is right, or nearly right. */
function lengthOf(random: Random, length: number): string {
  if (!random.oneIn(10)) return String(length);
  return random.pick([
    "",
    "0",
    "-1",
    "1e3",
    String(length + 1),
    `0${length}`,
    "9".repeat(11),
    "99999999999999999999",
    " 1",
  ]);
}

const eio3Payloads: DecoderTarget = {
  name: "old-payload",
  generate: (random) => [
    random
      .times(1 + random.below(4), () => {
        const packet = random.oneIn(6) ? "b4AQID" : hostileEnginePacket(random);
        return `${lengthOf(random, packet.length)}${random.oneIn(40) ? ";" : ":"}${packet}`;
      })
      .join(""),
  ],
  check([message]) {
    const result = attempt(() => decodeOldPayload(asText(message), 1000));
    if ("refusal" in result) return result.refusal;
    const again = result.value.map((packet) => encodeOldTextItem(asOldText(packet))).join("");
    if (again !== "") demandEqual("encoded and decoded again", decodeOldPayload(again), result.value);
    return result.value.map(({ type }) => type).join(" ");
  },
};

const eio3BinaryPayloads: DecoderTarget = {
  name: "old-binary-payload",
  generate: (random) => [
    Buffer.concat(
      random.times(1 + random.below(4), () => {
        const pieces = random.oneIn(3)
          ? encodeOldBinaryPieces(random.bytes(random.below(20)))
          : encodeOldTextPieces(hostileEnginePacket(random));
        const bytes = Buffer.concat(pieces);
        if (bytes.length > 2 && random.oneIn(8))
          bytes[random.below(Math.min(4, bytes.length))] = random.below(256);
        return bytes;
      }),
    ),
  ],
  check([message]) {
    const bytes = typeof message === "string" ? Buffer.from(message) : Buffer.from(message ?? []);
    const result = attempt(() => decodeOldBinaryPayload(bytes, 1000));
    if ("refusal" in result) return result.refusal;
    const again = Buffer.concat(
      result.value.flatMap((packet) =>
        "data" in packet && typeof packet.data !== "string"
          ? encodeOldBinaryPieces(packet.data)
          : encodeOldTextPieces(asOldText(packet)),
      ),
    );
    if (again.length > 0)
      demandEqual("encoded and decoded again", decodeOldBinaryPayload(again), result.value);
    return result.value.map((packet) => packet.type + ("data" in packet ? typeof packet.data : "")).join(" ");
  },
};

/** Bytes that begin one or more MessagePack values. */
const headers = [
  ...([
    0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcf,
  ] as const),
  ...[0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff, 0x00, 0x7f],
] as const;

function packetOf(random: Random): SocketPacket {
  const namespace = random.oneIn(4) ? `/${random.pick(hostileNames)}` : "/";
  const values = random.times(random.below(3), () => hostileValue(random));
  const id = random.oneIn(3) ? { id: random.pick([0, 1, 2 ** 31, 2 ** 53, -1, 1.5, Number.NaN]) } : {};
  switch (random.below(6)) {
    case 0:
      return { type: "connect", namespace, ...(random.oneIn(2) ? { data: hostileValue(random) } : {}) };
    case 1:
      return { type: "ack", namespace, id: 1, ...id, data: values };
    case 2:
      return { type: "connect_error", namespace, data: hostileValue(random) };
    default:
      return { type: "event", namespace, ...id, data: [random.pick(hostileNames), ...values] };
  }
}

function tryEncode(packet: SocketPacket): Uint8Array | null {
  try {
    return encodeMessagePackPacket(packet);
  } catch (error) {
    if (error instanceof RoomcastError && error.code === "ERR_PAYLOAD") return null;
    throw error;
  }
}

const messagePack: DecoderTarget = {
  name: "message-pack",
  generate(random) {
    const bytes = Buffer.from(tryEncode(packetOf(random)) ?? random.bytes(random.below(40)));
    for (let count = random.below(4); count > 0 && bytes.length > 0; count -= 1) {
      bytes[random.below(bytes.length)] = random.oneIn(2) ? random.pick(headers) : random.below(256);
    }
    return [random.oneIn(10) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes];
  },
  check([message]) {
    const decoder = new MessagePackDecoder();
    const result = attempt(() => decoder.decodeBinary(Buffer.from(asText(message), "latin1")));
    if ("refusal" in result) return result.refusal;
    const packet = result.value;
    if (Object.getPrototypeOf({}) !== Object.prototype || "polluted" in {}) throw new Violation("polluted");
    // Decoded packets can be encoded again. The first encoding turns values without a JSON form, such as an
    // invalid date, into null; the second must give the same bytes. Compared as bytes, because of NaN and -0.
    const once = encodeMessagePackPacket(packet);
    const twice = encodeMessagePackPacket(decoder.decodeBinary(Buffer.from(once)));
    const thrice = encodeMessagePackPacket(decoder.decodeBinary(Buffer.from(twice)));
    demandEqual("encoded, decoded and encoded again", Buffer.from(thrice), Buffer.from(twice));
    return `${packet.type} ${shapeOf(Object.values(packet))}`;
  },
};

/** The decoders of these dialects. */
export const dialectTargets: readonly DecoderTarget[] = [eio3Payloads, eio3BinaryPayloads, messagePack];
