/** Socket.IO packets both ways: properties, and the stock parser beside ours. */

import fc from "fast-check";
import * as stock from "socket.io-parser";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import { defaultDecoderLimits, reservedEvents, type SocketPacket } from "../../src/protocol/socket-packet.ts";
import { SocketPacketDecoder } from "../../src/protocol/socket-packet-decoder.ts";
import { encodeSocketPacket } from "../../src/protocol/socket-packet-encoder.ts";

const namespaces = fc.oneof(
  fc.constantFrom("/", "/chat", "/a/b", "/-1", "/😀"),
  fc.string({ unit: "binary", maxLength: 20 }).map((name) => `/${name.replaceAll(",", "")}`),
);
const ids = fc.oneof(fc.nat(), fc.maxSafeNat());
const keys = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString", "num", "_placeholder", "0", ""),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const leaves = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
  fc.boolean(),
  fc.constant(null),
);

/** Arguments with, or without, binary somewhere inside. */
function trees(binary: boolean): fc.Arbitrary<unknown> {
  const end = binary ? fc.oneof(leaves, fc.uint8Array({ maxLength: 8 })) : leaves;
  return fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, end, tie("list"), tie("record")),
    list: fc.array(tie("tree"), { maxLength: 3 }),
    record: fc.dictionary(keys, tie("tree"), { maxKeys: 3, noNullPrototype: true }),
  })).tree;
}

const events = fc.string({ unit: "binary", maxLength: 12 }).filter((event) => !reservedEvents.has(event));

/**
 * Packets of every type; no more binary than a decoder takes, and no object that is a placeholder already.
 */
function packets(binary: boolean): fc.Arbitrary<SocketPacket> {
  const data = fc.array(trees(binary), { maxLength: 3 });
  const record = fc.dictionary(keys, trees(false), { maxKeys: 3, noNullPrototype: true });
  const any: fc.Arbitrary<SocketPacket> = fc.oneof(
    fc.record(
      { type: fc.constant("connect"), namespace: namespaces, data: record },
      { requiredKeys: ["type", "namespace"] },
    ),
    fc.record({ type: fc.constant("disconnect"), namespace: namespaces }),
    fc.record({ type: fc.constant("connect_error"), namespace: namespaces, data: fc.oneof(events, record) }),
    fc.record({ type: fc.constant("ack"), namespace: namespaces, id: ids, data }),
    fc.record(
      {
        type: fc.constant("event"),
        namespace: namespaces,
        id: ids,
        data: fc.tuple(events, data).map(([event, rest]): [string, ...unknown[]] => [event, ...rest]),
      },
      { requiredKeys: ["type", "namespace", "data"] },
    ),
  );
  return any.filter((packet) => {
    const json = JSON.stringify(packet);
    return (
      !json.includes('"_placeholder":true') && countBinary(packet) <= defaultDecoderLimits.maxAttachments
    );
  });
}

function countBinary(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (value instanceof Uint8Array) return 1;
  return Object.values(value).reduce((sum: number, member) => sum + countBinary(member), 0);
}

/** Gives a decoder a packet's text and attachments, and takes the last answer. */
function decodeAll(decoder: SocketPacketDecoder, text: string, attachments: readonly Uint8Array[]) {
  let packet = decoder.decodeText(text);
  for (const attachment of attachments) {
    expect(packet).toBeUndefined();
    packet = decoder.decodeBinary(attachment);
  }
  return packet;
}

const stockTypes = { connect: 0, disconnect: 1, event: 2, ack: 3, connect_error: 4 } as const;

/** A packet in the stock parser's words. */
function toStock(packet: SocketPacket): stock.Packet {
  return {
    type: stockTypes[packet.type],
    nsp: packet.namespace,
    ...("data" in packet ? { data: packet.data } : {}),
    ...("id" in packet ? { id: packet.id } : {}),
  };
}

/** What the stock parser makes of a text and its attachments; throws as it does. */
function decodeByStock(text: string, attachments: readonly Uint8Array[]): stock.Packet | undefined {
  const decoder = new stock.Decoder();
  let packet: stock.Packet | undefined;
  decoder.on("decoded", (decoded) => {
    packet = decoded;
  });
  decoder.add(text);
  for (const attachment of attachments) decoder.add(attachment);
  return packet;
}

/** Whether a key occurs that the stock encoder loses when it copies a value with binary. */
function usesProtoKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(usesProtoKey);
}

describe("properties", () => {
  it("gives back every packet that was encoded", () => {
    const decoder = new SocketPacketDecoder();
    fc.assert(
      fc.property(packets(true), (packet) => {
        const { text, attachments } = encodeSocketPacket(packet);
        expect(attachments.length).toBe(countBinary(packet));
        expect(decodeAll(decoder, text, attachments)).toEqual(packet);
      }),
      { numRuns: 400 },
    );
  });

  it("writes what the stock parser writes", () => {
    fc.assert(
      fc.property(packets(true), (packet) => {
        fc.pre(countBinary(packet) === 0 || !usesProtoKey(packet));
        const { text, attachments } = encodeSocketPacket(packet);
        expect([text, ...attachments]).toEqual(new stock.Encoder().encode(toStock(packet)));
      }),
      { numRuns: 300 },
    );
  });

  it("is read by the stock parser as it was meant", () => {
    fc.assert(
      fc.property(packets(true), (packet) => {
        const { text, attachments } = encodeSocketPacket(packet);
        expect(decodeByStock(text, attachments)).toEqual(toStock(packet));
      }),
      { numRuns: 300 },
    );
  });

  it("gives a packet, waits, or throws a ProtocolError for any text", () => {
    const unit = fc.constantFrom(...'012345678-/,[]{}":etru', '["e",', '{"_placeholder":true,"num":', "51-");
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 24 }), fc.string({ unit: "binary" })), survives),
      { numRuns: 1500 },
    );
  });

  it("gives a packet, waits, or throws a ProtocolError for valid packets with pieces changed", () => {
    const piece = fc.constantFrom(
      ...'0123456789-/,[]{}":',
      "",
      "null",
      '"__proto__"',
      "\\",
      "\u0000",
      "1".repeat(40),
    );
    const change = fc.tuple(fc.nat(), fc.nat({ max: 4 }), piece);
    fc.assert(
      fc.property(packets(true), fc.array(change, { minLength: 1, maxLength: 3 }), (packet, changes) => {
        let { text } = encodeSocketPacket(packet);
        for (const [at, length, inserted] of changes) {
          const index = at % (text.length + 1);
          text = text.slice(0, index) + inserted + text.slice(index + length);
        }
        survives(text);
      }),
      { numRuns: 1500 },
    );
  });

  /**
   * Decodes hostile text and the binary that may follow; a packet that is taken must mean the same to the
   * stock parser.
   */
  function survives(text: string): void {
    const decoder = new SocketPacketDecoder();
    const attachments: Uint8Array[] = [];
    let packet: SocketPacket | undefined;
    try {
      packet = decoder.decodeText(text);
      while (packet === undefined) {
        expect(decoder.awaitsAttachments).toBe(true);
        expect(attachments.length).toBeLessThan(defaultDecoderLimits.maxAttachments);
        attachments.push(new Uint8Array([attachments.length]));
        packet = decoder.decodeBinary(new Uint8Array([attachments.length - 1]));
      }
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      expect(decoder.awaitsAttachments).toBe(false);
      return;
    }
    expect(decoder.awaitsAttachments).toBe(false);
    if (/^[56]0+-/.test(text)) return; // complete at once to us, refused by the stock parser
    const byStock = decodeByStock(text, attachments);
    if (packet.type === "event" && byStock !== undefined) byStock.data[0] = String(byStock.data[0]);
    expect(toStock(packet)).toEqual(byStock);
  }
});
