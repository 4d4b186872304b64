/** The stock client of Socket.IO 2, over each of its transports. */

import { args, ConnectionRefusedError, call, disconnect, emit, request } from "roomcast";
import { describe, expect, it } from "vitest";
import {
  askOld,
  connectOld,
  eio3Transports,
  nextOld,
  type OldSocket,
  openOld,
} from "../support/old-client.ts";
import { startServer } from "../support/server.ts";
import { stockClientsOver } from "../support/stock-client.ts";
import { soon, within } from "../support/waiting.ts";

const allowEIO3 = true;
const bytes = (...values: number[]) => Buffer.from(values);
const text = "ﬆraße 日本語 👩‍👩‍👧 \u0000\u001e é";

describe.each(eio3Transports)("socket.io-client 2.5 over %s", (transport) => {
  it("is connected without a request, and exchanges events", async () => {
    const { socketio, url } = await startServer({ allowEIO3 });
    const auths: unknown[] = [];
    socketio.on("connect", (auth) => {
      auths.push(auth);
      emit("welcome", 1);
    });
    socketio.on("echo", (...values) => emit("echoed", args(...values)));
    const socket = openOld(url, transport);
    expect(await nextOld(socket, "welcome")).toEqual([1]);
    expect(auths).toEqual([undefined]);
    const values = [1, text, { nested: [null, true, { text }] }, [], ""];
    socket.emit("echo", ...values);
    expect(await nextOld(socket, "echoed")).toEqual(values);
  });

  it("acknowledges, and is asked for acknowledgements", async () => {
    const { socketio, url } = await startServer({ allowEIO3 });
    socketio.on("sum", (a: number, b: number) => a + b);
    socketio.on("ask", async () => call("question", args("how", text)));
    const socket = await connectOld(url, transport);
    socket.on("question", (how: string, what: string, answer: (...values: unknown[]) => void) => {
      answer(`${how} ${what}`);
    });
    expect(await askOld(socket, "sum", 1, 2)).toEqual([3]);
    expect(await askOld(socket, "ask")).toEqual([`how ${text}`]);
  });

  it("carries nested binary both ways, and text beside it", async () => {
    const { socketio, url } = await startServer({ allowEIO3 });
    const received: unknown[] = [];
    socketio.on("echo", (...values) => {
      received.push(...values);
      emit("echoed", args(...values));
      return args(...values);
    });
    const socket = await connectOld(url, transport);
    const values = [{ text, deep: [{ file: bytes(0, 4, 255, 1) }] }, bytes(), text, bytes(1, 2, 3)];
    socket.emit("echo", ...values);
    expect(await nextOld(socket, "echoed")).toEqual(values);
    expect(received).toEqual(values);
    expect(await askOld(socket, "echo", ...values)).toEqual(values);
  });

  it("carries payloads that are large", async () => {
    const { socketio, url } = await startServer({ allowEIO3 });
    socketio.on("echo", (...values) => args(...values));
    const socket = await connectOld(url, transport);
    const long = text.repeat(10_000);
    const large = Buffer.alloc(200_000, "0123456789abcdef");
    expect(await askOld(socket, "echo", long)).toEqual([long]);
    const [answer] = await askOld(socket, "echo", large);
    expect(large.equals(answer as Buffer)).toBe(true);
  });

  it("joins a namespace with a query, and is refused by another", async () => {
    const { socketio, url } = await startServer({ allowEIO3 });
    const auths: unknown[] = [];
    socketio.on("connect", (auth) => void auths.push(auth), { namespace: "/chat" });
    socketio.on("hello", () => request.namespace, { namespace: "/chat" });
    socketio.on("connect", () => false, { namespace: "/private" });
    socketio.on(
      "connect",
      () => {
        throw new ConnectionRefusedError("no", { code: 7 });
      },
      { namespace: "/reasons" },
    );
    const chat = await connectOld(`${url}/chat`, transport, { query: { token: "ü &=x", page: 2 } });
    expect(auths).toEqual([{ token: "ü &=x", page: "2" }]);
    expect(await askOld(chat, "hello")).toEqual(["/chat"]);
    expect(await nextOld(openOld(`${url}/private`, transport), "error")).toEqual([
      "Connection rejected by server",
    ]);
    expect(await nextOld(openOld(`${url}/reasons`, transport), "error")).toEqual([{ code: 7 }]);
    expect(await nextOld(openOld(`${url}/nowhere`, transport), "error")).toEqual(["Invalid namespace"]);
  });

  it("receives the reason when it is disconnected, and says when it leaves", async () => {
    const { socketio, url } = await startServer({ allowEIO3 });
    const reasons: string[] = [];
    socketio.on("disconnect", (reason) => void reasons.push(reason));
    socketio.on("go", () => disconnect());
    const sent = await connectOld(url, transport);
    const ended = nextOld(sent, "disconnect");
    sent.emit("go");
    expect(await ended).toEqual(["io server disconnect"]);
    const leaving = await connectOld(url, transport);
    leaving.disconnect();
    await soon(() => reasons).toEqual(["server namespace disconnect", "client namespace disconnect"]);
  });

  it("is kept alive by its own pings", async () => {
    const { socketio, url, trace } = await startServer({ allowEIO3, pingInterval: 40, pingTimeout: 400 });
    socketio.on("connect", () => {});
    const socket = await connectOld(url, transport);
    let pongs = 0;
    socket.on("pong", () => {
      pongs += 1;
    });
    await soon(() => pongs).toBeGreaterThanOrEqual(3);
    expect(trace.some(({ type }) => type === "connection close")).toBe(false);
  });

  it("comes back after its connection was lost", async () => {
    const { socketio, url } = await startServer({ allowEIO3 });
    socketio.on("hello", () => "again");
    const socket = await connectOld(url, transport, { reconnection: true, reconnectionDelay: 10 });
    const lost = nextOld(socket, "disconnect");
    socket.io.engine.close();
    await lost;
    await within("the connection", new Promise<void>((resolve) => void socket.once("connect", resolve)));
    expect(await askOld(socket, "hello")).toEqual(["again"]);
  });

  it("gets broadcasts together with new clients, each in its own protocol", async () => {
    const { socketio, url } = await startServer({ allowEIO3 });
    socketio.on("connect", () => {});
    const [newClient] = stockClientsOver(transport);
    if (newClient === undefined) throw new Error("no client");
    const others = await Promise.all([newClient.connect(url), newClient.connect(url)]);
    const olds = await Promise.all([connectOld(url, transport), connectOld(url, transport)]);
    const events = [...others, ...olds].map((socket) => {
      const received: unknown[][] = [];
      for (const event of ["news", "file"]) {
        (socket as OldSocket).on(event, (...values: unknown[]) => void received.push(values));
      }
      return received;
    });
    socketio.emit("news", text);
    socketio.emit("file", args(text, { file: bytes(9, 8, 7) }));
    socketio.emit("news", "last");
    const expected = [[text], [text, { file: bytes(9, 8, 7) }], ["last"]];
    for (const received of events) await soon(() => received).toEqual(expected);
  });
});
