/** Clients that do not read: they cost no more memory than the limit, and do not disturb other clients. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { drained, emit } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { PollingSession } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { ask, stockClientsOver } from "../support/stock-client.ts";
import { soon, within } from "../support/waiting.ts";

/** A client that joins and never reads again, but continues to answer heartbeats. */
async function joinDeaf(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  let heard = "";
  socket.on("data", (data) => {
    heard += data.toString("latin1");
  });
  socket.write(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await soon(() => heard).toContain("pingInterval");
  socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]));
  await soon(() => heard).toContain("40{");
  socket.removeAllListeners("data");
  socket.pause();
  const pong = setInterval(() => socket.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x33])), 20);
  onTestFinished(() => clearInterval(pong));
  return socket;
}

describe.each(stockClientsOver("websocket"))(
  "a client beside %s that reads nothing, and answers heartbeats",
  (client) => {
    it("is closed when more waits than the limit, and no other client is", async () => {
      const options = { maxOutgoingBytes: 100_000, pingInterval: 100, pingTimeout: 5000 };
      const { socketio, url } = await startServer(options);
      const ends: string[] = [];
      socketio.on("disconnect", (reason) => void ends.push(reason));
      socketio.on("echo", (value) => value);
      await joinDeaf(url);
      const other = await client.connect(url);
      const text = "x".repeat(10_000);
      for (let sent = 0; ends.length === 0 && sent < 5000; sent += 1) {
        socketio.emit("news", text);
        expect(await ask(other, "echo", "well")).toEqual(["well"]);
      }
      expect(ends).toEqual(["slow consumer"]);
      expect(socketio.stats()).toMatchObject({ clients: 1, closed: { "slow consumer": 1 } });
    });

    it("is sent no faster than it reads if the application waits for it", async () => {
      const { socketio, url } = await startServer({ maxOutgoingBytes: 100_000 });
      let sent = 0;
      let end: boolean | null = null;
      socketio.on("connect", () => {
        void (async () => {
          do {
            emit("chunk", Buffer.alloc(64 * 1024));
            sent += 1;
            end = await drained();
          } while (end && sent < 500);
        })();
      });
      const socket = await joinDeaf(url);
      const before = await within(
        "a pause",
        untilStill(() => sent),
      );
      expect(before).toBeLessThan(500);
      expect(socketio.stats().closed["slow consumer"]).toBe(0);
      socket.resume();
      await soon(() => sent).toBe(500);
      socket.destroy();
      await soon(() => socketio.clientCount).toBe(0);
    });
  },
);

/** Resolves to a number that has stopped growing. */
async function untilStill(read: () => number): Promise<number> {
  for (let last = -1; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (read() === last) return last;
    last = read();
  }
}

describe("a client that continues to poll, each time over another connection, and reads no answer", () => {
  it("is closed when more waits than the limit, and its connections are cut", async () => {
    const { socketio, url, port } = await startServer({
      maxOutgoingBytes: 1_000_000,
      httpCompression: false,
    });
    const ends: string[] = [];
    socketio.on("disconnect", (reason) => void ends.push(reason));
    // More than the operating system buffers for a client.
    socketio.on("fill", () => emit("news", "x".repeat(10_000_000)));
    const session = await PollingSession.join(url);
    const sockets: Socket[] = [];
    while (ends.length === 0 && sockets.length < 10) {
      await session.post('42["fill"]');
      const socket = connect(port, "127.0.0.1");
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => {});
      socket.write(`GET ${session.url.slice(url.length)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      sockets.push(socket);
      // It reads nothing after the first bytes.
      await within("the answer's beginning", Promise.race([once(socket, "readable"), once(socket, "close")]));
    }
    expect(ends).toEqual(["slow consumer"]);
    expect(sockets).toHaveLength(2);
    const [first] = sockets;
    first?.resume();
    await soon(() => first?.destroyed).toBe(true);
    expect(first?.bytesRead).toBeLessThan(10_000_000);
  });
});
