/** WebSocket messages that are compressed once for all that get them, with stock clients. */

import { createServer } from "node:http";
import { connect, type Socket as TcpSocket } from "node:net";
import { args } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { Server } from "../../src/compat/index.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { serverFrames } from "../support/server-frames.ts";
import { ask, sidOf, stockClientsOver } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { soon } from "../support/waiting.ts";

const words = "a text that compresses well, ";
const textOf = (length: number) => words.repeat(Math.ceil(length / words.length)).slice(0, length);
/** At once, and in the thread pool. */
const lengths = [10, 3000, 20_000, 100, 70_000, 1500];

/** A client of WebSockets alone that takes compressed messages, and counts the bytes of the network. */
async function openRaw(port: number): Promise<{ socket: TcpSocket; bytes: () => Buffer }> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  const bytes = () => Buffer.concat(chunks);
  socket.write(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
  );
  await soon(() => bytes().toString("latin1")).toContain("pingInterval");
  socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]));
  await soon(() => bytes().toString("latin1")).toContain("40{");
  return { socket, bytes };
}

/** The frames that came behind the answer to the request. */
function framesIn(bytes: Buffer) {
  return serverFrames([bytes.subarray(bytes.indexOf("\r\n\r\n") + 4)]);
}

const start = (options = {}): Promise<TestServer> => startServer({ perMessageDeflate: true, ...options });

describe.each([...stockClientsOver("websocket"), ...stockClientsOver("upgrade")])("%s", (client) => {
  it("gets and sends compressed messages, text and binary", async () => {
    const server = await start();
    server.socketio.on("echo", (...values) => values);
    const proxy = await TcpProxy.start(server);
    const socket = await client.connect(proxy.url);
    await soon(() => socket.io.engine.transport.name).toBe("websocket");
    for (const length of lengths) {
      const values = [textOf(length), Buffer.alloc(length, words), "文".repeat(length)];
      expect(await ask(socket, "echo", ...values)).toEqual([values]);
    }
    const passed = proxy.passed.toString("latin1");
    expect(passed).not.toContain(textOf(1000));
    expect(passed.length).toBeLessThan(100_000);
  });

  it("gets everything in order, whether it is compressed at once, later or never", async () => {
    const { socketio, url } = await start();
    const clients = await Promise.all(Array.from({ length: 3 }, () => client.connect(url)));
    const got = clients.map((each) => {
      const numbers: number[] = [];
      each.on("news", (number: number, text: string | Uint8Array) => {
        expect(text.length).toBe(lengths[number % lengths.length]);
        numbers.push(number);
      });
      return numbers;
    });
    let sent = 0;
    for (let turn = 0; turn < 10; turn += 1) {
      for (let event = 0; event < 7; event += 1) {
        const text = textOf(lengths[sent % lengths.length] ?? 0);
        const value = sent % 5 === 0 ? Buffer.from(text) : text;
        const values = args(sent, value);
        const options = { compress: sent % 4 !== 0 };
        // To all at once, and to each by itself.
        if (sent % 3 === 0)
          for (const each of clients) socketio.emit("news", values, { sid: sidOf(each), ...options });
        else socketio.emit("news", values, options);
        sent += 1;
      }
      await new Promise(setImmediate);
    }
    const all = Array.from({ length: sent }, (_, number) => number);
    await soon(() => got.map(({ length }) => length)).toEqual([sent, sent, sent]);
    for (const numbers of got) expect(numbers).toEqual(all);
  });
});

describe("a server that compresses", () => {
  it("compresses nothing that an event says is not worth it", async () => {
    const { socketio, port } = await start();
    const { bytes } = await openRaw(port);
    socketio.emit("a", textOf(2000));
    socketio.emit("b", textOf(2000), { compress: false });
    socketio.emit("c", textOf(500));
    await soon(() => framesIn(bytes()).length).toBe(5);
    expect(framesIn(bytes()).map(({ isCompressed }) => isCompressed)).toEqual([
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  it("compresses from its threshold on, and less at a lower level", async () => {
    const lengthsOf: number[] = [];
    for (const level of [1, 9]) {
      const { socketio, port } = await start({ perMessageDeflate: { threshold: 100, level } });
      const { bytes } = await openRaw(port);
      const rows = Array.from({ length: 80 }, (_, id) => ({
        id,
        price: (id * 7919) % 1000,
        name: `row ${id % 9}`,
      }));
      const mixed = JSON.stringify(rows);
      socketio.emit("a", mixed.slice(0, 50));
      socketio.emit("b", mixed);
      await soon(() => framesIn(bytes()).length).toBe(4);
      const frames = framesIn(bytes()).slice(2);
      expect(frames.map(({ isCompressed }) => isCompressed)).toEqual([false, true]);
      lengthsOf.push(frames[1]?.length ?? 0);
    }
    expect(lengthsOf[1]).toBeLessThan(lengthsOf[0] ?? 0);
  });

  it("sends clients that did not offer it the same events as they are", async () => {
    const { socketio, url } = await start();
    const [client] = stockClientsOver("websocket");
    const sockets = await Promise.all([
      client?.connect(url),
      client?.connect(url, { perMessageDeflate: false } as object),
    ]);
    const got = sockets.map((socket) => new Promise((resolve) => socket?.on("news", resolve)));
    socketio.emit("news", textOf(5000));
    expect(await Promise.all(got)).toEqual([textOf(5000), textOf(5000)]);
  });

  it("refuses a request whose offer is not as the specification has it", async () => {
    const { port } = await start();
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    let heard = "";
    socket.on("data", (chunk) => {
      heard += String(chunk);
    });
    socket.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        "Sec-WebSocket-Extensions: permessage-deflate; =\r\n\r\n",
    );
    await soon(() => heard).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("ends a client that reads nothing when more waits than the limit, and no other", async () => {
    const { socketio, port, url } = await start({ maxOutgoingBytes: 100_000 });
    const ends: string[] = [];
    socketio.on("disconnect", (reason) => void ends.push(reason));
    socketio.on("echo", (value) => value);
    const { socket } = await openRaw(port);
    socket.removeAllListeners("data");
    socket.pause();
    const [client] = stockClientsOver("websocket");
    const other = await client?.connect(url);
    if (other === undefined) expect.fail();
    // Bytes that become hardly shorter, some of them in the thread pool.
    const noise = (length: number) =>
      Buffer.from(Array.from({ length }, () => Math.floor(Math.random() * 256))).toString("base64");
    const texts = [noise(8000), noise(20_000)];
    for (let sent = 0; ends.length === 0 && sent < 5000; sent += 1) {
      socketio.emit("news", texts[sent % 2]);
      expect(await ask(other, "echo", "well")).toEqual(["well"]);
    }
    expect(ends).toEqual(["slow consumer"]);
    expect(socketio.stats()).toMatchObject({ clients: 1, closed: { "slow consumer": 1 } });
  });

  it("sends all that was sent before it stops", async () => {
    const { socketio, url } = await start();
    const [client] = stockClientsOver("websocket");
    const socket = await client?.connect(url);
    const heard: unknown[] = [];
    socket?.on("last", (text: string) => heard.push(text.length));
    socket?.on("disconnect", (reason: string) => heard.push(reason));
    socketio.emit("last", textOf(70_000));
    await socketio.stop();
    await soon(() => heard).toEqual([70_000, "transport close"]);
  });
});

describe("the bridge from socket.io", () => {
  it("takes socket.io's options, and compresses nothing behind compress(false)", async () => {
    const server = createServer();
    const io = new Server(server, {
      perMessageDeflate: { threshold: 200, zlibDeflateOptions: { level: 9 } },
    });
    onTestFinished(() => void io.close());
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const joined = new Promise<{ compress(on: boolean): { emit(name: string, text: string): unknown } }>(
      (resolve) => io.on("connection", resolve as never),
    );
    const { bytes } = await openRaw(port);
    const socket = await joined;
    io.emit("a", textOf(300));
    io.compress(false).emit("b", textOf(300));
    socket.compress(false).emit("c", textOf(300));
    socket.compress(true).emit("d", textOf(300));
    await soon(() => framesIn(bytes()).length).toBe(6);
    expect(framesIn(bytes()).map(({ isCompressed }) => isCompressed)).toEqual([
      ...[false, false],
      ...[true, false, false, true],
    ]);
  });
});
