import { describe, expect, it, vi } from "vitest";
import { Outbox } from "../../../src/engine/outbox/outbox.ts";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import { ConvertedFrames } from "../../../src/engine/transport/converted-frames.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { readFrames } from "../../support/fake-link.ts";

const text = new OutgoingPacket("4é");
const binary = new OutgoingPacket("451-x", [Buffer.from([1, 2])]);

function batchOf(first: OutgoingPacket, second: OutgoingPacket) {
  const outbox = new Outbox(new FakeClock());
  return outbox.append(outbox.append(null, first), second);
}

describe("ConvertedFrames", () => {
  it("turns each binary message into a text where the form has it so", () => {
    const frames = new ConvertedFrames((bytes) => `b${bytes.length}`);
    expect(readFrames(frames.of(batchOf(text, binary)))).toEqual(["4é", "451-x", "b2"]);
    expect(frames.messagesOf(binary)).toEqual(["451-x", "b2"]);
  });

  it("turns each binary message into other bytes where the form has it so", () => {
    const frames = new ConvertedFrames((bytes) => Buffer.concat([Buffer.from([4]), bytes]));
    expect(readFrames(frames.of(batchOf(binary, text)))).toEqual(["451-x", Buffer.from([4, 1, 2]), "4é"]);
  });

  it("converts a batch once for all its receivers, and a batch of texts never", () => {
    const convert = vi.fn(() => "b");
    const frames = new ConvertedFrames(convert);
    const batch = batchOf(text, binary);
    expect(frames.of(batch)).toBe(frames.of(batch));
    expect(frames.of(text)).toBe(text.frames);
    expect(convert).toHaveBeenCalledTimes(1);
  });

  it("keeps the frames of each form apart", () => {
    const [one, other] = [new ConvertedFrames(() => "one"), new ConvertedFrames(() => "other")];
    expect(readFrames(one.of(binary))).toEqual(["451-x", "one"]);
    expect(readFrames(other.of(binary))).toEqual(["451-x", "other"]);
  });
});
