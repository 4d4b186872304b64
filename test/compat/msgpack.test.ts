/** Stock clients with the stock MessagePack parser. */

import { args, ConnectionRefusedError, call, disconnect, emit } from "roomcast";
import * as msgpackParser from "socket.io-msgpack-parser";
import { describe, expect, it } from "vitest";
import { RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { ask, refused, type StockClient, type StockOptions, stockClients } from "../support/stock-client.ts";
import { soon, within } from "../support/waiting.ts";

const text = "ﬆraße 日本語 👩‍👩‍👧 \u0000\u001e é";
const parser = msgpackParser as unknown as NonNullable<StockOptions["parser"]>;

const received = (socket: ReturnType<StockClient["open"]>, event: string): Promise<unknown[]> =>
  within(
    `the event "${event}"`,
    new Promise((resolve) => void socket.once(event, (...values: unknown[]) => resolve(values))),
  );

describe.each(stockClients)("%s, with MessagePack", (client) => {
  it("exchanges events, binary and dates among them, and acknowledgements", async () => {
    const { socketio, url } = await startServer({ parser: "msgpack" });
    const auths: unknown[] = [];
    socketio.on("connect", (auth) => void auths.push(auth));
    socketio.on("echo", (...values) => {
      emit("echoed", args(...values));
      return args(...values);
    });
    socketio.on("ask", async () => call("question", args("how", Buffer.from([7]))));
    const auth = { token: text, page: 2 };
    const socket = await client.connect(url, { parser, auth });
    const values = [text, -1.5, null, { deep: [Buffer.from([0, 255]), { date: new Date(12) }] }, 2 ** 40, []];
    const echoed = received(socket, "echoed");
    expect(await ask(socket, "echo", ...values)).toEqual(values);
    expect(await echoed).toEqual(values);
    socket.on("question", (...asked) => asked.pop()(...asked));
    expect(await ask(socket, "ask")).toEqual([["how", Buffer.from([7])]]);
    expect(auths).toEqual([auth]);
  });

  it("is refused, receives errors, and is disconnected", async () => {
    const { socketio, url } = await startServer({ parser: "msgpack" });
    socketio.on(
      "connect",
      () => {
        throw new ConnectionRefusedError("no", { code: 7 });
      },
      { namespace: "/private" },
    );
    socketio.on("go", () => disconnect());
    expect(await refused(client.open(`${url}/private`, { parser }))).toMatchObject({
      message: "no",
      data: { code: 7 },
    });
    expect((await refused(client.open(`${url}/nowhere`, { parser }))).message).toBe("Invalid namespace");
    const socket = await client.connect(url, { parser });
    const reason = received(socket, "disconnect");
    socket.emit("go");
    expect((await reason)[0]).toBe("io server disconnect");
  });

  it("gets broadcasts, alone and asked for an acknowledgement, and large messages", async () => {
    const { socketio, url } = await startServer({ parser: "msgpack" });
    socketio.on("connect", () => {});
    socketio.on("size", (bytes: Uint8Array) => bytes.length);
    const sockets = await Promise.all([client.connect(url, { parser }), client.connect(url, { parser })]);
    const news = sockets.map((socket) => received(socket, "news"));
    socketio.emit("news", args(text, { file: Buffer.from([1]) }));
    expect(await Promise.all(news)).toEqual(sockets.map(() => [text, { file: Buffer.from([1]) }]));
    for (const socket of sockets) socket.on("who", (answer) => answer(socket.id));
    const answers: unknown[] = [];
    socketio.emit("who", undefined, { callback: (id) => answers.push(id) });
    await soon(() => answers.sort()).toEqual(sockets.map(({ id }) => id).sort());
    const [socket] = sockets;
    if (socket !== undefined) expect(await ask(socket, "size", Buffer.alloc(700_000))).toEqual([700_000]);
  });
});

describe("a server with MessagePack", () => {
  it("ends the connection of a client with another parser", async () => {
    const { url, trace } = await startServer({ parser: "msgpack" });
    const { socket } = await RawSocket.open(url);
    socket.send("40");
    await socket.closed;
    expect(trace).toContainEqual(
      expect.objectContaining({ type: "connection close", reason: "parse error" }),
    );
  });

  it("works with the test client like any other", async () => {
    const { socketio } = await startServer({ parser: "msgpack" });
    socketio.on("echo", (...values) => args(...values));
    socketio.on("connect", () => emit("welcome", { file: Buffer.from([1]) }));
    const client = socketio.testClient();
    await client.connect("/");
    expect(client.received()).toEqual([
      { name: "welcome", args: [{ file: Buffer.from([1]) }], namespace: "/" },
    ]);
    expect(await client.call("echo", args("a", new Date(1)))).toEqual(["a", new Date(1)]);
  });
});
