/**
 * Long polling on connections without a `net.Socket`, on the current version of Node. Whatever is not taken
 * so must find Node's server as it would be without Roomcast. `node-versions.test.ts` runs these tests on the
 * other versions.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { IncomingMessage, type Server, type ServerOptions, ServerResponse } from "node:http";
import { emit, SocketIO, type SocketIOOptions } from "roomcast";
import { io } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { LogLines } from "../support/log-lines.ts";
import { soon, within } from "../support/waiting.ts";
import { RawClient, type Serving, serve } from "./support/bare-server.ts";

const path = "/socket.io/?EIO=4&transport=polling";

/** A request as a browser sends it. */
function request(method: string, url: string, body = "", changes: Record<string, string> = {}): string {
  const length = String(Buffer.byteLength(body));
  const fields = {
    Host: "localhost",
    Connection: "keep-alive",
    ...(method === "POST" ? { "Content-Length": length, "Content-Type": "text/plain;charset=UTF-8" } : {}),
    ...changes,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${url} HTTP/1.1\r\n${lines.join("")}\r\n${Buffer.from(body).toString("latin1")}`;
}

/** An answer, with its body as text. */
interface Answer {
  readonly head: string;
  readonly body: string;
}

/** The first whole answer of what has come; `null` where there is none. */
function answerIn(received: string): (Answer & { readonly length: number }) | null {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const head = received.slice(0, end);
  const start = end + 4;
  if (/^HTTP\/1\.1 (?:304|204|100)/.test(head)) return { head, body: "", length: start };
  if (/transfer-encoding: chunked/i.test(head)) {
    const over = received.indexOf("0\r\n\r\n", start);
    return over === -1 ? null : { head, body: received.slice(start, over), length: over + 5 };
  }
  const length = start + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  if (received.length < length) return null;
  return { head, body: Buffer.from(received.slice(start, length), "latin1").toString(), length };
}

/** One connection of a client that polls. */
class Line {
  readonly raw: RawClient;

  constructor(port: number) {
    this.raw = new RawClient(port);
  }

  /** The next answer. */
  async answer(): Promise<Answer> {
    const { raw } = this;
    await soon(() => answerIn(raw.received) !== null).toBe(true);
    const answer = answerIn(raw.received) as Answer & { length: number };
    raw.received = raw.received.slice(answer.length);
    return answer;
  }

  async ask(sent: string): Promise<Answer> {
    this.raw.send(sent);
    return this.answer();
  }

  /** Sends a request and gets the body of its answer, which is 200. */
  async body(sent: string): Promise<string> {
    const { head, body } = await this.ask(sent);
    expect(head).toContain("HTTP/1.1 200 OK\r\n");
    return body;
  }
}

function noop(): void {}

/** A client in the namespace, as browsers are: one connection polls, the other posts. */
class PollingClient {
  readonly polls: Line;
  posts: Line;
  url = path;

  constructor(port: number) {
    this.polls = new Line(port);
    this.posts = new Line(port);
    // What has left is not waited for when the server stops.
    onTestFinished(() =>
      fetch(`http://127.0.0.1:${port}${this.url}`, { method: "POST", body: "1" }).then(noop, noop),
    );
  }

  static async joined(port: number): Promise<PollingClient> {
    const client = new PollingClient(port);
    await client.open();
    expect(await client.post("40")).toBe("ok");
    expect(await client.poll()).toMatch(/^40\{"sid"/);
    return client;
  }

  async open(fields: Record<string, string> = {}): Promise<Answer> {
    const opened = await this.polls.ask(request("GET", path, "", fields));
    this.url = `${path}&sid=${JSON.parse(opened.body.slice(1)).sid}`;
    return opened;
  }

  post(body: string): Promise<string> {
    return this.posts.body(request("POST", this.url, body));
  }

  poll(): Promise<string> {
    return this.polls.body(request("GET", this.url));
  }

  /** Begins a poll. */
  wait(): void {
    this.polls.raw.send(request("GET", this.url));
  }

  async echoes(text = "hello"): Promise<void> {
    this.wait();
    expect(await this.post(`42["echo","${text}"]`)).toBe("ok");
    expect((await this.polls.answer()).body).toBe(`42["echo","${text}"]`);
  }
}

/** Waits until a server has a poll that it does not answer yet. */
async function waiting({ server }: Serving): Promise<void> {
  await soon(() => server.listening).toBe(true);
  // A request that was written is read in one of the next turns, which an answer to another one shows.
  await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("long polling", () => {
  it("has no socket, works, and is counted until it ends", async () => {
    const { port, bare, counted } = await serve();
    const client = await PollingClient.joined(port);
    for (const text of ["hello", "again", "ünïcödé €", "x".repeat(5000)]) await client.echoes(text);
    expect([bare(), await counted()]).toEqual([2, 2]);
    client.polls.raw.socket.end();
    client.posts.raw.socket.end();
    await client.polls.raw.ends();
    await soon(bare).toBe(0);
    expect(await counted()).toBe(0);
  });

  it("serves stock clients, which change to a WebSocket", async () => {
    const { port, bare } = await serve();
    const polling = io(`http://127.0.0.1:${port}`, { transports: ["polling"], forceNew: true });
    onTestFinished(() => void polling.close());
    await within(
      "the echo",
      polling.timeout(10_000).emit("echo", "polled") && once(polling as never, "echo"),
    );
    await soon(() => bare() > 0).toBe(true);
    const upgrading = io(`http://127.0.0.1:${port}`, { forceNew: true });
    onTestFinished(() => void upgrading.close());
    await soon(() => upgrading.io.engine?.transport.name).toBe("websocket");
    upgrading.emit("echo", "upgraded");
    expect(await within("the echo", once(upgrading as never, "echo"))).toEqual(["upgraded"]);
  });

  it("takes a WebSocket on a connection that has polled", async () => {
    const { port, bare } = await serve();
    const client = await PollingClient.joined(port);
    const fields = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const { raw } = client.posts;
    raw.send(request("GET", "/socket.io/?EIO=4&transport=websocket", "", fields));
    await raw.gets('0{"sid"');
    raw.send("\x81\x82\0\0\0\x0040");
    await raw.gets('40{"sid"');
    expect(bare()).toBe(2);
    raw.socket.resetAndDestroy();
    await soon(bare).toBe(1);
  });
});

describe("a connection for one request", () => {
  it("is closed after the answer, which says so as Node's does", async () => {
    const heads: string[] = [];
    for (const directSockets of [true, false]) {
      const { port, bare } = await serve({ directSockets });
      const line = new Line(port);
      line.raw.send(request("GET", path, "", { Connection: "close" }));
      const { head, body } = await line.answer();
      expect(bare()).toBe(0);
      await line.raw.ends();
      heads.push(head.replace(/Date: .*/, ""));
      const { sid } = JSON.parse(body.slice(1));
      await new Line(port).body(request("POST", `${path}&sid=${sid}`, "1"));
    }
    expect(heads[0]).toBe(heads[1]);
    expect(heads[0]).toContain("\r\nConnection: close");
  });
});

describe("answers", () => {
  /** What a client gets for some requests, without what differs each time. */
  async function transcript(options: SocketIOOptions, expectBare: boolean): Promise<string[]> {
    const serving = await serve({ ...options, directSockets: expectBare });
    const { port, socketio, bare } = serving;
    socketio.events({
      big: () => emit("big", "y".repeat(4000)),
      cafe: () => emit("café", "é€"),
    });
    const client = new PollingClient(port);
    const origin = { Origin: "https://a.example" };
    const seen = [await client.open(origin)];
    const { posts, polls } = client;
    const all = () => [polls, posts];
    seen.push(await posts.ask(request("POST", client.url, "40", origin)));
    seen.push(await polls.ask(request("GET", client.url, "", origin)));
    for (const event of ["echo", "big", "cafe"]) {
      seen.push(await posts.ask(request("POST", client.url, `42["${event}","a"]`, origin)));
      const fields = { ...origin, "Accept-Encoding": "gzip" };
      seen.push(await polls.ask(request("GET", client.url, "", fields)));
    }
    expect(bare()).toBe(expectBare ? all().length : 0);
    // Refusals.
    seen.push(await polls.ask(request("GET", `${path}&EIO=2`.replace("EIO=4&", ""))));
    seen.push(await polls.ask(request("POST", path, "40")));
    seen.push(await polls.ask(request("GET", client.url, "", { Origin: "https://evil.example" })));
    seen.push(await posts.ask(request("POST", client.url, "x".repeat(2000))));
    await posts.raw.ends();
    expect(bare()).toBe(expectBare ? 1 : 0);
    return seen.map(({ head, body }) =>
      `${head}\r\n\r\n${body}`
        .replace(/Date: .*/, "Date: …")
        .replaceAll(/"sid":"[^"]*"/g, '"sid":"…"')
        .replace(/sid=[^;\r]*/, "sid=…"),
    );
  }

  it("have the bytes of those that Node writes", async () => {
    const options: SocketIOOptions = {
      cors: { origin: "https://a.example", credentials: true },
      cookie: { name: "sid", httpOnly: true },
      maxHttpBufferSize: 1500,
    };
    const own = await transcript(options, true);
    expect(own).toEqual(await transcript(options, false));
    const text = own.join("\n");
    expect(text).toContain("\r\nDate: …\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n");
    expect(text).toContain("access-control-allow-origin: https://a.example");
    expect(text).toContain("set-cookie: sid=…");
    expect(text).toContain("content-encoding: gzip");
    for (const status of ["400 Bad Request", "403 Forbidden", "413 Payload Too Large"])
      expect(text).toContain(status);
  });

  it("have them without compression, and with the fields of the server's time limit", async () => {
    for (const keepAliveTimeout of [0, 72_500]) {
      const answers = [true, false].map(async (directSockets) => {
        const { port, server } = await serve({ directSockets, httpCompression: false });
        server.keepAliveTimeout = keepAliveTimeout;
        const { head } = await new PollingClient(port).open();
        return head.replace(/Date: .*/, "");
      });
      const [own, nodes] = await Promise.all(answers);
      expect(own).toBe(nodes);
      expect(own?.endsWith(keepAliveTimeout === 0 ? "keep-alive" : "timeout=72")).toBe(true);
    }
  });

  it("tell the time", async () => {
    const { port } = await serve();
    const client = await PollingClient.joined(port);
    const { head } = await client.posts.ask(request("POST", client.url, "3"));
    const date = /Date: (.*)/.exec(head)?.[1] ?? "";
    expect(new Date(date).toUTCString()).toBe(date);
    expect(Math.abs(Date.now() - Date.parse(date))).toBeLessThan(30_000);
  });
});

describe("a client that goes away", () => {
  it.each([
    ["with an end", (line: Line) => line.raw.socket.end()],
    ["with a reset", (line: Line) => line.raw.socket.resetAndDestroy()],
  ])("while its poll waits ends its connection: %s", async (_what, leave) => {
    for (const directSockets of [true, false]) {
      const serving = await serve({ directSockets });
      const { port, socketio, bare, counted, log } = serving;
      const reasons: string[] = [];
      socketio.on("disconnect", (reason: string) => void reasons.push(reason));
      const client = await PollingClient.joined(port);
      client.wait();
      await waiting(serving);
      leave(client.polls);
      await soon(() => reasons).toEqual(["transport error"]);
      await soon(counted).toBe(1);
      expect(bare()).toBe(directSockets ? 1 : 0);
      expect(log.lines.filter((line) => /^(?:warn|error) /.test(line))).toEqual([]);
    }
  });

  it("between requests stays, as it polls on another connection", async () => {
    const { port, socketio, counted } = await serve();
    const reasons: string[] = [];
    socketio.on("disconnect", (reason: string) => void reasons.push(reason));
    const client = await PollingClient.joined(port);
    client.posts.raw.socket.resetAndDestroy();
    await soon(counted).toBe(1);
    const other = new Line(port);
    client.wait();
    expect(await other.body(request("POST", client.url, '42["echo","b"]'))).toBe("ok");
    expect((await client.polls.answer()).body).toBe('42["echo","b"]');
    expect(reasons).toEqual([]);
  });

  it("is told of as an error, if anybody listens", async () => {
    const serving = await serve();
    const { server, port, counted } = serving;
    const codes: (string | undefined)[] = [];
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      codes.push(error.code);
      socket.destroy();
    });
    const client = await PollingClient.joined(port);
    client.wait();
    await waiting(serving);
    client.polls.raw.socket.resetAndDestroy();
    await soon(() => codes).toEqual(["ECONNRESET"]);
    client.posts.raw.socket.resetAndDestroy();
    await soon(() => codes).toEqual(["ECONNRESET", "ECONNRESET"]);
    await soon(counted).toBe(0);
  });
});

describe("a client that does not read", () => {
  const text = "z".repeat(8_000_000);

  it("gets all of a large answer once it does, and the next one", async () => {
    const { port, socketio, bare } = await serve();
    const client = await PollingClient.joined(port);
    client.polls.raw.socket.pause();
    client.wait();
    await client.post("3");
    socketio.emit("big", text);
    await new Promise((resolve) => setImmediate(resolve));
    await client.post('42["echo","behind"]');
    client.polls.raw.socket.resume();
    expect((await client.polls.answer()).body).toBe(`42["big","${text}"]`);
    expect(await client.poll()).toBe('42["echo","behind"]');
    await client.echoes();
    expect(bare()).toBe(2);
  });

  it("gets all of it though it has said that it sends no more", async () => {
    const { port, socketio, bare } = await serve();
    const client = await PollingClient.joined(port);
    client.polls.raw.socket.pause();
    client.wait();
    await client.post("3");
    socketio.emit("big", text);
    await new Promise((resolve) => setImmediate(resolve));
    client.polls.raw.socket.end();
    await client.post("3");
    client.polls.raw.socket.resume();
    expect((await client.polls.answer()).body).toBe(`42["big","${text}"]`);
    await client.polls.raw.ends();
    await soon(bare).toBe(1);
  });

  it("is cut off when its time to answer a ping is over", async () => {
    const { port, socketio, bare } = await serve({ pingInterval: 300, pingTimeout: 300 });
    const reasons: string[] = [];
    socketio.on("disconnect", (reason: string) => void reasons.push(reason));
    const client = await PollingClient.joined(port);
    client.polls.raw.socket.pause();
    client.wait();
    await client.post("3");
    socketio.emit("big", text);
    await soon(() => reasons).toEqual(["ping timeout"]);
    await soon(bare).toBe(1);
    client.polls.raw.socket.resume();
    await client.polls.raw.closed;
  });
});

describe("other requests on such a connection", () => {
  it.each([
    ["another path", request("GET", "/a"), "GET /a 0"],
    ["a body of another path", request("POST", "/a", "b".repeat(200_000)), "POST /a 200000"],
    ["a query like ours", request("GET", "/a?EIO=4&transport=polling"), "GET /a?EIO=4&transport=polling 0"],
    ["an older version", "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /a 0"],
    ["the client's script", request("GET", "/socket.io/socket.io.js"), "Socket.IO"],
    ["an unknown client", request("GET", `${path}&sid=unknown`), '"Session ID unknown"'],
    ["another method", request("OPTIONS", path), "HTTP/1.1 204 No Content"],
    ["another transport", request("GET", "/socket.io/?EIO=4&transport=carrier"), '"Transport unknown"'],
    ["nothing like HTTP", "\r\nblah\r\n\r\n", "HTTP/1.1 400 Bad Request"],
  ])("go to Node: %s", async (_what, sent, expected) => {
    const { port, bare } = await serve();
    const client = await PollingClient.joined(port);
    expect(bare()).toBe(2);
    client.posts.raw.send(sent);
    await client.posts.raw.gets(expected);
    expect(bare()).toBe(1);
  });

  it("go to Node with all that belongs to them, and so do all that follow", async () => {
    const { port, bare } = await serve();
    const client = await PollingClient.joined(port);
    const { posts, url } = client;
    expect(await posts.body(request("GET", "/a"))).toBe("GET /a 0");
    expect(await posts.body(request("POST", url, '42["echo","a"]'))).toBe("ok");
    expect(await client.poll()).toBe('42["echo","a"]');
    expect(bare()).toBe(1);
  });

  it.each([
    ["a body that comes behind its head", 0],
    ["a head in pieces", -40],
  ])("go to Node: %s", async (_what, offset) => {
    const { port, bare } = await serve();
    const client = await PollingClient.joined(port);
    const { raw } = client.posts;
    raw.socket.setNoDelay(true);
    const sent = request("POST", client.url, '42["echo","in pieces"]');
    const at = sent.indexOf("\r\n\r\n") + 4 + offset;
    raw.send(sent.slice(0, at));
    await soon(bare).toBe(1);
    raw.send(sent.slice(at));
    expect((await client.posts.answer()).body).toBe("ok");
    expect(await client.poll()).toBe('42["echo","in pieces"]');
  });

  it.each([
    ["in chunks", { "Transfer-Encoding": "chunked" }, "2\r\n40\r\n0\r\n\r\n"],
    ["after a question", { "Content-Length": "2", Expect: "100-continue" }, "40"],
  ])("go to Node: a body %s", async (_what, fields, body) => {
    const { port, bare } = await serve();
    const client = new PollingClient(port);
    await client.open();
    const lines = Object.entries({ Host: "localhost", ...fields }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    client.posts.raw.send(`POST ${client.url} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
    await client.posts.raw.gets("\r\n\r\nok");
    expect(await client.poll()).toMatch(/^40/);
    expect(bare()).toBe(1);
  });

  it.each([
    ["two lengths", { "Content-Length": "2", "content-length": "3" }],
    ["a length and chunks", { "Content-Length": "2", "Transfer-Encoding": "chunked" }],
    ["a length that is none", { "Content-Length": "2x" }],
    ["a length with a sign", { "Content-Length": "+2" }],
    ["a folded field", { "Content-Length": "2\r\n 0" }],
  ])("are refused by Node: %s", async (_what, fields) => {
    const { port, bare } = await serve();
    const client = new PollingClient(port);
    await client.open();
    const lines = Object.entries({ Host: "localhost", ...fields }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    client.posts.raw.send(`POST ${client.url} HTTP/1.1\r\n${lines.join("")}\r\n40GET /a HTTP/1.1\r\n\r\n`);
    expect(await client.posts.raw.ends()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n(?!.*HTTP)/s);
    expect(bare()).toBe(1);
  });
});

describe("several requests at once", () => {
  it("are answered in order, though none waits for an answer", async () => {
    const { port } = await serve();
    const client = new PollingClient(port);
    await client.open();
    const { polls, url } = client;
    polls.raw.send(
      `${request("POST", url, "40")}${request("GET", "/a")}${request("GET", url)}${request("GET", "/b")}`,
    );
    expect((await polls.answer()).body).toBe("ok");
    expect((await polls.answer()).body).toBe("GET /a 0");
    expect((await polls.answer()).body).toMatch(/^40/);
    expect((await polls.answer()).body).toBe("GET /b 0");
  });

  it.each([
    ["one", (url: string) => [request("POST", url, '42["echo","late"]')], ["ok"], 2],
    [
      "two",
      (url: string) => [request("POST", url, '42["echo","late"]'), request("GET", "/a")],
      ["ok", "GET /a 0"],
      1,
    ],
    ["the beginning of one", (url: string) => [request("POST", url, "3").slice(0, 20)], [] as string[], 1],
  ])("wait behind a poll that waits: %s", async (_what, following, bodies, left) => {
    const serving = await serve();
    const { port, socketio, bare } = serving;
    const client = await PollingClient.joined(port);
    const { polls, url } = client;
    client.wait();
    await waiting(serving);
    polls.raw.send(following(url).join(""));
    await waiting(serving);
    expect(polls.raw.received).toBe("");
    socketio.emit("news", 1);
    expect((await polls.answer()).body).toBe('42["news",1]');
    for (const body of bodies) expect((await polls.answer()).body).toBe(body);
    await soon(bare).toBe(left);
    expect(await client.posts.body(request("POST", url, '42["echo","last"]'))).toBe("ok");
  });

  it("of one client end it, where they are two polls", async () => {
    const { port, socketio } = await serve();
    const reasons: string[] = [];
    socketio.on("disconnect", (reason: string) => void reasons.push(reason));
    const client = await PollingClient.joined(port);
    client.wait();
    await client.post("3");
    const { head } = await client.posts.ask(request("GET", client.url));
    expect(head).toContain("HTTP/1.1 400 Bad Request");
    await soon(() => reasons).toEqual(["overlapping requests"]);
    expect((await client.polls.answer()).body).toBe("1");
  });
});

describe("an idle connection", () => {
  it("is closed after the server's time for that, but not while a poll waits", async () => {
    const { server, port, socketio, bare } = await serve();
    server.keepAliveTimeout = 100;
    const client = await PollingClient.joined(port);
    client.wait();
    const since = performance.now();
    expect(await client.posts.raw.ends()).toBe("");
    // Node adds a second to what it tells clients.
    expect(performance.now() - since).toBeGreaterThan(800);
    expect(bare()).toBe(1);
    socketio.emit("news", 1);
    expect((await client.polls.answer()).body).toBe('42["news",1]');
    expect(await client.polls.raw.ends()).toBe("");
    await soon(bare).toBe(0);
  });

  it("is closed by closeIdleConnections() and close(), and others are not", async () => {
    const serving = await serve();
    const { server, port, socketio, bare } = serving;
    const client = await PollingClient.joined(port);
    client.wait();
    await client.post("3");
    server.closeIdleConnections();
    expect(await client.posts.raw.ends()).toBe("");
    expect(bare()).toBe(1);
    const last = new Line(port);
    expect(await last.body(request("POST", client.url, '42["echo","a"]'))).toBe("ok");
    expect((await client.polls.answer()).body).toBe('42["echo","a"]');
    client.wait();
    expect(await last.body(request("POST", client.url, "3"))).toBe("ok");
    const closed = new Promise((resolve) => server.close(resolve));
    await last.raw.ends();
    expect(bare()).toBe(1);
    socketio.disconnect({ broadcast: true });
    expect((await client.polls.answer()).body).toBe("41");
    server.closeIdleConnections();
    await client.polls.raw.ends();
    await within("the server's end", closed);
  });

  it("is closed by closeAllConnections(), and so are those that wait", async () => {
    const serving = await serve();
    const { server, port, socketio, bare } = serving;
    const reasons: string[] = [];
    socketio.on("disconnect", (reason: string) => void reasons.push(reason));
    const client = await PollingClient.joined(port);
    client.wait();
    await client.post("3");
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await client.polls.raw.ends();
    await client.posts.raw.ends();
    await within("the server's end", closed);
    expect(bare()).toBe(0);
    await soon(() => reasons).toEqual(["transport error"]);
  });

  it("does not hold up stop() of a server that run() made", async () => {
    const socketio = new SocketIO({ logger: new LogLines() });
    const { port } = await socketio.run({ port: 0 });
    const client = await PollingClient.joined(port);
    client.wait();
    await client.post("3");
    await within("stop()", socketio.stop());
    expect((await client.polls.answer()).body).toBe("1");
    await client.polls.raw.ends();
    await client.posts.raw.ends();
  });

  it("is Node's when Roomcast leaves the server", async () => {
    const { server, port, socketio, bare } = await serve();
    const client = await PollingClient.joined(port);
    client.wait();
    await client.post("3");
    expect(Object.hasOwn(server, "closeIdleConnections")).toBe(true);
    await socketio.stop();
    expect((await client.polls.answer()).body).toBe("1");
    await soon(bare).toBe(0);
    expect(Object.hasOwn(server, "closeIdleConnections")).toBe(false);
    for (const line of [client.polls, client.posts])
      expect(await line.body(request("GET", "/a"))).toBe("GET /a 0");
  });

  it("counts for maxConnections, and is served at that limit", async () => {
    const { server, port, bare } = await serve();
    const client = await PollingClient.joined(port);
    server.maxConnections = 2;
    const dropped = once(server, "drop");
    new RawClient(port, request("GET", "/a"));
    await within("the drop", dropped);
    await client.echoes();
    server.maxConnections = 0;
    await client.echoes();
    expect(bare()).toBe(2);
    expect(await client.posts.body(request("POST", client.url, "1"))).toBe("ok");
  });
});

describe("a program that looks at requests", () => {
  async function isNodes({ port, bare }: Serving): Promise<void> {
    const client = await PollingClient.joined(port);
    await client.echoes();
    expect(bare()).toBe(0);
  }

  it.each(["http.server.request.start", "http.server.response.created", "http.server.response.finish"])(
    "sees all by the channel %s, also the next ones of a connection",
    async (name) => {
      const serving = await serve();
      const client = await PollingClient.joined(serving.port);
      expect(serving.bare()).toBe(2);
      const messages: unknown[] = [];
      const listener = (message: unknown) => void messages.push(message);
      subscribe(name, listener);
      onTestFinished(() => void unsubscribe(name, listener));
      await client.echoes();
      expect(serving.bare()).toBe(0);
      // Node 20 does not tell of the answer's beginning.
      if (!name.endsWith("created")) await soon(() => messages.length).toBe(2);
    },
  );

  it.each<[string, (server: Server) => void]>([
    ["a listener for time limits", (server) => void server.on("timeout", () => {})],
    ["a listener for connections", (server) => void server.on("connection", () => {})],
    ["a time limit", (server) => void server.setTimeout(60_000)],
    ["a limit of requests", (server) => Object.assign(server, { maxRequestsPerSocket: 100 })],
    ["half-open connections", (server) => Object.assign(server, { httpAllowHalfOpen: true })],
  ])("has Node's server: %s", async (_what, change) => {
    const serving = await serve();
    const before = await PollingClient.joined(serving.port);
    expect(serving.bare()).toBe(2);
    change(serving.server);
    await before.echoes();
    expect(serving.bare()).toBe(0);
    await isNodes(serving);
  });

  it.each<[string, SocketIOOptions, ServerOptions]>([
    ["its own class of requests", {}, { IncomingMessage: class extends IncomingMessage {} }],
    [
      "its own class of answers",
      {},
      { ServerResponse: class Own extends ServerResponse {} as typeof ServerResponse },
    ],
    ["directSockets: false", { directSockets: false }, {}],
    [
      "middleware",
      { httpMiddleware: (_request: unknown, _response: unknown, next: () => void) => next() },
      {},
    ],
  ])("has Node's server: %s", async (_what, options, http) => {
    await isNodes(await serve(options, http));
  });

  it("finds the context of its listen(), and nothing of other requests", async () => {
    const contexts = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { port, bare } = await contexts.run("of listen", () => {
      const look = () => {
        seen.push(contexts.getStore());
        contexts.enterWith("of a client");
      };
      return serve({ allowRequest: () => look() === undefined }).then((serving) => {
        serving.socketio.events({ look });
        return serving;
      });
    });
    const client = await PollingClient.joined(port);
    for (let count = 0; count < 3; count += 1) await client.post('42["look"]');
    await PollingClient.joined(port);
    expect(seen).toEqual(Array.from({ length: 5 }, () => "of listen"));
    expect(bare()).toBe(4);
  });
});

describe("a body", () => {
  // Node hands on more memory than what has come where that fills most of 64 KiB.
  it.each([0, 10_000, 40_000, 50_000, 58_000, 64_000, 100_000])(
    "of %d characters is whole",
    async (length) => {
      const { port, bare } = await serve();
      const client = await PollingClient.joined(port);
      const text = "b".repeat(length);
      for (let count = 0; count < 3; count += 1) {
        // Also as the first bytes of a connection.
        if (count === 2) client.posts = new Line(port);
        client.wait();
        expect(await client.post(`42["echo","${text}${count}"]`)).toBe("ok");
        expect((await client.polls.answer()).body).toBe(`42["echo","${text}${count}"]`);
        expect(await client.post("3")).toBe("ok");
      }
      if (length <= 10_000) expect(bare()).toBe(3);
    },
  );
});
