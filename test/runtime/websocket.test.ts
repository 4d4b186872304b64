import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { startServer, type TestServer } from "../support/server.ts";
import { soon, within } from "../support/waiting.ts";

const path = "/socket.io/?EIO=4&transport=websocket";

function addressOf({ url }: TestServer): string {
  return `${url.replace("http", "ws")}${path}`;
}

/** A WebSocket that has received the server's first packet. */
async function open(server: TestServer, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(addressOf(server), protocols);
  onTestFinished(() => socket.terminate());
  await within("what the other side says", once(socket, "message"));
  return socket;
}

const head =
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** A client's frame whose mask changes nothing. */
function frame(first: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload as string);
  return Buffer.concat([Buffer.from([first, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}

function openRaw({ port }: TestServer, ...first: (string | Buffer)[]): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(Buffer.concat(first.map((part) => Buffer.from(part as string))));
  return socket;
}

describe("a WebSocket", () => {
  it.each([[1000], [4001], [undefined]])(
    "that its client closes with %s ends with the same code",
    async (code) => {
      const server = await startServer();
      const socket = await open(server);
      socket.close(code);
      const [answered] = await within("what the other side says", once(socket, "close"));
      expect(answered).toBe(code ?? 1005);
      await soon(() => server.trace.some((event) => event.type === "connection close")).toBe(true);
      expect(server.trace.find((event) => event.type === "connection close")).toMatchObject({
        reason: "transport close",
      });
    },
  );

  it.each([
    ["a frame that RFC 6455 does not know", frame(0x83, "a"), 1002, "transport error"],
    ["text that is no UTF-8", frame(0x81, Buffer.from([0xff])), 1007, "transport error"],
    [
      "a message that is too long",
      Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]),
      1009,
      "payload too large",
    ],
  ])("on which %s comes is closed with the reason", async (_, bytes, code, reason) => {
    const server = await startServer();
    const socket = openRaw(server, head, bytes);
    const said = Buffer.concat((await within("what the other side says", socket.toArray())) as Buffer[]);
    expect([...said.subarray(-4)]).toEqual([0x88, 2, code >> 8, code & 0xff]);
    await soon(() => server.trace.some((event) => event.type === "connection close")).toBe(true);
    expect(server.trace.find((event) => event.type === "connection close")).toMatchObject({ reason });
    expect(server.log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("answers a ping with its payload", async () => {
    const socket = await open(await startServer());
    socket.ping("are you there?");
    const [payload] = await within("what the other side says", once(socket, "pong"));
    expect(String(payload)).toBe("are you there?");
  });

  it("answers no pings while a client does not read", async () => {
    const server = await startServer();
    const socket = openRaw(server, head);
    await within("what the other side says", once(socket, "data"));
    socket.pause();
    const pings = Buffer.concat(Array.from({ length: 2_000 }, () => frame(0x89, "x".repeat(125))));
    for (let sent = 0; sent < 200; sent += 1) {
      if (!socket.write(pings)) await within("what the other side says", once(socket, "drain"));
    }
    expect(server.socketio.clientCount).toBe(1);
    let answered = 0;
    socket.on("data", ({ length }) => {
      answered += length;
    });
    socket.resume().end();
    await within("what the other side says", once(socket, "close"));
    // 50 MB of answers would have been waiting. The operating system buffers far less for both sides.
    expect(answered).toBeLessThan(30 * 2 ** 20);
  });

  it("speaks the first subprotocol that its client offers", async () => {
    const socket = await open(await startServer(), ["chat.v2", "chat.v1"]);
    expect(socket.protocol).toBe("chat.v2");
  });

  it("reads frames that come together with the request", async () => {
    const server = await startServer();
    const socket = openRaw(server, head, frame(0x81, "40"));
    let said = "";
    socket.on("data", (bytes) => {
      said += bytes.toString("latin1");
    });
    await soon(() => said.includes('40{"sid":')).toBe(true);
    expect(said.startsWith("HTTP/1.1 101 Switching Protocols\r\n")).toBe(true);
  });

  it("answers a close frame, and ends without a reset, behind all that it has sent", async () => {
    const server = await startServer();
    const sent = "x".repeat(200_000);
    server.socketio.on("connect", () => void server.socketio.emit("much", sent));
    const socket = openRaw(server, head, frame(0x81, "40"));
    let said = "";
    const errors: unknown[] = [];
    socket.on("error", (error) => errors.push(error));
    socket.on("data", (bytes) => {
      said += bytes.toString("latin1");
    });
    await soon(() => said.includes(`"much","${sent}"`)).toBe(true);
    socket.write(frame(0x88, Buffer.from([0x03, 0xe8])));
    await within("the end", once(socket, "end"));
    expect(said.endsWith("\x88\x02\x03\xe8")).toBe(true);
    expect(errors).toEqual([]);
    await soon(() => server.socketio.clientCount).toBe(0);
  });

  it("ends when its client closes without a close frame", async () => {
    const server = await startServer();
    const socket = openRaw(server, head);
    await within("what the other side says", once(socket, "data"));
    socket.end();
    await within("what the other side says", once(socket.resume(), "close"));
    await soon(() => server.socketio.clientCount).toBe(0);
  });

  it("ends when its client's network fails", async () => {
    const server = await startServer();
    const socket = openRaw(server, head);
    await within("what the other side says", once(socket, "data"));
    socket.resetAndDestroy();
    await soon(() => server.socketio.clientCount).toBe(0);
    expect(server.log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  });
});

describe("a request for a WebSocket", () => {
  it.each([
    [
      "another version",
      head.replace("Version: 13", "Version: 12"),
      /^HTTP\/1\.1 426 .*\r\nsec-websocket-version: 13\r\n/s,
    ],
    ["no key", head.replace(/Sec-WebSocket-Key.*\r\n/, ""), /^HTTP\/1\.1 400 /],
    ["a key that is none", head.replace("dGhl", "!!!!"), /^HTTP\/1\.1 400 /],
    ["another method", head.replace("GET", "POST"), /^HTTP\/1\.1 400 /],
  ])("with %s is refused", async (_, request, answer) => {
    const server = await startServer();
    const socket = openRaw(server, request);
    expect(
      Buffer.concat((await within("what the other side says", socket.toArray())) as Buffer[]).toString(),
    ).toMatch(answer);
    expect(server.socketio.clientCount).toBe(0);
  });
});
