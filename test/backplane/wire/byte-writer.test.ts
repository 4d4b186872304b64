import { expect, it } from "vitest";
import { ByteWriter } from "../../../src/backplane/wire/byte-writer.ts";

function written(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter(1);
  write(writer);
  return Buffer.from(writer.finish()).toString("hex");
}

it.each([
  [0, "00"],
  [127, "7f"],
  [128, "8001"],
  [2 ** 53 - 1, "ffffffffffffff0f"],
])("writes the number %d in seven bits a byte", (value, bytes) => {
  expect(written((writer) => writer.number(value))).toBe(bytes);
});

it("writes texts, lists and bytes with their lengths in front, however small it began", () => {
  expect(written((writer) => writer.text("é!"))).toBe("03c3a921");
  expect(written((writer) => writer.texts(["a", ""]))).toBe("02016100");
  expect(written((writer) => writer.bytes(Uint8Array.of(1, 2)))).toBe("020102");
});
