/** Programs of two servers that share clients by `@socket.io/redis-adapter`. */

import { createClient } from "@redis/client";
import { createAdapter } from "@socket.io/redis-adapter";
import type { Server } from "socket.io";
import { type ServerClass, Stage, type Transcript } from "./stage.ts";

/** Two servers, and the Redis that they share. */
export interface Pair {
  readonly one: Stage;
  readonly two: Stage;
  /** Makes the server of a stage, on the adapter. */
  serve(stage: Stage, settings?: object): Promise<Server>;
}

/** A program of two servers. */
export type ClusterProgram = (pair: Pair) => Promise<void>;

/** Runs a program on two servers, and tells what each of them and their clients saw. */
export async function runPair(
  program: ClusterProgram,
  [First, Second]: readonly [ServerClass, ServerClass],
  redis: string,
): Promise<{ readonly one: Transcript; readonly two: Transcript }> {
  const names = new Map<string, string>();
  const way = { transports: ["websocket"] };
  const [one, two] = [new Stage(First, way, names), new Stage(Second, way, names)];
  const closing: (() => Promise<unknown>)[] = [];
  const serve = async (stage: Stage, settings: object = {}) => {
    const publisher = createClient({ url: redis });
    const subscriber = publisher.duplicate();
    await Promise.all([publisher.connect(), subscriber.connect()]);
    closing.push(() => Promise.all([publisher.close(), subscriber.close()]));
    return stage.serve({ adapter: createAdapter(publisher, subscriber, settings) });
  };
  try {
    let last: Transcript = {};
    const first = await one.run(async () => {
      last = await two.run(() => program({ one, two, serve }));
    });
    return { one: withoutReady(first), two: withoutReady(last) };
  } finally {
    for (const close of closing) await close();
  }
}

/** Some programs send this event as often as it takes, until Redis carries it. */
const ready = "ready";

function withoutReady(transcript: Transcript): Transcript {
  return Object.fromEntries(
    Object.entries(transcript).map(([name, lines]) => [name, lines.filter((line) => line !== ready)]),
  );
}

/** Waits until both servers know of each other. */
async function bothKnown(...servers: readonly Server[]): Promise<void> {
  for (const io of servers) {
    while ((await io.of("/").adapter.serverCount()) < servers.length)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The programs by what they show. */
export const cluster: Readonly<Record<string, ClusterProgram>> = {
  "clients of another server": async ({ one, two, serve }) => {
    const [first, second] = [await serve(one), await serve(two)];
    await bothKnown(first, second);
    second.on("connection", (socket) => {
      socket.data.name = "Bob";
      socket.join(["red", "blue"]);
      socket.on("rooms", (done) => done([...socket.rooms].filter((room) => room !== socket.id)));
    });
    const bob = await two.join("bob", "/", { query: { who: "bob" } });
    bob.on("who", (done) => done("bob"));
    const found = () => first.in("red").fetchSockets();
    while ((await found()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const [remote] = await found();
    if (remote === undefined) throw new Error("bob is not there");
    const others = [...remote.rooms].filter((room) => room !== remote.id);
    one.log(remote.id, remote.data, remote.rooms.size, others.sort(), remote.handshake.query.who);
    one.log(typeof remote.handshake.issued, typeof remote.handshake.time, remote.handshake.xdomain);
    remote.emit("to bob", 1, { a: [2] });
    one.log(await remote.timeout(10_000).emitWithAck("who"));
    remote.join("green");
    remote.leave("blue");
    const rooms = async () => ((await bob.emitWithAck("rooms")) as string[]).sort();
    while ((await rooms()).includes("blue")) await new Promise((resolve) => setTimeout(resolve, 5));
    two.note("bob", await rooms());
    one.log(remote.disconnect() === remote);
    await two.seen("bob", "disconnect");
  },

  "events between servers": async ({ one, two, serve }) => {
    const [first, second] = [await serve(one), await serve(two)];
    for (const [stage, io] of [
      [one, first],
      [two, second],
    ] as const) {
      const chat = io.of("/chat");
      io.on("told", (...values) => stage.log("told", ...values));
      chat.on("told", (...values: unknown[]) => stage.log("told in chat", ...values));
      io.on("asked", (value, done) => {
        stage.log("asked", value);
        done(`answer of ${stage === one ? "one" : "two"}`, "more");
        done("again");
      });
      chat.on("asked", (done: (value: unknown) => void) => setTimeout(done, 5, { in: "chat" }));
    }
    await bothKnown(first, second);
    while ((await first.of("/chat").adapter.serverCount()) < 2)
      await new Promise((resolve) => setTimeout(resolve, 5));
    one.log(first.serverSideEmit("told", 1, "two", { three: [null, true] }, Buffer.from([4])));
    await two.seen("server", "told");
    two.log(second.of("/chat").serverSideEmit("told", 5));
    await one.seen("server", "told in chat");
    one.log(await first.serverSideEmitWithAck("asked", 6));
    two.log(await second.serverSideEmitWithAck("asked", 7));
    one.log(await first.of("/chat").serverSideEmitWithAck("asked"));
    await new Promise<void>((resolve) => {
      second.serverSideEmit("asked", 8, (error: unknown, responses: unknown) => {
        two.log(error, responses);
        resolve();
      });
    });
    for (const name of ["connection", "connect", "new_namespace"]) {
      try {
        first.serverSideEmit(name);
      } catch (error) {
        one.log(error);
      }
    }
  },

  "a server that does not answer": async ({ one, two, serve }) => {
    const settings = { requestsTimeout: 150 };
    const [first, second] = [await serve(one, settings), await serve(two, settings)];
    second.on("silent", () => two.log("heard"));
    await bothKnown(first, second);
    await first.serverSideEmitWithAck("silent").catch((error: Error & { responses?: unknown }) => {
      one.log(error, error.responses);
    });
    // Without a listener there is no answer either.
    await first.serverSideEmitWithAck("unknown").catch((error: Error) => one.log(error));
  },

  "a server without others": async ({ one, serve }) => {
    const first = await serve(one);
    one.log(await first.serverSideEmitWithAck("asked"), first.serverSideEmit("told"));
    while ((await first.of("/").adapter.serverCount()) < 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    one.log(await first.of("/").adapter.serverCount());
  },

  "events to rooms and namespaces of both": async ({ one, two, serve }) => {
    const [first, second] = [await serve(one), await serve(two)];
    for (const io of [first, second]) {
      io.of("/chat").on("connection", (socket) => {
        socket.on("enter", (room, done) => {
          socket.join(room);
          done();
        });
        socket.on("say", (room, text) => socket.to(room).emit("said", text));
      });
    }
    await bothKnown(first, second);
    const ada = await one.join("ada", "/chat");
    const bob = await two.join("bob", "/chat");
    const cem = await two.join("cem", "/chat");
    for (const client of [ada, bob, cem]) await client.emitWithAck("enter", client === cem ? "milk" : "tea");
    // Redis has the subscriptions of both when each has heard the other.
    for (const [io, stage] of [
      [first, two],
      [second, one],
    ] as const) {
      const name = stage === two ? "bob" : "ada";
      const before = stage.count(name);
      while (stage.count(name) === before) {
        io.of("/chat").emit(ready);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    for (const client of [ada, bob, cem]) client.offAny();
    const lines = (stage: Stage, name: string) => {
      const client = { ada, bob, cem }[name];
      client?.onAny((event: string, ...values: unknown[]) => {
        if (event !== ready) stage.note(`${name} then`, event, ...values);
      });
    };
    lines(one, "ada");
    lines(two, "bob");
    lines(two, "cem");
    ada.emit("say", "tea", 1);
    await two.seen("bob then", "said 1");
    bob.emit("say", "tea", 2);
    await one.seen("ada then", "said 2");
    first.of("/chat").except("tea").emit("not tea", 3);
    await two.seen("cem then", "not tea");
    second.of("/chat").to("tea").emit("tea", 4);
    await one.seen("ada then", "tea 4");
    first.of("/chat").emit("end");
    for (const [stage, name] of [
      [one, "ada"],
      [two, "bob"],
      [two, "cem"],
    ] as const)
      await stage.seen(`${name} then`, "end");
  },
};
