/**
 * The published advisories against python-engineio and python-socketio. Each test describes the advisory in
 * words, and shows how Roomcast behaves in the same place. Its input is harmless anywhere.
 */

import { emit } from "roomcast";
import { describe, expect, it } from "vitest";
import { decodePythonMessage } from "../../src/backplane/interop/python-message.ts";
import { RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { soon } from "../support/waiting.ts";
import { ask, Bystander, closeCode, frame, speak, text, upgradeRequest } from "./hostile-client.ts";

/** The timers of this process. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("python-engineio", () => {
  // The server accepted a WebSocket from a page of any origin, with the cookies of its visitor.
  it("CVE-2019-13611: a page of another origin gets no WebSocket, whatever cookies it brings", async () => {
    const server = await startServer();
    const fields = "Origin: https://evil.example\r\nCookie: session=stolen\r\n";
    expect((await ask(server, upgradeRequest(undefined, fields)))?.status).toBe(403);
    expect(server.socketio.clientCount).toBe(0);
  });

  // Each answer to a heartbeat started another timer, even without a heartbeat.
  it("CVE-2026-48802: answers to heartbeats that were never sent start no timers", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const wire = await speak(server, text("40"));
    const before = timers();
    wire.write(Buffer.concat(Array.from({ length: 20 }, () => text("3"))));
    wire.write(frame(0x89, "read"));
    await wire.until((received) => received.includes("read"), 10_000);
    expect(wire.isClosed).toBe(false);
    expect(timers()).toBeLessThanOrEqual(before + 5);
    await bystander.isServed();
  });

  it("CVE-2026-48802: clients that never join a namespace share one timer, and are closed", async () => {
    const server = await startServer({ connectTimeout: 300 });
    const before = timers();
    const sockets = await Promise.all(Array.from({ length: 25 }, () => RawSocket.open(server.url)));
    expect(timers()).toBeLessThanOrEqual(before + 10);
    await Promise.all(sockets.map(({ socket }) => socket.closed));
    await soon(() => server.socketio.clientCount).toBe(0);
  });

  // The limit on the size of a message did not apply to WebSockets.
  it("CVE-2026-48809: a message beyond the limit is refused, on either reader of frames", async () => {
    for (const perMessageDeflate of [false, true]) {
      const server = await startServer({ perMessageDeflate, maxHttpBufferSize: 10_000 });
      const bystander = await Bystander.join(server);
      expect(await closeCode(await speak(server, text("40"), frame(0x82, Buffer.alloc(10_001))))).toBe(1009);
      await bystander.isServed();
    }
  });
});

describe("python-socketio", () => {
  const packet = text('451-["x",{"_placeholder":true,"num":0}]');

  // A program that wrote to the message queue could make the server run the code in a pickle. These pickles
  // hold a number and a dictionary.
  it.each(["80024b2a2e", "80049517000000000000007d948c066d6574686f64948c04656d697494732e"])(
    "CVE-2025-61765: a message from the message queue is never unpickled (%s)",
    (hex) => {
      const message = decodePythonMessage(Buffer.from(hex, "hex"));
      expect(message).toMatchObject({ method: "refused", isPickled: true });
    },
  );

  // A packet that waited for its attachments was kept for a client that was in no namespace.
  it("CVE-2026-48804: a packet that waits for its attachments is not kept for a client that has not joined", async () => {
    const server = await startServer();
    server.socketio.on("x", () => emit("answer"));
    const bystander = await Bystander.join(server);
    const wire = await speak(server, packet, frame(0x82, "bytes"));
    expect(await closeCode(wire)).toBe(1008);
    expect(wire.received).not.toContain("answer");
    await bystander.isServed();
  });

  it("CVE-2026-48804: nor for a client that has left", async () => {
    const server = await startServer();
    server.socketio.on("x", () => emit("answer"));
    const bystander = await Bystander.join(server);
    const wire = await speak(server, text("40"), text("41"), packet, frame(0x82, "bytes"), text("1"));
    await closeCode(wire);
    expect(wire.received).not.toContain("answer");
    await soon(() => server.socketio.clientCount).toBe(1);
    await bystander.isServed();
  });
});
