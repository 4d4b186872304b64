import { describe, expect, it } from "vitest";
import { jsonCodec } from "../../../src/core/packet/codec.ts";
import { codecFor, messagePackCodec } from "../../../src/core/packet/parser-codec.ts";
import type { Parser, ParserMessage } from "../../../src/protocol/parser.ts";
import { defaultDecoderLimits, type SocketPacket } from "../../../src/protocol/socket-packet.ts";

/** A parser that writes and reads what a test gives it. */
function fakeParser(parts: { encode?: unknown; decode?: (message: ParserMessage) => unknown }): Parser {
  const { encode = "x", decode = () => undefined } = parts;
  return {
    encode: (packet) => (typeof encode === "function" ? encode(packet) : encode) as string,
    createDecoder: () => ({ decode: (message) => decode(message) as SocketPacket | undefined }),
  };
}

const decoderOf = (decode: (message: ParserMessage) => unknown) =>
  codecFor(fakeParser({ decode })).decoder(defaultDecoderLimits);

describe("codecFor", () => {
  it("knows parsers by name", () => {
    expect(codecFor("default")).toBe(jsonCodec);
    expect(codecFor("msgpack")).toBe(messagePackCodec);
  });
});

describe("messagePackCodec", () => {
  it("makes each packet one binary message", () => {
    const event = messagePackCodec.event("/", "say", [1], { volatile: true, compress: false });
    const decoder = messagePackCodec.decoder(defaultDecoderLimits);
    for (const packet of [event.plain(), event.withId(7)]) {
      expect([packet.text, packet.attachments.length]).toEqual(["", 1]);
      expect([packet.volatile, packet.compress]).toEqual([true, false]);
    }
    const read = (bytes: Uint8Array | undefined) => decoder.decodeBinary(bytes ?? new Uint8Array());
    expect(read(event.plain().attachments[0])).toEqual({ type: "event", namespace: "/", data: ["say", 1] });
    expect(read(event.withId(7).attachments[0])).toMatchObject({ id: 7 });
    expect(read(messagePackCodec.packet({ type: "disconnect", namespace: "/a" }).attachments[0])).toEqual({
      type: "disconnect",
      namespace: "/a",
    });
  });

  it("refuses names and values that cannot be sent", () => {
    expect(() => messagePackCodec.event("/", "connect", [])).toThrow("reserved by Socket.IO");
    expect(() => messagePackCodec.event("/", "bill", [1n])).toThrow("BigInt");
  });
});

describe("the codec of a user's parser", () => {
  it("sends what the parser encodes: a text, bytes, or a text and bytes", () => {
    const bytes = new Uint8Array([1]);
    const sent = (encode: unknown) => {
      const { text, attachments } = codecFor(fakeParser({ encode })).packet({
        type: "disconnect",
        namespace: "/",
      });
      return [text, ...attachments];
    };
    expect(sent("hello")).toEqual(["4hello"]);
    expect(sent("")).toEqual(["4"]);
    expect(sent(bytes)).toEqual(["", bytes]);
    expect(sent(["hello", bytes, bytes])).toEqual(["4hello", bytes, bytes]);
    expect(sent([bytes, bytes])).toEqual(["", bytes, bytes]);
  });

  it("has events encoded with and without an id", () => {
    const seen: SocketPacket[] = [];
    const encode = (packet: SocketPacket) => String(seen.push(packet));
    const codec = codecFor(fakeParser({ encode }));
    const event = codec.event("/chat", "say", [1], { volatile: true });
    expect([event.plain().volatile, event.withId(7).volatile]).toEqual([true, true]);
    expect(seen).toEqual([
      { type: "event", namespace: "/chat", data: ["say", 1] },
      { type: "event", namespace: "/chat", data: ["say", 1], id: 7 },
    ]);
    expect(() => codec.event("/", "connect", [])).toThrow("reserved by Socket.IO");
  });

  it.each([
    ["nothing", undefined],
    ["nothing in a list", []],
    ["a text behind another", ["a", "b"]],
    ["a text behind bytes", [new Uint8Array(1), "a"]],
    ["something else", 7],
    [
      "an error",
      () => {
        throw new Error("no such word");
      },
    ],
  ])("says which event cannot be sent where the parser gives %s", (_, encode) => {
    const codec = codecFor(fakeParser({ encode: typeof encode === "function" ? encode : () => encode }));
    expect(() => codec.event("/", "say", []).plain()).toThrow(
      expect.objectContaining({
        code: "ERR_PAYLOAD",
        message: expect.stringContaining('The event "say" cannot be sent'),
      }),
    );
  });

  it("hands over messages one by one, and packets when they are complete", () => {
    const heard: ParserMessage[] = [];
    const decoder = decoderOf((message) => {
      heard.push(message);
      return typeof message === "string"
        ? undefined
        : { type: "event", namespace: "/", data: ["say", message] };
    });
    expect(decoder.decodeText("4hello", 1)).toBeUndefined();
    const bytes = new Uint8Array([1]);
    expect(decoder.decodeBinary(bytes)).toEqual({ type: "event", namespace: "/", data: ["say", bytes] });
    expect(heard).toEqual(["hello", bytes]);
  });

  it.each([
    ["no packet", null],
    ["text", "packet"],
    ["an unknown type", { type: "shout", namespace: "/" }],
    ["a reserved event", { type: "event", namespace: "/", data: ["disconnect"] }],
    ["an event's name that is too long", { type: "event", namespace: "/", data: ["x".repeat(256)] }],
    [
      "data that is too deep",
      { type: "event", namespace: "/", data: ["a", JSON.parse("[".repeat(128) + "]".repeat(128))] },
    ],
    [
      "too much binary",
      { type: "event", namespace: "/", data: ["a", ...Array.from({ length: 11 }, () => new Uint8Array(1))] },
    ],
  ])("refuses a parser's %s", (_, packet) => {
    expect(() => decoderOf(() => packet).decodeText("", 0)).toThrow(
      expect.objectContaining({ code: "ERR_PROTOCOL" }),
    );
  });

  it("takes whatever a parser throws for a message that is not valid", () => {
    const decoder = decoderOf(() => {
      throw new SyntaxError("unexpected end");
    });
    expect(() => decoder.decodeText("", 0)).toThrow(
      expect.objectContaining({ code: "ERR_PROTOCOL", message: "the parser refused it: unexpected end" }),
    );
  });
});
