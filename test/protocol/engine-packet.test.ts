/** Engine.IO v4 packets: the samples of the specification, properties, and the stock parser beside ours. */

import { decodePacket, encodePacket } from "engine.io-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import {
  decodeEnginePacket,
  type EnginePacket,
  encodeEnginePacket,
} from "../../src/protocol/engine-packet.ts";

const handshake =
  '{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

const samples: readonly (readonly [text: string, packet: EnginePacket])[] = [
  [`0${handshake}`, { type: "open", data: handshake }],
  ["1", { type: "close" }],
  ["2", { type: "ping", data: "" }],
  ["2probe", { type: "ping", data: "probe" }],
  ["3", { type: "pong", data: "" }],
  ["3probe", { type: "pong", data: "probe" }],
  ["4hello", { type: "message", data: "hello" }],
  ["4", { type: "message", data: "" }],
  ["4€ and 😀", { type: "message", data: "€ and 😀" }],
  ["5", { type: "upgrade" }],
  ["6", { type: "noop" }],
];

const anyText = fc.string({ unit: "binary", maxLength: 40 });

const anyPacket: fc.Arbitrary<EnginePacket> = fc.oneof(
  fc.record({ type: fc.constantFrom("open", "ping", "pong", "message"), data: anyText }),
  fc.record({ type: fc.constantFrom("close", "upgrade", "noop") }),
  fc.record({ type: fc.constant("message"), data: fc.uint8Array() }),
);

describe("encodeEnginePacket", () => {
  it.each(samples)("writes %s", (text, packet) => {
    expect(encodeEnginePacket(packet)).toBe(text);
  });

  it("hands over the bytes of a binary message as they are", () => {
    const data = new Uint8Array([1, 2, 3, 4]);
    expect(encodeEnginePacket({ type: "message", data })).toBe(data);
  });

  it("writes what the stock parser writes", () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        let stock: unknown;
        encodePacket(packet, true, (encoded) => {
          stock = encoded;
        });
        expect(encodeEnginePacket(packet)).toEqual(stock);
      }),
    );
  });
});

describe("decodeEnginePacket", () => {
  it.each(samples)("reads %s", (text, packet) => {
    expect(decodeEnginePacket(text)).toEqual(packet);
  });

  it("reads bytes as a binary message, without a copy", () => {
    const data = new Uint8Array([4, 104, 105]);
    const packet = decodeEnginePacket(data);
    expect(packet.type === "message" && packet.data).toBe(data);
  });

  it("reads an empty binary message", () => {
    expect(decodeEnginePacket(new Uint8Array())).toEqual({ type: "message", data: new Uint8Array() });
  });

  it.each(["1x", "5probe", "6\n"])("drops the data of %j, whose type takes none", (text) => {
    expect(decodeEnginePacket(text)).not.toHaveProperty("data");
  });

  it.each(["", "7", "9hello", "x", "-1", " 4hi", "bAQIDBA==", "\u0664hi", "😀"])("refuses %j", (text) => {
    expect(() => decodeEnginePacket(text)).toThrow(ProtocolError);
  });

  it("names the fault without repeating what it was sent", () => {
    expect(() => decodeEnginePacket("z".repeat(1000))).toThrow(/^unknown Engine\.IO packet type "z"$/);
  });

  it("gives back every packet that was encoded", () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        expect(decodeEnginePacket(encodeEnginePacket(packet))).toEqual(packet);
      }),
    );
  });

  it("reads any text as the stock parser does, or refuses it with a ProtocolError", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.tuple(fc.integer({ min: 0, max: 9 }), anyText)), (input) => {
        const text = typeof input === "string" ? input : input.join("");
        let packet: EnginePacket;
        try {
          packet = decodeEnginePacket(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          // A leading "b" means base64 to the stock parser on every transport; here it does in payloads only.
          if (!text.startsWith("b")) expect(decodePacket(text).type).toBe("error");
          return;
        }
        const stock = decodePacket(text);
        expect(packet.type).toBe(stock.type);
        if ("data" in packet) expect(packet.data).toBe(stock.data ?? "");
      }),
    );
  });
});
