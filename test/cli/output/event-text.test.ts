import { expect, it } from "vitest";
import {
  jsonValue,
  showRefusal,
  showSize,
  showTime,
  showValues,
} from "../../../src/cli/output/event-text.ts";

const bytes = new Uint8Array([1, 2, 3]);

it("shows values on one line, with binary as bytes", () => {
  expect(showValues([{ a: "x", b: bytes }, bytes, null, undefined])).toBe(
    '{"a":"x","b":<3 bytes 010203>} <3 bytes 010203> null null',
  );
  expect(showValues([new Uint8Array(20)])).toBe(`<20 bytes ${"00".repeat(16)}…>`);
});

it("shows nothing that could steer a terminal", () => {
  expect(showValues(["\x1b[31m", "\u202e"])).toBe('"\\u001b[31m" "\\u202e"');
});

it("gives programs binary as base64", () => {
  expect(jsonValue({ a: [bytes], b: 1 })).toEqual({ a: [{ $base64: "AQID" }], b: 1 });
});

it("shows sizes and times", () => {
  expect([999, 1500, 2e6].map(showSize)).toEqual(["999 B", "1.5 kB", "2 MB"]);
  expect(showTime(new Date(2026, 0, 1, 9, 5, 3, 7))).toBe("09:05:03.007");
});

it("shows refusals as servers send them", () => {
  expect(showRefusal("Unable to connect")).toBe("Unable to connect");
  expect(showRefusal({ message: "no", data: { hint: 1 } })).toBe('no {"hint":1}');
  expect(showRefusal({ hint: 1 })).toBe('{"hint":1}');
});
