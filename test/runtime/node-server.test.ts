import { once } from "node:events";
import { createServer, get, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { buffer, text } from "node:stream/consumers";
import { SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { connect, next, transports } from "./support/clients.ts";
import { describeFramework, type SitePlan } from "./support/framework.suite.ts";
import { ask, askForUpgrade, listen, urlOf } from "./support/http.ts";

function application({ seen, story }: SitePlan): RequestListener {
  return async (request, response) => {
    const path = request.url?.split("?")[0] ?? "";
    seen.push(path);
    if (path === "/") response.end("home");
    else if (path === "/echo") response.end(JSON.parse(await text(request)).text);
    else if (path === "/story") story().pipe(response);
    else if (path === "/socket.iox" || path === "/socket.io/") response.end("the application's own");
    else response.writeHead(404).end();
  };
}

describe("a node:http server", () => {
  describeFramework(
    (plan) => {
      const server = plan.tls
        ? createSecureServer(plan.tls, application(plan))
        : createServer(application(plan));
      return {
        app: server,
        listen: async () => {
          await once(server.listen(0, "127.0.0.1"), "listening");
          return server;
        },
      };
    },
    { hasServer: true },
  );
});

describe("a function of request and response", () => {
  it("serves as an application", async () => {
    const socketio = new SocketIO((_request: unknown, response: { end(text: string): void }) =>
      response.end("home"),
    );
    onTestFinished(() => socketio.stop());
    const { url } = await socketio.run({ port: 0 });
    expect(await (await fetch(url)).text()).toBe("home");
    expect(await (await connect(url)).emitWithAck("anything")).toMatchObject({
      error: { code: "ERR_NO_HANDLER" },
    });
  });
});

describe("no application", () => {
  it("gets a server that knows only Roomcast's path", async () => {
    const socketio = new SocketIO();
    onTestFinished(() => socketio.stop());
    const { url } = await socketio.run({ port: 0 });
    expect((await fetch(url)).status).toBe(404);
    await connect(url);
    expect(socketio.clientCount).toBe(1);
  });
});

describe("attaching to a server", () => {
  it("passes other requests once to listeners that are added later, and never its own requests", async () => {
    const server = await listen(createServer());
    attach(server);
    const seen: string[] = [];
    server.on("request", (request, response) => {
      seen.push(`first ${request.url}`);
      response.end("home");
    });
    server.prependListener("request", (request) => seen.push(`before ${request.url}`));
    const url = urlOf(server);
    const client = await connect(url);
    expect(await client.emitWithAck("add", 1, 2)).toBe(3);
    await fetch(`${url}/page`);
    expect(seen).toEqual(["before /page", "first /page"]);
  });

  it("leaves the server's listeners as they are", async () => {
    const listener = () => {};
    const server = createServer(listener);
    const { emit } = server;
    const socketio = attach(server);
    expect(server.listeners("request")).toEqual([listener]);
    expect(server.listeners("upgrade")).toEqual([]);
    await socketio.stop();
    expect(server.listeners("request")).toEqual([listener]);
    expect(server.listeners("upgrade")).toEqual([]);
    expect(server.emit).toBe(emit);
  });

  it("keeps a wrapper that another program has put around the server's emit", async () => {
    const server = await listen(createServer((_request, response) => response.end("home")));
    const socketio = attach(server);
    const { emit } = server;
    const events: string[] = [];
    server.emit = (event: string, ...values: unknown[]) => {
      events.push(event);
      return Reflect.apply(emit, server, [event, ...values]);
    };
    await connect(urlOf(server), { transports: ["websocket"] });
    await socketio.stop();
    expect(await (await fetch(urlOf(server))).text()).toBe("home");
    expect(events.filter((event) => event !== "connection")).toEqual(["upgrade", "request"]);
    const successor = attach(server);
    expect(await (await connect(urlOf(server))).emitWithAck("add", 1, 2)).toBe(3);
    await successor.stop();
    expect(await (await fetch(`${urlOf(server)}/socket.io/`)).text()).toBe("home");
  });

  it.each(["before", "after"])("works beside another WebSocket server, attached %s it", async (order) => {
    const server = await listen(createServer());
    if (order === "after") attach(server);
    const other = new WebSocketServer({ server, path: "/chat" });
    other.on("connection", (webSocket) =>
      webSocket.on("message", (data) => webSocket.send(`chat ${String(data)}`)),
    );
    if (order === "before") attach(server);
    const url = urlOf(server);

    for (const transport of transports) {
      const client = await connect(url, { transports: [transport] });
      expect(await client.emitWithAck("add", 1, 2)).toBe(3);
    }
    const chat = new WebSocket(`${url}/chat`);
    onTestFinished(() => chat.terminate());
    await once(chat, "open");
    chat.send("hello");
    expect(String((await once(chat, "message"))[0])).toBe("chat hello");
    expect(await askForUpgrade(url, "/nowhere")).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("sends the whole of an answer that is in progress when it stops", async () => {
    const page = Buffer.alloc(16_000_000, "page ");
    const server = createServer((_request, response) => response.end(page));
    const socketio = attach(server);
    const { url } = await socketio.run({ port: 0 });
    const [response] = (await once(get(url, { agent: false }), "response")) as [IncomingMessage];
    const stopped = socketio.stop();
    expect((await buffer(response)).equals(page)).toBe(true);
    await stopped;
  });

  it("sends the whole of an answer that begins before it stops and ends afterwards", async () => {
    const page = Buffer.alloc(16_000_000, "page ");
    const server = createServer();
    const asked = once(server, "request");
    const socketio = attach(server);
    const { url } = await socketio.run({ port: 0 });
    const answered = once(get(url, { agent: false }), "response");
    const [, late] = await asked;
    const stopped = socketio.stop();
    await expect.poll(() => server.listening, { interval: 1 }).toBe(false);
    late.end(page);
    const [response] = (await answered) as [IncomingMessage];
    expect((await buffer(response)).equals(page)).toBe(true);
    await stopped;
  });

  it("cuts off the clients of another WebSocket server when it closes the server that it opened", async () => {
    const server = createServer();
    new WebSocketServer({ server, path: "/chat" });
    const socketio = attach(server);
    const { url } = await socketio.run({ port: 0 });
    const chat = new WebSocket(`${url}/chat`);
    await once(chat, "open");
    const closed = once(chat, "close");
    await socketio.stop();
    await closed;
  });

  it("leaves an upgrade to a listener that answers it later", async () => {
    const server = await listen(createServer());
    attach(server);
    server.on("upgrade", (_request, socket) => {
      setImmediate(() => socket.end("HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\n\r\n"));
    });
    expect(await askForUpgrade(urlOf(server), "/nowhere")).toMatch(/^HTTP\/1\.1 426 /);
  });

  it("leaves an upgrade of an unknown path to a listener that would answer it without Roomcast", async () => {
    const server = await listen(createServer());
    attach(server);
    attach(server, { path: "/other" });
    server.on("upgrade", (_request, socket) => {
      if (server.listenerCount("upgrade") === 1) socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
    });
    await connect(urlOf(server), { transports: ["websocket"] });
    expect(await askForUpgrade(urlOf(server), "/nowhere")).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("leaves offers of other protocols to a listener for upgrades, and ignores them on its own path", async () => {
    const server = await listen(createServer());
    attach(server);
    server.on("upgrade", ({ headers, url }, socket) =>
      socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\n${headers.upgrade} at ${url}`),
    );
    expect(await askForUpgrade(urlOf(server), "/page", "h2c")).toMatch(/^HTTP\/1\.1 101 .*h2c at \/page$/s);
    const headers = { connection: "Upgrade", upgrade: "h2c" };
    const shake = `${urlOf(server)}/socket.io/?EIO=4&transport=polling`;
    expect((await ask(shake, { headers })).text).toMatch(/^0\{"sid"/);
  });

  it("answers an upgrade that another server passes on and that has no listener", async () => {
    const server = await listen(createServer());
    attach(server);
    const other = await listen(createServer());
    other.on("upgrade", (...values) => server.emit("upgrade", ...values));
    expect(await askForUpgrade(urlOf(other), "/nowhere")).toMatch(
      /^HTTP\/1\.1 400 .*Nothing to upgrade to here$/s,
    );
    await connect(urlOf(other), { transports: ["websocket"] });
  });

  it("leaves the WebSockets of a path below its own to the server that is attached there", async () => {
    const server = await listen(createServer());
    const outer = attach(server, { path: "/live" });
    const inner = attach(server, { path: "/live/games" });
    for (const transport of transports)
      await connect(urlOf(server), { path: "/live/games", transports: [transport] });
    expect([outer.clientCount, inner.clientCount]).toEqual([0, 2]);
  });

  it("serves its path with and without a slash at the end, however the option is written", async () => {
    const server = await listen(createServer());
    const socketio = attach(server, { path: "/live/" });
    for (const addTrailingSlash of [true, false])
      await connect(urlOf(server), { path: "/live", addTrailingSlash });
    expect(socketio.clientCount).toBe(2);
  });

  it("leaves an upgrade to the application, as a plain request, once all have stopped", async () => {
    const server = await listen(createServer((_request, response) => response.end("home")));
    const headers = { connection: "Upgrade", upgrade: "websocket" };
    for (const socketio of [attach(server), attach(server, { path: "/other" })]) {
      await socketio.stop();
      expect((await ask(`${urlOf(server)}/socket.io/`, { headers })).text).toBe("home");
    }
  });

  it.each([
    ["first", 0],
    ["second", 1],
  ])("serves two on one server, of which the %s stops before the other", async (_, index) => {
    const server = await listen(createServer((_request, response) => response.end("home")));
    const url = urlOf(server);
    const paths = ["/socket.io", "/games/live"];
    const both = paths.map((path) => attach(server, { path }));
    const clients = await Promise.all(
      paths.flatMap((path) => transports.map((transport) => connect(url, { path, transports: [transport] }))),
    );
    for (const client of clients) expect(await client.emitWithAck("add", 1, 2)).toBe(3);
    expect(both.map((socketio) => socketio.clientCount)).toEqual([2, 2]);

    await both[index]?.stop();
    const [gone = "", left = ""] = index === 0 ? paths : paths.toReversed();
    expect(await (await fetch(`${url}${gone}/`)).text()).toBe("home");
    for (const transport of transports) {
      const client = await connect(url, { path: left, transports: [transport] });
      expect(await client.emitWithAck("add", 3, 4)).toBe(7);
    }
    expect(clients.filter((client) => client.connected)).toHaveLength(2);

    await both[1 - index]?.stop();
    expect(await (await fetch(`${url}${left}/`)).text()).toBe("home");
  });

  it("serves several servers at once", async () => {
    const servers = [await listen(createServer()), await listen(createServer())];
    const socketio = new SocketIO(servers[0] ?? null);
    onTestFinished(() => socketio.stop());
    for (const server of servers.slice(1)) socketio.attach(server);
    const clients = await Promise.all(servers.map((server) => connect(urlOf(server))));
    const heard = clients.map((client) => next(client, "hello"));
    socketio.emit("hello", "all");
    expect(await Promise.all(heard)).toEqual(["all", "all"]);
  });

  it("sends no length where HTTP allows none", async () => {
    const server = await listen(createServer());
    attach(server);
    const { status, headers } = await ask(`${urlOf(server)}/socket.io/`, { method: "OPTIONS" });
    expect(status).toBe(204);
    expect(headers).not.toHaveProperty("content-length");
  });
});

function attach(server: ReturnType<typeof createServer>, options: SocketIOOptions = {}): SocketIO {
  const socketio = new SocketIO(server, options);
  socketio.on("add", (a: number, b: number) => a + b);
  onTestFinished(() => socketio.stop());
  return socketio;
}
