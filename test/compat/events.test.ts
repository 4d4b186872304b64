/** Events in both directions: what one side sends is what the other's handler gets. */

import { args, emit, request, send } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { ask, record, sidOf, stockClients } from "../support/stock-client.ts";
import { nextEvent, soon } from "../support/waiting.ts";

const payloads = [
  { title: "no arguments", values: [] },
  { title: "several arguments", values: [1, "two", true, null, -2.5e300] },
  { title: "empty values", values: ["", [], {}, 0, false] },
  { title: "unicode", values: ["é 你好 😀 \u2028 \u0000", { "ключ\n": "значение" }] },
  { title: "the character that separates packets", values: ["a\u001eb", { "\u001e": "\u001e4" }] },
  { title: "text that looks like packets", values: ['42["event"]', "451-[", "b64", "/namespace,1["] },
  { title: "nested data", values: [{ list: [1, [2, [{ deep: { deeper: [null, { end: true }] } }]]] }] },
  { title: "much text", values: ["é".repeat(100_000)] },
];

describe.each(stockClients)("events with %s", (client) => {
  it.each(payloads)("carries $title to the server and back", async ({ values }) => {
    const { socketio, url } = await startServer();
    const received: unknown[][] = [];
    socketio.on("there", (...given) => {
      received.push(given);
      emit("back", args(...given));
    });
    const socket = await client.connect(url);
    const answer = nextEvent(socket, "back");
    socket.emit("there", ...values);
    expect(await answer).toEqual(values);
    expect(received).toEqual([values]);
  });

  it("keeps the order of many events in both directions", async () => {
    const { socketio, url } = await startServer();
    const received: number[] = [];
    socketio.on("there", (index) => {
      received.push(index);
      emit("back", index);
    });
    const socket = await client.connect(url);
    const events = record(socket);
    const indexes = Array.from({ length: 500 }, (_, index) => index);
    for (const index of indexes) socket.emit("there", index);
    await soon(() => events.length).toBe(500);
    expect(received).toEqual(indexes);
    expect(events).toEqual(indexes.map((index) => ["back", index]));
  });

  it("tells the handler who sent the event, and by which transport", async () => {
    const { socketio, url } = await startServer();
    socketio.on("who", () => [request.sid, request.transport, request.namespace, request.event.name]);
    const socket = await client.connect(`${url}/?visitor=7`);
    const transport = client.transport === "polling" ? "polling" : "websocket";
    expect(await ask(socket, "who")).toEqual([[sidOf(socket), transport, "/", "who"]]);
  });

  it("carries message and json, both of which send() sends", async () => {
    const { socketio, url } = await startServer();
    socketio.on("message", (text) => {
      send(`${text} back`);
      send({ text }, { json: true });
    });
    const socket = await client.connect(url);
    const events = record(socket);
    socket.send("there");
    await soon(() => events).toEqual([
      ["message", "there back"],
      ["json", { text: "there" }],
    ]);
  });

  it("hands events without a handler to the catch-all", async () => {
    const { socketio, url } = await startServer();
    socketio.on("known", () => "known");
    socketio.on("*", (event, ...values) => [event, ...values]);
    const socket = await client.connect(url);
    expect(await ask(socket, "unknown", 1, { two: 2 })).toEqual([["unknown", 1, { two: 2 }]]);
    expect(await ask(socket, "known")).toEqual(["known"]);
  });

  it("sends to a client from outside of handlers", async () => {
    const { socketio, url } = await startServer();
    const sockets = [await client.connect(url), await client.connect(url)] as const;
    const [first, second] = sockets.map(record);
    socketio.emit("news", { to: "one" }, { to: sidOf(sockets[0]) });
    socketio.emit("news", { to: "all" });
    await soon(() => second).toEqual([["news", { to: "all" }]]);
    await soon(() => first).toEqual([
      ["news", { to: "one" }],
      ["news", { to: "all" }],
    ]);
  });

  it("delivers volatile events to a client that is there, and takes those of clients", async () => {
    const { socketio, url } = await startServer();
    let pings = 0;
    socketio.on("ping there", () => {
      pings += 1;
    });
    const socket = await client.connect(url);
    const events = record(socket);
    // A polling client is away for a moment between two polls, and may miss one.
    await soon(() => {
      socketio.emit("tick", 1, { volatile: true });
      return events[0];
    }).toEqual(["tick", 1]);
    await soon(() => {
      socket.volatile.emit("ping there");
      return pings;
    }).toBeGreaterThan(0);
  });

  it("is not disturbed by a handler that throws: the next event is handled", async () => {
    const { socketio, url, log } = await startServer();
    socketio.on("bad", () => {
      throw new Error("the secret of the house");
    });
    socketio.on("good", () => "fine");
    const socket = await client.connect(url);
    socket.emit("bad");
    expect(await ask(socket, "good")).toEqual(["fine"]);
    expect(log.lines.join()).toContain("the secret of the house");
  });
});
