/** The old protocol: samples, abuse, and the parser of Socket.IO 2 beside ours. */

import {
  decodePacket as stockDecodePacket,
  decodePayload as stockDecodePayload,
  encodePayload as stockEncodePayload,
} from "engine.io-parser-2";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import {
  decodeOldBase64,
  decodeOldBinary,
  decodeOldBinaryPayload,
  decodeOldPayload,
  decodeOldText,
  encodeOldBase64,
  encodeOldBinaryPieces,
  encodeOldTextItem,
  encodeOldTextPieces,
  isOldBase64,
  splitOldNamespace,
} from "../../src/protocol/eio3-packet.ts";
import type { EnginePacket } from "../../src/protocol/engine-packet.ts";

const bytes = Buffer.from([1, 2, 3]);
const binaryPayload = (...parts: (number[] | string)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

/** Text without halves of surrogate pairs, which UTF-8 does not have. */
const anyText = fc.string({ unit: "binary", maxLength: 30 });
const anyMessage = fc.oneof(anyText, fc.uint8Array({ maxLength: 40 }).map(Buffer.from));
const anyMessages = fc.array(anyMessage, { minLength: 1, maxLength: 6 });

describe("decodeOldText", () => {
  it("reads text packets as the newer version has them", () => {
    expect(decodeOldText("4hello")).toEqual({ type: "message", data: "hello" });
    expect(decodeOldText("2probe")).toEqual({ type: "ping", data: "probe" });
    expect(decodeOldText("1")).toEqual({ type: "close" });
  });

  it("reads a binary message behind b4", () => {
    expect(decodeOldText("b4AQID")).toEqual({ type: "message", data: bytes });
    expect(decodeOldText("b4")).toEqual({ type: "message", data: Buffer.alloc(0) });
    expect(isOldBase64("b4AQID")).toBe(true);
    expect(isOldBase64("4b")).toBe(false);
  });

  it.each(["", "b", "b2AQID", "bAQID", "b4AQI", "b4A!", "7", "x"])("refuses %j", (text) => {
    expect(() => decodeOldText(text)).toThrow(ProtocolError);
  });

  it("reads back what was written, as the stock parser does", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        const text = encodeOldBase64(data);
        expect(decodeOldBase64(text)).toEqual(Buffer.from(data));
        expect(stockDecodePacket(text, "nodebuffer")).toEqual({ type: "message", data: Buffer.from(data) });
      }),
    );
  });
});

describe("decodeOldBinary", () => {
  it("takes the type from a message, in the same memory", () => {
    const memory = Uint8Array.of(4, 1, 2, 3);
    const data = decodeOldBinary(memory);
    expect([...data]).toEqual([1, 2, 3]);
    expect(data.buffer).toBe(memory.buffer);
    expect(decodeOldBinary(Buffer.from([4]))).toHaveLength(0);
  });

  it("copies a small part of a payload, which it would keep from being freed", () => {
    const payload = new Uint8Array(1000);
    payload.set([4, 1, 2, 3], 500);
    const data = decodeOldBinary(payload.subarray(500, 504));
    expect([...data]).toEqual([1, 2, 3]);
    expect(data.buffer.byteLength).toBe(3);
  });

  it.each([[[]], [[0, 1]], [[2]], [[52]]])("refuses bytes that are no message: %j", (data) => {
    expect(() => decodeOldBinary(Buffer.from(data))).toThrow(ProtocolError);
  });
});

describe("decodeOldPayload", () => {
  it.each<[string, EnginePacket[]]>([
    ["6:4hello", [{ type: "message", data: "hello" }]],
    ["1:26:4hello1:1", [{ type: "ping", data: "" }, { type: "message", data: "hello" }, { type: "close" }]],
    ["3:4👍", [{ type: "message", data: "👍" }]],
    ["3:4::", [{ type: "message", data: "::" }]],
    ["6:b4AQID", [{ type: "message", data: bytes }]],
    ["0:", []],
    ["0:1:20:", [{ type: "ping", data: "" }]],
    ["0006:4hello", [{ type: "message", data: "hello" }]],
  ])("reads %j", (payload, packets) => {
    expect(decodeOldPayload(payload)).toEqual(packets);
  });

  it.each([
    "",
    ":",
    "4hello",
    ":4hello",
    "7:4hello",
    "5:4hello",
    "-1:4",
    "1.0:2",
    "+1:2",
    " 1:2",
    "1e0:2",
    "0x1:2",
    "６:4hello",
    "1:",
    "1:7",
    "1:26",
    "6:4hello\u001e",
    `${"0".repeat(11)}1:2`,
    "99999999999:2",
    "6:b4AQI!",
  ])("refuses %j", (payload) => {
    expect(() => decodeOldPayload(payload)).toThrow(ProtocolError);
  });

  it("refuses more packets than it may hold", () => {
    expect(decodeOldPayload("1:21:2", 2)).toHaveLength(2);
    expect(() => decodeOldPayload("1:21:21:2", 2)).toThrow("more than 2 packets");
    const item = binaryPayload([0, 1, 255], "2");
    expect(decodeOldBinaryPayload(Buffer.concat([item, item]), 2)).toHaveLength(2);
    expect(() => decodeOldBinaryPayload(Buffer.concat([item, item, item]), 2)).toThrow("more than 2 packets");
  });

  it("takes linear time, whatever stands in it", () => {
    const started = performance.now();
    expect(decodeOldPayload("0:".repeat(500_000))).toEqual([]);
    expect(() => decodeOldPayload("1".repeat(1_000_000))).toThrow(ProtocolError);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("writes and reads what the stock parser writes and reads", () => {
    fc.assert(
      fc.property(anyMessages, (messages) => {
        const payload = messages
          .map((data) => encodeOldTextItem(typeof data === "string" ? `4${data}` : encodeOldBase64(data)))
          .join("");
        const packets = messages.map((data) => ({ type: "message", data }));
        expect(stockPayload(packets, false)).toBe(payload);
        expect(decodeOldPayload(payload)).toEqual(packets);
      }),
    );
  });
});

describe("decodeOldBinaryPayload", () => {
  it("reads text and binary packets", () => {
    const payload = binaryPayload([0, 6, 255], "4hello", [1, 4, 255, 4, 1, 2, 3], [0, 1, 255], "2");
    expect(decodeOldBinaryPayload(payload)).toEqual([
      { type: "message", data: "hello" },
      { type: "message", data: bytes },
      { type: "ping", data: "" },
    ]);
  });

  it("counts the bytes of text, not its characters", () => {
    const payload = binaryPayload([0, 5, 255], "4👍", [0, 1, 0, 255], "4123456789");
    expect(decodeOldBinaryPayload(payload)).toEqual([
      { type: "message", data: "👍" },
      { type: "message", data: "123456789" },
    ]);
  });

  it.each<[string, Uint8Array]>([
    ["nothing", binaryPayload()],
    ["text", binaryPayload("6:4hello")],
    ["a packet of a third kind", binaryPayload([2, 1, 255], "2")],
    ["a kind alone", binaryPayload([0])],
    ["no length", binaryPayload([0, 255], "2")],
    ["a length without an end", binaryPayload([0, 1])],
    ["a length in characters", binaryPayload([0, 49, 255], "2")],
    ["too long a length", binaryPayload([0, 9, 255], "2")],
    ["a length of too many digits", binaryPayload([0, ...new Array(11).fill(0), 1, 255], "2")],
    ["a length that no payload has", binaryPayload([0, ...new Array(10).fill(9), 255], "2")],
    ["binary that is no message", binaryPayload([1, 2, 255, 2, 1])],
    ["binary without a type", binaryPayload([1, 0, 255])],
    ["text that is not UTF-8", binaryPayload([0, 2, 255], "4", [0xff])],
    ["text of no known type", binaryPayload([0, 1, 255], "9")],
  ])("refuses %s", (_, payload) => {
    expect(() => decodeOldBinaryPayload(payload)).toThrow(ProtocolError);
  });

  it("writes and reads what the stock parser writes and reads", () => {
    fc.assert(
      fc.property(anyMessages, (messages) => {
        const payload = Buffer.concat(
          messages.flatMap((data) =>
            typeof data === "string" ? encodeOldTextPieces(`4${data}`) : encodeOldBinaryPieces(data),
          ),
        );
        const packets = messages.map((data) => ({ type: "message" as const, data }));
        // It writes text where no packet is binary.
        if (messages.some((data) => typeof data !== "string")) {
          expect(stockPayload(packets, true)).toEqual(payload);
        }
        expect(decodeOldBinaryPayload(payload)).toEqual(packets);
        const stock: unknown[] = [];
        stockDecodePayload(payload, "nodebuffer", (packet) => void stock.push(packet));
        expect(stock).toEqual(packets.map(({ type, data }) => (data === "" ? { type } : { type, data })));
      }),
    );
  });

  it("refuses or reads any bytes, and throws nothing else", () => {
    const anyBytes = fc.uint8Array({ maxLength: 60 });
    const nearly = fc
      .array(fc.constantFrom(0, 1, 2, 4, 9, 49, 50, 52, 98, 255), { maxLength: 30 })
      .map((values) => Uint8Array.from(values));
    fc.assert(
      fc.property(fc.oneof(anyBytes, nearly), (payload) => {
        try {
          expect(Array.isArray(decodeOldBinaryPayload(payload))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe("splitOldNamespace", () => {
  it.each([
    ["/chat", { namespace: "/chat" }],
    ["/chat?token=x", { namespace: "/chat", query: { token: "x" } }],
    ["/chat?a=1&b=%C3%BC%20%26", { namespace: "/chat", query: { a: "1", b: "ü &" } }],
    ["/chat?", { namespace: "/chat", query: {} }],
    ["/chat?a=?b", { namespace: "/chat", query: { a: "?b" } }],
  ])("takes %s apart", (address, parts) => {
    expect(splitOldNamespace(address)).toEqual(parts);
  });

  it("changes no prototype", () => {
    const { query } = splitOldNamespace("/chat?__proto__=x");
    expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
  });
});

function stockPayload(packets: readonly object[], supportsBinary: boolean): unknown {
  let encoded: unknown;
  stockEncodePayload([...packets], supportsBinary, (payload) => {
    encoded = payload;
  });
  return encoded;
}
