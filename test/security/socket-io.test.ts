/**
 * The published advisories against socket.io and socket.io-parser. Each test describes the advisory in words,
 * and shows how Roomcast behaves in the same place. Its input is harmless anywhere: it crosses a limit by a
 * little.
 */

import { describe, expect, it } from "vitest";
import { generateId } from "../../src/base/id.ts";
import { defaultDecoderLimits, reservedEvents } from "../../src/protocol/socket-packet.ts";
import { SocketPacketDecoder } from "../../src/protocol/socket-packet-decoder.ts";
import { engineUrl, RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { Bystander, closeCode, frame, speak, text } from "./hostile-client.ts";

describe("socket.io", () => {
  it("CVE-2017-16031: ids cannot be guessed, and the public one does not tell the secret one", async () => {
    const ids = new Set(Array.from({ length: 200_000 }, generateId));
    expect(ids.size).toBe(200_000);
    for (const id of [...ids].slice(0, 100)) expect(id).toMatch(/^[\w-]{20,}$/);
    // 6 bits each: every position of an id takes every letter of the alphabet.
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

  // A client could send events that only the server itself emits, and such an event ended the process.
  it.each([...reservedEvents].filter((name) => name.startsWith("connect") || name.startsWith("disconnect")))(
    "CVE-2024-38355: a client cannot send the event %s, which only the server tells",
    async (name) => {
      const server = await startServer();
      const bystander = await Bystander.join(server);
      expect(await closeCode(await speak(server, text("40"), text(`42["${name}"]`)))).toBe(1002);
      await bystander.isServed();
    },
  );
});

describe("socket.io-parser", () => {
  // The parser collected the digits of a header one by one, without a limit.
  it("CVE-2020-36049: the numbers of a header end after as many digits as a number can hold", async () => {
    const decoder = new SocketPacketDecoder(defaultDecoderLimits);
    const digits = "1".repeat(20);
    for (const header of [`5${digits}`, `5${digits}-["a"]`, `2${digits}["a"]`])
      expect(() => decoder.decodeText(header, 0)).toThrow();
    const server = await startServer();
    const bystander = await Bystander.join(server);
    expect(await closeCode(await speak(server, text("40"), text(`45${digits}-["a"]`)))).toBe(1002);
    await bystander.isServed();
  });

  // The index of an attachment could be a name, which the parser looked up in its list of attachments.
  it.each(["1", "-1", "0.5", "null"])(
    "CVE-2022-2421: an attachment's place is a number of one that was announced, and not %s",
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

  // The server converted an object in place of an event's name to a string, which threw.
  it.each(["42[]", "42[true]", '42[["x"]]', '42"x"'])(
    "CVE-2023-32695: %s has no name of an event",
    async (message) => {
      const server = await startServer();
      server.socketio.on("*", () => {
        throw new Error("an event that must not come through");
      });
      const bystander = await Bystander.join(server);
      expect(await closeCode(await speak(server, text("40"), text(message)))).toBe(1002);
      await bystander.isServed();
    },
  );

  // The number of attachments that a packet announced had no limit, and the parser kept all of them.
  it("CVE-2026-33151: one attachment above the limit is refused when it is announced", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    expect(await closeCode(await speak(server, text("40"), text('4511-["a"]')))).toBe(1008);
    await bystander.isServed();
  });

  // A packet could announce attachments without placeholders, and the parser kept all binary that followed.
  it("CVE-2026-69185: binary beyond what a packet announced is refused and not kept", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const packet = text('451-["a",{"_placeholder":true,"num":0}]');
    const wire = await speak(server, text("40"), packet, frame(0x82, "announced"), frame(0x82, "more"));
    expect(await closeCode(wire)).toBe(1002);
    await bystander.isServed();
  });
});
