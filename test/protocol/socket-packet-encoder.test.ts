/** Writing Socket.IO packets: the samples of the specification, and what cannot be written. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ErrorCode, RoomcastError } from "../../src/base/errors.ts";
import { reservedEvents, type SocketPacket } from "../../src/protocol/socket-packet.ts";
import { encodeEvent, encodeSocketPacket, eventProblem } from "../../src/protocol/socket-packet-encoder.ts";
import {
  binarySamples,
  bytes,
  moreBytes,
  nested,
  samples,
  thrownBy,
} from "../support/socket-packet-samples.ts";

function expectError(action: () => unknown, code: ErrorCode, message: RegExp): void {
  const error = thrownBy(action);
  expect(error).toBeInstanceOf(RoomcastError);
  expect((error as RoomcastError).code).toBe(code);
  expect((error as RoomcastError).message).toMatch(message);
}

describe("encodeSocketPacket", () => {
  it.each(samples)("writes %s", (text, packet) => {
    expect(encodeSocketPacket(packet)).toMatchObject({ text, attachments: [] });
  });

  it.each(binarySamples)("writes %s with its attachments", (text, attachments, packet) => {
    expect(encodeSocketPacket(packet)).toMatchObject({ text, attachments });
  });

  it("shares one frozen list among all packets without attachments", () => {
    const [one, other] = [
      encodeSocketPacket({ type: "disconnect", namespace: "/" }),
      encodeSocketPacket({ type: "event", namespace: "/", data: ["foo"] }),
    ];
    expect(one.attachments).toBe(other.attachments);
    expect(Object.isFrozen(one.attachments)).toBe(true);
  });

  it("writes values as JSON.stringify does", () => {
    const odd = [
      undefined,
      () => 1,
      Symbol("x"),
      Number.NaN,
      new Date(0),
      { a: undefined },
      "\u2028\ud800",
      new Array(1),
    ];
    expect(encodeSocketPacket({ type: "event", namespace: "/", data: ["odd", ...odd] }).text).toBe(
      '2["odd",null,null,null,null,"1970-01-01T00:00:00.000Z",{},"\u2028\\ud800",[null]]',
    );
  });

  it("never writes the separator of payloads", () => {
    const { text } = encodeSocketPacket({
      type: "event",
      namespace: "/",
      data: ["\u001e", { "\u001e": "\u001e" }],
    });
    expect(text).not.toContain("\u001e");
  });

  it("never changes what it was given", () => {
    const argument = Object.freeze({ list: Object.freeze([bytes, Object.freeze({ more: moreBytes })]) });
    const data: [string, ...unknown[]] = ["file", argument];
    Object.freeze(data);
    expect(encodeSocketPacket({ type: "event", namespace: "/", data }).attachments).toHaveLength(2);
    expect(argument.list[0]).toBe(bytes);
  });

  const cycle: Record<string, unknown> = { a: { b: [] } };
  cycle.self = { again: cycle };
  const wide: unknown[] = [];
  for (let index = 0; index < 20; index++) wide.push(wide);

  it.each([
    ["a BigInt", 1n, /^The event "move" cannot be sent: it holds a BigInt$/],
    ["a BigInt beside binary", { n: 1n, b: bytes }, /it holds a BigInt/],
    ["a cycle", cycle, /nested deeper than 1000 levels, or holds a cycle$/],
    ["a cycle of many ways", wide, /nested deeper than 1000 levels, or holds a cycle$/],
    ["a cycle beside binary", { b: bytes, cycle }, /nested deeper than 1000 levels, or holds a cycle$/],
    ["1001 levels", nested(1001), /nested deeper than 1000 levels, or holds a cycle$/],
    ["a million levels", nested(1_000_000), /nested deeper than 1000 levels, or holds a cycle$/],
    ["1001 levels beside binary", [bytes, nested(1000)], /nested deeper than 1000 levels/],
    ["endless toJSON", endless(), /nested/],
    [
      "a toJSON that throws",
      {
        toJSON() {
          throw new Error("not today");
        },
      },
      /^The event "move" cannot be sent: not today$/,
    ],
    [
      "a getter that throws a value that is no error",
      {
        get a() {
          throw "a string";
        },
      },
      /^The event "move" cannot be sent: reading it failed$/,
    ],
    [
      "a placeholder of its own beside binary",
      [bytes, { _placeholder: true, num: 7 }],
      /`_placeholder: true`/,
    ],
  ])("refuses %s with ERR_PAYLOAD", (_, value, message) => {
    const data: [string, unknown] = ["move", value];
    expectError(() => encodeSocketPacket({ type: "event", namespace: "/", data }), "ERR_PAYLOAD", message);
    const ack: SocketPacket = { type: "ack", namespace: "/", id: 1, data: [value] };
    expectError(() => encodeSocketPacket(ack), "ERR_PAYLOAD", /^The acknowledgement cannot be sent: /);
  });

  it("takes 1000 levels", () => {
    expect(encodeEvent("/", ["deep", nested(1000)]).body.length).toBeGreaterThan(2000);
  });

  it.each([1n, cycle, nested(1001), { b: bytes, cycle }, [1], null, 5, () => 1])(
    "refuses data of a connection that is not an object or cannot be sent",
    (data) => {
      expectError(
        () => encodeSocketPacket({ type: "connect", namespace: "/", data }),
        "ERR_PAYLOAD",
        /^The data of the connection cannot be sent: .{1,80}$/,
      );
      expectError(
        () => encodeSocketPacket({ type: "connect_error", namespace: "/", data }),
        "ERR_PAYLOAD",
        /^The data of the connection cannot be sent: .{1,80}$/,
      );
    },
  );

  it("names a long event by its beginning", () => {
    expectError(() => encodeEvent("/", ["e".repeat(1000), 1n]), "ERR_PAYLOAD", /^.{1,80}$/);
  });
});

function endless(): unknown {
  return { toJSON: () => ({ again: endless() }) };
}

describe("encodeEvent", () => {
  it("leaves room for the acknowledgement id between prefix and body", () => {
    expect(encodeEvent("/", ["foo", 1])).toMatchObject({ prefix: "2", body: '["foo",1]', attachments: [] });
    expect(encodeEvent("/chat", ["foo"])).toMatchObject({
      prefix: "2/chat,",
      body: '["foo"]',
      attachments: [],
    });
    expect(encodeEvent("/chat", ["foo", bytes])).toMatchObject({
      prefix: "51-/chat,",
      body: '["foo",{"_placeholder":true,"num":0}]',
      attachments: [bytes],
    });
  });

  it("makes the same text as encodeSocketPacket", () => {
    const { prefix, body } = encodeEvent("/chat", ["foo", bytes]);
    const packet: SocketPacket = { type: "event", namespace: "/chat", id: 12, data: ["foo", bytes] };
    expect(`${prefix}12${body}`).toBe(encodeSocketPacket(packet).text);
  });
});

describe("an event that another program has encoded", () => {
  it("may go to clients where it is what this codec makes, whatever it holds", () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.uint8Array(),
      fc.record({ bytes: fc.uint8Array(), text: fc.string() }),
    );
    const name = fc.string({ minLength: 1 }).filter((text) => !reservedEvents.has(text));
    const namespace = fc.constantFrom("/", "/admin", "/a/b?c");
    fc.assert(
      fc.property(namespace, name, fc.array(value), (namespace, name, values) => {
        expect(eventProblem(encodeEvent(namespace, [name, ...values]), namespace)).toBeNull();
      }),
    );
  });

  it("may not where the decoder of a client would take it for something else", () => {
    const event = encodeEvent("/", ["news", Buffer.from("x")]);
    expect(eventProblem(event, "/admin")).toContain("head");
    expect(eventProblem({ ...event, prefix: "2" }, "/")).toContain("head");
    expect(eventProblem({ ...event, attachments: [] }, "/")).toContain("head");
    expect(eventProblem({ ...event, body: '["news"]' }, "/")).toContain("1 attachments announced");
    expect(eventProblem({ prefix: "2", body: '["connect"]', attachments: [] }, "/")).toContain("reserved");
    expect(eventProblem({ prefix: "2", body: "[1]", attachments: [] }, "/")).toContain("name");
  });
});
