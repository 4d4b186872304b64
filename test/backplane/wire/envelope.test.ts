import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeMessage,
  type EventMessage,
  encodeMessage,
  envelopeVersion,
  type Message,
} from "../../../src/backplane/wire/envelope.ts";

const event = {
  prefix: "51-/chat,",
  body: '["news",{"_placeholder":true,"num":0}]',
  attachments: [Buffer.from([0, 255])],
};
const everyone = { namespace: "/", sid: null, rooms: null, skip: null };

const messages: Message[] = [
  { type: "event", origin: "a", id: 0, target: everyone, volatile: false, compress: true, event },
  {
    type: "event",
    origin: "a",
    id: 2 ** 40,
    target: { namespace: "/größe", sid: null, rooms: ["r", "", "🙂"], skip: ["s"] },
    volatile: true,
    compress: false,
    event: { prefix: "2", body: "x".repeat(100_000), attachments: [] },
  },
  {
    type: "event",
    origin: "a",
    id: 1,
    target: { ...everyone, sid: "s" },
    volatile: false,
    compress: true,
    event,
  },
  {
    type: "event",
    origin: "a",
    id: 0,
    target: everyone,
    volatile: false,
    compress: true,
    event,
    carrier: { traceparent: "00-1-2-01", ["__proto__"]: "größe" },
  },
  { type: "question", origin: "a", id: 127, body: { type: "rooms" }, event: null },
  { type: "question", origin: "a", id: 128, body: null, event },
  { type: "answer", origin: "a", id: 16_384, isLast: true, body: [1], event: null },
  { type: "answer", origin: "a", id: 1, isLast: false, body: "x", event },
  {
    type: "heartbeat",
    origin: "a",
    occasion: "call",
    isServer: true,
    label: "host:1",
    relay: null,
    roll: [
      { node: "b", isServer: true, hasRelay: false },
      { node: "c", isServer: false, hasRelay: true },
    ],
  },
  { type: "heartbeat", origin: "a", occasion: "goodbye", isServer: true, label: "host:1", relay: null },
  {
    type: "heartbeat",
    origin: "a",
    occasion: "beat",
    isServer: true,
    label: "host:1",
    relay: { host: "127.0.0.1", port: 65_535, key: Uint8Array.of(0, 255, 7) },
  },
];

describe("a message", () => {
  it.each(messages.map((message) => [message.type, message] as const))(
    "is read as it was written: %s",
    (_, message) => {
      expect(decodeMessage(encodeMessage(message), "b")).toEqual(message);
    },
  );

  it("without a context has no byte for it", () => {
    const [plain] = messages;
    const bytes = encodeMessage(plain as Message);
    expect(encodeMessage({ ...(plain as EventMessage), carrier: null })).toEqual(bytes);
    expect(decodeMessage(bytes, "b")).not.toHaveProperty("carrier");
  });

  it("is not read on by the process that sent it", () => {
    for (const message of messages) {
      expect(decodeMessage(encodeMessage(message), "a")).toEqual({ type: "own" });
    }
  });

  it("of another version is not read", () => {
    const bytes = Uint8Array.from(encodeMessage(messages[0] as Message));
    bytes[0] = envelopeVersion + 1;
    expect(decodeMessage(bytes, "b")).toEqual({ type: "unreadable", reason: "version 2, not 1" });
    expect(decodeMessage(new Uint8Array(0), "b")).toEqual({
      type: "unreadable",
      reason: "version missing, not 1",
    });
  });

  it("that is cut off or longer than it should be is not read", () => {
    for (const message of messages) {
      const bytes = encodeMessage(message);
      const ends = bytes.length > 1000 ? [1, 2, 10, bytes.length - 1] : [...bytes.keys()];
      for (const end of ends) expect(decodeMessage(bytes.subarray(0, end), "b").type).toBe("unreadable");
      expect(decodeMessage(Buffer.concat([bytes, Buffer.from([0])]), "b").type).toBe("unreadable");
    }
  });

  it("of any bytes whatever does not throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodeMessage(bytes, "b");
        const [, ...rest] = bytes;
        decodeMessage(Uint8Array.from([envelopeVersion, (rest[0] ?? 0) % 6, ...rest]), "b");
      }),
    );
  });

  it("with a byte that changed on its way does not throw", () => {
    const sample = messages.map((message) => encodeMessage(message)).filter(({ length }) => length < 1000);
    fc.assert(
      fc.property(fc.constantFrom(...sample), fc.nat(), fc.nat(255), (bytes, at, value) => {
        const changed = Uint8Array.from(bytes);
        changed[at % changed.length] = value;
        decodeMessage(changed, "b");
      }),
    );
  });
});
