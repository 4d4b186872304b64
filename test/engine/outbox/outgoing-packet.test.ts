import { describe, expect, it } from "vitest";
import { packetsOf } from "../../../src/engine/outbox/outbox.ts";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import { readFrames } from "../../support/fake-link.ts";

const sizes = [0, 1, 125, 126, 65_535, 65_536, 200_000];

describe("OutgoingPacket", () => {
  it("is the batch that holds itself alone", () => {
    const packet = new OutgoingPacket("4a");
    expect(packet.length).toBe(1);
    expect(packetsOf(packet)).toEqual([packet]);
  });

  it("is neither volatile nor left uncompressed unless it is asked to be", () => {
    const flagsOf = ({ volatile, compress }: OutgoingPacket) => ({ volatile, compress });
    expect(flagsOf(new OutgoingPacket("4"))).toEqual({ volatile: false, compress: true });
    expect(flagsOf(new OutgoingPacket("4", [], { volatile: undefined, compress: undefined }))).toEqual({
      volatile: false,
      compress: true,
    });
    expect(flagsOf(new OutgoingPacket("4", [], { volatile: true, compress: false }))).toEqual({
      volatile: true,
      compress: false,
    });
  });

  it("knows about how large it is without being encoded", () => {
    expect(new OutgoingPacket("4abc").size).toBe(4);
    expect(new OutgoingPacket("452-", [new Uint8Array(10), new Uint8Array(5)]).size).toBe(19);
  });

  it.each(sizes)("has frames for a text of %i characters that ws reads", (size) => {
    const text = "4".repeat(size);
    expect(readFrames(new OutgoingPacket(text).frames)).toEqual([text]);
  });

  it.each(sizes)("has the same frames for a text of %i characters that several get", (size) => {
    for (const letter of ["4", "é"]) {
      const packet = new OutgoingPacket(letter.repeat(size));
      packet.isShared = true;
      expect(readFrames(packet.frames)).toEqual([packet.text]);
    }
  });

  it("turns a long text that several get into bytes once", () => {
    const packet = new OutgoingPacket("4".repeat(2_000));
    packet.isShared = true;
    expect(packet.frames).toEqual([expect.any(Uint8Array)]);
    expect(packet.frames).toBe(packet.frames);
  });

  it.each(sizes)("has frames for an attachment of %i bytes that ws reads", (size) => {
    const bytes = Buffer.alloc(size, 9);
    const packet = new OutgoingPacket("451-中文", [bytes, new Uint8Array([1, 2])]);
    const [text, first, second] = readFrames(packet.frames);
    expect([text, second]).toEqual(["451-中文", Buffer.from([1, 2])]);
    expect(bytes.equals(first as Buffer)).toBe(true);
  });

  it("joins small attachments with the text, and leaves the bytes of large ones where they are", () => {
    const large = new Uint8Array(100_000);
    expect(new OutgoingPacket("451-", [new Uint8Array(10), new Uint8Array(10)]).frames).toHaveLength(1);
    expect(new OutgoingPacket("451-", [large]).frames).toContain(large);
  });

  it("sends of a view no more than its part", () => {
    const memory = new Uint8Array([1, 2, 3, 4, 5, 6]);
    const packet = new OutgoingPacket("451-", [memory.subarray(2, 4)]);
    expect(readFrames(packet.frames)).toEqual(["451-", Buffer.from([3, 4])]);
    expect(packet.payload).toBe("451-\u001ebAwQ=");
  });

  it("writes attachments as base64 where there is only text", () => {
    const packet = new OutgoingPacket("452-", [new Uint8Array([1, 2, 3]), new Uint8Array(0)]);
    expect(packet.payload).toBe("452-\u001ebAQID\u001eb");
  });

  it("may have no text", () => {
    const packet = new OutgoingPacket("", [new Uint8Array([1, 2, 3]), new Uint8Array([4])]);
    expect(readFrames(packet.frames)).toEqual([Buffer.from([1, 2, 3]), Buffer.from([4])]);
    expect(packet.payload).toBe("bAQID\u001ebBA==");
    expect(packet.messages).toEqual(packet.attachments);
  });

  it("is encoded once into each form, however often it is asked for", () => {
    let reads = 0;
    const attachments = Object.defineProperty([new Uint8Array(0)], 0, {
      get: () => {
        reads += 1;
        return new Uint8Array([1, 2, 3]);
      },
    });
    const packet = new OutgoingPacket("451-x", attachments);
    reads = 0;
    const { frames } = packet;
    for (let count = 0; count < 3; count += 1) {
      expect(packet.frames).toBe(frames);
      expect(packet.payload).toBe("451-x\u001ebAQID");
    }
    expect(reads).toBe(2);
  });
});
