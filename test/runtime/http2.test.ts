/** Clients and applications on a `node:http2` server, over HTTP/2 and over HTTP/1.1. */

import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectSession,
  constants,
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Stream,
} from "node:http2";
import { text } from "node:stream/consumers";
import { getRequestListener } from "@hono/node-server";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { emit, request, SocketIO, type SocketIOOptions, type TraceEvent } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { soon, within } from "../support/waiting.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";
import { certificate } from "./support/certificate.ts";
import { connect, transports, upgraded } from "./support/clients.ts";
import { ask as askPlainly } from "./support/http.ts";
import { MemoryLogger } from "./support/memory-logger.ts";

const tls: SecureServerOptions = { ...certificate, allowHTTP1: true };
const path = "/socket.io/?EIO=4&transport=polling";

/** The application's own server, with Roomcast attached, until the test ends. */
async function start(options: SocketIOOptions = {}, settings: SecureServerOptions = tls) {
  const seen: string[] = [];
  const server = createSecureServer(settings, ({ url }, response) => {
    seen.push(url);
    response.end("home");
  });
  const socketio = new SocketIO(server, { logger: new MemoryLogger(), ...options });
  const trace: TraceEvent[] = [];
  socketio.trace((event) => trace.push(event));
  socketio.on("add", (a: number, b: number) => a + b);
  socketio.on("reverse", (bytes: Uint8Array) => Buffer.from(bytes).reverse());
  onTestFinished(() => socketio.stop());
  const { url } = await socketio.run({ port: 0 });
  return { socketio, server, url, seen, trace };
}

/** An HTTP/2 connection, until the test ends. */
function openSession(url: string): ClientHttp2Session {
  const session = connectSession(url, { ca: certificate.cert });
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  return session;
}

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
  readonly text: string;
}

async function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body = ""): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === "" });
  stream.on("error", () => {});
  if (body !== "") stream.end(body);
  return answerOn(stream);
}

async function answerOn(stream: ClientHttp2Stream): Promise<Answer> {
  const [headers] = (await within("the answer", once(stream, "response"))) as [IncomingHttpHeaders];
  return {
    headers,
    status: Number(headers[":status"]),
    text: await within("the answer's end", text(stream)),
  };
}

const get = (session: ClientHttp2Session, where = path) => ask(session, { ":path": where });
const post = (session: ClientHttp2Session, where: string, body: string) =>
  ask(session, { ":path": where, ":method": "POST" }, body);

/** Opens a connection over polling, and returns the path of its later requests. */
async function shakeHands(session: ClientHttp2Session): Promise<string> {
  const { text } = await get(session);
  const own = `${path}&sid=${JSON.parse(text.slice(1)).sid}`;
  // A server that stops would wait for this connection.
  onTestFinished(async () => {
    if (!session.closed) await post(session, own, "1");
  });
  return own;
}

describe("polling over HTTP/2", () => {
  it("checks the host in `:authority` against the allowed hosts", async () => {
    const { url } = await start();
    const status = async (host: string) =>
      (await ask(openSession(url), { ":path": path, ":authority": host })).status;
    expect([await status("evil.example"), await status("localhost:5000")]).toEqual([403, 200]);
  });

  it("carries a client's packets both ways", async () => {
    const { url, seen } = await start({ cors: { origin: "https://elsewhere.test" } });
    const session = openSession(url);
    const own = await shakeHands(session);
    const waiting = ask(session, { ":path": own, origin: "https://elsewhere.test" });
    expect((await post(session, own, "40")).text).toBe("ok");
    const { headers, status, text } = await waiting;
    expect(status).toBe(200);
    expect(text).toMatch(/^40\{"sid":/);
    expect(headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "access-control-allow-origin": "https://elsewhere.test",
      "content-length": String(text.length),
    });
    const answer = get(session, own);
    await post(session, own, '420["add",1,2]');
    expect((await answer).text).toBe("430[3]");
    expect(seen).toEqual([]);
  });

  it("reads the request's host and peer from the fields of this protocol", async () => {
    const { socketio, url } = await start();
    const heard: unknown[] = [];
    socketio.on("connect", () => {
      const { headers, address } = request;
      heard.push({ host: headers.host, address, pseudo: ":path" in headers });
    });
    const session = openSession(url);
    const { host } = new URL(url);
    // Only the host shows that this is the server's own page.
    expect((await ask(session, { ":path": path, origin: `https://${host}` })).status).toBe(200);
    await post(session, await shakeHands(session), "40");
    await soon(() => heard).toEqual([{ host, address: "127.0.0.1", pseudo: false }]);
  });

  it("refuses the same requests as over HTTP/1.1, with the same answers", async () => {
    const { url } = await start();
    const session = openSession(url);
    expect(await ask(session, { ":path": path, origin: "https://elsewhere.test" })).toMatchObject({
      status: 403,
      text: '{"code":4,"message":"Origin not allowed"}',
    });
    expect(await get(session, "/socket.io/?EIO=4&transport=websocket")).toMatchObject({ status: 400 });
    // This path is not Roomcast's.
    expect(await get(session, "/socket.io/nothing.js")).toMatchObject({ text: "home" });
  });

  it("answers HEAD and OPTIONS without a body", async () => {
    const { url } = await start({ cors: { origin: "https://elsewhere.test" } });
    const session = openSession(url);
    const head = await ask(session, { ":path": "/socket.io/socket.io.js", ":method": "HEAD" });
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(Number(head.headers["content-length"])).toBeGreaterThan(10_000);
    const options = await ask(session, {
      ":path": path,
      ":method": "OPTIONS",
      origin: "https://elsewhere.test",
    });
    expect(options).toMatchObject({ status: 204, text: "" });
  });

  it("compresses if the client accepts that", async () => {
    const { url } = await start({ serveClient: true });
    const session = openSession(url);
    const { headers } = await ask(session, { ":path": "/socket.io/socket.io.js", "accept-encoding": "gzip" });
    expect(headers["content-encoding"]).toBe("gzip");
  });

  it.each([
    ["announced", (body: string): OutgoingHttpHeaders => ({ "content-length": body.length })],
    ["not announced", (): OutgoingHttpHeaders => ({})],
  ])("refuses a body that is too long, its length %s, and goes on with the session", async (_, fields) => {
    const { url, trace } = await start({ maxHttpBufferSize: 1000 });
    const session = openSession(url);
    const own = await shakeHands(session);
    // More than a session lets through while no code reads it.
    const body = "x".repeat(200_000);
    const refused = await ask(session, { ":path": own, ":method": "POST", ...fields(body) }, body);
    expect(refused.status).toBe(413);
    expect(refused.headers.connection).toBeUndefined();
    await soon(() => trace.find((event) => event.type === "connection close")).toMatchObject({
      reason: "payload too large",
    });
    const next = await shakeHands(session);
    expect((await post(session, next, "40")).text).toBe("ok");
  });

  it("drops the body of a poll, even in very small pieces, and answers the poll", async () => {
    const { server, url } = await start();
    const streams: ServerHttp2Stream[] = [];
    const emit = server.emit.bind(server);
    server.emit = (event: string, ...values: unknown[]) => {
      if (event === "stream") streams.push(values[0] as ServerHttp2Stream);
      return emit(event, ...values);
    };
    const session = openSession(url);
    const own = await shakeHands(session);
    const poll = session.request({ ":path": own }, { endStream: false });
    const answer = answerOn(poll);
    for (let count = 0; count < 100; count += 1) poll.write("x");
    await soon(() => poll.writableLength).toBe(0);
    // The answer to a later request shows that the whole body has arrived.
    await get(session, "/");
    expect(streams.map(({ readableLength }) => readableLength)).toEqual([0, 0, 0]);
    await post(session, own, "40");
    expect((await answer).text).toMatch(/^40\{"sid":/);
    poll.end();
  });

  it("ends a client that continues to poll and reads none of its answers, even short ones", async () => {
    const { socketio, url, trace } = await start({ maxOutgoingBytes: 50_000 });
    socketio.on("fill", () => emit("news", "x"));
    const session = openSession(url);
    const own = await shakeHands(session);
    await post(session, own, "40");
    await get(session, own);
    const other = openSession(url);
    await once(other, "connect");
    // From here on, the client accepts no bytes of an answer's body.
    await new Promise<void>((resolve) => other.settings({ initialWindowSize: 0 }, () => resolve()));
    const closed = () => trace.find((event) => event.type === "connection close");
    // Five answers wait; the server answers no poll from the sixth on.
    let isHeld = false;
    for (let events = 0; closed() === undefined && events < 1000; events += 1) {
      await post(session, own, '42["fill"]');
      if (isHeld) continue;
      const poll = other.request({ ":path": own });
      poll.on("error", () => {});
      // The answer to a later request says that the poll is there.
      await get(session, "/");
      isHeld = events === 5;
    }
    expect(closed()).toMatchObject({ reason: "slow consumer" });
  });

  it("ends a connection whose client cancels its poll", async () => {
    const { url, trace } = await start();
    const session = openSession(url);
    const own = await shakeHands(session);
    const stream = session.request({ ":path": own });
    stream.on("error", () => {});
    // The answer to a later request says that the poll is there.
    await get(session, "/");
    stream.close(constants.NGHTTP2_CANCEL);
    await soon(() => trace.find((event) => event.type === "connection close")).toMatchObject({
      reason: "transport error",
    });
  });

  it("works without TLS too, behind a proxy that speaks HTTP/2 without TLS", async () => {
    const server = createServer((_request, response) => response.end("home"));
    const socketio = new SocketIO(server, { logger: new MemoryLogger() });
    onTestFinished(() => socketio.stop());
    const { url } = await socketio.run({ port: 0 });
    expect(url).toMatch(/^http:/);
    const session = openSession(url);
    expect((await get(session, "/")).text).toBe("home");
    expect((await post(session, await shakeHands(session), "40")).text).toBe("ok");
  });
});

describe("a server of HTTP/2", () => {
  it("leaves HTTP/1.1 upgrades to other protocols to the application", async () => {
    const { url, seen } = await start();
    const headers = { connection: "Upgrade", upgrade: "h2c" };
    expect(await askPlainly(`${url}/page`, { headers })).toMatchObject({ status: 200, text: "home" });
    expect((await askPlainly(url + path, { headers })).text).toMatch(/^0\{"sid"/);
    const unknown = { headers: { connection: "Upgrade", upgrade: "websocket" } };
    expect(await askPlainly(`${url}/nowhere`, unknown)).toMatchObject({ status: 200, text: "home" });
    expect(seen).toEqual(["/page", "/nowhere"]);
  });

  it("serves clients of HTTP/1.1 on the same port, over each transport", async () => {
    const { url } = await start();
    for (const transport of transports) {
      const client = await connect(url, { transports: [transport], ca: certificate.cert });
      expect(client.io.engine.transport.name).toBe(transport);
      expect(await client.emitWithAck("add", 1, 2)).toBe(3);
    }
    const mover = await connect(url, { ca: certificate.cert });
    await upgraded(mover);
    expect(await mover.emitWithAck("reverse", Buffer.from([1, 2, 3]))).toEqual(Buffer.from([3, 2, 1]));
  });

  it("leaves the application's other paths, and its streams, to the application", async () => {
    const { url, seen, socketio } = await start();
    const session = openSession(url);
    expect((await get(session, "/other")).text).toBe("home");
    expect(seen).toEqual(["/other"]);
    const server = createSecureServer(tls);
    const streams: unknown[] = [];
    server.on("stream", (stream, headers) => {
      streams.push(headers[":path"]);
      stream.respond({ ":status": 200 });
      stream.end("a stream");
    });
    socketio.attach(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      server.close();
    });
    const address = server.address();
    const another = openSession(`https://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
    expect((await get(another, "/mine")).text).toBe("a stream");
    expect((await get(another)).text).toMatch(/^0\{"sid":/);
    expect(streams).toEqual(["/mine"]);
    another.destroy();
  });

  it("stops after telling its clients, and leaves no session open", async () => {
    const { socketio, url } = await start();
    const session = openSession(url);
    const own = await shakeHands(session);
    await post(session, own, "40");
    await get(session, own);
    const last = get(session, own);
    const closed = once(session, "close");
    await socketio.stop();
    expect((await last).text).toBe("1");
    await within("the session's end", closed);
  });
});

describe("a framework on HTTP/2", () => {
  async function expectBoth(url: string, home: string): Promise<void> {
    const session = openSession(url);
    expect((await get(session, "/")).text).toBe(home);
    const own = await shakeHands(session);
    expect((await post(session, own, "40")).text).toBe("ok");
    const client = await connect(url, { transports: ["websocket"], ca: certificate.cert });
    expect(client.connected).toBe(true);
  }

  it("Fastify", async () => {
    const app = fastify({ http2: true, https: tls } as object);
    app.get("/", async () => "Fastify");
    const socketio = new SocketIO(app, { logger: new MemoryLogger() });
    onTestFinished(() => socketio.stop());
    const { url } = await socketio.run({ port: 0 });
    await expectBoth(url, "Fastify");
  });

  it("Koa", async () => {
    const app = new Koa().use(async (context) => {
      context.body = "Koa";
    });
    const socketio = new SocketIO(createSecureServer(tls, app.callback()), { logger: new MemoryLogger() });
    onTestFinished(() => socketio.stop());
    await expectBoth((await socketio.run({ port: 0 })).url, "Koa");
  });

  it("Hono", async () => {
    const app = new Hono().get("/", (context) => context.text("Hono"));
    const socketio = new SocketIO(createSecureServer(tls, getRequestListener(app.fetch)), {
      logger: new MemoryLogger(),
    });
    onTestFinished(() => socketio.stop());
    await expectBoth((await socketio.run({ port: 0 })).url, "Hono");
  });
});

describe("a WebSocket over HTTP/2", () => {
  const webSocketPath = "/socket.io/?EIO=4&transport=websocket";
  const connectFields = {
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":path": webSocketPath,
    "sec-websocket-version": "13",
  };
  const withWebSockets: SecureServerOptions = { ...tls, settings: { enableConnectProtocol: true } };

  async function openStream(session: ClientHttp2Session, fields: OutgoingHttpHeaders = {}) {
    if (session.remoteSettings?.enableConnectProtocol === undefined)
      await within("the server's settings", once(session, "remoteSettings"));
    const stream = session.request({ ...connectFields, ...fields }, { endStream: false });
    stream.on("error", () => {});
    const [headers] = (await within("the answer", once(stream, "response"))) as [IncomingHttpHeaders];
    return { stream, headers };
  }

  /** A client's text frame whose mask changes nothing. */
  function frame(payload: string): Buffer {
    return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)]);
  }

  it("works if the server's settings announce it", async () => {
    const { url } = await start({}, withWebSockets);
    const { stream, headers } = await openStream(openSession(url), { "sec-websocket-protocol": "one, two" });
    expect(headers).toMatchObject({ ":status": 200, "sec-websocket-protocol": "one" });
    let said = "";
    stream.on("data", (bytes: Buffer) => {
      said += bytes.toString("latin1");
    });
    stream.write(frame("40"));
    await soon(() => said).toMatch(/^.+0\{"sid":.*40\{"sid":/s);
    stream.write(frame('420["add",1,2]'));
    await soon(() => said).toMatch(/430\[3\]$/);
    // The server answers a close frame with one, and then the stream ends.
    stream.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 3, 232]));
    await within("the stream's end", once(stream, "end"));
    expect(said.endsWith("\x88\x02\x03\xe8")).toBe(true);
  });

  it("ends with its session", async () => {
    const { url, trace } = await start({}, withWebSockets);
    const session = openSession(url);
    await openStream(session);
    session.destroy();
    await soon(() => trace.find((event) => event.type === "connection close")).toMatchObject({
      reason: "transport close",
    });
  });

  it("is refused with a status for the same reasons as over HTTP/1.1", async () => {
    const { url } = await start({}, withWebSockets);
    const session = openSession(url);
    expect((await openStream(session, { "sec-websocket-version": "12" })).headers).toMatchObject({
      ":status": 426,
      "sec-websocket-version": "13",
    });
    expect((await openStream(session, { origin: "https://elsewhere.test" })).headers[":status"]).toBe(403);
  });

  describe.skipIf(skipsBrowser)("in a browser", { timeout: 40_000 }, () => {
    it.each([
      ["has a connection of its own, of HTTP/1.1, without that setting", tls, ["http/1.1"]],
      ["shares the connection of its page with it", withWebSockets, []],
    ])("%s", async (_, settings, others) => {
      const { url, server } = await start({}, settings);
      const protocols: unknown[] = [];
      server.on("secureConnection", ({ alpnProtocol }) => protocols.push(alpnProtocol));
      const browser = await launchBrowser();
      onTestFinished(() => browser.close());
      const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
      await page.goto(url);
      await page.addScriptTag({ url: `${url}/socket.io/socket.io.js` });
      const told = await page.evaluate(`(async () => {
        const client = io({ transports: ["polling", "websocket"] });
        await new Promise((resolve) => client.io.once("open", () => client.io.engine.once("upgrade", resolve)));
        const sum = await client.emitWithAck("add", 1, 2);
        const polls = performance.getEntriesByType("resource").filter(({ name }) => name.includes("transport=polling"));
        return { sum, transport: client.io.engine.transport.name, polls: [...new Set(polls.map((poll) => poll.nextHopProtocol))] };
      })()`);
      expect(told).toEqual({ sum: 3, transport: "websocket", polls: ["h2"] });
      expect(protocols.filter((protocol) => protocol !== "h2")).toEqual(others);
    });
  });
});
