/** Packets as MessagePack, beside the stock parser and what Python's serializer sends. */

import fc from "fast-check";
import { encode as pack, decode as unpack } from "notepack.io";
import { Decoder, Encoder } from "socket.io-msgpack-parser";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import {
  addMessagePackId,
  encodeMessagePackPacket,
  MessagePackDecoder,
} from "../../src/protocol/message-pack-packet.ts";
import { defaultDecoderLimits, type SocketPacket } from "../../src/protocol/socket-packet.ts";

const stockTypes = { connect: 0, disconnect: 1, event: 2, ack: 3, connect_error: 4 };

const samples: readonly SocketPacket[] = [
  { type: "connect", namespace: "/", data: { sid: "x" } },
  { type: "connect", namespace: "/chat" },
  { type: "disconnect", namespace: "/chat" },
  { type: "event", namespace: "/", data: ["say", "é", { file: Buffer.from([1, 2]) }, null] },
  { type: "event", namespace: "/chat", data: ["say"], id: 0 },
  { type: "ack", namespace: "/", id: 300, data: [] },
  { type: "connect_error", namespace: "/", data: { message: "no" } },
];

/** The packet as the stock parser has it. */
function stockPacket({ type, namespace, ...rest }: SocketPacket): object {
  return { type: stockTypes[type], nsp: namespace, ...rest };
}

function decode(packet: object): SocketPacket {
  return new MessagePackDecoder().decodeBinary(pack(packet));
}

describe("encodeMessagePackPacket", () => {
  it.each(samples)("writes what the stock parser reads: $type in $namespace", (packet) => {
    const decoded: unknown[] = [];
    const decoder = new Decoder();
    decoder.on("decoded", (value) => void decoded.push(value));
    decoder.add(Buffer.from(encodeMessagePackPacket(packet)));
    expect(decoded).toEqual([stockPacket(packet)]);
  });

  it("asks for an acknowledgement of an event that is encoded already", () => {
    for (const id of [0, 1, 127, 128, 70_000, 2 ** 40]) {
      const event = { type: "event", namespace: "/chat", data: ["say", 1] } as const;
      const bytes = addMessagePackId(encodeMessagePackPacket({ ...event, data: ["say", 1] }), id);
      expect(unpack(Buffer.from(bytes))).toEqual({ type: 2, nsp: "/chat", data: ["say", 1], id });
    }
  });

  it("lets a value send something itself while it is being encoded", () => {
    const inner = () => encodeMessagePackPacket({ type: "event", namespace: "/", data: ["inner"] });
    const value = { toJSON: () => [...inner()].length };
    const bytes = encodeMessagePackPacket({ type: "event", namespace: "/", data: ["outer", value, "end"] });
    expect(unpack(Buffer.from(bytes))).toMatchObject({ data: ["outer", inner().length, "end"] });
  });

  it("tells of what cannot be sent as the default parser does", () => {
    expect(() => encodeMessagePackPacket({ type: "event", namespace: "/", data: ["bill", 1n] })).toThrow(
      'The event "bill" cannot be sent: it holds a BigInt',
    );
    const failing = {
      toJSON() {
        throw new Error("no conversion");
      },
    };
    expect(() => encodeMessagePackPacket({ type: "ack", namespace: "/", id: 1, data: [failing] })).toThrow(
      "The acknowledgement cannot be sent: no conversion",
    );
    expect(unpack(Buffer.from(encodeMessagePackPacket({ type: "disconnect", namespace: "/" })))).toEqual({
      type: 1,
      nsp: "/",
    });
  });
});

describe("MessagePackDecoder", () => {
  it.each(samples)("reads what the stock parser writes: $type in $namespace", (packet) => {
    const encoded: unknown = new Encoder().encode({
      options: { compress: true },
      id: undefined,
      data: undefined,
      ...stockPacket(packet),
    });
    expect(new MessagePackDecoder().decodeBinary((encoded as Buffer[])[0] ?? Buffer.alloc(0))).toEqual(
      packet,
    );
  });

  it("reads what Python's serializer writes", () => {
    // msgpack.dumps({"type": 0, "data": None, "nsp": "/"}), and of an event with an id
    const connect = Buffer.from("83a47479706500a464617461c0a36e7370a12f", "hex");
    expect(new MessagePackDecoder().decodeBinary(connect)).toEqual({ type: "connect", namespace: "/" });
    const event = Buffer.from("84a47479706502a46461746192a2687581a161c40101a36e7370a22f63a2696407", "hex");
    expect(new MessagePackDecoder().decodeBinary(event)).toEqual({
      type: "event",
      namespace: "/c",
      data: ["hu", { a: Buffer.from([1]) }],
      id: 7,
    });
  });

  it("takes a number for an event's name", () => {
    expect(decode({ type: 2, nsp: "/", data: [7, 1] })).toMatchObject({ data: ["7", 1] });
  });

  const long = "x".repeat(256);
  it.each<[string, unknown]>([
    ["a packet that is no map", []],
    ["a packet that is null", null],
    ["a packet that is a date", new Date(0)],
    ["no type", { nsp: "/", data: ["a"] }],
    ["an unknown type", { type: 5, nsp: "/", data: ["a"] }],
    ["a type in words", { type: "event", nsp: "/", data: ["a"] }],
    ["a type that is a fraction", { type: 2.5, nsp: "/", data: ["a"] }],
    ["a type that every object has", { type: "length", nsp: "/", data: ["a"] }],
    ["no namespace", { type: 2, data: ["a"] }],
    ["a namespace without a slash", { type: 2, nsp: "chat", data: ["a"] }],
    ["a namespace with a comma", { type: 2, nsp: "/a,b", data: ["a"] }],
    ["a namespace that is a number", { type: 2, nsp: 1, data: ["a"] }],
    ["a namespace that is too long", { type: 0, nsp: `/${long}` }],
    ["an event without data", { type: 2, nsp: "/" }],
    ["an event whose data is no array", { type: 2, nsp: "/", data: { 0: "a" } }],
    ["an event without a name", { type: 2, nsp: "/", data: [] }],
    ["an event with a reserved name", { type: 2, nsp: "/", data: ["disconnect"] }],
    ["an event with a name that is too long", { type: 2, nsp: "/", data: [long] }],
    ["a name that is an object", { type: 2, nsp: "/", data: [{ toString: 1 }] }],
    ["a negative id", { type: 2, nsp: "/", data: ["a"], id: -1 }],
    ["an id that is a fraction", { type: 2, nsp: "/", data: ["a"], id: 1.5 }],
    ["an id that is text", { type: 2, nsp: "/", data: ["a"], id: "1" }],
    ["an id that is too large", { type: 2, nsp: "/", data: ["a"], id: 2 ** 60 }],
    ["an acknowledgement without an id", { type: 3, nsp: "/", data: [] }],
    ["an acknowledgement without data", { type: 3, nsp: "/", id: 1 }],
    ["a connection with a list", { type: 0, nsp: "/", data: [] }],
    ["a connection with bytes", { type: 0, nsp: "/", data: Buffer.from([1]) }],
    ["a disconnection with data", { type: 1, nsp: "/", data: {} }],
    [
      "data that is nested too deeply",
      { type: 2, nsp: "/", data: ["a", JSON.parse("[".repeat(128) + "]".repeat(128))] },
    ],
    ["too much binary", { type: 2, nsp: "/", data: ["a", ...new Array(11).fill(Buffer.from([1]))] }],
  ])("refuses %s", (_, packet) => {
    expect(() => new MessagePackDecoder().decodeBinary(pack(packet))).toThrow(ProtocolError);
  });

  it("takes data that is nested as deeply as it may be", () => {
    const deep = JSON.parse("[".repeat(127) + "]".repeat(127));
    expect(decode({ type: 2, nsp: "/", data: ["a", deep] })).toMatchObject({ data: ["a", deep] });
  });

  it("refuses text", () => {
    expect(() => new MessagePackDecoder().decodeText()).toThrow("another parser");
  });

  it("reads any packet of ours", () => {
    const data = fc.tuple(
      fc.string({ minLength: 1, maxLength: 9 }).map((name) => `e${name}`),
      // As JSON has it, without a negative zero.
      fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value))),
      fc.uint8Array({ maxLength: 9 }).map(Buffer.from),
    );
    fc.assert(
      fc.property(data, fc.option(fc.nat(), { nil: undefined }), (values, id) => {
        const packet: SocketPacket = {
          type: "event",
          namespace: "/",
          data: values,
          ...(id === undefined ? {} : { id }),
        };
        const decoder = new MessagePackDecoder(defaultDecoderLimits);
        expect(decoder.decodeBinary(Buffer.from(encodeMessagePackPacket(packet)))).toEqual(packet);
      }),
    );
  });
});
