/** Stock clients with `forceBase64`: binary travels as text, over every transport and with every parser. */

import { args, call, emit } from "roomcast";
import * as msgpackParser from "socket.io-msgpack-parser";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { ask, type StockOptions, stockClients } from "../support/stock-client.ts";
import { soon } from "../support/waiting.ts";

const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
const values = ["text", { deep: [bytes, Buffer.alloc(0)] }, Buffer.alloc(5000, "some bytes")];

describe.each(stockClients)("%s, with forceBase64", (client) => {
  it.each([
    { name: "the default parser", options: {} as const, parser: undefined },
    { name: "MessagePack", options: { parser: "msgpack" } as const, parser: msgpackParser },
  ])("exchanges binary values in both directions, with $name", async ({ options, parser }) => {
    const { socketio, url } = await startServer(options);
    socketio.on("echo", (...given) => {
      emit("echoed", args(...given));
      return args(...given);
    });
    socketio.on("ask", async () => call("question", args(...values)));
    const stock = { forceBase64: true, ...(parser && { parser }) } as unknown as StockOptions;
    const socket = await client.connect(url, stock);
    const heard: unknown[] = [];
    socket.on("echoed", (...given: unknown[]) => heard.push(given));
    socket.on("question", (...asked) => asked.pop()(...asked));
    expect(await ask(socket, "echo", ...values)).toEqual(values);
    await soon(() => heard).toEqual([values]);
    expect(await ask(socket, "ask")).toEqual([values]);
    expect(socket.connected).toBe(true);
  });

  it("receives a broadcast together with a client that takes binary", async () => {
    const { socketio, url } = await startServer();
    const sockets = [await client.connect(url, { forceBase64: true }), await client.connect(url)];
    const heard: unknown[][] = [[], []];
    for (const [index, socket] of sockets.entries())
      socket.on("news", (...given: unknown[]) => heard[index]?.push(given));
    socketio.emit("news", bytes);
    socketio.emit("news", { bytes });
    const expected = [[bytes], [{ bytes }]];
    await soon(() => heard).toEqual([expected, expected]);
  });
});
