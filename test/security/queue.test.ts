/** A program that can write to the message queue: what it can do without a secret, and what it cannot. */

import { joinRoom } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { nodeOfSid } from "../../src/backplane/cluster/subjects.ts";
import type { HeartbeatMessage, Message, RelayAddress } from "../../src/backplane/wire/envelope.ts";
import { Broker, isSkipped } from "../support/brokers.ts";
import { eventTo, targetOf, writerNode, writeTo } from "../support/queue-writer.ts";
import { startServer } from "../support/server.ts";
import { record, StockClient } from "../support/stock-client.ts";
import { soon } from "../support/waiting.ts";

const websocket = new StockClient("4.8", "websocket");
const polling = new StockClient("4.8", "polling");

let number = 0;

async function broker(opening: Promise<Broker>): Promise<string> {
  const opened = await opening;
  onTestFinished(() => opened.kill());
  return opened.url;
}

const sites = [
  {
    name: "memory",
    skip: false,
    open: () => {
      number += 1;
      return Promise.resolve(`memory://queue-${number}`);
    },
  },
  { name: "Redis", skip: isSkipped("redis"), open: () => broker(Broker.redis()) },
  { name: "NATS", skip: isSkipped("nats"), open: () => broker(Broker.nats()) },
];

function heartbeat(
  origin: string,
  occasion: HeartbeatMessage["occasion"] = "beat",
  relay: RelayAddress | null = null,
): HeartbeatMessage {
  return { type: "heartbeat", origin, occasion, isServer: true, label: "stranger:1", relay };
}

/** A server with a client that is in the room `"mine"`, and a writer. */
async function setup(messageQueue: string, stock = websocket) {
  const server = await startServer({ messageQueue });
  server.socketio.on("connect", () => joinRoom("mine"));
  const client = await stock.connect(server.url);
  const got = record(client);
  const writer = await writeTo(messageQueue);
  const [{ sid = "" } = {}] = await server.socketio.sockets();
  const node = nodeOfSid(sid);
  const ignored = () => server.socketio.stats().messagesIgnored;
  return { server, client, got, writer, sid, node, ignored };
}

describe.each(sites)("a writer to $name", ({ skip, open }) => {
  it.skipIf(skip)("has each kind of message taken on its own subjects alone", async () => {
    const { server, client, got, writer, sid, node, ignored } = await setup(await open());
    const close: Message = {
      type: "question",
      origin: writerNode,
      id: 0,
      body: {
        type: "operation",
        operation: { type: "disconnect", target: targetOf(), close: true, notice: null },
      },
      event: null,
    };
    const answer: Message = {
      type: "answer",
      origin: writerNode,
      id: 1,
      isLast: true,
      body: {},
      event: null,
    };
    const misplaced: [string, Message][] = [
      // The server listens to these subjects: of everyone, of a room, of its own process, of all processes.
      ["b:/", close],
      ["r:/,mine", close],
      ["b:/", heartbeat(writerNode)],
      ["r:/,mine", heartbeat(writerNode)],
      [`n:${node}`, heartbeat(writerNode, "goodbye")],
      ["all", answer],
      ["b:/", answer],
      ["r:/,mine", eventTo(targetOf(), "everybody, on a room's")],
      ["r:/,mine", eventTo(targetOf({ rooms: ["other"] }), "another room's")],
      ["r:/,mine", eventTo(targetOf({ sid }), "one client's, on a room's")],
      ["all", eventTo(targetOf(), "everybody, on the processes'")],
      [`n:${node}`, eventTo(targetOf(), "everybody, on one process's")],
      ["b:/", eventTo(targetOf({ namespace: "/admin" }), "another namespace's")],
    ];
    for (const [subject, message] of misplaced) writer.write(subject, message);
    await soon(ignored).toBe(misplaced.length);
    expect(server.trace.filter(({ type }) => type === "process joined")).toEqual([]);
    expect(server.log.lines.filter((line) => line.includes("a channel that is not its own"))).toHaveLength(1);

    writer.write("b:/", eventTo(targetOf(), "everybody"));
    writer.write("r:/,mine", eventTo(targetOf({ rooms: ["mine"] }), "the room"));
    writer.write(`n:${node}`, eventTo(targetOf({ sid }), "the client"));
    await soon(() => got.map(([, value]) => value).toSorted()).toEqual([
      "everybody",
      "the client",
      "the room",
    ]);
    expect(client.connected).toBe(true);
    writer.write("all", close);
    await soon(() => client.connected).toBe(false);
  });
});

describe("an event from the message queue", () => {
  const text = (body: string, prefix = "2", attachments: readonly Uint8Array[] = []) => ({
    prefix,
    body,
    attachments,
  });
  const unfit = [
    text('["news"'),
    text('{"0":"news"}'),
    text("[]"),
    text("[7]"),
    text('[""]'),
    text('["connect"]'),
    text('["disconnect","x"]'),
    text('["news","a\u001e1b"]'),
    text('["news"]\u001e1'),
    text(' ["news"]'),
    text(`["news",${"[".repeat(1000)}${"]".repeat(1000)}]`),
    text('["news"]', "1"),
    text("", "1"),
    text('["news"]', "27"),
    text('["news"]', "2/admin,"),
    text('["news"]', "51-"),
    text('["news"]', "51-", [Buffer.from("x")]),
    text('["news",{"_placeholder":true,"num":1}]', "51-", [Buffer.from("x")]),
  ];

  it.each([websocket, polling])("that is not meant for clients reaches none: %s", async (stock) => {
    const { server, client, got, writer, ignored } = await setup(`memory://unfit-${stock.transport}`, stock);
    for (const event of unfit) writer.write("b:/", eventTo(targetOf(), null, event));
    await soon(ignored).toBe(unfit.length);
    writer.write("b:/", eventTo(targetOf(), { fit: true }));
    await soon(() => got).toEqual([["news", { fit: true }]]);
    expect(client.connected).toBe(true);
    expect(server.log.lines.filter((line) => line.includes("what clients must not get"))).toHaveLength(1);
  });

  it("that asks for an acknowledgement follows the same rules", async () => {
    const { client, got, writer, ignored } = await setup("memory://unfit-question");
    client.on("news", (...args) => args.at(-1)?.("answer"));
    const question = (event: (typeof unfit)[number]): Message => ({
      type: "question",
      origin: writerNode,
      id: 1,
      body: { type: "ask", target: targetOf(), timeout: 1000 },
      event,
    });
    await writer.hear(`n:${writerNode}`);
    for (const event of unfit) writer.write("all", question(event));
    await soon(ignored).toBe(unfit.length);
    writer.write("all", question(text('["news"]')));
    await soon(() => writer.heard.length).toBeGreaterThan(0);
    await soon(() => got.length).toBe(1);
    expect(client.connected).toBe(true);
  });

  it("in a request or an operation of another form is ignored, and harms no client", async () => {
    const { client, got, writer, ignored } = await setup("memory://unfit-bodies");
    const operation = (value: unknown) => ({ type: "operation", operation: value });
    const bodies: unknown[] = [
      null,
      [],
      "operation",
      operation(null),
      operation({ type: "close room", namespace: 7, room: "mine" }),
      operation({ type: "join", target: targetOf(), rooms: [7] }),
      operation({ type: "join", target: { ...targetOf(), rooms: [7] }, rooms: ["x"] }),
      operation({ type: "disconnect", target: { rooms: "mine" }, close: true, notice: null }),
      operation({ type: "disconnect", target: targetOf(), close: true, notice: { reason: {} } }),
      { type: "ask", target: targetOf(), timeout: "long" },
      { type: "sockets", target: null },
      { type: "count", target: { ...targetOf(), skip: {} } },
      { type: "server event", timeout: -1 },
    ];
    for (const body of bodies)
      writer.write("all", { type: "question", origin: writerNode, id: 0, body, event: null });
    await soon(ignored).toBe(bodies.length);
    writer.write("b:/", eventTo(targetOf(), "still here"));
    await soon(() => got).toEqual([["news", "still here"]]);
    expect(client.connected).toBe(true);
  });
});

describe("an address for relayed requests in a heartbeat", () => {
  const key = Buffer.alloc(32, 1);

  it.each([
    ["a port that is none", { host: "127.0.0.1", port: 70_000, key }],
    ["no host", { host: "", port: 5000, key }],
    ["a host that is none", { host: "no host", port: 5000, key }],
    ["a key that can be guessed", { host: "127.0.0.1", port: 5000, key: Buffer.from("key") }],
  ])("is not taken with %s, and requests for that process are answered", async (name, relay) => {
    const { server, writer } = await setup(`memory://address-${name}`);
    writer.write("all", heartbeat(writerNode, "beat", relay));
    await soon(() => server.trace.some(({ type }) => type === "process joined")).toBe(true);
    const path = `/socket.io/?EIO=4&transport=polling&sid=${writerNode}.${"x".repeat(20)}`;
    expect((await fetch(server.url + path)).status).toBe(400);
    const upgrade = new WebSocket(
      `${server.url.replace("http", "ws")}${path.replace("polling", "websocket")}`,
    );
    await new Promise((resolve) => upgrade.addEventListener("error", resolve));
    expect(server.log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("belongs to a process, and to nothing with another name", async () => {
    const { server, writer, ignored } = await setup("memory://address-of-none");
    for (const origin of ["", "short", "x".repeat(12), "with/slash1"]) writer.write("all", heartbeat(origin));
    await soon(ignored).toBe(4);
    expect(server.trace.some(({ type }) => type === "process joined")).toBe(false);
  });
});
