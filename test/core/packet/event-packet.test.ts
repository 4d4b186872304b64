import { describe, expect, it } from "vitest";
import { JsonEventPacket } from "../../../src/core/packet/event-packet.ts";

describe("EventPacket", () => {
  it("is one text with and without a request for an acknowledgement", () => {
    const event = new JsonEventPacket("/chat", "say", ["hello", { loud: true }]);
    expect(event.plain().text).toBe('42/chat,["say","hello",{"loud":true}]');
    expect(event.withId(12).text).toBe('42/chat,12["say","hello",{"loud":true}]');
  });

  it("carries binary values as attachments", () => {
    const packet = new JsonEventPacket("/", "file", [Buffer.from("abc")]).withId(3);
    expect(packet.text).toBe('451-3["file",{"_placeholder":true,"num":0}]');
    expect(packet.attachments).toEqual([Buffer.from("abc")]);
  });

  it("hands on how it may be treated", () => {
    const { volatile, compress } = new JsonEventPacket("/", "news", [], {
      volatile: true,
      compress: false,
    }).plain();
    expect([volatile, compress]).toEqual([true, false]);
  });

  it.each([
    ["connect", '"connect" is reserved'],
    ["disconnect", '"disconnect" is reserved'],
    ["newListener", '"newListener" is reserved'],
    ["", 'must be a string that is not empty, not ""'],
    [undefined, "must be a string that is not empty, not undefined"],
    [7, "must be a string that is not empty, not 7"],
    // As from a body that querystring has parsed.
    [Object.create(null), "must be a string that is not empty, not {}"],
  ])("refuses the name %j", (name, message) => {
    expect(() => new JsonEventPacket("/", name as string, [])).toThrow(
      expect.objectContaining({ code: "ERR_EVENT_NAME", message: expect.stringContaining(message) }),
    );
  });

  it("says which event cannot be sent, and why", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => new JsonEventPacket("/", "bill", [{ total: 1n }])).toThrow(
      expect.objectContaining({
        code: "ERR_PAYLOAD",
        message: expect.stringMatching(/^The event "bill" cannot be sent: .*BigInt/),
      }),
    );
    expect(() => new JsonEventPacket("/", "loop", cycle)).toThrow(
      expect.objectContaining({ code: "ERR_PAYLOAD", message: expect.stringContaining('"loop"') }),
    );
  });
});
