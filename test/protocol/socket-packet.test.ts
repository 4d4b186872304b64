/**
 * Socket.IO v5 packets: the samples of the specification, every rule of the decoder, each published advisory on
 * parsers, properties, and the stock parser beside ours.
 */

import fc from "fast-check";
import * as stock from "socket.io-parser";
import { describe, expect, it } from "vitest";
import { type ErrorCode, ProtocolError, RoomcastError } from "../../src/base/errors.ts";
import {
  type DecoderLimits,
  defaultDecoderLimits,
  encodeEvent,
  encodeSocketPacket,
  eventProblem,
  reservedEvents,
  type SocketPacket,
  SocketPacketDecoder,
} from "../../src/protocol/socket-packet.ts";

/** The samples of the protocol's specification that carry no binary. */
const samples: readonly (readonly [text: string, packet: SocketPacket])[] = [
  ["0", { type: "connect", namespace: "/" }],
  ["0/admin,", { type: "connect", namespace: "/admin" }],
  ['0{"token":"123"}', { type: "connect", namespace: "/", data: { token: "123" } }],
  [
    '0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}',
    { type: "connect", namespace: "/admin", data: { sid: "oSO0OpakMV_3jnilAAAA" } },
  ],
  ["1", { type: "disconnect", namespace: "/" }],
  ["1/admin,", { type: "disconnect", namespace: "/admin" }],
  ['2["foo"]', { type: "event", namespace: "/", data: ["foo"] }],
  ['2/admin,["bar"]', { type: "event", namespace: "/admin", data: ["bar"] }],
  ['212["foo"]', { type: "event", namespace: "/", id: 12, data: ["foo"] }],
  [
    '2/admin,456["project:delete",123]',
    { type: "event", namespace: "/admin", id: 456, data: ["project:delete", 123] },
  ],
  ["3/admin,456[]", { type: "ack", namespace: "/admin", id: 456, data: [] }],
  ['312["bar"]', { type: "ack", namespace: "/", id: 12, data: ["bar"] }],
  [
    '4{"message":"Not authorized"}',
    { type: "connect_error", namespace: "/", data: { message: "Not authorized" } },
  ],
  ['4/admin,"Not authorized"', { type: "connect_error", namespace: "/admin", data: "Not authorized" }],
];

const bytes = new Uint8Array([1, 2, 3]);
const moreBytes = new Uint8Array([4, 5]);

/** The specification's samples with binary. */
const binarySamples: readonly (readonly [text: string, attachments: Uint8Array[], packet: SocketPacket])[] = [
  [
    '51-["baz",{"_placeholder":true,"num":0}]',
    [bytes],
    { type: "event", namespace: "/", data: ["baz", bytes] },
  ],
  [
    '52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
    [bytes, moreBytes],
    { type: "event", namespace: "/admin", data: ["baz", bytes, moreBytes] },
  ],
  [
    '51-15["bar",{"file":{"_placeholder":true,"num":0}}]',
    [bytes],
    { type: "event", namespace: "/", id: 15, data: ["bar", { file: bytes }] },
  ],
  [
    '61-15["bar",{"_placeholder":true,"num":0}]',
    [bytes],
    { type: "ack", namespace: "/", id: 15, data: ["bar", bytes] },
  ],
  [
    '61-/admin,1[{"_placeholder":true,"num":0}]',
    [bytes],
    { type: "ack", namespace: "/admin", id: 1, data: [bytes] },
  ],
];

function decode(text: string, limits?: Partial<DecoderLimits>): SocketPacket | undefined {
  return new SocketPacketDecoder({ ...defaultDecoderLimits, ...limits }).decodeText(text);
}

/** Expects a refusal that is short, and a decoder that is none the worse for it. */
function expectRefusal(text: string, limits?: Partial<DecoderLimits>): void {
  const decoder = new SocketPacketDecoder({ ...defaultDecoderLimits, ...limits });
  const error = thrownBy(() => decoder.decodeText(text));
  expect(error).toBeInstanceOf(ProtocolError);
  expect((error as ProtocolError).message.length).toBeLessThan(100);
  expect(decoder.awaitsAttachments).toBe(false);
  expect(decoder.decodeText('2["e"]')).toMatchObject({ data: ["e"] });
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectError(action: () => unknown, code: ErrorCode, message: RegExp): void {
  const error = thrownBy(action);
  expect(error).toBeInstanceOf(RoomcastError);
  expect((error as RoomcastError).code).toBe(code);
  expect((error as RoomcastError).message).toMatch(message);
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
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
      "a getter that throws what is no error",
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

describe("SocketPacketDecoder", () => {
  it.each(samples)("reads %s", (text, packet) => {
    expect(decode(text)).toEqual(packet);
  });

  it.each(binarySamples)("reads %s and its attachments", (text, attachments, packet) => {
    const decoder = new SocketPacketDecoder();
    expect(decoder.decodeText(text)).toBeUndefined();
    expect(decoder.awaitsAttachments).toBe(true);
    const results = attachments.map((attachment) => decoder.decodeBinary(attachment));
    expect(results.pop()).toEqual(packet);
    expect(results.every((result) => result === undefined)).toBe(true);
    expect(decoder.awaitsAttachments).toBe(false);
  });

  it("reads from the index it is told", () => {
    const decoder = new SocketPacketDecoder();
    expect(decoder.decodeText('42/chat,7["foo"]', 1)).toEqual({
      type: "event",
      namespace: "/chat",
      id: 7,
      data: ["foo"],
    });
    expect(thrownBy(() => decoder.decodeText("4", 1))).toBeInstanceOf(ProtocolError);
  });

  it("reads packet after packet, whatever their namespaces", () => {
    const decoder = new SocketPacketDecoder();
    const names = ["/", "/a", "/a", "/ab", "/a", "/", "/a/b", "/a", "/😀"];
    const read = names.map((namespace) => {
      const { text } = encodeSocketPacket({ type: "event", namespace, data: ["foo"] });
      return decoder.decodeText(text)?.namespace;
    });
    expect(read).toEqual(names);
  });

  it("takes a namespace that ends with the text", () => {
    expect(decode("0/admin")).toEqual({ type: "connect", namespace: "/admin" });
    expect(decode("1/admin")).toEqual({ type: "disconnect", namespace: "/admin" });
    expect(decode("0/")).toEqual({ type: "connect", namespace: "/" });
    expect(decode('2/,["foo"]')).toEqual({ type: "event", namespace: "/", data: ["foo"] });
  });

  it("puts an attachment where its number says, not where it comes first", () => {
    const decoder = new SocketPacketDecoder();
    decoder.decodeText('52-["e",{"b":[{"num":1,"_placeholder":true}]},{"_placeholder":true,"num":0}]');
    decoder.decodeBinary(bytes);
    expect(decoder.decodeBinary(moreBytes)).toMatchObject({ data: ["e", { b: [moreBytes] }, bytes] });
  });

  it("hands over attachments without a copy", () => {
    const decoder = new SocketPacketDecoder();
    decoder.decodeText('51-["e",{"_placeholder":true,"num":0}]');
    const packet = decoder.decodeBinary(bytes);
    expect(packet?.type === "event" && packet.data[1]).toBe(bytes);
  });

  it("leaves objects that look like placeholders alone in a packet without attachments", () => {
    const argument = { _placeholder: true, num: 0 };
    expect(decode(`2["e",${JSON.stringify(argument)}]`)).toMatchObject({ data: ["e", argument] });
  });

  it("turns a number in place of an event's name into text", () => {
    expect(decode("2[7,8]")).toEqual({ type: "event", namespace: "/", data: ["7", 8] });
  });

  it("takes an id up to the largest safe integer", () => {
    expect(decode('29007199254740991["e"]')).toMatchObject({ id: Number.MAX_SAFE_INTEGER });
    expect(decode("30[]")).toMatchObject({ id: 0 });
  });

  it.each([
    ["nothing", ""],
    ["an unknown type", '7["e"]'],
    ["a type that is no digit", 'a["e"]'],
    ["a digit of another script", '\u0662["e"]'],
    ["an event without data", "2"],
    ["an event whose data is an object", '2{"0":"e"}'],
    ["an event whose data is a text", '2"e"'],
    ["an event in space", '2 ["e"]'],
    ["an event with more behind it", '2["e"]x'],
    ["an event that is cut off", '2["e"'],
    ["an event named by a boolean", "2[true]"],
    ["an event named by an array", '2[["e"]]'],
    ["a namespace without data", "2/chat"],
    ["a namespace without a slash", '2chat,["e"]'],
    ["a namespace whose comma is missing", '2/chat["e"]'],
    ["a negative id", '2-1["e"]'],
    ["a fractional id", '21.5["e"]'],
    ["an id with an exponent", '21e3["e"]'],
    ["an id above the safe integers", '29007199254740992["e"]'],
    ["an id of 17 digits", '210000000000000000["e"]'],
    ["an id of 17 digits, zeros included", '200000000000000001["e"]'],
    ["an acknowledgement without an id", '3["a"]'],
    ["an acknowledgement without data", "31"],
    ["an acknowledgement with an object", '31{"a":1}'],
    ["a connection with an array", '0["a"]'],
    ["a connection with null", "0null"],
    ["a connection with a text", '0"token"'],
    ["a connection with an id", '01{"a":1}'],
    ["a disconnection with data", "1{}"],
    ["a disconnection with data in a namespace", '1/chat,"x"'],
    ["a refused connection without data", "4"],
    ["a refused connection with a number", "45"],
    ["a refused connection with an array", '4["x"]'],
    ["a refused connection with null", "4null"],
    ["a binary event without a count", '5["e"]'],
    ["a binary event with a dash only", '5-["e"]'],
    ["a binary event whose dash is missing", '51["e",{"_placeholder":true,"num":0}]'],
    ["a count that is negative", '5-1-["e"]'],
    ["a count that is fractional", '51.0-["e",{"_placeholder":true,"num":0}]'],
    ["a count of 17 digits", '500000000000000001-["e",{"_placeholder":true,"num":0}]'],
    ["eleven attachments", `511-["e"${',{"_placeholder":true,"num":0}'.repeat(11)}]`],
    ["attachments that no placeholder uses", '51-["e"]'],
    ["a placeholder for the event's name", '51-[{"_placeholder":true,"num":0}]'],
    ["a binary event with a reserved name", '51-["connect",{"_placeholder":true,"num":0}]'],
    ["a binary acknowledgement without an id", '61-[{"_placeholder":true,"num":0}]'],
  ])("refuses %s", (_, text) => {
    expectRefusal(text);
  });

  it.each([...reservedEvents])("refuses an event named %s", (event) => {
    expectRefusal(`2["${event}"]`);
    expectRefusal(`2/chat,1["${event}",1]`);
  });

  it("keeps to the limits it is given", () => {
    const limits = {
      maxAttachments: 1,
      maxDepth: 2,
      maxNamespaceLength: 4,
      maxEventLength: 3,
      maxArguments: 2,
    };
    const place = '{"_placeholder":true,"num":0}';
    expect(decode('2/abc,["eve"]', limits)).toMatchObject({ namespace: "/abc", data: ["eve"] });
    expect(decode("2[1234]", { maxEventLength: 4 })).toMatchObject({ data: ["1234"] });
    expectRefusal('2/abcd,["e"]', limits);
    expectRefusal('2["even"]', limits);
    expectRefusal("2[1234]", limits);
    expectRefusal('2["e",[[1]]]', limits);
    expect(decode('2["e",1,2]', limits)).toMatchObject({ data: ["e", 1, 2] });
    expect(decode("31[1,2]", limits)).toMatchObject({ data: [1, 2] });
    expectRefusal('2["e",1,2,3]', limits);
    expectRefusal("31[1,2,3]", limits);
    expectRefusal(`52-["e",${place},{"_placeholder":true,"num":1}]`, limits);
    expectRefusal(`51-["e",${place}]`, { maxAttachments: 0 });
  });

  it("takes no limit that is left out for absent", () => {
    expect(defaultDecoderLimits).toEqual({
      maxAttachments: 10,
      maxDepth: 128,
      maxNamespaceLength: 255,
      maxEventLength: 255,
      maxArguments: 1000,
    });
    expectRefusal(`2["${"e".repeat(256)}"]`, { maxDepth: 5 });
    expect(decode(`2["${"e".repeat(255)}"]`)).toBeDefined();
    expectRefusal(`2/${"n".repeat(255)},["e"]`);
    expect(decode(`2/${"n".repeat(254)},["e"]`)).toBeDefined();
  });

  it("counts levels of data, and no brackets in texts", () => {
    expect(decode(`2["e",${JSON.stringify(nested(127))}]`)).toBeDefined();
    expectRefusal(`2["e",${JSON.stringify(nested(128))}]`);
    expectRefusal(`0${JSON.stringify({ a: nested(128) })}`);
    expect(decode(`2["e","${'[{\\"'.repeat(1000)}"]`)).toBeDefined();
  });

  it("reads data of any depth without overflowing the stack where it is told to take it", () => {
    const data = `["e",${"[".repeat(100_000)}{"_placeholder":true,"num":0}${"]".repeat(100_000)}]`;
    const decoder = new SocketPacketDecoder({ ...defaultDecoderLimits, maxDepth: Number.POSITIVE_INFINITY });
    expect(decoder.decodeText(`2${data}`)).toBeDefined();
    expect(decoder.decodeText(`51-${data}`)).toBeUndefined();
    expect(decoder.decodeBinary(bytes)).toBeDefined();
  });

  it("refuses text while attachments are missing, and forgets their packet", () => {
    const decoder = new SocketPacketDecoder();
    decoder.decodeText('51-["e",{"_placeholder":true,"num":0}]');
    expect(thrownBy(() => decoder.decodeText('2["e"]'))).toBeInstanceOf(ProtocolError);
    expect(decoder.awaitsAttachments).toBe(false);
    expect(thrownBy(() => decoder.decodeBinary(bytes))).toBeInstanceOf(ProtocolError);
  });

  it("refuses binary when no attachment is due", () => {
    const decoder = new SocketPacketDecoder();
    expect(thrownBy(() => decoder.decodeBinary(bytes))).toBeInstanceOf(ProtocolError);
    decoder.decodeText('2["e"]');
    expect(thrownBy(() => decoder.decodeBinary(bytes))).toBeInstanceOf(ProtocolError);
  });

  it("keeps __proto__ as a key like any other, with and without attachments", () => {
    const place = '{"_placeholder":true,"num":0}';
    const plain = decode('2["e",{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]');
    const decoder = new SocketPacketDecoder();
    decoder.decodeText(
      `52-["e",{"__proto__":${place},"a":{"__proto__":{"polluted":{"_placeholder":true,"num":1}}}}]`,
    );
    decoder.decodeBinary(bytes);
    const binary = decoder.decodeBinary(moreBytes);

    const [plainArgument, binaryArgument] = [plain, binary].map(
      (packet) =>
        (packet?.type === "event" ? packet.data[1] : undefined) as Record<string, Record<string, unknown>>,
    );
    expect(Object.keys(plainArgument ?? {})).toEqual(["__proto__", "constructor"]);
    expect(Object.entries(binaryArgument ?? {})[0]).toEqual(["__proto__", bytes]);
    expect(Object.entries(binaryArgument?.a ?? {})).toEqual([["__proto__", { polluted: moreBytes }]]);
    for (const argument of [plainArgument, binaryArgument, binaryArgument?.a]) {
      expect(Object.getPrototypeOf(argument)).toBe(Object.prototype);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("published advisories on parsers", () => {
  it.each([
    ["an id", "2"],
    ["an id in a namespace", "2/chat,"],
    ["an acknowledgement's id", "3"],
    ["a count of attachments", "5"],
    ["an id behind a count", "51-"],
  ])("CVE-2020-36049: a megabyte of digits as %s is refused in linear time", (_, head) => {
    const text = head + "1".repeat(1_000_000);
    const before = performance.now();
    expectRefusal(text);
    // Quadratic time would be minutes; a busy machine may take a while.
    expect(performance.now() - before).toBeLessThan(3000);
  });

  it.each(['"splice"', "-1", "1e9", "1", "0.5", '"0"', "null", "true", "[0]", '{"valueOf":0}', "1e400"])(
    "CVE-2022-2421: a placeholder numbered %s is refused",
    (number) => {
      expectRefusal(`51-["e",{"_placeholder":true,"num":${number}}]`);
    },
  );

  it("CVE-2022-2421: a placeholder without a number, or two with the same, are refused", () => {
    expectRefusal('51-["e",{"_placeholder":true}]');
    expectRefusal('51-["e",{"_placeholder":true,"__proto__":{"num":0}}]');
    expectRefusal('52-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]');
  });

  it.each(['2[{"toString":"x"}]', "2[null]", "2[]", "2{}"])("CVE-2023-32695: %s is refused", (text) => {
    expectRefusal(text);
  });

  it("CVE-2024-38355: names that peers give a meaning are refused, and error is a name like any other", () => {
    expectRefusal('2["connect"]');
    expectRefusal('2["disconnect"]');
    expect(decode('2["error"]')).toMatchObject({ data: ["error"] });
    expect(decode("4{}")).toEqual({ type: "connect_error", namespace: "/", data: {} });
  });

  it("CVE-2026-33151: a packet that announces too many attachments is refused at its header", () => {
    expectRefusal('599999-["a"]');
    expectRefusal("511-not even read");
    expectRefusal(`5${"0".repeat(1_000_000)}1-["a"]`);
  });

  it.each(["50-", "500-", "60-1"])("CVE-2026-69185: %s makes a packet complete at once", (head) => {
    const decoder = new SocketPacketDecoder();
    expect(decoder.decodeText(`${head}["a"]`)).toMatchObject({ namespace: "/", data: ["a"] });
    expect(decoder.awaitsAttachments).toBe(false);
    for (let round = 0; round < 3; round++) {
      expect(thrownBy(() => decoder.decodeBinary(bytes))).toBeInstanceOf(ProtocolError);
    }
  });

  it("CVE-2026-48804: reset forgets a packet that waits for its attachments", () => {
    const decoder = new SocketPacketDecoder();
    decoder.decodeText('51-["x",{"_placeholder":true,"num":0}]');
    decoder.reset();
    expect(decoder.awaitsAttachments).toBe(false);
    expect(thrownBy(() => decoder.decodeBinary(bytes))).toBeInstanceOf(ProtocolError);
    expect(decoder.decodeText('2["next"]')).toMatchObject({ data: ["next"] });
  });

  it("a megabyte of brackets is refused before it is parsed", () => {
    const before = performance.now();
    expectRefusal(`2["e",${"[".repeat(1_000_000)}`);
    expectRefusal(`2["e",${'{"a":'.repeat(200_000)}`);
    // Quadratic time would be minutes; a busy machine may take a while.
    expect(performance.now() - before).toBeLessThan(3000);
  });
});

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

/** Packets of every type; no more binary than a decoder takes, and no object that is a placeholder already. */
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

  /** Decodes hostile text and the binary that may follow; what is taken must mean the same to the stock parser. */
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
