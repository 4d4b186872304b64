import { describe, expect, it } from "vitest";
import { Outbox } from "../../../src/engine/outbox/outbox.ts";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import type { WebSocketCloseCause } from "../../../src/engine/ports.ts";
import { eio3BinaryFormat, eio3TextFormat } from "../../../src/engine/transport/eio3-wire-format.ts";
import { wireForm } from "../../../src/engine/transport/wire-format.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { readFrames } from "../../support/fake-link.ts";

const attachments = [Buffer.from([1, 2, 3]), Buffer.alloc(0)];
const packets = () => [
  new OutgoingPacket("4é"),
  new OutgoingPacket("452-x", attachments),
  new OutgoingPacket("2"),
];

function batchOf(...members: OutgoingPacket[]) {
  const outbox = new Outbox(new FakeClock());
  let batch = null;
  for (const packet of members) batch = outbox.append(batch, packet);
  if (batch === null) throw new Error("a batch has packets");
  return batch;
}

describe("eio3BinaryFormat", () => {
  it("puts the type in front of binary messages", () => {
    const expected = ["4é", "452-x", Buffer.from([4, 1, 2, 3]), Buffer.from([4]), "2"];
    expect(readFrames(eio3BinaryFormat.frames(batchOf(...packets())))).toEqual(expected);
    expect(packets().flatMap((packet) => [...eio3BinaryFormat.messages(packet)])).toEqual(expected);
  });

  it("has bytes as a payload where there is binary, and text where there is none", () => {
    expect(eio3BinaryFormat.payload(batchOf(...packets()))).toEqual(
      Buffer.from(
        "\0\x03\xff4\xc3\xa9\0\x05\xff452-x\x01\x04\xff\x04\x01\x02\x03\x01\x01\xff\x04\0\x01\xff2",
        "latin1",
      ),
    );
    expect(eio3BinaryFormat.payload(batchOf(new OutgoingPacket("4é👍"), new OutgoingPacket("2")))).toBe(
      "4:4é👍1:2",
    );
  });

  it("reads payloads of both kinds", () => {
    const decoded = [{ type: "message", data: "a" }];
    expect(eio3BinaryFormat.decodePayload(Buffer.from("2:4a"), false, 10)).toEqual(decoded);
    expect(eio3BinaryFormat.decodePayload(Buffer.from([0, 2, 255, 52, 97]), true, 10)).toEqual(decoded);
    expect(() => eio3BinaryFormat.decodePayload(Buffer.from("2:4a"), true, 10)).toThrow();
    expect(() => eio3BinaryFormat.decodePayload(Buffer.from([50, 58, 52, 0xff]), false, 10)).toThrow();
  });
});

describe("eio3TextFormat", () => {
  it("has everything as text", () => {
    const expected = ["4é", "452-x", "b4AQID", "b4", "2"];
    expect(readFrames(eio3TextFormat.frames(batchOf(...packets())))).toEqual(expected);
    expect(packets().flatMap((packet) => [...eio3TextFormat.messages(packet)])).toEqual(expected);
    expect(eio3TextFormat.payload(batchOf(...packets()))).toBe("2:4é5:452-x6:b4AQID2:b41:2");
  });
});

describe.each([
  ["eio3BinaryFormat", eio3BinaryFormat],
  ["eio3TextFormat", eio3TextFormat],
])("%s", (_, form) => {
  it("shares the frames of text with newer clients", () => {
    const text = new OutgoingPacket("4hello");
    text.isShared = true;
    expect(form.frames(text)).toBe(text.frames);
  });

  it("encodes a batch once for all its receivers", () => {
    const batch = batchOf(...packets());
    expect(form.frames(batch)).toBe(form.frames(batch));
    expect(form.payload(batch)).toBe(form.payload(batch));
  });

  it("leaves the form of newer clients alone", () => {
    const batch = batchOf(...packets());
    form.frames(batch);
    form.payload(batch);
    expect(readFrames(wireForm.frames(batch))).toEqual(["4é", "452-x", ...attachments, "2"]);
    expect(wireForm.payload(batch)).toBe("4é\u001e452-x\u001ebAQID\u001eb\u001e2");
  });

  it("has a transport hear what a newer client would have said", () => {
    const heard: unknown[] = [];
    const listener = form.listen({
      onText: (text) => heard.push(text),
      onBinary: (bytes) => heard.push(bytes),
      onClose: (cause: WebSocketCloseCause) => heard.push(cause),
    });
    listener.onText("4a");
    listener.onText("b4AQID");
    listener.onBinary(Buffer.from([4, 1, 2, 3]));
    listener.onClose("closed");
    expect(heard).toEqual(["4a", attachments[0], attachments[0], "closed"]);
  });

  it("has a transport hear of nonsense as of a packet that is not valid", () => {
    const heard: string[] = [];
    const listener = form.listen({ onText: (text) => heard.push(text), onBinary() {}, onClose() {} });
    listener.onText("b4!");
    listener.onBinary(Buffer.from([9]));
    expect(heard).toEqual(["", ""]);
  });
});
