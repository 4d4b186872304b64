/**
 * The published advisories against engine.io. Each test describes the advisory in words, and shows how
 * Roomcast behaves in the same place. Its input is harmless anywhere: it crosses a limit by a little.
 */

import { describe, expect, it } from "vitest";
import { PollingSession } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { deadline } from "../support/waiting.ts";
import {
  ask,
  Bystander,
  closeCode,
  frame,
  openWire,
  speak,
  text,
  upgradeInProcess,
  upgradeRequest,
} from "./hostile-client.ts";

const target = (sid: string) =>
  `/socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;

describe("engine.io", () => {
  // Bodies of any number of requests were read into memory, each up to a limit of 100 MB.
  it("CVE-2020-36048: a body one byte above the limit is refused unread when it announces its length", async () => {
    const server = await startServer({ maxHttpBufferSize: 10_000 });
    const bystander = await Bystander.join(server);
    const { handshake } = await PollingSession.open(server.url);
    const head = `POST ${target(handshake.sid)}Content-Length: 10001\r\n\r\n`;
    expect((await ask(server, `${head}${"4".repeat(100)}`))?.status).toBe(413);
    await bystander.isServed();
  });

  it("CVE-2020-36048: a body that does not announce its length is read no further than the limit", async () => {
    const server = await startServer({ maxHttpBufferSize: 10_000 });
    const bystander = await Bystander.join(server);
    const { handshake } = await PollingSession.open(server.url);
    const head = `POST ${target(handshake.sid)}Transfer-Encoding: chunked\r\n\r\n`;
    const chunk = (length: number) => `${length.toString(16)}\r\n${"4".repeat(length)}\r\n`;
    expect((await ask(server, head, chunk(10_000), chunk(1)))?.status).toBe(413);
    await bystander.isServed();
  });

  // A violation in the same segment as the request reached a WebSocket that had no listener yet.
  it("CVE-2022-21676: a frame in the same segment as the request is read as one that follows", async () => {
    const server = await startServer();
    const wire = openWire(server);
    wire.write(Buffer.concat([Buffer.from(upgradeRequest()), text("40")]));
    expect(await wire.until((received) => received.includes('40{"sid"'), deadline)).toBe(true);
  });

  it("CVE-2022-21676: a frame with a reserved bit is a violation, and no crash", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    expect(await closeCode(await speak(server, text("40"), frame(0xa1, "41")))).toBe(1002);
    await bystander.isServed();
  });

  // A client that reset its connection while it was refused caused an error event that had no listener.
  it.each([
    ["an unknown session", "EIO=4&transport=websocket&sid=unknown", {}],
    ["an unknown version", "EIO=9&transport=websocket", {}],
    ["its origin", "EIO=4&transport=websocket", { origin: "https://evil.example" }],
  ])(
    "CVE-2022-41940: an error of a socket that is refused for %s ends no process",
    async (_why, query, headers) => {
      const { socket, answer } = upgradeInProcess(`/socket.io/?${query}`, headers);
      expect(answer()).toMatch(/^HTTP\/1\.1 40[03] /);
      expect(() => socket.emit("error", new Error("reset"))).not.toThrow();
    },
  );

  // A query could name an inherited member of the list of transports, or leave the transport out.
  it.each(["transport=pigeon", "x=1", "transport=polling"])(
    "CVE-2023-31125: an upgrade with %s is refused",
    async (query) => {
      const server = await startServer();
      const bystander = await Bystander.join(server);
      const answer = await ask(server, upgradeRequest(`EIO=4&${query}`));
      expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("Transport unknown") });
      await bystander.isServed();
    },
  );

  it("CVE-2023-31125: an upgrade that names an unknown version is refused", async () => {
    const server = await startServer();
    const answer = await ask(server, upgradeRequest("EIO=9&transport=websocket"));
    expect(answer).toMatchObject({
      status: 400,
      body: expect.stringContaining("Unsupported protocol version"),
    });
  });

  // A post with binary was never answered, and stayed open with everything that it held.
  it("CVE-2026-59725: each post that is refused is answered, and none stays open", async () => {
    const server = await startServer();
    const { handshake } = await PollingSession.open(server.url);
    // The test for binary posts to the transport itself: test/engine/transport/polling-transport.test.ts.
    const request = `POST ${target(handshake.sid)}Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx`;
    const answers = await Promise.all([ask(server, request), ask(server, request), ask(server, request)]);
    expect(answers.map((answer) => answer?.status)).toEqual([400, 400, 400]);
  });

  // A session that announced a move to WebTransport and never moved was kept forever.
  it("GHSA-gr94-w7qr-f4j3: there is no WebTransport to be left half open", async () => {
    const transports = ["polling", "webtransport"] as never;
    await expect(startServer({ transports })).rejects.toThrow('"polling" and "websocket"');
    const { url } = await startServer();
    expect((await PollingSession.open(url)).handshake.upgrades).toEqual(["websocket"]);
  });
});
