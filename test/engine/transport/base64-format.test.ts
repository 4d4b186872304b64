import { describe, expect, it } from "vitest";
import { Outbox } from "../../../src/engine/outbox/outbox.ts";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import {
  base64Format,
  decodeBase64Message,
  isBase64Message,
} from "../../../src/engine/transport/base64-format.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { readFrames } from "../../support/fake-link.ts";

const packets = [
  new OutgoingPacket("4é"),
  new OutgoingPacket("452-x", [Buffer.from([1, 2, 3]), Buffer.alloc(0)]),
  new OutgoingPacket("", [Buffer.from([255])]),
];

function batchOf(...members: OutgoingPacket[]) {
  const outbox = new Outbox(new FakeClock());
  let batch = null;
  for (const packet of members) batch = outbox.append(batch, packet);
  if (batch === null) throw new Error("a batch has packets");
  return batch;
}

describe("base64Form", () => {
  it("has binary messages as text", () => {
    const expected = ["4é", "452-x", "bAQID", "b", "b/w=="];
    expect(readFrames(base64Format.frames(batchOf(...packets)))).toEqual(expected);
    expect(packets.flatMap((packet) => base64Format.messages(packet))).toEqual(expected);
  });

  it("encodes a batch once, and shares the frames of text with clients that take binary", () => {
    const [text, binary] = [batchOf(packets[0] ?? expect.fail()), batchOf(packets[1] ?? expect.fail())];
    expect(base64Format.frames(text)).toBe(text.frames);
    expect(base64Format.frames(binary)).toBe(base64Format.frames(binary));
  });

  it("reads what it writes, and nothing that is not base64", () => {
    expect(["b", "bAQID", "4b", "", "B"].map(isBase64Message)).toEqual([true, true, false, false, false]);
    expect([...decodeBase64Message("bAQID")]).toEqual([1, 2, 3]);
    expect([...decodeBase64Message("b")]).toEqual([]);
    expect(() => decodeBase64Message("b$$")).toThrow("invalid base64");
  });
});
