import { expect, it } from "vitest";
import { readServerHandshake } from "../../src/client/server-handshake.ts";

it("reads what a server says, and what it leaves out", () => {
  const text = '{"sid":"a","upgrades":["websocket",1],"pingInterval":25000,"pingTimeout":20000}';
  expect(readServerHandshake(text)).toEqual({
    sid: "a",
    upgrades: ["websocket"],
    pingInterval: 25000,
    pingTimeout: 20000,
    maxPayload: null,
  });
});

it.each(["", "null", "[]", '{"sid":1}', '{"sid":"a"}', "{"])("takes %s for no handshake", (text) => {
  expect(readServerHandshake(text)).toBeUndefined();
});
