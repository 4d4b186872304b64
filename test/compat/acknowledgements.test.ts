/** Acknowledgements in both directions. */

import { args, call, emit, request, type SocketIO } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { ask, record, type Socket, sidOf, stockClients } from "../support/stock-client.ts";
import { deferred, nextEvent, soon } from "../support/waiting.ts";

type Acknowledge = (...values: unknown[]) => void;

describe.each(stockClients)("acknowledgements with %s", (client) => {
  describe("of the server", () => {
    it.each([
      { title: "the value that the handler returns", handler: (a: number, b: number) => a + b, answer: [5] },
      { title: "nothing, when it returns nothing", handler: () => {}, answer: [] },
      { title: "null and false like any value", handler: () => args(null, false), answer: [null, false] },
      { title: "an array as one value", handler: (...given: number[]) => given, answer: [[2, 3]] },
      { title: "several values", handler: (a: number, b: number) => args(b, a, "é"), answer: [3, 2, "é"] },
      {
        title: "what an async handler comes to",
        handler: async (a: number, b: number) => {
          await new Promise(setImmediate);
          return { product: a * b };
        },
        answer: [{ product: 6 }],
      },
      {
        title: "several values of an async handler",
        handler: async (a: number) => args(await Promise.resolve(a), "done"),
        answer: [2, "done"],
      },
    ])("carry $title", async ({ handler, answer }) => {
      const { socketio, url } = await startServer();
      socketio.on("sum", handler);
      const socket = await client.connect(url);
      expect(await ask(socket, "sum", 2, 3)).toEqual(answer);
    });

    it("find their question, however the answers are ordered", async () => {
      const { socketio, url } = await startServer();
      const first = deferred<string>();
      socketio.on("slow", () => first.promise);
      socketio.on("fast", () => {
        queueMicrotask(() => first.resolve("slow"));
        return "fast";
      });
      const socket = await client.connect(url);
      const order: string[] = [];
      const slow = ask(socket, "slow").then(([value]) => order.push(value));
      const fast = ask(socket, "fast").then(([value]) => order.push(value));
      await Promise.all([slow, fast]);
      expect(order).toEqual(["fast", "slow"]);
    });

    it("come behind what the handler has emitted", async () => {
      const { socketio, url } = await startServer();
      socketio.on("steps", () => {
        emit("step", 1);
        emit("step", 2);
        return "done";
      });
      const socket = await client.connect(url);
      const events = record(socket);
      expect(await ask(socket, "steps")).toEqual(["done"]);
      expect(events).toEqual([
        ["step", 1],
        ["step", 2],
      ]);
    });

    it.each([
      {
        title: "throws",
        handler: () => {
          throw new Error("secret");
        },
      },
      { title: "rejects", handler: () => Promise.reject(new Error("secret")) },
      { title: "returns what cannot be sent", handler: () => ({ secret: 1n }) },
    ])("tell of a handler that $title, without its secrets", async ({ handler }) => {
      const { socketio, url } = await startServer();
      socketio.on("bad", handler);
      const socket = await client.connect(url);
      const answer = await ask(socket, "bad");
      expect(answer).toEqual([{ error: { code: "ERR_HANDLER_FAILED", message: expect.any(String) } }]);
      expect(JSON.stringify(answer)).not.toContain("secret");
    });

    it("are what the error handler returns, where there is one", async () => {
      const { socketio, url } = await startServer();
      socketio.on("bad", () => {
        throw new Error("secret");
      });
      socketio.onErrorDefault(() => args("sorry", request.event.name));
      const socket = await client.connect(url);
      expect(await ask(socket, "bad")).toEqual(["sorry", "bad"]);
    });

    it("say that there is no handler", async () => {
      const { url } = await startServer();
      const socket = await client.connect(url);
      expect(await ask(socket, "nothing")).toEqual([
        { error: { code: "ERR_NO_HANDLER", message: expect.any(String) } },
      ]);
    });
  });

  describe("of the client", () => {
    async function connect(): Promise<{ socketio: SocketIO; socket: Socket; sid: string }> {
      const { socketio, url } = await startServer();
      const socket = await client.connect(url);
      return { socketio, socket, sid: sidOf(socket) };
    }

    it("reach the callback of emit, with all values", async () => {
      const { socketio, socket } = await connect();
      const answered = deferred<unknown[]>();
      socketio.on("begin", () =>
        emit("question", args(1, 2), { callback: (...values) => answered.resolve([request.sid, ...values]) }),
      );
      socket.on("question", (a: number, b: number, acknowledge: Acknowledge) =>
        acknowledge(a + b, "and", { more: [] }),
      );
      socket.emit("begin");
      expect(await answered.promise).toEqual([sidOf(socket), 3, "and", { more: [] }]);
    });

    it.each([
      { title: "nothing", values: [], result: undefined },
      { title: "one value", values: [{ yes: true }], result: { yes: true } },
      { title: "several values", values: [1, "two"], result: [1, "two"] },
    ])("are what call() resolves to: $title", async ({ values, result }) => {
      const { socketio, socket, sid } = await connect();
      socket.on("question", (_text: string, acknowledge: Acknowledge) => acknowledge(...values));
      socketio.on("begin", async () => ({ inside: await call("question", "?") }));
      expect(await socketio.call("question", "?", { to: sid })).toEqual(result);
      expect(await ask(socket, "begin")).toEqual([result === undefined ? {} : { inside: result }]);
    });

    it("can be waited for in the connect handler, once the client is accepted", async () => {
      const { socketio, url } = await startServer();
      const answered = deferred<unknown>();
      socketio.on("connect", () => {
        call("who are you").then(answered.resolve);
      });
      const socket = client.open(url);
      socket.on("who are you", (acknowledge: Acknowledge) => acknowledge("me"));
      expect(await answered.promise).toBe("me");
    });

    it("are waited for only as long as call() was told", async () => {
      const { socketio, socket, sid } = await connect();
      const asked = nextEvent(socket, "question");
      await expect(socketio.call("question", "?", { to: sid, timeout: 50 })).rejects.toMatchObject({
        name: "TimeoutError",
        code: "ERR_TIMEOUT",
      });
      const [, acknowledge] = await asked;
      acknowledge("late");
      // The late answer harms nothing.
      socket.on("again", (answer: Acknowledge) => answer("in time"));
      expect(await socketio.call("again", undefined, { to: sid })).toBe("in time");
    });

    it("do not come from a client that leaves", async () => {
      const { socketio, socket, sid } = await connect();
      socket.on("question", () => socket.disconnect());
      await expect(socketio.call("question", "?", { to: sid })).rejects.toMatchObject({
        code: "ERR_DISCONNECTED",
      });
      await expect(socketio.call("question", "?", { to: sid })).rejects.toMatchObject({
        code: "ERR_DISCONNECTED",
      });
    });

    it("reach the callback once for each client of a broadcast", async () => {
      const { socketio, url } = await startServer();
      const sockets = await Promise.all([client.connect(url), client.connect(url), client.connect(url)]);
      sockets.forEach((socket, index) => {
        socket.on("question", (acknowledge: Acknowledge) => {
          acknowledge(index);
          acknowledge("twice");
        });
      });
      const answers: unknown[] = [];
      socketio.emit("question", undefined, { callback: (value) => answers.push(value) });
      await soon(() => answers.toSorted()).toEqual([0, 1, 2]);
      for (const socket of sockets) await ask(socket, "nothing");
      expect(answers).toHaveLength(3);
    });
  });
});
