import { describe, expect, it } from "vitest";
import { refusalPacket } from "../../../src/core/client/refusal-packet.ts";
import { jsonCodec } from "../../../src/core/packet/codec.ts";

/** The text of a refusal's packet, and what could not be encoded. */
function refused(data: unknown, isEio3: boolean) {
  const reported: unknown[] = [];
  const listener = { report: (error: unknown) => void reported.push(error) };
  const packet = refusalPacket("/chat", { message: "no", data }, { codec: jsonCodec, isEio3 }, listener);
  return { text: packet.text, reported };
}

describe("refusalPacket()", () => {
  it("holds the message, and the data where there is some", () => {
    expect(refused(undefined, false).text).toBe('44/chat,{"message":"no"}');
    expect(refused({ n: 1 }, false).text).toBe('44/chat,{"message":"no","data":{"n":1}}');
  });

  it.each([
    ["text", "why", '44/chat,"why"'],
    ["an object", { n: 1 }, '44/chat,{"n":1}'],
    ["a number", 7, '44/chat,"no"'],
    ["no data", undefined, '44/chat,"no"'],
  ])("has %s in its own form for a client of Socket.IO 2", (_what, data, text) => {
    expect(refused(data, true).text).toBe(text);
  });

  it("leaves out data that cannot be encoded, and reports it", () => {
    const { text, reported } = refused(1n, false);
    expect(text).toBe('44/chat,{"message":"no"}');
    expect(reported).toHaveLength(1);
  });
});
