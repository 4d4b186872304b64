/** Programs on the bridge beyond socket.io: handlers beside listeners, harmless errors, other processes. */

import { once } from "node:events";
import { createServer } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { instrument } from "@socket.io/admin-ui";
import express from "express";
import { type Socket as ClientSocket, io as open } from "socket.io-client";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Server, type ServerOptions } from "../../src/compat/index.ts";
import { emit, request } from "../../src/index.ts";
import { LogLines } from "../support/log-lines.ts";
import { valuesOf } from "../support/metrics.ts";
import { connected, refused } from "../support/stock-client.ts";
import { nextEvent, soon } from "../support/waiting.ts";

async function site(options: Partial<ServerOptions> = {}) {
  const http = createServer();
  const log = new LogLines();
  const io = new Server(http, { logger: log, anyWebSocketOrigin: true, ...options });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  onTestFinished(() => io.close());
  const start = (path = "/", settings = {}): ClientSocket => {
    const client = open(`http://127.0.0.1:${port}${path}`, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      ...settings,
    });
    onTestFinished(() => void client.disconnect());
    return client;
  };
  const join = async (path = "/", settings = {}) => {
    const client = start(path, settings);
    await connected(client);
    return client;
  };
  return { io, log, start, join };
}

describe("An application of Express before all requests", () => {
  it.each(["polling", "websocket"])(
    "lets those of clients pass over %s, or answers them",
    async (transport) => {
      const { io, join, start } = await site();
      const app = express();
      app.use((req, res, proceed) => {
        res.cookie("theme", "dark");
        if (req.get("x-user") === undefined) res.status(401).json({ message: "Log in first" });
        else proceed();
      });
      io.engine.use((req, res, proceed) => app(req, res, proceed));
      io.on("connection", (socket) =>
        socket.on("whoami", (answer) => answer(socket.request.headers["x-user"])),
      );
      const options = { transports: [transport], extraHeaders: { "x-user": "ada" } };
      expect(await (await join("/", options)).emitWithAck("whoami")).toBe("ada");
      expect(await refused(start("/", { transports: [transport] }))).toMatchObject({
        message: transport === "polling" ? "xhr poll error" : "websocket error",
      });
    },
  );
});

describe("Metrics of events that only listeners take", () => {
  it("have their names as labels, and no names that clients invent", async () => {
    const { io, join } = await site({ metrics: true });
    io.on("connection", async (socket) => {
      socket.on("say", (_text, answer) => answer("said"));
      await new Promise(setImmediate);
      socket.on("late", (answer) => answer("heard"));
      socket.onAny(() => {});
    });
    io.of("/filtered").on("connection", (socket) => {
      socket.use((_event, proceed) => proceed());
      socket.on("say", (answer) => answer("said"));
    });
    const client = await join();
    for (const event of ["made", "up", "made"]) client.emit(event);
    expect(await client.emitWithAck("say", 1)).toBe("said");
    expect(await client.emitWithAck("late")).toBe("heard");
    const filtered = await join("/filtered");
    filtered.emit("made");
    expect(await filtered.emitWithAck("say")).toBe("said");
    expect(await valuesOf(io.roomcast, "roomcast_events_received_total")).toEqual({
      "/ _OTHER": 3,
      "/ say": 1,
      "/ late": 1,
      "/filtered _OTHER": 1,
      "/filtered say": 1,
    });
  });
});

describe("Native handlers beside listeners", () => {
  it("answer their events, with the ambient functions, for the same clients", async () => {
    const { io, join } = await site();
    io.on("connection", (socket) => {
      socket.join("tea");
      socket.data.name = "Ada";
    });
    io.roomcast.on("say", ({ room, text }) => {
      emit("said", { from: request.publicData.name, text }, { to: room });
      return "delivered";
    });
    const ada = await join();
    const said = nextEvent(ada, "said");
    expect(await ada.emitWithAck("say", { room: "tea", text: "hi" })).toBe("delivered");
    expect(await said).toEqual([{ from: "Ada", text: "hi" }]);
  });

  it("run when a client has been accepted, behind listeners of connection", async () => {
    const { io, join } = await site();
    const order: string[] = [];
    io.on("connection", () => void order.push("connection"));
    io.roomcast.onAccepted(() => {
      order.push("accepted");
      emit("welcome", request.sid);
    });
    const ada = await join("/", { autoConnect: true });
    await soon(() => order).toEqual(["connection", "accepted"]);
    expect(ada.connected).toBe(true);
  });

  it("answer in place of listeners of the same event, which run before", async () => {
    const { io, join } = await site();
    const order: string[] = [];
    io.on("connection", (socket) => {
      socket.on("both", (value, done) => {
        order.push(`listener ${value}`);
        done("from the listener");
      });
    });
    io.roomcast.on("both", (value) => {
      order.push(`handler ${value}`);
      return "from the handler";
    });
    const ada = await join();
    expect(await ada.emitWithAck("both", 1)).toBe("from the handler");
    expect(order).toEqual(["listener 1", "handler 1"]);
  });

  it("of all events get those without a listener", async () => {
    const { io, join } = await site();
    io.on("connection", (socket) => socket.on("heard", (done) => done("by the listener")));
    io.roomcast.on("*", (event) => `${event} by the handler`);
    const ada = await join();
    expect(await ada.emitWithAck("heard")).toBe("by the listener");
    expect(await ada.emitWithAck("other")).toBe("other by the handler");
  });

  it("are behind the middleware of the socket and of the namespace", async () => {
    const { io, join, start } = await site();
    io.use((socket, next) => next(socket.handshake.auth.key === 1 ? undefined : new Error("no key")));
    io.on("connection", (socket) => {
      socket.use(([event], next) => {
        if (event === "forbidden") next(new Error("forbidden"));
        else next();
      });
    });
    const handled: string[] = [];
    io.roomcast.on("connect", () => handled.push("connect"));
    io.roomcast.on("forbidden", () => handled.push("forbidden"));
    io.roomcast.on("allowed", () => handled.push("allowed"));
    expect((await refused(start())).message).toBe("no key");
    const ada = await join("/", { auth: { key: 1 } });
    ada.emit("forbidden");
    await ada.emitWithAck("allowed");
    expect(handled).toEqual(["connect", "allowed"]);
  });

  it("may refuse a client", async () => {
    const { io, start } = await site();
    const connections: string[] = [];
    io.on("connection", ({ id }) => connections.push(id));
    io.roomcast.on("connect", () => false);
    await refused(start());
    expect(connections).toEqual([]);
  });

  it("share ambient functions with listeners", async () => {
    const { io, join } = await site();
    const reply = () => emit("replied", request.event?.name);
    io.on("connection", (socket) => {
      socket.on("ask", async () => {
        await Promise.resolve();
        reply();
      });
    });
    const ada = await join();
    const replied = nextEvent(ada, "replied");
    ada.emit("ask");
    expect(await replied).toEqual(["ask"]);
  });
});

describe("An error of the program", () => {
  it("in a listener is logged, and the others run", async () => {
    const { io, join, log } = await site();
    io.on("connection", (socket) => {
      socket.on("fail", () => {
        throw new Error("thrown");
      });
      socket.on("fail", async () => {
        await Promise.resolve();
        throw new Error("rejected");
      });
      socket.on("fail", (done) => done("alive"));
    });
    const ada = await join();
    expect(await ada.emitWithAck("fail")).toBe("alive");
    await soon(() => log.lines.filter((line) => line.includes('event "fail"')).length).toBe(2);
  });

  it("goes to the error handler", async () => {
    const { io, join } = await site();
    const errors: unknown[] = [];
    io.roomcast.onError((error) => void errors.push(`${request.event?.name}: ${error}`));
    io.on("connection", (socket) => {
      socket.on("fail", () => {
        throw new Error("thrown");
      });
      socket.on("disconnect", () => {
        throw new Error("in disconnect");
      });
      throw new Error("in connection");
    });
    const ada = await join();
    ada.emit("fail");
    await soon(() => errors.length).toBe(2);
    ada.disconnect();
    await soon(() => errors).toEqual([
      "connect: Error: in connection",
      "fail: Error: thrown",
      "disconnect: Error: in disconnect",
    ]);
  });

  it("in middleware refuses the client", async () => {
    const { io, start, log } = await site();
    io.of("/a").use(() => {
      throw new Error("thrown");
    });
    io.of("/b").use(async () => {
      throw new Error("rejected");
    });
    expect((await refused(start("/a"))).message).toBe("Connection rejected by server");
    expect((await refused(start("/b"))).message).toBe("Connection rejected by server");
    expect(log.lines.length).toBe(2);
  });

  it("in a callback and in a listener of the namespace is logged", async () => {
    const { io, start, log } = await site();
    io.on("new_namespace", () => {
      throw new Error("in new_namespace");
    });
    io.of("/new");
    io.on("connection", (socket) => {
      socket.emit("ask", () => {
        throw new Error("in the callback");
      });
    });
    const ada = start();
    ada.on("ask", (done) => done());
    await soon(() => log.lines.length).toBe(2);
  });
});

describe("Servers on one message queue", () => {
  const options = { messageQueue: "memory://bridge", channel: "bridge" };

  it("reach each other's clients, and list them", async () => {
    const [one, two] = [await site(options), await site(options)];
    for (const { io } of [one, two]) {
      io.on("connection", (socket) => {
        socket.data.name = socket.handshake.auth.name;
        socket.join(["all", socket.data.name]);
      });
    }
    const ada = await one.join("/", { auth: { name: "ada" } });
    const bob = await two.join("/", { auth: { name: "bob" } });
    const cem = await two.join("/", { auth: { name: "cem" } });
    const heard: string[] = [];
    for (const [name, client] of Object.entries({ ada, bob, cem })) {
      client.onAny((event) => heard.push(`${name} ${event}`));
      client.on("who", (done) => done(name));
    }
    const sockets = await one.io.fetchSockets();
    expect(sockets.map(({ data, rooms }) => [data.name, rooms.has("all")]).sort()).toEqual([
      ["ada", true],
      ["bob", true],
      ["cem", true],
    ]);
    expect((await one.io.timeout(2000).emitWithAck("who")).sort()).toEqual(["ada", "bob", "cem"]);
    const remote = sockets.find(({ data }) => data.name === "bob");
    expect(await remote?.timeout(2000).emitWithAck("who")).toBe("bob");
    heard.length = 0;
    one.io.to("all").except("bob").emit("not bob");
    one.io.local.emit("local");
    remote?.emit("bob alone");
    one.io.emit("end");
    await soon(() => heard.filter((line) => line.endsWith(" end")).length).toBe(3);
    expect(heard.filter((line) => !line.endsWith(" end")).sort()).toEqual([
      "ada local",
      "ada not bob",
      "bob bob alone",
      "cem not bob",
    ]);
    one.io.in("bob").disconnectSockets();
    expect(await nextEvent(bob, "disconnect")).toEqual(["io server disconnect", undefined]);
  });

  it("send events to each other", async () => {
    const [one, two] = [await site(options), await site(options)];
    const heard: unknown[] = [];
    two.io.on("hello", (...values: unknown[]) => heard.push(values));
    two.io.of("/chat").on("sum", (a: number, b: number, done: (sum: number) => void) => done(a + b));
    one.io.of("/chat");
    one.io.serverSideEmit("hello", 1, { b: 2 });
    await soon(() => heard).toEqual([[1, { b: 2 }]]);
    expect(await one.io.of("/chat").serverSideEmitWithAck("sum", 1, 2)).toEqual([3]);
  });
});

describe("Parts of socket.io that the bridge does not have", () => {
  it("say what to use instead", async () => {
    const { io } = await site();
    // It has begun to ask from time to time before it fails.
    vi.useFakeTimers({ toFake: ["setInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    expect(() => instrument(io as never, { auth: false })).toThrow("io.roomcast.instrument(options)");
    expect(() => new Server((() => {}) as never)).toThrow("createServer(app)");
    expect(() => new Server({ listen() {} } as never)).toThrow("or a port");
    expect(() => io.attach({} as never)).toThrow("or a port");
    expect(() => (io as unknown as { attachApp(): void }).attachApp()).toThrow("io.attach()");
    expect(() => io.adapter(class Own {})).toThrow("the class Own");
  });
});

describe("On a server of HTTP/2", () => {
  it("middleware of the engine sees every request", async () => {
    const http = createHttp2Server();
    const io = new Server(http, { logger: new LogLines() });
    io.engine.use((req, res, next) => {
      res.setHeader("x-seen", req.headers["x-who"] ?? "nobody");
      if (req.headers["x-who"] === "eve") res.writeHead(401).end();
      else next();
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const session = connect(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
    onTestFinished(async () => {
      session.destroy();
      await io.close();
    });
    const ask = async (who: string) => {
      const stream = session.request({ ":path": "/socket.io/?EIO=4&transport=polling", "x-who": who });
      const [headers] = await once(stream, "response");
      let body = "";
      for await (const chunk of stream) body += chunk;
      return [headers[":status"], headers["x-seen"], body.slice(0, 7)];
    };
    expect(await ask("ada")).toEqual([200, "ada", '0{"sid"']);
    expect(await ask("eve")).toEqual([401, "eve", ""]);
  });
});
