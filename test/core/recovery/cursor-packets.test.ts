import { describe, expect, it } from "vitest";
import { everyoneIn } from "../../../src/core/model/target.ts";
import { jsonCodec } from "../../../src/core/packet/codec.ts";
import { JsonEventPacket } from "../../../src/core/packet/event-packet.ts";
import { CursorPackets } from "../../../src/core/recovery/cursor-packets.ts";

const packets = new CursorPackets(jsonCodec, "/chat");
const event = (name: string, ...values: unknown[]) => ({
  target: everyoneIn("/chat"),
  event: name,
  values,
  flags: {},
});

describe("CursorPackets", () => {
  it("end every event with the cursor", () => {
    expect(packets.encode(event("news"), "e.1").text).toBe('42/chat,["news","e.1"]');
    expect(packets.encode(event("news", 1, "two"), "e.2").text).toBe('42/chat,["news",1,"two","e.2"]');
  });

  it("append the cursor to an event that another process has encoded", () => {
    const { encoded } = new JsonEventPacket("/chat", "news", [1]);
    expect(packets.append(encoded, {}, "e.3").text).toBe('42/chat,["news",1,"e.3"]');
  });

  it("refuse an event that cannot be encoded", () => {
    expect(() => packets.encode(event("connect"), "e.4")).toThrow(
      expect.objectContaining({ code: "ERR_EVENT_NAME" }),
    );
    expect(() => packets.encode(event("bill", 1n), "e.4")).toThrow(
      expect.objectContaining({ code: "ERR_PAYLOAD" }),
    );
  });
});
