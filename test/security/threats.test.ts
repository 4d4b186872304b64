/**
 * Threats without a published advisory, or without one for this protocol. The input of the tests is harmless
 * anywhere: it crosses a limit of Roomcast by a little.
 */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { emit, SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { PollingSession, RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { deadline, soon } from "../support/waiting.ts";
import { Wire } from "../support/wire.ts";
import { ask, Bystander, closeCode, frame, openWire, speak, text, upgradeRequest } from "./hostile-client.ts";

const target = (sid: string) =>
  `/socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;

describe("requests", () => {
  it("that come a byte at a time are ended by Node's own timeouts, and hold up no other client", async () => {
    const http = createServer({ headersTimeout: 400, requestTimeout: 400, connectionsCheckingInterval: 50 });
    const socketio = new SocketIO(http);
    socketio.on("echo", (value: unknown) => value);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    onTestFinished(async () => {
      await socketio.stop();
      http.closeAllConnections();
      http.close();
    });
    const { port } = http.address() as AddressInfo;
    const wires = Array.from({ length: 20 }, () => new Wire(port));
    onTestFinished(() => {
      for (const wire of wires) wire.reset();
    });
    const head = `POST ${target("x")}Content-Length: 100\r\n\r\n`;
    for (const [index, wire] of wires.entries()) wire.write(index % 2 === 0 ? head.slice(0, 30) : `${head}4`);
    const dribble = setInterval(() => {
      for (const wire of wires) wire.write("x");
    }, 50);
    onTestFinished(() => clearInterval(dribble));
    const socket = await RawSocket.join(`http://127.0.0.1:${port}`);
    socket.send('421["echo",1]');
    expect(await socket.next()).toBe("431[1]");
    await soon(() => wires.every((wire) => wire.isClosed)).toBe(true);
  });

  it.each([
    ["says less than it has", "Content-Length: 1\r\n\r\n", "40garbage"],
    ["says more than it has", "Content-Length: 100\r\n\r\n", "40"],
    ["says nothing", "\r\n", "40"],
    ["is not a number", "Content-Length: 2x\r\n\r\n", "40"],
    ["ends in the middle of a chunk", "Transfer-Encoding: chunked\r\n\r\n", "ff\r\n40"],
  ])("whose length %s harm no other client", async (_what, fields, body) => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const { handshake } = await PollingSession.open(server.url);
    const wire = openWire(server);
    wire.write(`POST ${target(handshake.sid)}${fields}${body}`);
    await wire.answer(100);
    wire.reset();
    await bystander.isServed();
  });

  it("for packets, with a body in chunks of one byte, leave none of it in memory", async () => {
    const http = createServer();
    const socketio = new SocketIO(http);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    onTestFinished(async () => {
      await socketio.stop();
      http.closeAllConnections();
      http.close();
    });
    const { port } = http.address() as AddressInfo;
    const { handshake } = await PollingSession.open(`http://127.0.0.1:${port}`);
    const wire = new Wire(port);
    onTestFinished(() => wire.reset());
    const seen: IncomingMessage[] = [];
    const emit = http.emit.bind(http);
    http.emit = (event: string, ...values: unknown[]) => {
      if (event === "request") seen.push(values[0] as IncomingMessage);
      return emit(event, ...values);
    };
    wire.write(`GET ${target(handshake.sid)}Transfer-Encoding: chunked\r\n\r\n`);
    wire.write("1\r\nx\r\n".repeat(50));
    wire.write("0\r\n\r\n");
    await soon(() => seen.at(-1)?.complete).toBe(true);
    expect(seen.at(-1)?.readableLength).toBe(0);
  });

  it("for two polls at once: the second is refused, and the session ends rather than lose packets in silence", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const session = await PollingSession.join(server.url);
    const first = await session.wait();
    const second = await session.get();
    expect(second.status).toBe(400);
    expect(await (await first()).text()).toBe("1");
    await soon(() => server.socketio.clientCount).toBe(1);
    expect((await session.get()).status).toBe(400);
    await bystander.isServed();
  });

  it("with ids that were never given are answered at once, and leave nothing", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const wire = openWire(server);
    for (let number = 0; number < 20; number += 1) {
      wire.write(`GET ${target(`${number}AAAAAAAAAAAAAAAAAAAA`.slice(0, 20))}\r\n`);
      expect((await wire.answer(deadline))?.status).toBe(400);
    }
    expect(server.socketio.clientCount).toBe(1);
    await bystander.isServed();
  });

  it("with one packet more than a body may hold end their session", async () => {
    const server = await startServer({ maxPacketsPerPayload: 10 });
    const bystander = await Bystander.join(server);
    for (const packet of ["", "2", "6", "4"]) {
      const { handshake } = await PollingSession.open(server.url);
      const body = Array(11).fill(packet).join("\u001e");
      const head = `POST ${target(handshake.sid)}Content-Length: ${body.length}\r\n\r\n`;
      expect((await ask(server, head, body))?.status).toBe(400);
    }
    await bystander.isServed();
  });
});

describe("what a client says", () => {
  it.each([
    ["arrays", 128, "[", "]"],
    ["objects", 128, '{"a":', "}"],
    ["arrays without end", 300, "[", ""],
  ])(
    "nested too deeply is refused before a handler can send it back: %s",
    async (_what, depth, open, close) => {
      const server = await startServer();
      server.socketio.on("echo", (value: unknown) => emit("echo", value));
      const bystander = await Bystander.join(server);
      const nested = `${open.repeat(depth)}${close === "" ? "" : `1${close.repeat(depth)}`}`;
      expect(await closeCode(await speak(server, text("40"), text(`42["echo",${nested}]`)))).toBe(1008);
      await bystander.isServed();
    },
  );

  it("in nesting that is allowed can be sent back", async () => {
    const server = await startServer();
    server.socketio.on("echo", (value: unknown) => value);
    const socket = await RawSocket.join(server.url);
    // The list of arguments counts as a level, too.
    const nested = `${"[".repeat(127)}${"]".repeat(127)}`;
    socket.send(`421["echo",${nested}]`);
    expect(await socket.next()).toBe(`431[${nested}]`);
  });

  it("as answers to events without a request for one is ignored, and kept nowhere", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const ids = ["0", "1", "7", "9007199254740991", "000001"];
    const bogus = Buffer.concat(Array.from({ length: 100 }, (_, index) => text(`43${ids[index % 5]}["x"]`)));
    const wire = await speak(server, text("40"), bogus, frame(0x89, "read"));
    expect(await wire.until((received) => received.includes("read"), deadline)).toBe(true);
    await bystander.isServed();
    for (const id of ["9007199254740992", "-1", "1.5", ""]) {
      expect(await closeCode(await speak(server, text("40"), text(`43${id}["x"]`)))).toBe(1002);
    }
    await bystander.isServed();
  });

  it("in names that mean something to JavaScript changes no object but its own", async () => {
    const server = await startServer({ namespaces: "*" });
    const bystander = await Bystander.join(server);
    server.socketio.on("*", (event: string, value: unknown) => emit("got", { event, value }));
    for (const name of ["valueOf", "isPrototypeOf", "propertyIsEnumerable"]) {
      const socket = await RawSocket.join(server.url);
      socket.send(`42["${name}",{"${name}":1}]`);
      expect(String(await socket.next())).toBe(`42["got",{"event":"${name}","value":{"${name}":1}}]`);
      const inNamespace = await RawSocket.join(server.url, `/${name}`);
      inNamespace.terminate();
    }
    expect({}.valueOf).toBe(Object.prototype.valueOf);
    await bystander.isServed();
  });

  it("that would break a line of the log does not", async () => {
    const server = await startServer();
    server.socketio.on("*", () => {
      throw new Error("a handler that fails");
    });
    const socket = await RawSocket.join(server.url);
    socket.send('421["a\\r\\nerror forged \\u001b[31m"]');
    expect(String(await socket.next())).toMatch(/^431/);
    const [line = "", ...more] = server.log.lines.filter((entry) => entry.startsWith("error"));
    expect(more).toEqual([]);
    expect(line).toContain("forged");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters must not be there
    expect(line).not.toMatch(/[\r\n\u001b]/);
  });
});

describe("clients", () => {
  it("that all come back at once are all served, and so is the one that stayed", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    for (let times = 0; times < 2; times += 1) {
      const sockets = await Promise.all(Array.from({ length: 30 }, () => RawSocket.join(server.url)));
      expect(server.socketio.clientCount).toBe(31);
      for (const socket of sockets) socket.terminate();
      await bystander.isServed();
    }
    await soon(() => server.socketio.clientCount).toBe(1);
  });

  it("that open ten WebSockets for one session get one, and the session goes on", async () => {
    const server = await startServer({ upgradeTimeout: 500 });
    const bystander = await Bystander.join(server);
    const session = await PollingSession.join(server.url);
    const query = `EIO=4&transport=websocket&sid=${session.handshake.sid}`;
    const wires = Array.from({ length: 10 }, () => openWire(server));
    for (const wire of wires) wire.write(upgradeRequest(query));
    await Promise.all(wires.map((wire) => wire.until((received) => received.includes("\r\n\r\n"), deadline)));
    expect(wires.filter((wire) => wire.received.startsWith("HTTP/1.1 101")).length).toBeGreaterThan(0);
    // The server waits for one, and cuts it when it sends nothing more. It closes the others at once, and
    // cuts them when they do not answer the close.
    const isClosing = (wire: Wire) => wire.isClosed || (wire.received.split("\r\n\r\n")[1] ?? "") !== "";
    await soon(() => wires.every(isClosing)).toBe(true);
    for (const wire of wires) wire.write(frame(0x88));
    await soon(() => wires.every((wire) => wire.isClosed)).toBe(true);
    await session.post('421["bystander","still here"]');
    expect(await session.poll()).toContain('431["still here"]');
    await bystander.isServed();
  });
});
