import { describe, expect, it } from "vitest";
import { jsonCodec } from "../../../src/core/packet/codec.ts";
import { defaultDecoderLimits } from "../../../src/protocol/socket-packet.ts";

describe("jsonCodec", () => {
  it("encodes events and other packets", () => {
    expect(jsonCodec.event("/chat", "say", ["hello"]).plain().text).toBe('42/chat,["say","hello"]');
    expect(jsonCodec.event("/", "say", ["hello"], { volatile: true }).withId(7).volatile).toBe(true);
    expect(jsonCodec.packet({ type: "disconnect", namespace: "/" }).text).toBe("41");
  });

  it("decodes within the limits that it is given", () => {
    const decoder = jsonCodec.decoder({ ...defaultDecoderLimits, maxEventLength: 3 });
    expect(decoder.decodeText('42["say"]', 1)).toEqual({ type: "event", namespace: "/", data: ["say"] });
    expect(() => decoder.decodeText('2["shout"]', 0)).toThrow("longer than 3 characters");
  });
});
