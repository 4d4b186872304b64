/** Binary data in both directions, alone and among other data, in events and acknowledgements. */

import { args, emit } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { ask, sidOf, stockClients } from "../support/stock-client.ts";
import { nextEvent } from "../support/waiting.ts";

const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
const wide = new Uint16Array([1, 515, 65_535]);
/** A view of a part of larger memory, of which nothing else may be sent. */
const part = new Uint8Array(Uint8Array.from([9, 9, 1, 2, 3, 9, 9]).buffer, 2, 3);

/** The binary values of an event, each once more as the bytes that arrive. */
const payloads = [
  { title: "a Buffer", values: [Buffer.from("é")], arrive: [Buffer.from("é")] },
  { title: "an Uint8Array", values: [bytes], arrive: [Buffer.from(bytes)] },
  { title: "an ArrayBuffer", values: [bytes.slice(0, 5).buffer], arrive: [Buffer.from([0, 1, 2, 3, 4])] },
  { title: "a view of wide numbers", values: [wide], arrive: [Buffer.from(wide.buffer)] },
  { title: "a view of a part", values: [part], arrive: [Buffer.from([1, 2, 3])] },
  { title: "no bytes at all", values: [new Uint8Array()], arrive: [Buffer.alloc(0)] },
  {
    title: "nested bytes",
    values: ["text", { list: [1, { deep: bytes }], also: [part] }, null],
    arrive: ["text", { list: [1, { deep: Buffer.from(bytes) }], also: [Buffer.from([1, 2, 3])] }, null],
  },
  {
    title: "ten attachments in their order",
    values: Array.from({ length: 10 }, (_, index) => Buffer.from([index])),
    arrive: Array.from({ length: 10 }, (_, index) => Buffer.from([index])),
  },
];

describe.each(stockClients)("binary data with %s", (client) => {
  it.each(payloads)("carries $title in events", async ({ values, arrive }) => {
    const { socketio, url } = await startServer();
    const received: unknown[][] = [];
    socketio.on("there", (...given) => {
      received.push(given);
      emit("back", args(...given));
    });
    const socket = await client.connect(url);
    const answer = nextEvent(socket, "back");
    socket.emit("there", ...values);
    expect(await answer).toEqual(arrive);
    expect(received).toEqual([arrive]);
  });

  it.each(payloads)("carries $title from the server's own memory", async ({ values, arrive }) => {
    const { socketio, url } = await startServer();
    const socket = await client.connect(url);
    const news = nextEvent(socket, "news");
    socketio.emit("news", args(...values));
    expect(await news).toEqual(arrive);
  });

  it.each(payloads)("carries $title in acknowledgements", async ({ values, arrive }) => {
    const { socketio, url } = await startServer();
    socketio.on("echo", (...given) => args(...given));
    const socket = await client.connect(url);
    expect(await ask(socket, "echo", ...values)).toEqual(arrive);
    socket.on("echo", (acknowledge: (...given: unknown[]) => void) => acknowledge(...values));
    const answer = await socketio.call("echo", undefined, { to: sidOf(socket) });
    expect(answer).toEqual(arrive.length === 1 ? arrive[0] : arrive);
  });

  it("carries many bytes", async () => {
    const { socketio, url } = await startServer();
    socketio.on("echo", (data: Buffer) => {
      emit("back", data);
      return data;
    });
    const socket = await client.connect(url);
    const many = Buffer.alloc(300_000, "some bytes");
    const back = nextEvent(socket, "back");
    const [answer] = await ask(socket, "echo", many);
    const [event] = await back;
    expect(many.equals(answer)).toBe(true);
    expect(many.equals(event)).toBe(true);
  });

  it("keeps events with and without binary in their order", async () => {
    const { socketio, url } = await startServer();
    const received: unknown[] = [];
    socketio.on("there", (index, data) => {
      received.push([index, data]);
      emit("back", args(index, data));
    });
    const socket = await client.connect(url);
    const came: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on("back", (index, data) => {
        came.push([index, data]);
        if (came.length === 100) resolve();
      });
    });
    const sent = Array.from({ length: 100 }, (_, index) => [
      index,
      index % 3 === 0 ? Buffer.from([index]) : `text ${index}`,
    ]);
    for (const [index, data] of sent) socket.emit("there", index, data);
    await all;
    expect(received).toEqual(sent);
    expect(came).toEqual(sent);
  });

  it("sends one broadcast's bytes to every client", async () => {
    const { socketio, url } = await startServer();
    const sockets = await Promise.all([client.connect(url), client.connect(url), client.connect(url)]);
    const news = sockets.map((socket) => nextEvent(socket, "news"));
    socketio.emit("news", { file: bytes });
    for (const values of await Promise.all(news)) expect(values).toEqual([{ file: Buffer.from(bytes) }]);
  });
});
