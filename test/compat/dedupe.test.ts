import { request } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { type Socket, StockClient } from "../support/stock-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { deferred, soon, within } from "../support/waiting.ts";

const clients = (["polling", "websocket", "upgrade"] as const).map(
  (transport) => new StockClient("4.8", transport),
);

/** A client that sends each event again and again until it is acknowledged. */
const insistent = {
  reconnection: true,
  reconnectionDelay: 1,
  reconnectionDelayMax: 5,
  timeout: 400,
  retries: 1000,
  ackTimeout: 40,
};

/** The code of an application whose events are handled once: see docs/recovery.md. */
function deliverWith(socket: Socket) {
  let count = 0;
  return (event: string, ...values: unknown[]): Promise<unknown> => {
    count += 1;
    return socket.emitWithAck(event, ...values, { clientOffset: `tab-${count}` });
  };
}

describe.each(clients)("%s", (client) => {
  it("sends an event again while it is handled: the event is handled once, and answered", async () => {
    const { socketio, url, trace } = await startServer({ dedupe: true });
    const { promise, resolve } = deferred<string>();
    const handled: unknown[] = [];
    socketio.on("order", (what: string) => {
      handled.push(what);
      return promise;
    });
    const socket = await client.connect(url, insistent);
    const deliver = deliverWith(socket);
    const answer = deliver("order", "tea");
    await soon(() => trace.filter(({ type }) => type === "event repeated").length).toBeGreaterThan(2);
    resolve("one tea");
    expect(await within("the answer", answer)).toBe("one tea");
    expect(await within("the answer", deliver("order", "tea"))).toBe("one tea");
    expect(handled).toEqual(["tea", "tea"]);
  });

  it("has every event handled once and in order, even if many answers are lost", async () => {
    const server = await startServer({ dedupe: true, recovery: true, pingInterval: 200, pingTimeout: 200 });
    const proxy = await TcpProxy.start(server);
    const handled: number[] = [];
    let lost = 0;
    server.socketio.on("n", (number: number) => {
      handled.push(number);
      if (number % 3 !== 0) return { number, sid: request.sid };
      // The answer is on its way when the network fails.
      lost += 1;
      proxy.interrupt(number % 2 === 0 ? "cut" : "half open");
      return { number, sid: request.sid };
    });
    const socket = await client.connect(proxy.url, insistent);
    const { id: sid } = socket;
    const deliver = deliverWith(socket);
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const answers = await Promise.all(
      numbers.map((number) => within(`answer ${number}`, deliver("n", number))),
    );
    expect(answers).toEqual(numbers.map((number) => ({ number, sid })));
    expect(handled).toEqual(numbers);
    expect(lost).toBeGreaterThan(30);
    expect(server.trace.some(({ type }) => type === "event repeated")).toBe(true);
  });

  it("has it handled again and again without deduplication", async () => {
    const { socketio, url } = await startServer();
    let handled = 0;
    const { promise, resolve } = deferred();
    socketio.on("order", () => {
      handled += 1;
      return promise;
    });
    const socket = await client.connect(url, insistent);
    const answer = deliverWith(socket)("order", "tea");
    await soon(() => handled).toBeGreaterThan(2);
    resolve();
    await within("the answer", answer);
  });

  it("is recognised even when it starts a new session", async () => {
    const server = await startServer({ dedupe: true, recovery: { maxEvents: 1 } });
    const { socketio } = server;
    const proxy = await TcpProxy.start(server);
    let handled = 0;
    socketio.on("order", () => {
      handled += 1;
      proxy.interrupt("cut");
      socketio.emit("news", 1);
      socketio.emit("news", 2);
      return "one tea";
    });
    const socket = await client.connect(proxy.url, { ...insistent, ackTimeout: 5000 });
    expect(await within("the answer", deliverWith(socket)("order", "tea"))).toBe("one tea");
    expect([handled, socket.recovered]).toEqual([1, false]);
  });
});

describe("events as in Socket.IO's tutorial", () => {
  it("are distinguished by a text in their arguments, which a function returns", async () => {
    const { socketio, url, trace } = await startServer();
    const messages: unknown[] = [];
    const chat = socketio.namespace("/chat", {
      dedupe: { id: (event, args) => (event === "chat message" ? String(args[1]) : undefined) },
    });
    const { promise, resolve } = deferred();
    chat.on("chat message", (message: string, clientOffset: string) => {
      messages.push([message, clientOffset]);
      return promise;
    });
    const [client] = clients.slice(1);
    const socket = await (client as StockClient).connect(`${url}/chat`, insistent);
    const sent = socket.emitWithAck("chat message", "hello", `${socket.id}-0`);
    await soon(() => trace.some(({ type }) => type === "event repeated")).toBe(true);
    resolve();
    await within("the answer", sent);
    expect(messages).toEqual([["hello", `${socket.id}-0`]]);
  });
});
