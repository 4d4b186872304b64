import { messagePack } from "roomcast/msgpack";
import * as stock from "socket.io-msgpack-parser";
import { describe, expect, it } from "vitest";
import {
  ackType,
  connectType,
  disconnectType,
  eventType,
  refusalType,
} from "../../src/browser/packet-codec.ts";

describe("messagePack", () => {
  it.each([
    { type: connectType, namespace: "/", data: { token: "x" } },
    { type: connectType, namespace: "/chat" },
    { type: disconnectType, namespace: "/" },
    { type: eventType, namespace: "/", data: ["say", "hello", new Uint8Array([1, 2])] },
    { type: eventType, namespace: "/chat", id: 0, data: ["say"] },
    { type: ackType, namespace: "/", id: 7, data: [1, null] },
    { type: refusalType, namespace: "/", data: { message: "no" } },
  ])("writes and reads a packet of type $type", (packet) => {
    const frames = messagePack.encode(packet);
    expect(frames).toHaveLength(1);
    expect(messagePack.decoder()(frames[0] as Uint8Array)).toEqual(packet);
  });

  it("is understood by the stock parser", () => {
    const [frame] = messagePack.encode({
      type: eventType,
      namespace: "/chat",
      id: 3,
      data: ["say", "hello"],
    });
    const found: unknown[] = [];
    const { Decoder } = (stock as unknown as { default: { Decoder: new () => StockDecoder } }).default;
    const decoder = new Decoder();
    decoder.on("decoded", (packet) => found.push(packet));
    decoder.add(Buffer.from(frame as Uint8Array));
    expect(found).toEqual([{ type: 2, nsp: "/chat", id: 3, data: ["say", "hello"] }]);
  });

  it("refuses text", () => {
    expect(() => messagePack.decoder()('2["say"]')).toThrow("another parser");
  });
});

interface StockDecoder {
  on(event: "decoded", listener: (packet: unknown) => void): void;
  add(bytes: Buffer): void;
}
