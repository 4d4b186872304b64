/**
 * WebSockets on connections without a `net.Socket`, on the current version of Node. Whatever is not taken so
 * must find Node's server as it would be without Roomcast. `node-versions.test.ts` runs these tests on the
 * other versions.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type IncomingMessage, Server } from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, deflateRawSync } from "node:zlib";
import { SocketIO } from "roomcast";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { LogLines } from "../support/log-lines.ts";
import { serverFrames } from "../support/server-frames.ts";
import { deadline, soon, within } from "../support/waiting.ts";
import { RawClient, serve } from "./support/bare-server.ts";
import { Child } from "./support/child.ts";

const path = "/socket.io/?EIO=4&transport=websocket";

/** A request for a WebSocket as a browser sends it. */
function handshake(changes: Record<string, string> = {}, url = path): string {
  const fields = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...changes,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${url} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** A frame as clients send it, with a mask that changes nothing. */
function frame(text: string): string {
  return `\x81${String.fromCharCode(0x80 | text.length)}\0\0\0\0${text}`;
}
const closeFrame = "\x88\x80\0\0\0\0";
const answers = "HTTP/1.1 101 Switching Protocols\r\n";

/** A client that is in the namespace. */
async function joined(port: number): Promise<RawClient> {
  const client = new RawClient(port, handshake());
  await client.gets('0{"sid"');
  client.send(frame("40"));
  await client.gets('40{"sid"');
  return client;
}

async function echoes(client: RawClient): Promise<void> {
  client.send(frame('42["echo","hello"]'));
  await client.gets('42["echo","hello"]');
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a WebSocket", () => {
  it("has no socket, works, and is counted until it ends", async () => {
    const { server, port, bare, counted } = await serve();
    const socketMade = vi.fn();
    server.once("newListener", socketMade);
    const client = await joined(port);
    await echoes(client);
    expect(client.received.startsWith(answers)).toBe(true);
    expect(client.received).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    expect([bare(), await counted()]).toEqual([1, 1]);
    client.send(closeFrame);
    expect((await client.ends()).endsWith("\x88\x00")).toBe(true);
    await soon(bare).toBe(0);
    expect(await counted()).toBe(0);
    expect(socketMade).not.toHaveBeenCalled();
  });

  it("reads frames that came with the request", async () => {
    const { port, bare } = await serve();
    const client = new RawClient(port, `${handshake()}${frame("40")}${frame('42["echo","early"]')}`);
    await client.gets('42["echo","early"]');
    expect(bare()).toBe(1);
  });

  it("stays where what has come fills the memory that it is read into to its end", async () => {
    const { port, bare } = await serve();
    const client = await joined(port);
    // Of exactly so many bytes, with the frame's head. Node reads once more then, and finds nothing.
    const start = '42["echo","hello","';
    const text = `${start}${"x".repeat(64 * 1024 - 8 - start.length - 2)}"]`;
    const length = String.fromCharCode(text.length >> 8, text.length & 0xff);
    for (let count = 0; count < 20; count += 1) {
      client.received = "";
      client.send(`\x81\xfe${length}\0\0\0\0${text}`);
      await client.gets('42["echo","hello"]');
    }
    await echoes(client);
    expect(bare()).toBe(1);
  });

  it.each([40_000, 60_000, 65_000])(
    "reads a message of %i bytes that came with the request",
    async (size) => {
      const { port, bare } = await serve();
      const text = `42["echo","${"x".repeat(size)}"]`;
      const length = String.fromCharCode(text.length >> 8, text.length & 0xff);
      const client = new RawClient(port, `${handshake()}${frame("40")}\x81\xfe${length}\0\0\0\0${text}`);
      await client.gets(text);
      await echoes(client);
      expect(bare()).toBe(1);
    },
  );

  it.each([
    ["an end", (client: RawClient) => client.socket.end()],
    ["a reset", (client: RawClient) => client.socket.resetAndDestroy()],
    ["an end at once", (client: RawClient) => client.socket.destroy()],
  ])("ends with %s of its client", async (_what, leave) => {
    const { port, socketio, bare, counted, log } = await serve();
    const reasons: string[] = [];
    socketio.on("disconnect", (reason: string) => void reasons.push(reason));
    const client = await joined(port);
    leave(client);
    await client.ends();
    await soon(() => reasons).toEqual(["transport close"]);
    await soon(bare).toBe(0);
    expect(await counted()).toBe(0);
    expect(log.lines.filter((line) => /^(?:warn|error) /.test(line))).toEqual([]);
  });

  it("gives a slow client all that was sent before its end", async () => {
    const { port, socketio, bare, counted } = await serve();
    const client = await joined(port);
    client.socket.pause();
    const text = "x".repeat(1_000_000);
    for (let count = 0; count < 20; count += 1) socketio.emit("big", text);
    await new Promise((resolve) => setImmediate(resolve));
    client.send(closeFrame);
    client.socket.resume();
    const received = await client.ends();
    expect(received.split('42["big",').length).toBe(21);
    expect(received.endsWith("\x88\x00")).toBe(true);
    await soon(bare).toBe(0);
    expect(await counted()).toBe(0);
  });

  it("is told why the server ends it", async () => {
    const { port, socketio, bare } = await serve();
    const client = await joined(port);
    await socketio.stop();
    expect(await client.ends()).toContain("server shutting down");
    expect(bare()).toBe(0);
  });

  it("is refused with an answer, and closed", async () => {
    const { port, bare, counted } = await serve({ allowRequest: () => false });
    const received = await new RawClient(port, handshake()).ends();
    expect(received).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n.*connection: close\r\n.*\{"code":4/s);
    await soon(bare).toBe(0);
    expect(await counted()).toBe(0);
  });

  it.each([
    ["no key", { "Sec-WebSocket-Key": "short" }, "400 Bad Request"],
    ["another version", { "Sec-WebSocket-Version": "8" }, "426 Upgrade Required"],
    ["a page of another origin", { Origin: "https://a.example" }, "403 Forbidden"],
  ])("is refused for %s", async (_what, fields, status) => {
    const { port } = await serve();
    expect(await new RawClient(port, handshake(fields)).ends()).toContain(`HTTP/1.1 ${status}\r\n`);
  });

  it("waits on a socket where the decision takes time", async () => {
    let decide: (isAllowed: boolean) => void = () => {};
    const allowRequest = () =>
      new Promise<boolean>((resolve) => {
        decide = resolve;
      });
    const { port, socketio, counted, bare } = await serve({ allowRequest });
    const client = new RawClient(port, `${handshake()}${frame("40")}`);
    await soon(() => socketio.stats().handshakes ?? 1).toBe(1);
    await soon(() => bare()).toBe(1);
    await soon(() => decide.name).toBe("");
    decide(true);
    await client.gets('40{"sid"');
    await echoes(client);
    client.send(closeFrame);
    await client.ends();
    await soon(bare).toBe(0);
    expect(await counted()).toBe(0);
  });
});

describe("another connection", () => {
  it("comes to the application as ever: a body, a second request, several at once", async () => {
    const { port, bare } = await serve();
    const body = "b".repeat(200_000);
    const client = new RawClient(
      port,
      `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    client.send(body);
    await client.gets("POST /a 200000");
    client.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.gets("GET /c 0");
    expect(client.received).toContain("GET /b 0");
    client.send(handshake());
    await client.gets('0{"sid"');
    client.send(frame("40"));
    await client.gets('40{"sid"');
    await echoes(client);
    expect(bare()).toBe(0);
  });

  it.each([40_000, 60_000, 65_000])(
    "may begin with %i bytes at once, and nothing is added to them",
    async (size) => {
      const { server, port } = await serve();
      const body = "b".repeat(size);
      const request = `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n${body}`;
      const client = new RawClient(port, request);
      await client.gets(`POST /a ${size}`);
      client.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
      await client.gets("GET /b 0");

      const heads: string[] = [];
      server.on("upgrade", (_request: IncomingMessage, socket: Socket, head: Buffer) => {
        heads.push(head.toString("latin1"));
        socket.on("data", (chunk: Buffer) => heads.push(chunk.toString("latin1")));
        socket.write(answers);
      });
      const other = new RawClient(port, handshake({}, "/other") + body);
      await other.gets(answers);
      other.send("!");
      await soon(() => heads.join("")).toBe(`${body}!`);
    },
  );

  it("comes to Node's parser when its head comes in pieces, and works", async () => {
    const { port, bare } = await serve();
    const client = new RawClient(port);
    client.socket.setNoDelay(true);
    for (const piece of handshake().match(/.{1,40}/gs) ?? []) {
      client.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.send(frame("40"));
    await client.gets('40{"sid"');
    await echoes(client);
    expect(bare()).toBe(0);
  });

  it("goes to another listener for upgrades where its path is not Roomcast's", async () => {
    const { server, port, bare } = await serve();
    const heads: string[] = [];
    server.on("upgrade", (_request: IncomingMessage, socket: Socket, head: Buffer) => {
      heads.push(head.toString());
      socket.on("data", (chunk: Buffer) => socket.write(`heard ${chunk}`));
      socket.write(answers);
    });
    const client = new RawClient(port, `${handshake({}, "/other")}first`);
    await client.gets(answers);
    client.send("second");
    await client.gets("heard second");
    expect(heads).toEqual(["first"]);
    const own = await joined(port);
    await echoes(own);
    expect([heads.length, bare()]).toEqual([1, 1]);
  });

  it.each([
    ["nothing like HTTP", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n\r\n"],
    ["a body", handshake({ "Content-Length": "x" })],
    ["a field with a control character", handshake({ Cookie: "a\u0001" })],
    ["too long a head", handshake({ Cookie: "a".repeat(20_000) })],
  ])("is refused by Node: %s", async (_what, sent) => {
    const { server, port, bare } = await serve();
    const codes: (string | undefined)[] = [];
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
      codes.push(error.code);
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    expect(await new RawClient(port, sent).ends()).toContain("400 Bad Request");
    expect(codes[0]).toMatch(/^HPE_/);
    expect(bare()).toBe(0);
  });

  it("is told of as an error where it breaks before it has said anything, if anybody listens", async () => {
    const { server, port, bare, counted } = await serve();
    const codes: (string | undefined)[] = [];
    const quiet = new RawClient(port);
    await soon(bare).toBe(1);
    quiet.socket.resetAndDestroy();
    await soon(bare).toBe(0);
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
      codes.push(error.code);
      socket.destroy();
    });
    const client = new RawClient(port);
    await soon(bare).toBe(1);
    client.socket.resetAndDestroy();
    await soon(() => codes).toEqual(["ECONNRESET"]);
    await soon(counted).toBe(0);
  });

  it("is closed where it ends without a word", async () => {
    const { port, bare, counted } = await serve();
    const client = new RawClient(port);
    await soon(bare).toBe(1);
    client.socket.end();
    expect(await client.ends()).toBe("");
    expect([bare(), await counted()]).toEqual([0, 0]);
  });

  it("is Node's after a moment of silence, and works when it speaks", async () => {
    const { port, bare, counted } = await serve();
    const client = new RawClient(port);
    await soon(bare).toBe(1);
    await soon(bare).toBe(0);
    expect(await counted()).toBe(1);
    client.send(handshake());
    await client.gets('0{"sid"');
    client.send(frame("40"));
    await client.gets('40{"sid"');
    await echoes(client);
  });

  it("has the time limits of Node", async () => {
    const limits = { headersTimeout: 400, requestTimeout: 400, connectionsCheckingInterval: 50 };
    const { port, bare } = await serve({}, limits);
    const slow = new RawClient(port, "GET /socket.io/?EIO=4");
    const silent = new RawClient(port);
    expect(await slow.ends()).toContain("408 Request Timeout");
    expect(await silent.ends()).toContain("408 Request Timeout");
    expect(bare()).toBe(0);
    const client = await joined(port);
    await echoes(client);
  });
});

describe("the limits and options of the server", () => {
  it("count: Node drops those beyond maxConnections, and tells of it", async () => {
    const { server, port, bare, counted } = await serve();
    server.maxConnections = 2;
    const dropped: unknown[] = [];
    server.on("drop", (data) => dropped.push(data));
    const first = await joined(port);
    const silent = new RawClient(port);
    await soon(bare).toBe(2);
    expect(await new RawClient(port, handshake()).ends()).toBe("");
    expect(dropped).toMatchObject([{ remoteAddress: "127.0.0.1" }]);
    silent.socket.end();
    await silent.ends();
    expect(await counted()).toBe(1);
    await echoes(await joined(port));
    await echoes(first);
    expect(bare()).toBe(2);
  });

  it("apply: fewer fields than a request has, a shorter head, pauseOnConnect", async () => {
    const { server, port, bare } = await serve({}, { maxHeaderSize: 400 });
    expect(await new RawClient(port, handshake({ Cookie: "a".repeat(400) })).ends()).toContain(" 431 ");
    await joined(port);
    expect(bare()).toBe(1);
    server.maxHeadersCount = 3;
    // Node 20 does not see the fields beyond, so that it is no handshake any more. Later ones refuse it.
    expect(await new RawClient(port, handshake()).ends()).toMatch(/^HTTP\/1\.1 4(?:00|31) /);
    Object.assign(server, { maxHeadersCount: null, pauseOnConnect: true });
    new RawClient(port, handshake());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(bare()).toBe(1);
  });

  it("reach the operating system: noDelay and keepAlive", async () => {
    const { server, port } = await serve({}, { keepAlive: true, keepAliveInitialDelay: 5000 });
    const probe = connect(port, "127.0.0.1");
    await once(probe, "connect");
    const kind = Object.getPrototypeOf(Reflect.get(probe, "_handle"));
    probe.destroy();
    const keepAlive = vi.spyOn(kind, "setKeepAlive");
    const noDelay = vi.spyOn(kind, "setNoDelay");
    await joined(port);
    expect(keepAlive).toHaveBeenCalledWith(true, 5);
    expect(noDelay).toHaveBeenCalledWith(true);
    expect(server.listening).toBe(true);
  });
});

describe("a program that looks at connections", () => {
  it("sees all while it listens, and each has a socket", async () => {
    const { server, port, bare } = await serve();
    await joined(port);
    expect(bare()).toBe(1);
    const seen: unknown[] = [];
    const listener = (socket: unknown) => void seen.push(socket);
    server.on("connection", listener);
    await echoes(await joined(port));
    expect(seen[0]).toBeInstanceOf(Socket);
    expect(bare()).toBe(1);
    server.off("connection", listener);
    await echoes(await joined(port));
    expect([seen.length, bare()]).toEqual([1, 2]);
  });

  it.each(["net.server.socket", "http.server.request.start"])("sees all by the channel %s", async (name) => {
    const { port, bare } = await serve();
    const messages: unknown[] = [];
    const listener = (message: unknown) => void messages.push(message);
    subscribe(name, listener);
    onTestFinished(() => void unsubscribe(name, listener));
    await echoes(await joined(port));
    expect(bare()).toBe(0);
    expect(messages.length).toBe(name === "net.server.socket" ? 1 : 0);
  });

  it("sees all by the server's emit, as instrumentation for tracing does", async () => {
    const events: string[] = [];
    const own = Server.prototype.emit;
    Server.prototype.emit = function (this: Server, event: string, ...values: unknown[]) {
      events.push(event);
      return Reflect.apply(own, this, [event, ...values]);
    };
    onTestFinished(() => {
      Server.prototype.emit = own;
    });
    const { port, bare } = await serve();
    await echoes(await joined(port));
    expect(bare()).toBe(0);
    expect(events).toContain("connection");
  });

  it("sees all by an emit of one server that it has replaced later", async () => {
    const { server, port, bare } = await serve();
    const events: string[] = [];
    const own = server.emit;
    server.emit = function (this: Server, event: string, ...values: unknown[]) {
      events.push(event);
      return Reflect.apply(own, this, [event, ...values]);
    } as typeof own;
    await echoes(await joined(port));
    expect(bare()).toBe(0);
    expect(events).toEqual(["connection", "upgrade"]);
  });

  it("finds the context of its listen(), and nothing of other clients", async () => {
    const contexts = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const allowRequest = () => {
      seen.push(contexts.getStore());
      contexts.enterWith("of a client");
      return true;
    };
    const { port, bare } = await contexts.run("of listen", () => serve({ allowRequest }));
    await joined(port);
    await joined(port);
    expect(seen).toEqual(["of listen", "of listen"]);
    expect(bare()).toBe(2);
  });

  it("has none without a socket where messages refer to others, middleware sees requests, or it is off", async () => {
    const httpMiddleware = (_request: unknown, _response: unknown, next: () => void) => next();
    const perMessageDeflate = { contextTakeover: true };
    for (const options of [{ directSockets: false }, { perMessageDeflate }, { httpMiddleware }]) {
      const { port, bare } = await serve(options);
      await echoes(await joined(port));
      expect(bare()).toBe(0);
    }
  });
});

describe("a WebSocket that compresses", () => {
  const offer = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
  const agreed =
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n";
  /** At once, and in the thread pool. */
  const texts = ["a".repeat(3000), "b".repeat(70_000)];

  async function joinedCompressed(port: number): Promise<RawClient> {
    const client = new RawClient(port, handshake(offer));
    await client.gets('0{"sid"');
    client.send(frame("40"));
    await client.gets('40{"sid"');
    return client;
  }

  /** The texts of the compressed frames that a client has got. */
  function inflated({ received }: RawClient): string[] {
    const frames = Buffer.from(received.slice(received.indexOf("\r\n\r\n") + 4), "latin1");
    return serverFrames([frames])
      .filter(({ isCompressed }) => isCompressed)
      .map(({ text }) => text);
  }

  it("has no socket, in both directions, until it ends", async () => {
    const { port, socketio, bare, counted, log } = await serve({ perMessageDeflate: true });
    const client = await joinedCompressed(port);
    expect(client.received).toContain(agreed);
    const payload = deflateRawSync('42["echo","hello"]', { finishFlush: constants.Z_SYNC_FLUSH });
    client.send(`\xc1${String.fromCharCode(0x80 | (payload.length - 4))}\0\0\0\0`);
    client.send(payload.subarray(0, -4).toString("latin1"));
    await client.gets('42["echo","hello"]');
    for (const text of texts) socketio.emit("news", text);
    await soon(() => inflated(client)).toEqual(texts.map((text) => `42["news","${text}"]`));
    expect(client.received.length).toBeLessThan(2000);
    expect([bare(), await counted()]).toEqual([1, 1]);
    client.send(closeFrame);
    await client.ends();
    await soon(bare).toBe(0);
    expect(await counted()).toBe(0);
    expect(log.lines.filter((line) => /^(?:warn|error) /.test(line))).toEqual([]);
  });

  it("may end while a message is being compressed", async () => {
    const { port, socketio, bare, counted, log } = await serve({ perMessageDeflate: true });
    const reasons: string[] = [];
    socketio.on("disconnect", (reason: string) => void reasons.push(reason));
    const staying = await joinedCompressed(port);
    const leaving = await joinedCompressed(port);
    expect(bare()).toBe(2);
    socketio.emit("news", texts[1]);
    leaving.socket.resetAndDestroy();
    await soon(() => reasons).toEqual(["transport close"]);
    await soon(() => inflated(staying)).toHaveLength(1);
    await echoes(staying);
    expect([bare(), await counted()]).toEqual([1, 1]);
    expect(log.lines.filter((line) => /^(?:warn|error) /.test(line))).toEqual([]);
  });

  it("has no socket either where its client does not ask for compression", async () => {
    const { port, bare } = await serve({ perMessageDeflate: true });
    const client = await joined(port);
    await echoes(client);
    expect(client.received).not.toContain("Sec-WebSocket-Extensions");
    expect(bare()).toBe(1);
  });

  it("is refused where its client asks in no known way", async () => {
    const { port, bare, counted } = await serve({ perMessageDeflate: true });
    const malformed = { "Sec-WebSocket-Extensions": "permessage-deflate; =" };
    expect(await new RawClient(port, handshake(malformed)).ends()).toMatch(/^HTTP\/1\.1 400 /);
    await soon(bare).toBe(0);
    await soon(counted).toBe(0);
  });

  it("waits with a socket for a decision that takes time, and is compressed then", async () => {
    const allowRequest = async () => true;
    const { port, socketio } = await serve({ perMessageDeflate: true, allowRequest });
    const client = await joinedCompressed(port);
    expect(client.received).toContain(agreed);
    socketio.emit("news", texts[0]);
    await soon(() => inflated(client)).toEqual([`42["news","${texts[0]}"]`]);
  });
});

describe("the end of a server", () => {
  it("waits for WebSockets, as Node does for what was upgraded", async () => {
    const { server, port, bare } = await serve();
    const client = await joined(port);
    let isClosed = false;
    server.close(() => {
      isClosed = true;
    });
    server.closeAllConnections();
    await echoes(client);
    expect(isClosed).toBe(false);
    client.send(closeFrame);
    await client.ends();
    await soon(() => isClosed).toBe(true);
    expect(bare()).toBe(0);
  });

  it("closes silent connections with closeAllConnections()", async () => {
    const { server, port, bare } = await serve();
    const client = new RawClient(port);
    await soon(bare).toBe(1);
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    expect(await client.ends()).toBe("");
    await within("the server's end", closed);
  });

  it("lets a server that run() made stop in spite of silent connections", async () => {
    const socketio = new SocketIO({ logger: new LogLines() });
    const { port } = await socketio.run({ port: 0 });
    const silent = new RawClient(port);
    await once(silent.socket, "connect");
    const client = await joined(port);
    await within("stop()", socketio.stop());
    await client.ends();
    await silent.ends();
  });

  it("leaves a server as it was, which goes on", async () => {
    const { server, port, socketio, bare } = await serve();
    const handle = () => Reflect.get(server, "_handle").onconnection.name;
    expect(Object.hasOwn(server, "closeAllConnections")).toBe(true);
    const silent = new RawClient(port);
    await soon(bare).toBe(1);
    await socketio.stop();
    expect([handle(), Object.hasOwn(server, "closeAllConnections")]).toEqual(["onconnection", false]);
    silent.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    await silent.gets("GET /a 0");
    const client = new RawClient(port, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.gets("GET /b 0");
    expect(bare()).toBe(0);
  });

  it("is no end for its next listen()", async () => {
    const { server, bare } = await serve();
    await new Promise((resolve) => server.close(resolve));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    await echoes(await joined((server.address() as AddressInfo).port));
    expect(bare()).toBe(1);
  });
});

describe("a worker of node:cluster", () => {
  it.each([
    ["its primary hands them to it", "rr"],
    ["it accepts them itself", "none"],
  ])("takes connections where %s, and counts them", async (_what, policy) => {
    const folder = fileURLToPath(new URL("support/", import.meta.url));
    const child = new Child(folder, ["--import", "tsx", "cluster-program.ts", policy]);
    const port = Number(await within("the port", child.line()));
    const look = async () => (await fetch(`http://127.0.0.1:${port}/`)).text();
    const client = await joined(port);
    await joined(port);
    expect(await look()).toBe("3 counted, 2 without a socket");
    client.send(closeFrame);
    await client.ends();
    await expect.poll(look, { timeout: deadline }).toBe("2 counted, 1 without a socket");
  });
});

describe("a server on a Unix socket", () => {
  it("serves as ever", async () => {
    const { server, bare } = await serve();
    await new Promise((resolve) => server.close(resolve));
    const file = join(tmpdir(), `roomcast-${process.pid}.sock`);
    server.listen(file);
    await once(server, "listening");
    const socket = connect(file);
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    socket.write(handshake());
    await soon(() => received).toContain('0{"sid"');
    expect(bare()).toBe(0);
    socket.destroy();
  });
});
