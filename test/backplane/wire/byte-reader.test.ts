import { expect, it } from "vitest";
import { ByteReader } from "../../../src/backplane/wire/byte-reader.ts";
import { ByteWriter } from "../../../src/backplane/wire/byte-writer.ts";

const reader = (hex: string) => new ByteReader(Buffer.from(hex, "hex"));

it("reads the bytes of a writer", () => {
  const writer = new ByteWriter(8);
  writer.byte(200);
  writer.number(2 ** 53 - 1);
  writer.text("grüß dich");
  writer.texts(["a", "😀"]);
  writer.bytes(Uint8Array.of(9, 8));
  const read = new ByteReader(writer.finish());
  expect([read.byte(), read.number(), read.text(), read.texts()]).toEqual([
    200,
    2 ** 53 - 1,
    "grüß dich",
    ["a", "😀"],
  ]);
  expect(read.isAtEnd).toBe(false);
  expect([...read.bytes()]).toEqual([9, 8]);
  expect(read.isAtEnd).toBe(true);
});

it.each([
  ["nothing where a byte should be", "", (read: ByteReader) => read.byte()],
  ["a text that is cut off", "0561", (read: ByteReader) => read.text()],
  ["bytes that are cut off", "0201", (read: ByteReader) => read.bytes()],
  ["more texts than there are bytes", "ff01", (read: ByteReader) => read.texts()],
  ["a number beyond 2^53", "ffffffffffffffffff01", (read: ByteReader) => read.number()],
])("refuses %s", (_, hex, read) => {
  expect(() => read(reader(hex))).toThrow(RangeError);
});
