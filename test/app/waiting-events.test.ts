/**
 * What a client sends while its handlers, its session or middleware take their time is held within a limit.
 */

import { SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it } from "vitest";
import { PollingSession, RawSocket, separator } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { deferred, soon } from "../support/waiting.ts";
import { StoredSessions } from "./stored-sessions.ts";

type Speak = (packets: readonly string[]) => Promise<unknown>;

/** A client in `"/"`, and what it does to send packets at once. */
const clients: Readonly<Record<string, (url: string) => Promise<Speak>>> = {
  websocket: async (url) => {
    const socket = await RawSocket.join(url);
    return async (packets) => {
      for (const packet of packets) socket.send(packet);
    };
  },
  polling: async (url) => {
    const session = await PollingSession.join(url);
    return async (packets) => session.post(packets.join(separator));
  },
};

const overLimit = "too many waiting events";

/** A server whose handler of "wait" takes until the test ends it. */
async function start(options: SocketIOOptions = {}) {
  const gate = deferred();
  const server = await startServer({ maxWaitingBytes: 100_000, ...options });
  const ends: string[] = [];
  let handled = 0;
  server.socketio.on("wait", async () => {
    handled += 1;
    await gate.promise;
  });
  server.socketio.on("disconnect", (reason) => void ends.push(reason));
  const closed = () => server.socketio.stats().closed[overLimit];
  return { ...server, gate, ends, closed, handled: () => handled };
}

describe.each(Object.entries(clients))(
  "a client over %s, while a serial handler takes its time,",
  (_, join) => {
    it("may send what fits into the limit, and all of it is handled", async () => {
      const { url, gate, closed, handled } = await start({ ordering: "serial" });
      const speak = await join(url);
      await speak(Array.from({ length: 50 }, () => '42["wait"]'));
      await soon(handled).toBe(1);
      gate.resolve();
      await soon(handled).toBe(50);
      expect(closed()).toBe(0);
    });

    it.each([
      ["large events", (count: number) => `42["wait",${count},"${"x".repeat(10_000)}"]`, 20],
      ["events of a few bytes", () => '42["wait"]', 200],
      ["short text that becomes many objects", () => `42["wait",[${"{},".repeat(999)}{}]]`, 5],
    ])("is closed when it sends more of %s", async (_what, event, count) => {
      const { url, gate, ends, closed, socketio } = await start({ ordering: "serial" });
      const speak = await join(url);
      await speak(Array.from({ length: count }, (_unused, index) => event(index)));
      await soon(closed).toBe(1);
      expect(socketio.clientCount).toBe(0);
      gate.resolve();
      await soon(() => ends).toEqual([overLimit]);
    });

    it("may send one event of any size that is allowed", async () => {
      const { url, gate, closed, handled } = await start({ ordering: "serial" });
      const speak = await join(url);
      await speak(['42["wait"]', `42["wait","${"x".repeat(500_000)}"]`]);
      await soon(handled).toBe(1);
      gate.resolve();
      await soon(handled).toBe(2);
      expect(closed()).toBe(0);
    });

    it("may send any amount over time, as long as not too much of it waits at once", async () => {
      const { url, socketio, closed } = await start({ ordering: "serial" });
      let done = 0;
      socketio.on("work", async () => {
        await new Promise((resolve) => setImmediate(resolve));
        done += 1;
      });
      const speak = await join(url);
      for (let round = 1; round <= 20; round += 1) {
        await speak(Array.from({ length: 50 }, () => '42["work"]'));
        await soon(() => done).toBe(round * 50);
      }
      expect(closed()).toBe(0);
    });
  },
);

describe("the limit of what waits", () => {
  it("holds while middleware takes its time", async () => {
    const { url, closed, socketio, gate } = await start();
    socketio.use(async (_context, next) => {
      if (_context.event === "wait") await gate.promise;
      return next();
    });
    const socket = await RawSocket.join(url);
    for (let count = 0; count < 200; count += 1) socket.send('42["wait"]');
    await soon(closed).toBe(1);
    gate.resolve();
  });

  it("holds while a session takes its time", async () => {
    const sessions = new StoredSessions();
    const { url, closed, gate } = await start({ session: sessions, manageSession: false });
    const socket = await RawSocket.join(url);
    sessions.beforeRead = () => gate.promise;
    for (let count = 0; count < 200; count += 1) socket.send('42["wait"]');
    await soon(closed).toBe(1);
    gate.resolve();
  });

  it("holds for requests to join that connect handlers take their time over", async () => {
    const { url, closed, socketio, gate } = await start();
    socketio.namespace("/slow").on("connect", () => gate.promise);
    const socket = await RawSocket.join(url);
    // Each one takes the one before back.
    for (let count = 0; count < 20; count += 1) {
      socket.send(`40/slow,{"token":"${"x".repeat(10_000)}${count}"}`);
    }
    await soon(closed).toBe(1);
    gate.resolve();
  });

  it("holds for requests to join that a namespace's function takes its time over", async () => {
    const { url, closed, socketio, gate } = await start();
    socketio.namespace(async () => {
      await gate.promise;
      return true;
    });
    const socket = await RawSocket.join(url);
    for (let count = 0; count < 20; count += 1) {
      socket.send(`40/n${count},{"token":"${"x".repeat(10_000)}"}`);
    }
    await soon(closed).toBe(1);
    gate.resolve();
  });

  it("counts for all namespaces of a client together", async () => {
    const { url, closed, socketio, gate } = await start({ ordering: "serial" });
    for (const name of ["/a", "/b"]) socketio.namespace(name).on("wait", () => gate.promise);
    const socket = await RawSocket.join(url);
    for (const name of ["/a", "/b"]) {
      socket.send(`40${name},`);
      await socket.next();
    }
    for (let count = 0; count < 60; count += 1) {
      for (const name of ["/a", "/b"]) socket.send(`42${name},["wait"]`);
    }
    await soon(closed).toBe(1);
    gate.resolve();
  });

  it("is an option in bytes", () => {
    expect(() => new SocketIO({ maxWaitingBytes: 0 })).toThrow(/maxWaitingBytes/);
  });
});
