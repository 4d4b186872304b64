/** One client receives everything from one process in order, over any kind of connection between them. */

import { emit, SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { LogLines } from "../support/log-lines.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { connected, type Socket, StockClient, sidOf } from "../support/stock-client.ts";
import { soon } from "../support/waiting.ts";

/** The environment of the servers of one application, while one test runs. */
export type OrderSite = Pick<SocketIOOptions, "messageQueue" | "channel" | "recovery" | "queueSecret">;

const stock = new StockClient("4.8", "websocket");
const rounds = 20;

/** A client, and the events that it has received. */
interface Listener {
  readonly socket: Socket;
  readonly heard: unknown[];
}

/** A client that answers every call. */
async function listen({ url }: TestServer): Promise<Listener> {
  const heard: unknown[] = [];
  const socket = await stock.connect(url);
  socket.on("said", (value: unknown, ...rest: unknown[]) => {
    heard.push(value);
    const answer = rest.at(-1);
    if (typeof answer === "function") answer(value);
  });
  return { socket, heard };
}

/** Two servers that have found each other, each with a client in the room "red". */
async function openServers(site: OrderSite): Promise<[TestServer, TestServer, Listener, Listener]> {
  const servers = [await startServer(site), await startServer(site)] as const;
  for (const { trace } of servers)
    await soon(() => trace.some(({ type }) => type === "process joined")).toBe(true);
  const listeners = [await listen(servers[0]), await listen(servers[1])] as const;
  await servers[0].socketio.joinRoom("red", { broadcast: true });
  return [...servers, ...listeners];
}

/** Expects the numbers in order; only those that may be missing are missing. */
function expectOrder(heard: readonly unknown[], count: number, mayMiss: (value: number) => boolean): void {
  const all = Array.from({ length: count }, (_, index) => index);
  const came = new Set(heard);
  expect(heard).toEqual(all.filter((value) => came.has(value) || !mayMiss(value)));
}

/**
 * Registers the tests.
 *
 * @param name - the kind of connection between the servers
 * @param isSkipped - whether to skip them
 * @param openSite - starts a broker; called in each test
 */
export function orderSuite(
  name: string,
  isSkipped: boolean,
  openSite: () => Promise<OrderSite> | OrderSite,
): void {
  describe.skipIf(isSkipped)(`everything that one process sends over ${name}`, () => {
    it("comes in one order to local and remote clients, whether it is kept, volatile or a call", async () => {
      const [{ socketio }, , here, elsewhere] = await openServers(await openSite());
      const answers: unknown[] = [];
      const callback = (value: unknown) => answers.push(value);
      for (let round = 0; round < rounds; round += 1) {
        const first = 6 * round;
        socketio.emit("said", first, { to: "red" });
        socketio.emit("said", first + 1, { callback });
        socketio.emit("said", first + 2);
        socketio.emit("said", first + 3, { volatile: true, to: "red" });
        void Promise.resolve(socketio.callAll("said", first + 4, { to: "red" })).then((list) =>
          answers.push(...list),
        );
        socketio.emit("said", first + 5, { to: ["red", "blue"] });
        if (round % 4 === 0) await new Promise(setImmediate);
      }
      for (const { heard } of [here, elsewhere]) {
        await soon(() => heard.at(-1)).toBe(6 * rounds - 1);
        expectOrder(heard, 6 * rounds, (value) => value % 6 === 3);
      }
      await soon(() => answers.length).toBe(4 * rounds);
    });

    it("comes ahead of the acknowledgement of the handler that sent it", async () => {
      const [{ socketio }, , here] = await openServers(await openSite());
      socketio.on("go", () => {
        emit("said", 1);
        emit("said", 2, { callback: () => {} });
        emit("said", 3, { volatile: true });
        emit("said", 4, { ignoreQueue: true });
        emit("said", 5);
        return "done";
      });
      here.socket.emit("go", (answer: string) => here.heard.push(answer));
      await soon(() => here.heard).toEqual([1, 2, 3, 4, 5, "done"]);
    });

    it("reaches the members of a room until it is closed, and no client afterwards", async () => {
      const [{ socketio }, , here, elsewhere] = await openServers(await openSite());
      for (let round = 0; round < rounds; round += 1) {
        await socketio.joinRoom("red", { broadcast: true });
        socketio.emit("said", 3 * round, { to: "red" });
        socketio.emit("said", 3 * round + 1, { to: "red", callback: () => {} });
        const closed = socketio.closeRoom("red");
        socketio.emit("said", "too late", { to: "red" });
        socketio.emit("said", 3 * round + 2);
        await closed;
      }
      for (const { heard } of [here, elsewhere]) {
        await soon(() => heard.at(-1)).toBe(3 * rounds - 1);
        expectOrder(heard, 3 * rounds, () => false);
      }
    });

    it("reaches clients that are disconnected right afterwards", async () => {
      const [{ socketio }, , here, elsewhere] = await openServers(await openSite());
      socketio.emit("said", 0, { to: "red" });
      socketio.emit("said", 1, { callback: () => {} });
      socketio.emit("said", 2, { to: sidOf(elsewhere.socket) });
      socketio.emit("said", 2, { to: sidOf(here.socket) });
      void socketio.disconnect({ to: "red" });
      socketio.emit("said", "too late");
      for (const { socket, heard } of [here, elsewhere]) {
        await soon(() => socket.connected).toBe(false);
        expect(heard).toEqual([0, 1, 2]);
      }
    });

    it("reaches a client that leaves a room and is disconnected from another namespace right afterwards", async () => {
      const [{ socketio }, , here] = await openServers(await openSite());
      socketio.on("connect", () => {}, { namespace: "/chat" });
      const chat = here.socket.io.socket("/chat");
      await connected(chat.connect());
      const sid = sidOf(here.socket);
      socketio.emit("said", 1, { to: "red" });
      socketio.emit("said", 2, { to: "red", callback: () => {} });
      void socketio.leaveRoom("red", { sid });
      socketio.emit("said", "too late", { to: "red" });
      void socketio.disconnect({ sid: sidOf(chat), namespace: "/chat", close: true });
      await soon(() => here.socket.connected).toBe(false);
      expect(here.heard).toEqual([1, 2]);
    });

    it("reaches a client that is asked to come back right afterwards", async () => {
      const [{ socketio }, , here] = await openServers(await openSite());
      socketio.emit("said", 1, { to: "red" });
      socketio.emit("said", 2, { callback: () => {} });
      void socketio.disconnect({ sid: sidOf(here.socket), retry: true });
      await soon(() => here.socket.connected).toBe(false);
      expect(here.heard).toEqual([1, 2]);
    });

    it.each(["stop", "drain"] as const)(
      "reaches clients here and elsewhere when %s() follows at once",
      async (end) => {
        const [{ socketio }, , here, elsewhere] = await openServers(await openSite());
        for (let number = 0; number < 10; number += 1) {
          socketio.emit("said", number, number % 2 === 0 ? { to: "red" } : { callback: () => {} });
        }
        await socketio[end]();
        await soon(() => here.socket.connected).toBe(false);
        expectOrder(here.heard, 10, () => false);
        await soon(() => elsewhere.heard.length).toBe(10);
        expectOrder(elsewhere.heard, 10, () => false);
      },
    );

    it("reaches clients from a program that ends at once, operations included", async () => {
      const site = await openSite();
      const [, , here, elsewhere] = await openServers(site);
      const emitter = new SocketIO({ ...site, logger: new LogLines() });
      onTestFinished(() => emitter.stop());
      emitter.emit("said", 0, { to: "red" });
      void emitter.closeRoom("red");
      emitter.emit("said", "too late", { to: "red" });
      emitter.emit("said", 1);
      await emitter.stop();
      for (const { heard } of [here, elsewhere]) await soon(() => heard).toEqual([0, 1]);
    });
  });
}
