import { describe, expect, it } from "vitest";
import {
  ackType,
  connectType,
  defaultParser,
  disconnectType,
  eventType,
  refusalType,
} from "../../src/browser/packet-codec.ts";
import { SocketPacketDecoder } from "../../src/protocol/socket-packet-decoder.ts";

const { encode, decoder } = defaultParser;
const decode = (...frames: (string | Uint8Array)[]) => {
  const take = decoder();
  return frames.map(take).at(-1);
};

describe("the default parser", () => {
  it.each([
    ["40", { type: connectType, namespace: "/" }],
    ['0/chat,{"token":"x"}', { type: connectType, namespace: "/chat", data: { token: "x" } }],
    ["1/chat,", { type: disconnectType, namespace: "/chat" }],
    ['2["say","a\\nb"]', { type: eventType, namespace: "/", data: ["say", "a\nb"] }],
    ['2/chat,12["say"]', { type: eventType, namespace: "/chat", id: 12, data: ["say"] }],
    ['30[-1,"2-[x"]', { type: ackType, namespace: "/", id: 0, data: [-1, "2-[x"] }],
    ['4/chat,{"message":"no"}', { type: refusalType, namespace: "/chat", data: { message: "no" } }],
  ])("writes and reads %s", (text, packet) => {
    const whole = text === "40" ? "0" : text;
    expect(encode(packet)).toEqual([whole]);
    expect(decode(whole)).toEqual({ id: undefined, data: undefined, ...packet });
  });

  it("sends binary values behind their event, and finds them again", () => {
    const data = ["file", { name: "a", parts: [new Uint8Array([1]), new Uint8Array([2]).buffer] }, null];
    const [text, ...attachments] = encode({ type: eventType, namespace: "/c", id: 3, data });
    expect(text).toBe(
      '52-/c,3["file",{"name":"a","parts":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]},null]',
    );
    expect(decode(text as string, new Uint8Array([1]), new Uint8Array([2]))).toEqual({
      type: eventType,
      namespace: "/c",
      id: 3,
      data: ["file", { name: "a", parts: [new Uint8Array([1]), new Uint8Array([2])] }, null],
    });
    expect(attachments).toEqual([new Uint8Array([1]), new Uint8Array([2]).buffer]);
  });

  it("sends Node's buffers and blobs as they are", () => {
    const blob = new Blob(["x"]);
    expect(encode({ type: ackType, namespace: "/", id: 1, data: [Buffer.from("y"), blob] })).toEqual([
      '62-1[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      Buffer.from("y"),
      blob,
    ]);
  });

  it("leaves what looks like a placeholder alone where there are no attachments", () => {
    const data = ["say", { _placeholder: true, num: 0 }];
    expect(decode(...(encode({ type: eventType, namespace: "/", data }) as string[]))).toMatchObject({
      data,
    });
  });

  it("is understood by the server's decoder", () => {
    const server = new SocketPacketDecoder();
    const [text, bytes] = encode({
      type: eventType,
      namespace: "/c",
      id: 3,
      data: ["f", new Uint8Array([7])],
    });
    expect(server.decodeText(text as string, 0)).toBeUndefined();
    expect(server.decodeBinary(bytes as Uint8Array)).toEqual({
      type: "event",
      namespace: "/c",
      id: 3,
      data: ["f", new Uint8Array([7])],
    });
  });

  it.each(["", "9", "hello", '2["unfinished'])("refuses %j", (text) => {
    expect(() => decode(text)).toThrow();
  });

  it("refuses values without JSON", () => {
    const ring: Record<string, unknown> = {};
    ring.self = ring;
    expect(() => encode({ type: eventType, namespace: "/", data: ["say", ring] })).toThrow(TypeError);
  });
});
