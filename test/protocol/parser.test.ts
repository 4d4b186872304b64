import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import { checkBounds, checkPacket } from "../../src/protocol/parser.ts";
import { defaultDecoderLimits } from "../../src/protocol/socket-packet.ts";

const limits = { ...defaultDecoderLimits, maxDepth: 3, maxAttachments: 2 };
const check = (packet: object) =>
  checkPacket({ type: "event", namespace: "/", data: undefined, id: undefined, ...packet }, limits);

describe("checkPacket", () => {
  it("drops what does not belong to a packet", () => {
    const stray = { type: "ack", id: 1, data: [2], other: 3 };
    expect(check(stray)).toEqual({ type: "ack", namespace: "/", id: 1, data: [2] });
    expect(check({ type: "disconnect", id: 1 })).toEqual({ type: "disconnect", namespace: "/" });
  });

  it.each([
    { type: "binary_event", data: ["a"] },
    { type: "toString" },
    { type: undefined },
    { data: ["connect"] },
    { data: "a" },
    { data: ["a"], id: Number.NaN },
    { namespace: "", data: ["a"] },
    { type: "connect", data: null },
    { type: "connect", data: new Date(0) },
  ])("refuses %j", (packet) => {
    expect(() => check(packet)).toThrow(ProtocolError);
  });
});

describe("checkBounds", () => {
  it("counts levels as the default parser does", () => {
    expect(() => checkBounds([[[1]]], limits)).not.toThrow();
    expect(() => checkBounds([[[[]]]], limits)).toThrow("nested deeper than 3 levels");
    expect(() => checkBounds([{ a: { b: {} } }], limits)).toThrow("nested deeper than 3 levels");
    expect(() => checkBounds([[[new Uint8Array(3)]]], limits)).not.toThrow();
  });

  it("counts binary", () => {
    const bytes = () => new Uint8Array(1);
    expect(() => checkBounds([bytes(), { a: bytes() }], limits)).not.toThrow();
    expect(() => checkBounds([bytes(), bytes(), bytes().buffer], limits)).toThrow("more than 2 attachments");
  });

  it("comes to an end whatever a parser has tied together", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => checkBounds(cycle, limits)).not.toThrow();
    let tied: unknown[] = [];
    for (let level = 0; level < 100; level += 1) tied = [tied, tied];
    expect(() => checkBounds(tied, { ...limits, maxDepth: 200 })).not.toThrow();
  });
});
