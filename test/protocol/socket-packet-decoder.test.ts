/** Reading Socket.IO packets: every rule of the decoder, and each published advisory on parsers. */

import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import {
  type DecoderLimits,
  defaultDecoderLimits,
  reservedEvents,
  type SocketPacket,
} from "../../src/protocol/socket-packet.ts";
import { SocketPacketDecoder } from "../../src/protocol/socket-packet-decoder.ts";
import { encodeSocketPacket } from "../../src/protocol/socket-packet-encoder.ts";
import {
  binarySamples,
  bytes,
  moreBytes,
  nested,
  samples,
  thrownBy,
} from "../support/socket-packet-samples.ts";

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
