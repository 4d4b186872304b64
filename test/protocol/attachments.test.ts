/** Binary inside values: taken out as JSON.stringify would meet it, and the places for it found again. */

import { describe, expect, it } from "vitest";
import { ProtocolError, RoomcastError } from "../../src/base/errors.ts";
import { extractAttachments, findAttachmentSlots, holdsBinary } from "../../src/protocol/attachments.ts";

const bytes = new Uint8Array([1, 2, 3]);
const first = { _placeholder: true, num: 0 };

describe("holdsBinary", () => {
  it.each([
    ["a Uint8Array", bytes],
    ["an ArrayBuffer", bytes.buffer],
    ["a DataView", new DataView(bytes.buffer)],
    ["a Buffer, whatever its toJSON", Buffer.from("x")],
    ["binary in an array", [[1, [bytes]]]],
    ["binary in an object", { a: { b: bytes } }],
    ["binary that toJSON gives", { toJSON: () => ({ b: bytes }) }],
    ["binary under the key __proto__", JSON.parse('{"__proto__":0}', () => bytes)],
  ])("finds %s", (_, value) => {
    expect(holdsBinary(value)).toBe(true);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "bytes"],
    ["plain values", [{ a: 1, b: [true, null, "x"] }]],
    ["what toJSON hides", { b: bytes, toJSON: () => "hidden" }],
    ["what an object inherits", Object.create({ b: bytes })],
    ["what a symbol names", { [Symbol("b")]: bytes }],
    ["what cannot be listed", Object.defineProperty({}, "b", { value: bytes })],
    ["what a Map holds", new Map([["b", bytes]])],
    ["a date", new Date()],
  ])("finds none in %s", (_, value) => {
    expect(holdsBinary(value)).toBe(false);
  });
});

describe("extractAttachments", () => {
  function extract(value: unknown) {
    const attachments: Uint8Array[] = [];
    const extracted = extractAttachments(value, attachments);
    return { json: JSON.stringify(extracted), extracted, attachments };
  }

  it("numbers the attachments in the order in which they stand", () => {
    const { json, attachments } = extract(["a", { b: bytes, c: [new Uint8Array([4])] }, new Uint8Array([5])]);
    expect(json).toBe(
      '["a",{"b":{"_placeholder":true,"num":0},"c":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":2}]',
    );
    expect(attachments.map((attachment) => [...attachment])).toEqual([[1, 2, 3], [4], [5]]);
  });

  it("takes from a view only what it shows, without a copy", () => {
    const memory = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);
    const { attachments } = extract([
      new DataView(memory.buffer, 1, 2),
      new Uint16Array(memory.buffer, 4, 2),
    ]);
    expect(attachments.map((attachment) => [...attachment])).toEqual([
      [1, 2],
      [4, 5, 6, 7],
    ]);
    memory[1] = 99;
    expect(attachments[0]?.[0]).toBe(99);
  });

  it("sends one value that stands in two places twice", () => {
    expect(extract([bytes, bytes]).attachments).toEqual([bytes, bytes]);
  });

  it("leaves what it was given as it was, frozen or not", () => {
    const inner = Object.freeze({ b: bytes });
    const value = Object.freeze([Object.freeze({ inner, list: Object.freeze([1, bytes]) })]);
    expect(extract(value).attachments).toHaveLength(2);
    expect(inner.b).toBe(bytes);
  });

  it("copies nothing but the way to the binary", () => {
    const untouched = { deep: [{}] };
    const { extracted } = extract([untouched, { b: bytes }]);
    expect((extracted as unknown[])[0]).toBe(untouched);
  });

  it("keeps the order of keys, and __proto__ as a key like any other", () => {
    const value = JSON.parse('{"z":1,"__proto__":{"b":0},"a":2}', (key, member) =>
      key === "b" ? bytes : member,
    );
    expect(extract(value).json).toBe('{"z":1,"__proto__":{"b":{"_placeholder":true,"num":0}},"a":2}');
    expect(Object.hasOwn(Object.prototype, "b")).toBe(false);
  });

  it("keeps a toJSON that is inherited, own or the value itself from bringing the binary back", () => {
    class Photo {
      body = bytes;
      toJSON() {
        return this;
      }
    }
    const closed = { body: bytes, toJSON: () => closed };
    for (const photo of [new Photo(), closed]) {
      const { json, attachments } = extract({ photo });
      expect(json).toBe('{"photo":{"body":{"_placeholder":true,"num":0}}}');
      expect(attachments).toEqual([bytes]);
    }
  });

  it("tells toJSON the key, as JSON.stringify does", () => {
    const seen: unknown[] = [];
    const spy = { toJSON: (key: unknown) => void seen.push(key) };
    extract({ a: spy, list: [0, spy, bytes] });
    expect(seen.slice(0, 2)).toEqual(["a", "1"]);
  });

  it("writes wrapped primitives as JSON.stringify does", () => {
    const text = Object.assign(new String("x"), { b: bytes });
    expect(extract([text, new Number(1), new Boolean(false), bytes]).json).toBe(
      '["x",1,false,{"_placeholder":true,"num":0}]',
    );
  });

  it("refuses an object that the receiver would take for a placeholder", () => {
    expect(() => extract([bytes, { _placeholder: true, num: 0 }])).toThrow(RoomcastError);
    for (const mark of [Object(true), { toJSON: () => true }]) {
      expect(() => extract([bytes, { _placeholder: mark, num: 0 }])).toThrow(RoomcastError);
    }
    expect(() => extract([bytes, { _placeholder: Object(false) }, { _placeholder: { a: 1 } }])).not.toThrow();
    const inherited = Object.create({ _placeholder: true, num: 0 });
    expect(extract([bytes, inherited]).json).toBe('[{"_placeholder":true,"num":0},{}]');
  });
});

describe("findAttachmentSlots", () => {
  it("gives a place for each attachment, by its number", () => {
    const data = [{ a: { _placeholder: true, num: 1 } }, first];
    expect(findAttachmentSlots(data, 2)).toEqual([
      { holder: data, key: 1 },
      { holder: data[0], key: "a" },
    ]);
  });

  it("takes for a placeholder only what says so by a true of its own", () => {
    const data = JSON.parse(
      '[{"_placeholder":1,"num":0},{"__proto__":{"_placeholder":1}},{"_placeholder":true,"num":0}]',
    );
    expect(findAttachmentSlots(data, 1)).toEqual([{ holder: data, key: 2 }]);
  });

  it("refuses a placeholder too many and one too few", () => {
    expect(() => findAttachmentSlots([first, first], 1)).toThrow(ProtocolError);
    expect(() => findAttachmentSlots([first, first], 2)).toThrow(ProtocolError);
    expect(() => findAttachmentSlots([first], 2)).toThrow(ProtocolError);
    expect(() => findAttachmentSlots([], 1)).toThrow(ProtocolError);
  });

  it("sees any depth without overflowing the stack", () => {
    let data: unknown[] = [first];
    for (let depth = 0; depth < 200_000; depth++) data = [data];
    expect(findAttachmentSlots(data, 1)).toHaveLength(1);
  });
});
