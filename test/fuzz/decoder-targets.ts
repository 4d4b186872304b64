/**
 * The decoders under test. Not crashing is not enough: what a decoder accepts, it decodes as another
 * implementation does. What it refuses, it refuses with a ProtocolError, and works normally afterwards.
 */

import { decodePacket } from "engine.io-parser";
import { Decoder, type Packet } from "socket.io-parser";
import { RoomcastError } from "../../src/base/errors.ts";
import { decodeBase64, encodeBase64 } from "../../src/protocol/base64.ts";
import {
  decodeEnginePacket,
  type EnginePacket,
  encodeEnginePacket,
} from "../../src/protocol/engine-packet.ts";
import { exceedsDepth } from "../../src/protocol/json-depth.ts";
import { decodePollingPayload, encodePollingPayload } from "../../src/protocol/polling-payload.ts";
import type { SocketPacket } from "../../src/protocol/socket-packet.ts";
import { SocketPacketDecoder } from "../../src/protocol/socket-packet-decoder.ts";
import { encodeSocketPacket } from "../../src/protocol/socket-packet-encoder.ts";
import { asText, attempt, type DecoderTarget, demandEqual, shapeOf, Violation } from "./decoder-target.ts";
import { dialectTargets } from "./dialect-targets.ts";
import { readAsRoomcast, readAsWs, readBySimd } from "./frame-comparison.ts";
import { randomChunks } from "./frame-streams.ts";
import {
  hostileBase64,
  hostileEnginePacket,
  hostileJson,
  hostilePacket,
  hostilePayload,
  type Message,
} from "./hostile-text.ts";
import { hostileValue, jsonForm } from "./hostile-values.ts";
import { Random } from "./random.ts";
import { requestHeads } from "./request-head-target.ts";

/** The packets decoded from the messages, or the reason why a message was refused. */
function decodeAll(
  decoder: SocketPacketDecoder,
  messages: readonly Message[],
): (SocketPacket | string | undefined)[] {
  return messages.map((message) => {
    const result = attempt(() =>
      typeof message === "string" ? decoder.decodeText(message) : decoder.decodeBinary(message),
    );
    if ("value" in result) return result.value;
    if (decoder.awaitsAttachments) throw new Violation("it still waits for attachments after a refusal");
    return result.refusal;
  });
}

/** The same by the stock parser: packets, and `"refused"`. */
function decodeAllStock(messages: readonly Message[]): (Packet | "refused" | undefined)[] {
  const decoder = new Decoder();
  let decoded: Packet | undefined;
  decoder.on("decoded", (packet: Packet) => {
    decoded = packet;
  });
  return messages.map((message) => {
    decoded = undefined;
    try {
      decoder.add(message);
      return decoded;
    } catch {
      decoder.destroy();
      return "refused";
    }
  });
}

const stockTypes = ["connect", "disconnect", "event", "ack", "connect_error"];

/** A packet in the form of the stock parser, where the name of an event may be a number. */
function inStockWords({ type, namespace, ...rest }: SocketPacket): object {
  const { id, data } = rest as { id?: number; data?: unknown };
  return {
    type: stockTypes.indexOf(type),
    nsp: namespace,
    ...(id === undefined ? {} : { id }),
    ...(data === undefined ? {} : { data }),
  };
}

function normalized(packet: Packet): object {
  const { type, nsp, id, data } = packet as Packet & { data: unknown };
  const named = type === 2 && typeof data[0] === "number" ? [String(data[0]), ...data.slice(1)] : data;
  return { type, nsp, ...(id === undefined ? {} : { id }), ...(named === undefined ? {} : { data: named }) };
}

const socketPackets: DecoderTarget = {
  name: "socket-packet",
  generate: (random) => [...hostilePacket(random), ...(random.oneIn(4) ? hostilePacket(random) : [])],
  check(messages) {
    const decoder = new SocketPacketDecoder();
    // The decoder puts attachments into packets without copying, and the stock decoder gets them, too.
    const outcomes = decodeAll(decoder, messages);
    const stock = decodeAllStock(messages);
    for (const [index, outcome] of outcomes.entries()) {
      if (typeof outcome !== "object") {
        // After one decoder refused and the other went on, their states differ.
        if (typeof outcome === "string" && stock[index] !== "refused") break;
        continue;
      }
      const other = stock[index];
      // The stock parser waits for attachments even if none are announced.
      if (other === "refused" && /^[56]0+-/.test(asText(messages[index]))) break;
      // It puts "undefined" in place of a missing placeholder, and tolerates others that Roomcast refuses.
      if (typeof other !== "object")
        throw new Violation(`accepted what the stock parser does not: ${asText(messages[index])}`);
      demandEqual("decoded differently from the stock parser", inStockWords(outcome), normalized(other));
      roundTrip(outcome);
    }
    decoder.reset();
    demandEqual("it does not work normally after a refusal", decoder.decodeText('2["a"]'), {
      type: "event",
      namespace: "/",
      data: ["a"],
    });
    return outcomes
      .map((outcome) =>
        typeof outcome === "object" ? `${outcome.type} ${shapeOf(Object.values(outcome))}` : outcome,
      )
      .join("; ");
  },
};

const unlimited = {
  maxAttachments: 1000,
  maxDepth: 1000,
  maxNamespaceLength: 1e6,
  maxEventLength: 1e6,
  maxArguments: 1e6,
};

/** Every decoded packet can be encoded, and decodes to the same packet. */
function roundTrip(packet: SocketPacket): void {
  let encoded: ReturnType<typeof encodeSocketPacket>;
  try {
    encoded = encodeSocketPacket(packet);
  } catch (error) {
    // An object that looks like a placeholder cannot be sent together with binary.
    if (error instanceof RoomcastError && error.code === "ERR_PAYLOAD") return;
    throw error;
  }
  const again = decodeAll(new SocketPacketDecoder(unlimited), [encoded.text, ...encoded.attachments]).at(-1);
  if (typeof again !== "object") throw new Violation(`what was encoded was refused: ${again}`);
  // Compared as text, because JSON does not keep -0.
  demandEqual("encoded, decoded and encoded again", encodeSocketPacket(again), encoded);
}

const enginePackets: DecoderTarget = {
  name: "engine-packet",
  generate: (random) => [hostileEnginePacket(random)],
  check([message]) {
    const result = attempt(() => decodeEnginePacket(message ?? ""));
    if ("refusal" in result) return result.refusal;
    const packet = result.value;
    if (typeof message === "string") compareEnginePacket(packet, message);
    demandEqual("encoded and decoded again", decodeEnginePacket(encodeEnginePacket(packet)), packet);
    return packet.type;
  },
};

function compareEnginePacket(packet: EnginePacket, text: string): void {
  const { type, data = "" } = decodePacket(text, "nodebuffer");
  const own = "data" in packet ? packet.data : "";
  // Roomcast drops data behind a packet that carries none; the stock parser keeps it.
  demandEqual("decoded differently from the stock parser", packet.type, type);
  if ("data" in packet) demandEqual("decoded differently from the stock parser", own, data);
}

const pollingPayloads: DecoderTarget = {
  name: "polling-payload",
  generate: (random) => [hostilePayload(random)],
  check([message]) {
    const text = asText(message);
    const result = attempt(() => decodePollingPayload(text, 1000));
    if ("refusal" in result) return result.refusal;
    const packets = result.value;
    const parts = text.split("\u001e");
    demandEqual("packets", packets.length, parts.length);
    for (const [index, packet] of packets.entries()) {
      const part = parts[index] ?? "";
      if (packet.type === "message" && typeof packet.data !== "string") {
        demandEqual("binary", Buffer.from(packet.data), Buffer.from(part.slice(1), "base64"));
      } else {
        compareEnginePacket(packet, part);
      }
    }
    demandEqual("encoded and decoded again", decodePollingPayload(encodePollingPayload(packets)), packets);
    return packets.map(({ type }) => type).join(" ");
  },
};

const wellFormed = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const base64: DecoderTarget = {
  name: "base64",
  generate: (random) => [hostileBase64(random)],
  check([message]) {
    const text = asText(message);
    const joined = text.replaceAll(/\r?\n/g, "");
    const result = attempt(() => decodeBase64(text));
    // Unused bits must be zero: RFC 4648 §3.5.
    const isCanonical = wellFormed.test(joined) && btoa(atob(joined)) === joined;
    demandEqual("acceptance", "value" in result, isCanonical);
    if ("refusal" in result) return `refused, length ${text.length & 3}`;
    demandEqual("bytes", Buffer.from(result.value).toString("latin1"), atob(joined));
    demandEqual("encoded again", encodeBase64(result.value), joined);
    return `${result.value.length % 3}${joined === text ? "" : " in lines"}`;
  },
};

const jsonDepth: DecoderTarget = {
  name: "json-depth",
  generate: (random) => [hostileJson(random, 6)],
  check([message]) {
    const text = asText(message);
    const found = [1, 2, 3, 5, 128].map((limit) => exceedsDepth(text, 0, limit));
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return "no JSON";
    }
    const depth = depthOf(value);
    // A duplicate key may hide a deeper value, so the text may be deeper than its value, but never less deep.
    for (const [index, limit] of [1, 2, 3, 5, 128].entries()) {
      if (depth > limit && found[index] !== true)
        throw new Violation(`${depth} levels were taken for at most ${limit}`);
    }
    if (depth < 1000 && JSON.stringify(value) === text) {
      demandEqual(
        "levels",
        found,
        [1, 2, 3, 5, 128].map((limit) => depth > limit),
      );
    }
    return `${Math.min(depth, 10)} ${shapeOf(value)}`;
  },
};

/** How many levels of arrays and objects a value has. */
function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  while (true) {
    level = level.filter((item) => typeof item === "object" && item !== null);
    if (level.length === 0) return depth;
    depth += 1;
    level = level.flatMap((item) => Object.values(item as object));
  }
}

const attachments: DecoderTarget = {
  name: "attachments",
  // The input is the seed of the values to encode.
  generate: (random) => [String(random.below(2 ** 31))],
  check([message]) {
    const random = new Random(Number.parseInt(asText(message), 10) || 0);
    const values = random.times(1 + random.below(3), () => hostileValue(random));
    const packet: SocketPacket = { type: "event", namespace: "/", data: ["e", ...values] };
    let encoded: ReturnType<typeof encodeSocketPacket>;
    try {
      encoded = encodeSocketPacket(packet);
    } catch (error) {
      if (!(error instanceof RoomcastError) || error.code !== "ERR_PAYLOAD") throw error;
      return error.message.replaceAll(/".*"|\d+/gs, "…");
    }
    const expected = jsonForm(["e", ...values]);
    const decoder = new SocketPacketDecoder({ ...unlimited, maxDepth: 2000 });
    const decoded = decodeAll(decoder, [
      encoded.text,
      ...encoded.attachments.map((bytes) => Buffer.from(bytes)),
    ]).at(-1);
    if (typeof decoded !== "object") throw new Violation(`what was encoded was refused: ${decoded}`);
    demandEqual("encoded and decoded again", "data" in decoded ? decoded.data : undefined, expected);
    return `${encoded.attachments.length} ${shapeOf(expected)}`;
  },
};

const frames: DecoderTarget = {
  name: "frames",
  generate: randomChunks,
  async check(messages) {
    const chunks = messages.map((message) => Buffer.from(message as string));
    const expected = await readAsWs(chunks);
    demandEqual("read differently from ws", readAsRoomcast(chunks), expected);
    demandEqual("read differently from ws by SIMD", readBySimd(chunks), expected);
    return expected.map((event) => event.replace(/^(text|binary|ping) .*/s, "$1")).join("; ");
  },
};

/** All decoders. */
export const decoderTargets: readonly DecoderTarget[] = [
  ...[socketPackets, enginePackets, pollingPayloads, base64, jsonDepth, attachments, frames],
  ...dialectTargets,
  requestHeads,
];
