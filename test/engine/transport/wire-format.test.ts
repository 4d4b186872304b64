import { describe, expect, it } from "vitest";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import { strictText, wireForm } from "../../../src/engine/transport/wire-format.ts";

describe("wireForm", () => {
  it("reads a payload of at most so many packets", () => {
    const body = Buffer.from("4é\u001e2");
    expect(wireForm.decodePayload(body, false, 2)).toEqual([
      { type: "message", data: "é" },
      { type: "ping", data: "" },
    ]);
    expect(() => wireForm.decodePayload(body, false, 1)).toThrow();
  });

  it("refuses a payload that is not UTF-8", () => {
    expect(() => wireForm.decodePayload(Buffer.from([0x34, 0xff]), false, 10)).toThrow();
  });

  it("gives out what batches and packets keep, and encodes nothing again", () => {
    const packet = new OutgoingPacket("451-x", [Buffer.from([1])]);
    expect(wireForm.frames(packet)).toBe(packet.frames);
    expect(wireForm.payload(packet)).toBe("451-x\u001ebAQ==");
    expect(wireForm.messages(packet)).toEqual(["451-x", Buffer.from([1])]);
  });

  it("puts nothing between a WebSocket and its transport", () => {
    const transport = { onText() {}, onBinary() {}, onClose() {} };
    expect(wireForm.listen(transport)).toBe(transport);
  });
});

describe("strictText", () => {
  it("keeps a byte order mark, which is a character of the message", () => {
    expect(strictText.decode(Buffer.from("\ufeffa"))).toBe("\ufeffa");
  });
});
