/** Roomcast on Bun's own server, in a separate process: the behaviour that differs from Node. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectSocket, type Socket as NetSocket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { Broker, isSkipped } from "../support/brokers.ts";
import { DashboardPage } from "../support/dashboard-page.ts";
import { connectOld, eio3Transports } from "../support/old-client.ts";
import { bun } from "../support/runtimes.ts";
import { soon, within } from "../support/waiting.ts";
import type { BunServerPlan } from "./support/bun-server.ts";
import { certificate } from "./support/certificate.ts";
import { type ClientOptions, connect, next, transports, upgraded } from "./support/clients.ts";
import { ask, askForUpgrade } from "./support/http.ts";

const program = fileURLToPath(new URL("support/bun-server.ts", import.meta.url));
const path = "/socket.io/?EIO=4&transport=polling";

/** A line of the server's output. */
type Line = Readonly<Record<string, unknown>>;

/** Starts a server; it ends with the test. */
async function start(plan: Partial<BunServerPlan> = {}) {
  const child = spawn(bun.path ?? "", [program, JSON.stringify({ shape: "none", ...plan })], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.stdin.end();
    await within("the server's end", ended).finally(() => child.kill("SIGKILL"));
  });
  const lines: Line[] = [];
  const reader = createInterface(child.stdout);
  const hello = once(reader, "line");
  reader.on("line", (line) => lines.push(JSON.parse(line)));
  const [first] = await within("the server's port", hello);
  const { port, asyncMode } = JSON.parse(first);
  return {
    asyncMode: asyncMode as string,
    url: `${plan.run?.tls ? "https" : "http"}://127.0.0.1:${port}`,
    port: port as number,
    lines,
    closeReasons: () => lines.filter(({ type }) => type === "connection close").map(({ reason }) => reason),
    async stop() {
      child.stdin.write("stop\n");
      await soon(() => lines.some(({ stopped }) => stopped)).toBe(true);
    },
  };
}

/** Opens a connection over polling, and returns the path of its later requests. */
async function shakeHands(url: string): Promise<string> {
  const { text } = await ask(url + path);
  return `${path}&sid=${JSON.parse(text.slice(1)).sid}`;
}

function openRaw(port: number, ...first: (string | Buffer)[]): NetSocket {
  const socket = connectSocket(port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(Buffer.concat(first.map((part) => Buffer.from(part as string))));
  return socket;
}

async function expectClients(url: string, options: ClientOptions = {}): Promise<void> {
  for (const transport of transports) {
    const client = await connect(url, { transports: [transport], ...options });
    expect(client.io.engine.transport.name).toBe(transport);
    expect(await client.emitWithAck("add", 1, 2)).toBe(3);
    expect(await client.emitWithAck("reverse", Buffer.from([1, 2, 3]))).toEqual(Buffer.from([3, 2, 1]));
  }
  const mover = await connect(url, options);
  await upgraded(mover);
  expect(await mover.emitWithAck("add", 3, 4)).toBe(7);
}

describe.skipIf(bun.path === undefined)("Bun's own server", () => {
  it("has a dashboard", async () => {
    const { url, lines } = await start({ hasDashboard: true });
    const page = new DashboardPage(`${url}/roomcast`);
    expect((await page.get("overview")).status).toBe(401);
    expect((await page.signIn()).status).toBe(200);
    const { body } = await page.get("overview");
    expect(body.processes).toMatchObject([{ runtime: expect.stringMatching(/^Bun \d/), clients: 0 }]);
    expect(lines.filter(({ error }) => error)).toEqual([]);
  });

  it.each([["none"], ["hono"], ["hono with websocket"], ["fetch"], ["own"]] as const)(
    "serves clients over each transport beside an application of the shape %s",
    async (shape) => {
      const { url, lines, asyncMode } = await start({ shape });
      expect(asyncMode).toBe("bun");
      await expectClients(url);
      const home = await ask(url);
      const echo = await ask(`${url}/echo`, { method: "POST", body: "hello" });
      expect([home.text, echo.text]).toEqual(
        shape === "none" ? ["Not found", "Not found"] : ["home", "hello"],
      );
      expect((await ask(`${url}/nowhere`)).status).toBe(404);
      expect(lines.filter(({ error }) => error)).toEqual([]);
    },
  );

  it.each([["express"], ["koa"], ["fastify"], ["node:http"]] as const)(
    "leaves %s on Node's server, which Bun imitates, and serves clients over each transport",
    async (shape) => {
      const { url, lines, asyncMode } = await start({ shape });
      expect(asyncMode).toBe("node");
      await expectClients(url);
      const echo = await ask(`${url}/echo`, {
        method: "POST",
        body: "hello",
        headers: { "content-type": "text/plain" },
      });
      expect([(await ask(url)).text, echo.text]).toEqual(["home", "hello"]);
      expect((await ask(`${url}/nowhere`)).status).toBe(404);
      expect(lines.filter(({ error }) => error)).toEqual([]);
    },
  );

  it.each(eio3Transports)("serves clients of Socket.IO 2 over %s", async (transport) => {
    const { url } = await start({ options: { allowEIO3: true } });
    const client = await connectOld(url, transport);
    const answer = new Promise((resolve) => client.emit("reverse", Buffer.from([1, 2, 3]), resolve));
    expect(Buffer.from((await within("the answer", answer)) as Buffer)).toEqual(Buffer.from([3, 2, 1]));
  });

  it.each(["redis", "nats"] as const)("meets other processes through %s", async (kind) => {
    if (isSkipped(kind)) return;
    const broker = await Broker[kind]();
    onTestFinished(() => broker.kill());
    const options = { messageQueue: broker.url };
    const servers = await Promise.all([start({ options }), start({ options })]);
    const clients = await Promise.all(servers.map(({ url }) => connect(url, { transports: ["websocket"] })));
    const heard = Promise.all(clients.map((client) => next(client, "shouted")));
    const [first] = clients;
    // The other process may not know the client's subscription yet.
    const repeat = setInterval(() => first?.emit("shout", "grüße ✓"), 20);
    expect(await within("what was shouted", heard)).toEqual(["GRÜSSE ✓", "GRÜSSE ✓"]);
    clearInterval(repeat);
  });

  it("refuses a foreign host name where it listens on this machine alone", async () => {
    const status = async (url: string, host: string) => (await ask(url + path, { headers: { host } })).status;
    const { url } = await start();
    expect([await status(url, "evil.example"), await status(url, "localhost")]).toEqual([403, 200]);
    const open = await start({ run: { host: "0.0.0.0" } });
    expect(await status(open.url, "chat.example")).toBe(200);
  });

  it("speaks TLS", async () => {
    const { url } = await start({ shape: "hono", run: { tls: certificate } });
    expect((await ask(url)).text).toBe("home");
    await expectClients(url, { ca: certificate.cert });
    const client = await connect(url, { ca: certificate.cert, transports: ["websocket"] });
    expect(await client.emitWithAck("origin")).toMatchObject({ secure: true });
  });

  it.each(transports)("tells handlers where the request over %s came from", async (transport) => {
    const { url } = await start();
    const client = await connect(url, {
      transports: [transport],
      query: { token: "a b" },
      extraHeaders: { "User-Agent": "test" },
    });
    expect(await client.emitWithAck("origin")).toEqual({
      address: "127.0.0.1",
      secure: false,
      url: expect.stringMatching(/^\/socket\.io\/\?.*token=a%20b/),
      agent: "test",
      host: new URL(url).host,
    });
  });

  it("lets clients in after an asynchronous decision", async () => {
    const { url } = await start({ isSlow: true, options: { cookie: true } });
    await expectClients(url);
    const { headers } = await ask(url + path);
    expect(headers["set-cookie"]?.[0]).toMatch(/^io=/);
  });

  it.each(transports)(
    "sends everything of a tick in order, also when it is much, over %s",
    async (transport) => {
      const { url } = await start();
      const client = await connect(url, { transports: [transport] });
      const numbers: number[] = [];
      client.on("number", ([number]) => numbers.push(number));
      client.emit("count", 2000, 10);
      await soon(() => numbers.length).toBe(2000);
      expect(numbers).toEqual(Array.from({ length: 2000 }, (_, index) => index));
    },
  );

  it("drops nothing that it sends to a slow client, in any amount", async () => {
    const { port, lines } = await start({ options: { maxOutgoingBytes: 200_000_000 } });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    onTestFinished(() => socket.terminate());
    await within("the first packet", once(socket, "message"));
    socket.send("40");
    await within("the acceptance", once(socket, "message"));
    const numbers: number[] = [];
    socket.on("message", (data) => {
      const text = String(data);
      if (text.startsWith('42["number"')) numbers.push(JSON.parse(text.slice(2))[1][0]);
    });
    socket.pause();
    // More than twice the amount that Bun itself would keep.
    socket.send('42["count",40,1000000]');
    await soon(() => lines.some(({ counted }) => counted)).toBe(true);
    socket.resume();
    await soon(() => numbers).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  it("sends a long answer to a polling client as a whole, and ends a client that reads none", async () => {
    const { url, port, closeReasons } = await start({
      options: { maxOutgoingBytes: 1_000_000, httpCompression: false },
    });
    const own = await shakeHands(url);
    const say = (body: string) => fetch(url + own, { method: "POST", body });
    await say("40");
    await (await fetch(url + own)).text();
    // More than the operating system buffers for a client.
    const much = '42["count",1,20000000]';
    await say(much);
    const whole = await (await fetch(url + own)).text();
    expect(whole).toHaveLength(20_000_000 + '42["number",[0,""]]'.length);
    expect(closeReasons()).toEqual([]);
    for (let round = 0; closeReasons().length === 0 && round < 10; round += 1) {
      await say(much);
      const socket = connectSocket(port, "127.0.0.1");
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => {});
      socket.write(`GET ${own} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await within("an answer", Promise.race([once(socket, "readable"), once(socket, "close")]));
    }
    await soon(closeReasons).toEqual(["slow consumer"]);
  });

  it("ends a client that reads nothing", async () => {
    const { port, lines, closeReasons } = await start({ options: { maxOutgoingBytes: 1_000_000 } });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    onTestFinished(() => socket.terminate());
    await within("the first packet", once(socket, "message"));
    socket.send("40");
    await within("the acceptance", once(socket, "message"));
    socket.pause();
    const counted = () => lines.filter(({ counted }) => counted).length;
    for (let round = 1; closeReasons().length === 0 && round <= 100; round += 1) {
      socket.send('42["count",1,500000]');
      await soon(() => counted() === round || closeReasons().length > 0).toBe(true);
    }
    expect(closeReasons()).toEqual(["slow consumer"]);
  });

  it.each([
    ["a frame that RFC 6455 does not know", Buffer.from([0x83, 0x80, 0, 0, 0, 0]), "transport error"],
    ["text that is no UTF-8", Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), "transport error"],
    [
      "a message that is too long",
      Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]),
      "payload too large",
    ],
    ["a close frame", Buffer.from([0x88, 0x80, 0, 0, 0, 0]), "transport close"],
  ])("gives a connection that %s ends its reason", async (_, bytes, reason) => {
    const { port, closeReasons, lines } = await start();
    const head =
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    openRaw(port, head, bytes);
    await soon(closeReasons).toEqual([reason]);
    expect(lines.filter(({ error }) => error)).toEqual([]);
  });

  it("notices a client whose connection breaks", async () => {
    const { url, closeReasons } = await start();
    const client = await connect(url, { transports: ["websocket"] });
    const { ws } = client.io.engine.transport as unknown as { ws: WebSocket };
    ws.terminate();
    await soon(closeReasons).toEqual(["transport close"]);
  });

  it.each([
    ["announced", (body: string) => `Content-Length: ${body.length}\r\n\r\n${body}`],
    [
      "in chunks",
      (body: string) => `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}`,
    ],
  ])("refuses a body that is too long, its length %s, without waiting for its end", async (_, rest) => {
    const { url, port, closeReasons } = await start({ options: { maxHttpBufferSize: 1000 } });
    const own = await shakeHands(url);
    const socket = openRaw(
      port,
      `POST ${own} HTTP/1.1\r\nHost: localhost\r\n`,
      rest("x".repeat(5000)).slice(0, 3000),
    );
    const [answer] = await within("the answer", once(socket, "data"));
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    await soon(closeReasons).toEqual(["payload too large"]);
  });

  it("ends a connection whose client cancels its poll or its post", async () => {
    const { url, port, closeReasons } = await start();
    const poll = openRaw(port, `GET ${await shakeHands(url)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await ask(`${url}/nowhere`);
    poll.destroy();
    await soon(closeReasons).toEqual(["transport error"]);
    const post = openRaw(
      port,
      `POST ${await shakeHands(url)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n40`,
    );
    await ask(`${url}/nowhere`);
    post.destroy();
    await soon(closeReasons).toEqual(["transport error", "transport error"]);
  });

  it("answers HEAD and OPTIONS, and refuses with the same answers as on Node", async () => {
    const { url } = await start({ options: { cors: { origin: "https://elsewhere.test" } } });
    const origin = { origin: "https://elsewhere.test" };
    const head = await ask(`${url}/socket.io/socket.io.js`, { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect((await ask(`${url}/socket.io/socket.io.js`)).text).toMatch(/socket\.io/i);
    const options = await ask(url + path, { method: "OPTIONS", headers: origin });
    expect(options).toMatchObject({ status: 204, text: "" });
    expect(options.headers["access-control-allow-origin"]).toBe("https://elsewhere.test");
    const refused = await ask(url + path, { headers: { origin: "https://stranger.test" } });
    expect(refused).toMatchObject({ status: 403, text: '{"code":4,"message":"Origin not allowed"}' });
    expect(await askForUpgrade(url, path)).toMatch(/^HTTP\/1\.1 400 .*"Transport unknown"/s);
  });

  it("follows the handshake of RFC 6455", async () => {
    const { port } = await start({ options: { perMessageDeflate: true } });
    const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url, ["one", "two"], { perMessageDeflate: true });
    await within("the acceptance", once(socket, "open"));
    expect([socket.protocol, socket.extensions]).toEqual([
      "one",
      expect.stringMatching(/permessage-deflate/),
    ]);
    socket.terminate();
    const old = openRaw(
      port,
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const [answer] = await within("the answer", once(old, "data"));
    expect(String(answer)).toMatch(/^HTTP\/1\.1 426 .*sec-websocket-version: 13/is);
  });

  it("tells its clients when it stops, and is gone", async () => {
    const { url, stop } = await start({ shape: "hono" });
    const clients = await Promise.all(transports.map((name) => connect(url, { transports: [name] })));
    const left = Promise.all(clients.map((client) => next(client, "disconnect")));
    await stop();
    expect(await left).toEqual(["transport close", "transport close"]);
    await expect(fetch(url)).rejects.toThrow();
  });

  describe("of a program that calls Bun.serve itself", () => {
    it.each(["own", "hono with websocket"] as const)(
      "keeps its own WebSockets, of the shape %s",
      async (shape) => {
        const { port } = await start({ shape });
        const socket = new WebSocket(`ws://127.0.0.1:${port}/own`);
        onTestFinished(() => socket.terminate());
        await within("the acceptance", once(socket, "open"));
        socket.send("hello");
        const [answer] = await within("the answer", once(socket, "message"));
        expect(String(answer)).toBe("the application's own: hello");
      },
    );

    it("continues without Roomcast after stop(), and gets the requests of its path", async () => {
      const { url, stop } = await start({ shape: "own" });
      expect((await ask(url + path)).text).toMatch(/^0\{/);
      await stop();
      expect((await ask(url + path)).text).toBe("the application's own");
      expect((await ask(url)).text).toBe("home");
    });
  });

  it.each([
    [
      "an application that needs Node's server",
      "new SocketIO((request, response) => {}, { asyncMode: 'bun' })",
      "ERR_OPTION",
    ],
    ["a server of Node's", "new SocketIO().attach(require('node:http').createServer())", "ERR_APP"],
    ["several workers", "await new SocketIO().run({ workers: 2, port: 0 })", "ERR_OPTION"],
    [
      "a port that is in use",
      "await new SocketIO().run({ port: Bun.serve({ port: 0, fetch() {} }).port })",
      "ERR_LISTEN",
    ],
    [
      "a certificate that is none",
      "await new SocketIO().run({ port: 0, tls: { cert: 'x', key: 'y' } })",
      "ERR_LISTEN",
    ],
  ])("says clearly why it does not serve %s", async (_, code, expected) => {
    const index = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
    const script = `import { SocketIO } from ${JSON.stringify(index)};
      try { ${code}; console.log("no error"); } catch (error) { console.log(error.code, error.message); }
      process.exit();`;
    const child = spawn(bun.path ?? "", ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await within("what it says", once(createInterface(child.stdout), "line"));
    expect(line).toMatch(new RegExp(`^${expected} `));
  });
});

describe("Node", () => {
  it("has no Bun server", () => {
    expect(new SocketIO().asyncMode).toBe("node");
    expect(() => new SocketIO({ asyncMode: "bun" })).toThrow(/for programs that run on Bun/);
    expect(() => new SocketIO().bunHandlers()).toThrow(/for programs that run on Bun/);
  });
});
