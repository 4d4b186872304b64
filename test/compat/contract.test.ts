/** Contracts with real clients: the stock one, over each transport, and the package's own. */

import { refuse, request } from "roomcast";
import { connect } from "roomcast/client";
import { contract, event, type } from "roomcast/contract";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import * as z from "zod";
import { startServer } from "../support/server.ts";
import { StockClient } from "../support/stock-client.ts";
import { nextEvent, soon, within } from "../support/waiting.ts";

const chat = contract({
  client: {
    say: event(z.strictObject({ text: z.string().transform((text) => text.trim()) }), {
      answer: z.string(),
      errors: { muted: z.object({ until: z.number() }) },
    }),
    upload: event([z.string(), z.instanceof(Uint8Array)], { answer: z.number() }),
    forget: event(z.string()),
  },
  server: { ask: event(z.number(), { answer: z.number() }), said: event(z.string()) },
  auth: z.strictObject({ token: z.string().transform((token) => `checked ${token}`) }),
});

async function startChat(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer({ ...options, ...{ contract: chat } });
  const { socketio } = server;
  const auths: unknown[] = [];
  socketio.on("connect", () => {
    auths.push(request.auth);
  });
  socketio.on("say", ({ text }: { text: string }) => {
    if (text === "mute me") throw refuse("muted", { until: 5 });
    return text;
  });
  socketio.on("upload", (_name: string, bytes: Uint8Array) => bytes.byteLength);
  socketio.on("forget", () => "a secret");
  return { ...server, auths };
}

const clients = (["polling", "websocket", "upgrade"] as const).map(
  (transport) => new StockClient("4.8", transport),
);

describe.each(clients)("%s", (client) => {
  it("gets answers, and errors in their place", async () => {
    const { url, auths } = await startChat();
    const socket = await client.connect(url, { auth: { token: "ada" } });
    const ask = (...values: [string, ...unknown[]]) =>
      within("the answer", socket.emitWithAck(...values) as Promise<unknown>);
    expect(auths).toEqual([{ token: "checked ada" }]);
    expect(await ask("say", { text: " hi " })).toBe("hi");
    expect(await ask("upload", "a.png", new Uint8Array([1, 2, 3]))).toBe(3);
    expect(await ask("say", { text: 5, more: 1 })).toMatchObject({
      error: { code: "ERR_INVALID_EVENT", issues: [{ path: ["text"] }, { path: [] }] },
    });
    expect(await ask("upload", "a.png", "no bytes")).toMatchObject({ error: { issues: [{ path: [1] }] } });
    expect(await ask("nothing")).toMatchObject({ error: { code: "ERR_UNKNOWN_EVENT" } });
    expect(await ask("say", { text: "mute me" })).toMatchObject({
      error: { code: "muted", data: { until: 5 } },
    });
    expect(await ask("forget", "x")).toBeUndefined();
  });

  it("is refused with the issues of what it sent along", async () => {
    const { url } = await startChat();
    const socket = client.open(url, { auth: { token: 5 } });
    const [error] = await nextEvent(socket, "connect_error");
    expect(error).toMatchObject({
      message: "Connection rejected by server",
      data: { code: "ERR_INVALID_AUTH", issues: [{ path: ["token"] }] },
    });
  });

  it("has its acknowledgements checked", async () => {
    const { url, socketio } = await startChat();
    const socket = await client.connect(url, { auth: { token: "ada" } });
    socket.on("ask", (n: number, answer: (value: unknown) => void) => answer(n === 1 ? 1 : "one"));
    expect(await socketio.callAll("ask", 1)).toMatchObject([{ value: 1 }]);
    expect(await socketio.callAll("ask", 2)).toMatchObject([{ error: { code: "ERR_ANSWER" } }]);
  });

  it("comes back with strict auth, which recovery adds to", async () => {
    const { url, socketio, auths } = await startChat({ recovery: true });
    const socket = await client.connect(url, {
      auth: { token: "ada" },
      reconnection: true,
      reconnectionDelay: 1,
      reconnectionDelayMax: 5,
    });
    const said: unknown[] = [];
    socket.on("said", (text) => said.push(text));
    socketio.emit("said", "before");
    await soon(() => said).toEqual(["before"]);
    socket.io.engine.close();
    socketio.emit("said", "meanwhile");
    await soon(() => said).toEqual(["before", "meanwhile"]);
    expect(socket.recovered).toBe(true);
    expect(auths).toEqual([{ token: "checked ada" }, { token: "checked ada" }]);
  });
});

describe("roomcast/client", () => {
  it("has the types of the contract, and rejects with the errors of the server", async () => {
    const { url } = await startChat();
    const socket = connect(chat, url, { auth: { token: "ada" }, WebSocket: WebSocket as never });
    onTestFinished(() => socket.disconnect());
    expect(await within("the answer", socket.call("say", { text: " hi " }))).toBe("hi");
    await expect(socket.call("say", { text: "mute me" })).rejects.toMatchObject({
      code: "muted",
      data: { until: 5 },
    });
    await expect(socket.call("say", { text: 5 } as never)).rejects.toMatchObject({
      code: "ERR_INVALID_EVENT",
    });
  });
});

it("type() stands for what a contract leaves unchecked, with every transport", async () => {
  const open = contract({ client: { any: event(type<{ a: number }>(), { answer: type<{ a: number }>() }) } });
  const { url, socketio } = await startServer({ serveClient: true, ...{ contract: open } });
  socketio.on("any", (value: unknown) => value);
  for (const client of clients) {
    const socket = await client.connect(url);
    expect(await within("the answer", socket.emitWithAck("any", { b: [null] }))).toEqual({ b: [null] });
  }
});
