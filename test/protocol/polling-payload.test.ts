/**
 * Bodies of long polling: the samples of the specification, abuse, properties, and the stock parser beside
 * ours.
 */

import { decodePayload, encodePayload } from "engine.io-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import type { EnginePacket } from "../../src/protocol/engine-packet.ts";
import {
  decodePollingPayload,
  encodePollingPacket,
  encodePollingPayload,
  payloadSeparator,
} from "../../src/protocol/polling-payload.ts";

const bytes = new Uint8Array([1, 2, 3, 4]);

const anyText = fc
  .string({ unit: "binary", maxLength: 40 })
  .map((text) => text.replaceAll(payloadSeparator, ""));

const anyPacket: fc.Arbitrary<EnginePacket> = fc.oneof(
  fc.record({ type: fc.constantFrom("open", "ping", "pong", "message"), data: anyText }),
  fc.record({ type: fc.constantFrom("close", "upgrade", "noop") }),
  fc.record({ type: fc.constant("message"), data: fc.uint8Array() }),
);

const anyPackets = fc.array(anyPacket, { minLength: 1, maxLength: 8 });

describe("encodePollingPayload", () => {
  it("joins packets with the record separator", () => {
    expect(
      encodePollingPayload([
        { type: "message", data: "hello" },
        { type: "ping", data: "" },
        { type: "message", data: "world" },
      ]),
    ).toBe("4hello\u001e2\u001e4world");
  });

  it("writes a binary message as b and base64", () => {
    expect(
      encodePollingPayload([
        { type: "message", data: "hello" },
        { type: "message", data: bytes },
      ]),
    ).toBe("4hello\u001ebAQIDBA==");
  });

  it("writes one packet as the payload of that packet alone", () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        expect(encodePollingPacket(packet)).toBe(encodePollingPayload([packet]));
      }),
    );
  });

  it("writes what the stock parser writes", () => {
    fc.assert(
      fc.property(anyPackets, (packets) => {
        let stock: unknown;
        encodePayload([...packets], (payload) => {
          stock = payload;
        });
        expect(encodePollingPayload(packets)).toBe(stock);
      }),
    );
  });
});

describe("decodePollingPayload", () => {
  it("reads the packets in their order", () => {
    expect(decodePollingPayload("4hello\u001e2\u001ebAQIDBA==\u001e4world")).toEqual([
      { type: "message", data: "hello" },
      { type: "ping", data: "" },
      { type: "message", data: expect.objectContaining({ length: 4, 0: 1, 3: 4 }) },
      { type: "message", data: "world" },
    ]);
  });

  it("reads a binary message without bytes", () => {
    expect(decodePollingPayload("b")).toEqual([
      { type: "message", data: expect.objectContaining({ length: 0 }) },
    ]);
  });

  it("reads base64 in lines, as the official Java client writes it", () => {
    const [first, second] = decodePollingPayload("bAQID\nBA==\n\u001e4next");
    expect(first?.type === "message" && [...(first.data as Uint8Array)]).toEqual([1, 2, 3, 4]);
    expect(second).toEqual({ type: "message", data: "next" });
  });

  it.each([
    ["an empty payload", ""],
    ["an empty packet in the middle", "4a\u001e\u001e4b"],
    ["an empty packet at the end", "4a\u001e"],
    ["an empty packet at the beginning", "\u001e4a"],
    ["an unknown type", "4a\u001e8"],
    ["a character that base64 does not have", "bAQ*D"],
    ["the alphabet for addresses", "b-_-_"],
    ["missing padding", "bAQIDBA"],
    ["too much padding", "bAQID===="],
    ["padding in the middle", "bAQ==AQID"],
    ["bits that stand for nothing", "bAQIDBB=="],
    ["space", "bAQID BA=="],
  ])("refuses %s", (_, payload) => {
    expect(() => decodePollingPayload(payload)).toThrow(ProtocolError);
  });

  it("refuses more packets than it was told to take", () => {
    expect(decodePollingPayload("6\u001e6\u001e6", 3)).toHaveLength(3);
    expect(() => decodePollingPayload("6\u001e6\u001e6\u001e6", 3)).toThrow(/^more than 3 packets/);
  });

  it("refuses a megabyte of separators at once", () => {
    const payload = payloadSeparator.repeat(1_000_000);
    const before = performance.now();
    expect(() => decodePollingPayload(payload)).toThrow(ProtocolError);
    // Quadratic time would be minutes; a busy machine may take a while.
    expect(performance.now() - before).toBeLessThan(3000);
  });

  it("gives back every packet that was encoded", () => {
    fc.assert(
      fc.property(anyPackets, (packets) => {
        const decoded = decodePollingPayload(encodePollingPayload(packets));
        expect(plain(decoded)).toEqual(plain(packets));
      }),
    );
  });

  it("reads what the stock parser reads", () => {
    fc.assert(
      fc.property(anyPackets, (packets) => {
        const payload = encodePollingPayload(packets);
        const stock = decodePayload(payload).map(({ type, data }) => ({ type, data }));
        const ours = decodePollingPayload(payload).map((packet) => ({
          type: packet.type,
          data: "data" in packet && packet.data !== "" ? packet.data : undefined,
        }));
        expect(plain(ours)).toEqual(plain(stock));
      }),
    );
  });

  it("gives packets or a ProtocolError for any text", () => {
    const unit = fc.constantFrom(...'0123456789b{}[]",/-+=AZaz\u001e\n\r ');
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit, maxLength: 60 })), (text) => {
        try {
          expect(decodePollingPayload(text).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/**
 * The same packets with bytes as lists of numbers, since a Buffer and a Uint8Array of the same bytes are not
 * equal.
 */
function plain(packets: readonly { type: string; data?: unknown }[]): unknown[] {
  return packets.map((packet) =>
    packet.data instanceof Uint8Array ? { type: packet.type, data: [...packet.data] } : packet,
  );
}
