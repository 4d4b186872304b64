import { expect, it } from "vitest";
import { FrameReader } from "../../src/websocket/frame-reader.ts";
import { MaskedFrameWriter } from "../../src/websocket/masked-frame.ts";

it("writes frames that a server reads, of any length", () => {
  const seen: unknown[] = [];
  const reader = new FrameReader(
    {
      onText: (text) => seen.push(text),
      onBinary: (bytes) => seen.push(bytes.length),
      onPing: (payload) => seen.push({ ping: String(payload) }),
      onCloseFrame: (code) => seen.push({ close: code }),
      onViolation: (code) => seen.push({ violation: code }),
    },
    1e6,
  );
  const writer = new MaskedFrameWriter();
  const texts = [
    "",
    "hello",
    "zwölf ☕",
    "x".repeat(125),
    "x".repeat(126),
    "ö".repeat(40_000),
    "x".repeat(300_000),
  ];
  for (const text of texts) {
    writer.text(text);
    reader.read(Buffer.from(writer.frame));
  }
  for (const [opcode, bytes] of [
    [2, Buffer.alloc(3)],
    [9, Buffer.from("?")],
    [8, Buffer.from([3, 232])],
  ] as const) {
    writer.bytes(opcode, bytes);
    reader.read(Buffer.from(writer.frame));
  }
  expect(seen).toEqual([...texts, 3, { ping: "?" }, { close: 1000 }]);
});

it("puts frames one behind the other, each with a mask of its own", () => {
  const writer = new MaskedFrameWriter();
  writer.text("one");
  const [first, { memory, start, end }] = [Buffer.from(writer.frame), writer];
  writer.text("two");
  expect([writer.memory, writer.start]).toEqual([memory, end]);
  // What was written before stays as it is.
  expect(memory.subarray(start, end)).toEqual(first);
  expect(writer.frame.subarray(2, 6)).not.toEqual(first.subarray(2, 6));
});
