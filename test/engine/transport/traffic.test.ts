import { expect, it } from "vitest";
import { frameBytes, receivedBytes, sentBytes, textBytes } from "../../../src/engine/transport/traffic.ts";
import { encodeTextFrame } from "../../../src/websocket/frame.ts";

it("adds the pieces of frames", () => {
  expect(frameBytes("12345")).toBe(5);
  expect(frameBytes([new Uint8Array(3), new Uint8Array(4)])).toBe(7);
});

it.each([0, 125, 126, 65_535, 65_536])("knows what a message of %i bytes takes", (length) => {
  const message = "x".repeat(length);
  expect(sentBytes(length)).toBe(encodeTextFrame(message).length);
  expect(receivedBytes(length)).toBe(encodeTextFrame(message).length + 4);
});

it("counts bytes, not characters", () => {
  expect(textBytes("grün")).toBe(5);
  expect(textBytes(new Uint8Array(6))).toBe(6);
});
