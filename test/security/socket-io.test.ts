/** The published advisories against socket.io and socket.io-parser. */

import { describe, expect, it } from "vitest";
import { generateId } from "../../src/base/id.ts";
import { defaultDecoderLimits, SocketPacketDecoder } from "../../src/protocol/socket-packet.ts";
import { engineUrl, RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { Bystander, closeCode, frame, speak, text } from "./hostile-client.ts";

describe("socket.io", () => {
  it("CVE-2017-16031: ids cannot be guessed, and the public one does not tell the secret one", async () => {
    const ids = new Set(Array.from({ length: 200_000 }, generateId));
    expect(ids.size).toBe(200_000);
    for (const id of [...ids].slice(0, 100)) expect(id).toMatch(/^[\w-]{20,}$/);
    // 6 bits each: every place of an id takes every letter of the alphabet.
    const letters = Array.from({ length: 20 }, () => new Set<string>());
    for (const id of ids) for (const [place, seen] of letters.entries()) seen.add(id.charAt(place));
    expect(letters.map(({ size }) => size)).toEqual(letters.map(() => 64));
    const { url } = await startServer();
    const { socket, handshake } = await RawSocket.open(url);
    socket.send("40");
    const { sid } = JSON.parse(String(await socket.next()).slice(2));
    expect(sid).not.toContain(handshake.sid.slice(0, 10));
    expect(handshake.sid).not.toContain(sid.slice(0, 10));
  });

  it("CVE-2020-28481: without an option, no page of another origin gets in or may read", async () => {
    const { url } = await startServer();
    for (const headers of [{ origin: "https://evil.example" }, { origin: "null" }]) {
      const response = await fetch(engineUrl(url, { transport: "polling" }), { headers });
      expect(response.status).toBe(403);
      expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    const { status } = await new RawSocket(url, {}, { origin: "https://evil.example" }).refused();
    expect(status).toBe(403);
  });

  it("CVE-2020-28481: all origins and credentials do not go together", async () => {
    await expect(startServer({ cors: { origin: "*", credentials: true } })).rejects.toThrow("cors");
  });

  it.each([
    '42["error"]',
    '42["error",{}]',
    '42["connect"]',
    '42["disconnect"]',
    '42["connect_error"]',
    "44{}",
    '44"x"',
  ])("CVE-2024-38355: %s ends no process, before and after joining", async (message) => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const before = await speak(server, text(message));
    const after = await speak(server, text("40"), text(message), text("1"));
    await closeCode(before);
    await closeCode(after);
    await bystander.isServed();
  });
});

describe("socket.io-parser", () => {
  it("CVE-2020-36049: a header of a million digits costs no time and no memory", async () => {
    const decoder = new SocketPacketDecoder(defaultDecoderLimits);
    for (const header of [
      `5${"1".repeat(1e6)}`,
      `5${"1".repeat(1e6)}-["a"]`,
      `2${"1".repeat(1e6)}`,
      `2/${"1".repeat(1e6)}`,
    ]) {
      const startedAt = performance.now();
      expect(() => decoder.decodeText(header)).toThrow();
      expect(performance.now() - startedAt).toBeLessThan(1000);
    }
    const server = await startServer();
    const bystander = await Bystander.join(server);
    expect(await closeCode(await speak(server, text("40"), text(`45${"1".repeat(900_000)}`)))).toBe(1002);
    await bystander.isServed();
  });

  it.each(['"splice"', "-1", "1e9", "0.5", "null", '"0"', "1", "[0]", "4294967296"])(
    "CVE-2022-2421: an attachment's place numbered %s is refused",
    async (num) => {
      const server = await startServer();
      server.socketio.on("*", () => {
        throw new Error("a packet that must not come through");
      });
      const bystander = await Bystander.join(server);
      const wire = await speak(
        server,
        text("40"),
        text(`451-["x",{"_placeholder":true,"num":${num}}]`),
        frame(0x82, "bytes"),
      );
      expect(await closeCode(wire)).toBe(1002);
      await bystander.isServed();
    },
  );

  it("CVE-2022-2421: two places for one attachment are refused", async () => {
    const server = await startServer();
    const place = '{"_placeholder":true,"num":0}';
    expect(await closeCode(await speak(server, text("40"), text(`451-["x",${place},${place}]`)))).toBe(1002);
    expect(await closeCode(await speak(server, text("40"), text(`452-["x",${place},${place}]`)))).toBe(1002);
  });

  it.each([
    '42[{"toString":"x"}]',
    "42[null]",
    "42[]",
    "42{}",
    "42",
    '42"x"',
    '42[["x"]]',
    '42[{"length":1}]',
    "42[true]",
  ])("CVE-2023-32695: %s is no event", async (message) => {
    const server = await startServer();
    server.socketio.on("*", () => {
      throw new Error("an event that must not come through");
    });
    const bystander = await Bystander.join(server);
    expect(await closeCode(await speak(server, text("40"), text(message)))).toBe(1002);
    await bystander.isServed();
  });

  it("CVE-2026-33151: more attachments than are allowed are refused when they are announced", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    expect(await closeCode(await speak(server, text("40"), text('4599999-["a"]')))).toBe(1008);
    expect(await closeCode(await speak(server, text("40"), text('4511-["a"]')))).toBe(1008);
    await bystander.isServed();
  });

  it("CVE-2026-69185: after a packet that announces no attachment, binary is refused and not kept", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const endless = Array.from({ length: 50 }, () => frame(0x82, Buffer.alloc(1000)));
    const wire = await speak(server, text("40"), text('450-["a"]'), ...endless);
    expect(await closeCode(wire)).toBe(1002);
    await bystander.isServed();
  });
});
