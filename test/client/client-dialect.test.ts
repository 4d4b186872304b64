import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/base/errors.ts";
import {
  decodedOrNothing,
  dialect3,
  dialect4,
  dialectOf,
  dialectOfPayload,
  sizeOf,
} from "../../src/client/client-dialect.ts";
import type { EnginePacket } from "../../src/protocol/engine-packet.ts";
import { answerWith } from "../support/fake-network.ts";

const text = { type: "message", data: "2[1]" } as const;
const binary = { type: "message", data: new Uint8Array([1, 2, 3]) } as const;

/** A packet whose bytes are no Buffer. */
function plain(packet: EnginePacket): EnginePacket {
  if (packet.type !== "message" || typeof packet.data === "string") return packet;
  return { type: "message", data: new Uint8Array(packet.data) };
}

describe.each([dialectOf(3), dialectOf(4)])("revision $revision", (dialect) => {
  it("reads the payloads and frames that it writes", () => {
    const payload = dialect.joinItems([text, binary].map((packet) => dialect.encodeItem(packet)));
    expect(dialect.decodePayload(answerWith(payload)).map(plain)).toEqual([text, binary]);
    expect([text, binary].map((packet) => plain(dialect.decodeFrame(dialect.encodeFrame(packet))))).toEqual([
      text,
      binary,
    ]);
  });
});

it("reads payloads of bytes, which old servers send that were asked for a newer revision", () => {
  const payload = new Uint8Array([0, 2, 255, 0x34, 0x61, 1, 3, 255, 4, 8, 9]);
  expect(dialect3.decodePayload(answerWith(payload))).toEqual([
    { type: "message", data: "a" },
    { type: "message", data: new Uint8Array([8, 9]) },
  ]);
});

it("tells the revision of a handshake", () => {
  expect(dialectOfPayload('0{"sid":"a"}')).toBe(dialect4);
  expect(dialectOfPayload('97:0{"sid":"a"}2:40')).toBe(dialect3);
  expect(dialectOfPayload("<html>")).toBeUndefined();
});

it("counts bytes", () => {
  expect([sizeOf("é"), sizeOf(new Uint8Array(3))]).toEqual([2, 3]);
});

it("gives nothing for an invalid payload", () => {
  const decode = () => {
    throw new ProtocolError("no");
  };
  expect(decodedOrNothing(decode)).toBeUndefined();
});
