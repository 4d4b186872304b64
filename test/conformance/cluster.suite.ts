/** The behaviour of several servers of one application, over any kind of connection between them. */

import { args, emit, joinRoom, leaveRoom, request, rooms, SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { LogLines } from "../support/log-lines.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { ask, record, type Socket, StockClient, sidOf } from "../support/stock-client.ts";
import { soon, within } from "../support/waiting.ts";

/** The environment of the servers of one application, while one test runs. */
export interface ClusterSite {
  readonly messageQueue: string;
  /** The message queue that its servers and emitters share. */
  readonly queueSecret?: string;
  /** Stops the broker, where there is one. */
  stop?(): Promise<void>;
  /** Starts it again, without any of its state. */
  start?(): Promise<void>;
}

const stock = new StockClient("4.8", "websocket");

/** The options of a server or emitter that uses the message queue of a site. */
function queueOf({ messageQueue, queueSecret }: ClusterSite): SocketIOOptions {
  return queueSecret === undefined ? { messageQueue } : { messageQueue, queueSecret };
}

/** Servers that have found each other, with handlers that join and leave rooms. */
async function startServers(
  site: ClusterSite,
  count: number,
  namespaces: string[] = [],
): Promise<TestServer[]> {
  const servers: TestServer[] = [];
  for (let number = 0; number < count; number += 1) {
    const server = await startServer({ ...queueOf(site), namespaces });
    server.socketio.events({
      join: async (room: string) => {
        await joinRoom(room);
        return rooms();
      },
      leave: (room: string) => leaveRoom(room),
    });
    servers.push(server);
  }
  for (const { trace } of servers) {
    await soon(() => trace.filter(({ type }) => type === "process joined").length).toBe(count - 1);
  }
  return servers;
}

/** A client of each server, and what it receives. */
async function connectAll(servers: readonly TestServer[], path = ""): Promise<[Socket, unknown[][]][]> {
  return Promise.all(
    servers.map(async ({ url }) => {
      const socket = await stock.connect(url + path);
      return [socket, record(socket)] as [Socket, unknown[][]];
    }),
  );
}

/** Resolves when everything that was sent before has arrived: servers keep the order of their messages. */
async function settle(socketio: SocketIO, received: readonly unknown[][][]): Promise<void> {
  socketio.emit("end");
  for (const events of received) await soon(() => events.at(-1)).toEqual(["end"]);
}

/**
 * Registers the tests.
 *
 * @param name - the kind of connection between the servers
 * @param options - whether to skip them
 * @param openSite - starts a broker; called in each test
 */
export function clusterSuite(
  name: string,
  options: { readonly skip?: boolean; readonly cannotFail?: boolean },
  openSite: () => Promise<ClusterSite> | ClusterSite,
): void {
  describe.skipIf(options.skip === true)(`servers connected by ${name}`, () => {
    it("send to everyone in a namespace, with all kinds of values", async () => {
      const servers = await startServers(await openSite(), 3, ["/chat"]);
      const [[, one], [, two], [, three]] = (await connectAll(servers)) as [
        [Socket, unknown[][]],
        [Socket, unknown[][]],
        [Socket, unknown[][]],
      ];
      const [[, chat]] = (await connectAll(servers.slice(1, 2), "/chat")) as [[Socket, unknown[][]]];
      const { socketio } = servers[0] as TestServer;
      const bytes = Buffer.from([0, 1, 255]);
      socketio.emit("news", args({ text: "grüße 🙂" }, [1, null], bytes, { deep: bytes }));
      socketio.emit("chat", 1, { namespace: "/chat" });
      await settle(socketio, [one, two, three]);
      const expected = [["news", { text: "grüße 🙂" }, [1, null], bytes, { deep: bytes }], ["end"]];
      expect([one, two, three]).toEqual([expected, expected, expected]);
      await soon(() => chat).toEqual([["chat", 1]]);
    });

    it("send to rooms, whose members alone get each event once and in order", async () => {
      const servers = await startServers(await openSite(), 3);
      const clients = await connectAll(servers);
      const [[a], [b], [c]] = clients as [[Socket, unknown], [Socket, unknown], [Socket, unknown]];
      expect(await ask(a, "join", "red")).toEqual([[sidOf(a), "red"]]);
      await ask(b, "join", "red");
      await ask(b, "join", "blue");
      await ask(c, "join", "blue");
      const { socketio } = servers[0] as TestServer;
      for (let index = 0; index < 100; index += 1) {
        socketio.emit("red", index, { to: "red" });
        socketio.emit("both", index, { to: ["red", "blue"] });
      }
      await settle(
        socketio,
        clients.map(([, events]) => events),
      );
      const numbers = Array.from({ length: 100 }, (_, index) => index);
      const red = numbers.flatMap((number) => [
        ["red", number],
        ["both", number],
      ]);
      const both = numbers.map((number) => ["both", number]);
      expect(clients.map(([, events]) => events.slice(0, -1))).toEqual([red, red, both]);
    });

    it("send to one client on any server, leave out the clients in skipSid, and stay local with ignoreQueue", async () => {
      const servers = await startServers(await openSite(), 2);
      const clients = await connectAll(servers);
      const [[a, one], [b, two]] = clients as [[Socket, unknown[][]], [Socket, unknown[][]]];
      const { socketio } = servers[0] as TestServer;
      socketio.emit("direct", 1, { to: sidOf(b) });
      socketio.emit("direct", 2, { to: [sidOf(a), sidOf(b)] });
      socketio.emit("others", 3, { skipSid: sidOf(b) });
      socketio.emit("here", 4, { ignoreQueue: true });
      await settle(socketio, [one, two]);
      expect(one).toEqual([["direct", 2], ["others", 3], ["here", 4], ["end"]]);
      expect(two).toEqual([["direct", 1], ["direct", 2], ["end"]]);
    });

    it("leave out the members of rooms, wherever they are, and act on several rooms at once", async () => {
      const servers = await startServers(await openSite(), 2);
      const clients = await connectAll(servers);
      const [[a, one], [b, two]] = clients as [[Socket, unknown[][]], [Socket, unknown[][]]];
      const { socketio } = servers[0] as TestServer;
      await socketio.joinRoom(["red", "blue"], { sid: sidOf(b) });
      expect(await socketio.rooms({ sid: sidOf(b) })).toEqual([sidOf(b), "red", "blue"]);
      await socketio.joinRoom("red", { sid: sidOf(a) });
      socketio.emit("all but blue", 1, { except: "blue" });
      socketio.emit("red but blue", 2, { to: "red", except: ["blue", "nowhere"] });
      socketio.emit("none", 3, { to: sidOf(b), except: "red" });
      expect((await socketio.countClients({ except: "blue" })).count).toBe(1);
      await socketio.joinRoom("green", { broadcast: true, except: "blue" });
      await socketio.leaveRoom(["red", "blue"], { to: "red" });
      socketio.emit("green", 4, { to: "green" });
      socketio.emit("all but green", 5, { except: "green" });
      socketio.emit("no more", 6, { to: ["red", "blue"] });
      await settle(socketio, [one, two]);
      expect(one).toEqual([["all but blue", 1], ["red but blue", 2], ["green", 4], ["end"]]);
      expect(two).toEqual([["all but green", 5], ["end"]]);
    });

    it("put no client into the room of another server's client", async () => {
      const servers = await startServers(await openSite(), 2);
      const [[a, one], [b, two]] = (await connectAll(servers)) as [
        [Socket, unknown[][]],
        [Socket, unknown[][]],
      ];
      const [here, there] = servers as [TestServer, TestServer];
      for (const { socketio } of servers) {
        socketio.on("try", async (room: string) => {
          try {
            await joinRoom(room);
            return "joined";
          } catch (error) {
            return (error as { code?: string }).code;
          }
        });
      }
      expect(await ask(b, "try", sidOf(a))).toEqual(["ERR_ROOM"]);
      // A server does not put it there for another server either.
      expect(() => here.socketio.joinRoom(sidOf(a), { sid: sidOf(b) })).toThrow("is the sid of a client");
      expect(await there.socketio.rooms({ sid: sidOf(b) })).toEqual([sidOf(b)]);
      here.socketio.emit("letter", 1, { to: sidOf(a) });
      there.socketio.emit("letter", 2, { to: sidOf(a) });
      there.socketio.emit("letter", 3, { sid: sidOf(a) });
      await settle(there.socketio, [one, two]);
      expect(one.filter(([event]) => event === "letter").length).toBe(3);
      expect(two).toEqual([["end"]]);
    });

    it("reply from handlers to clients of other servers", async () => {
      const servers = await startServers(await openSite(), 2);
      for (const { socketio } of servers) {
        socketio.on("say", (text: string) => emit("said", text, { broadcast: true, includeSelf: false }));
      }
      const clients = await connectAll(servers);
      const [[a, one], [, two]] = clients as [[Socket, unknown[][]], [Socket, unknown[][]]];
      a.emit("say", "hello");
      await soon(() => two).toEqual([["said", "hello"]]);
      expect(one).toEqual([]);
    });

    it("put clients of other servers into rooms and take them out, so that the next event finds them", async () => {
      const servers = await startServers(await openSite(), 2);
      const clients = await connectAll(servers);
      const [[a, one], [b, two]] = clients as [[Socket, unknown[][]], [Socket, unknown[][]]];
      const { socketio } = servers[0] as TestServer;
      await within("the join", socketio.joinRoom("room", { sid: sidOf(b) }));
      socketio.emit("first", { to: "room" }, { to: "room" });
      expect(await socketio.rooms({ sid: sidOf(b) })).toEqual([sidOf(b), "room"]);
      await socketio.joinRoom("other", { to: ["room", sidOf(a)] });
      socketio.emit("second", 2, { to: "other" });
      await socketio.leaveRoom("room", { sid: sidOf(b) });
      socketio.emit("third", 3, { to: "room" });
      await socketio.closeRoom("other");
      socketio.emit("fourth", 4, { to: "other" });
      await settle(socketio, [one, two]);
      expect(one).toEqual([["second", 2], ["end"]]);
      expect(two).toEqual([["first", { to: "room" }], ["second", 2], ["end"]]);
      expect(await socketio.rooms({ sid: "nobody" })).toEqual([]);
    });

    it("disconnect clients of other servers, after what was sent to them before", async () => {
      const servers = await startServers(await openSite(), 2);
      const clients = await connectAll(servers);
      const [[a], [b, two]] = clients as [[Socket, unknown[][]], [Socket, unknown[][]]];
      const { socketio } = servers[0] as TestServer;
      socketio.emit("bye", undefined, { to: sidOf(b) });
      await socketio.disconnect({ sid: sidOf(b) });
      await soon(() => b.connected).toBe(false);
      expect(two).toEqual([["bye"]]);
      expect(a.connected).toBe(true);
    });

    it("call clients of other servers: one, or all at once", async () => {
      const servers = await startServers(await openSite(), 3);
      const clients = await connectAll(servers);
      for (const [index, [socket]] of clients.entries()) {
        socket.on("question", (value: number, answer: (...values: unknown[]) => void) => {
          if (value >= 0) answer(value * 10 + index, Buffer.from([index]));
        });
      }
      const { socketio } = servers[0] as TestServer;
      const sids = clients.map(([socket]) => sidOf(socket));
      expect(await socketio.call("question", 4, { to: sids[1] as string })).toEqual([41, Buffer.from([1])]);
      await expect(
        socketio.call("question", -1, { to: sids[2] as string, timeout: 50 }),
      ).rejects.toMatchObject({
        code: "ERR_TIMEOUT",
      });
      await expect(
        socketio.call("question", 1, { to: `${sids[1]?.slice(0, 11)}${"x".repeat(20)}` }),
      ).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
      const answers = socketio.callAll("question", 2);
      const list = await within("the answers", Promise.resolve(answers));
      expect(list.map(({ sid, value }) => [sid, value]).toSorted()).toEqual(
        sids.map((sid, index) => [sid, [20 + index, Buffer.from([index])]]).toSorted(),
      );
      expect(answers.missing).toEqual([]);
    });

    it("list the clients of all of them, and disconnect them with a reason", async () => {
      const servers = await startServers(await openSite(), 2);
      for (const [index, { socketio }] of servers.entries()) {
        socketio.on("connect", () => {
          request.publicData.server = index;
        });
      }
      const clients = await connectAll(servers);
      const [[a], [b, two]] = clients as [[Socket, unknown[][]], [Socket, unknown[][]]];
      await ask(b, "join", "room");
      const { socketio } = servers[0] as TestServer;
      const all = await socketio.sockets();
      expect(all.map(({ sid, rooms: names, publicData }) => [sid, names, publicData])).toEqual([
        [sidOf(a), [sidOf(a)], { server: 0 }],
        [sidOf(b), [sidOf(b), "room"], { server: 1 }],
      ]);
      expect(all.missing).toEqual([]);
      expect((await socketio.sockets({ to: "room" })).map(({ sid }) => sid)).toEqual([sidOf(b)]);
      expect(
        (await socketio.sockets({ to: ["room", sidOf(a)], skipSid: sidOf(b) })).map(({ sid }) => sid),
      ).toEqual([sidOf(a)]);
      await socketio.disconnect({ to: "room", reason: "enough" });
      await soon(() => b.connected).toBe(false);
      expect(two).toEqual([["disconnect_reason", { reason: "enough", retry: false }]]);
    });

    it("tell each other no secrets of a client's request, which its own handlers see", async () => {
      const servers = await startServers(await openSite(), 2);
      const [one, other] = servers as [TestServer, TestServer];
      const known: unknown[] = [];
      other.socketio.on("connect", () => {
        known.push(request.headers["x-api-key"], request.query.get("token"));
      });
      const client = await stock.connect(other.url, {
        query: { token: "secret", room: "kitchen" },
        extraHeaders: {
          "x-api-key": "secret",
          "x-own": "Bearer secret",
          cookie: "a=secret",
          "x-device": "phone",
        },
      });
      const [info] = await one.socketio.sockets();
      expect(info).toMatchObject({
        sid: sidOf(client),
        handshake: { query: { room: "kitchen" }, headers: { "x-device": "phone" } },
      });
      expect(JSON.stringify(info)).not.toContain("secret");
      expect(known).toEqual(["secret", "secret"]);
    });

    it("list them all, however long the description of each is", async () => {
      const servers = await startServers(await openSite(), 2);
      const [one, other] = servers as [TestServer, TestServer];
      const about = "x".repeat(150_000);
      other.socketio.on("connect", () => {
        request.publicData.about = about;
      });
      const clients = await connectAll(Array.from({ length: 10 }, () => other));
      const found = await one.socketio.sockets();
      expect(found.map(({ sid }) => sid).toSorted()).toEqual(
        clients.map(([socket]) => sidOf(socket)).toSorted(),
      );
      expect(found.every(({ publicData }) => publicData.about === about)).toBe(true);
      expect(found.missing).toEqual([]);
    });

    it("count the clients of all of them, or of rooms", async () => {
      const servers = await startServers(await openSite(), 3);
      const clients = await connectAll(servers);
      const [[a], [b]] = clients as [[Socket, unknown[][]], [Socket, unknown[][]]];
      for (const client of [a, b]) await ask(client, "join", "room");
      const { socketio } = servers[2] as TestServer;
      expect(await socketio.countClients()).toEqual({ count: 3, missing: [] });
      expect(await socketio.countClients({ to: "room" })).toEqual({ count: 2, missing: [] });
      expect(await socketio.countClients({ to: ["room", sidOf(b)], skipSid: sidOf(a) })).toEqual({
        count: 1,
        missing: [],
      });
      expect(await socketio.countClients({ to: "nowhere" })).toEqual({ count: 0, missing: [] });
    });

    it("send each other events that no client receives, and collect the answer of each", async () => {
      const site = await openSite();
      const servers = await startServers(site, 3);
      const clients = await connectAll(servers);
      const heard: unknown[][] = [];
      for (const [index, { socketio }] of servers.entries()) {
        socketio.servers.on("note", (...values: unknown[]) => {
          heard.push([index, ...values]);
        });
      }
      const [{ socketio }, second, third] = servers as [TestServer, TestServer, TestServer];
      const bytes = Buffer.from([1, 2]);
      socketio.servers.emit("note", args({ text: "grüße" }, bytes));
      await soon(() => heard.length).toBe(2);
      expect(heard.toSorted()).toEqual([
        [1, { text: "grüße" }, bytes],
        [2, { text: "grüße" }, bytes],
      ]);
      heard.length = 0;
      socketio.servers.emit("note", 1, { includeSelf: true });
      await soon(() => heard.length).toBe(3);
      expect(heard.toSorted()).toEqual([[0, 1], [1, 1], [2, 1]]); // biome-ignore format: one for each

      second.socketio.servers.on("load", async (unit: string) => `2 ${unit}`);
      third.socketio.servers.on("load", () => {
        throw new Error("no load");
      });
      const answers = await within("the answers", socketio.servers.callAll("load", "percent"));
      expect(answers.missing).toEqual([]);
      expect(answers.map(({ value, error }) => value ?? error?.code).toSorted()).toEqual([
        "2 percent",
        "ERR_SERVER_EVENT",
      ]);
      expect(third.log.lines.at(-1)).toBe(
        'error The handler of the servers\' event "load" failed: Error: no load',
      );
      // A server without a handler says so; the call does not wait for one that takes too long.
      third.socketio.servers.off("load").on("load", () => new Promise(() => {}));
      second.socketio.servers.off("load");
      const others = await within("the answers", socketio.servers.callAll("load", "x", { timeout: 50 }));
      expect(others.map(({ error }) => error?.code).toSorted()).toEqual(["ERR_SERVER_EVENT", "ERR_TIMEOUT"]);

      await settle(
        socketio,
        clients.map(([, received]) => received),
      );
      for (const [, received] of clients) expect(received).toEqual([["end"]]);

      const emitter = new SocketIO({ ...queueOf(site), logger: new LogLines() });
      onTestFinished(() => emitter.stop());
      heard.length = 0;
      emitter.servers.emit("note", 2);
      const replies = await within("the answers", emitter.servers.callAll("note", 3));
      expect(replies.map(({ value, error }) => [value, error])).toEqual(
        Array.from({ length: 3 }, () => [undefined, undefined]),
      );
      expect(heard.map(([, value]) => value).toSorted()).toEqual([2, 2, 2, 3, 3, 3]);
    });

    it("report each client once that comes or leaves, on any of them", async () => {
      const site = await openSite();
      const servers = await startServers(site, 3);
      const told: string[] = [];
      for (const { socketio } of servers) {
        socketio.onPresence("user:", {
          grace: 200,
          online: (room) => void told.push(`${room} online`),
          offline: (room) => void told.push(`${room} offline`),
        });
      }
      const users = Array.from({ length: 10 }, (_, number) => `user:${number}`);
      const [[a], [b]] = (await connectAll(servers)) as [[Socket, unknown[][]], [Socket, unknown[][]]];
      for (const user of users) {
        await ask(a, "join", user);
        await ask(b, "join", user);
      }
      await ask(a, "join", "elsewhere");
      await soon(() => told.toSorted()).toEqual(users.map((user) => `${user} online`));
      told.length = 0;
      a.disconnect();
      for (const user of users.slice(0, 5)) await ask(b, "leave", user);
      await soon(() => told.toSorted()).toEqual(users.slice(0, 5).map((user) => `${user} offline`));
      // A client that comes back in time never counts as gone, on whichever server it comes back.
      told.length = 0;
      b.disconnect();
      const again = await stock.connect((servers[2] as TestServer).url);
      await ask(again, "join", "user:5");
      await soon(() => told.toSorted()).toEqual(users.slice(6).map((user) => `${user} offline`));
    });

    it("are reached by a program that only emits", async () => {
      const site = await openSite();
      const servers = await startServers(site, 2);
      const clients = await connectAll(servers);
      const [[a, one], [b, two]] = clients as [[Socket, unknown[][]], [Socket, unknown[][]]];
      b.on("question", (answer: (value: string) => void) => answer("yes"));
      const log = new LogLines();
      const emitter = new SocketIO({ ...queueOf(site), logger: log });
      onTestFinished(() => emitter.stop());
      emitter.emit("early", 1);
      await emitter.joinRoom("room", { to: [sidOf(a), sidOf(b)] });
      emitter.emit("room", 2, { to: "room" });
      expect(await emitter.call("question", undefined, { to: sidOf(b) })).toBe("yes");
      await emitter.closeRoom("room");
      emitter.emit("room", 3, { to: "room" });
      emitter.emit("late", 4);
      await emitter.stop();
      await soon(() => [one.at(-1), two.at(-1)]).toEqual([
        ["late", 4],
        ["late", 4],
      ]);
      expect(one).toEqual([
        ["early", 1],
        ["room", 2],
        ["late", 4],
      ]);
      expect(two).toEqual(
        [["early", 1], ["room", 2], ["question"], ["late", 4]].map((event) =>
          event.length === 1 ? [event[0], expect.any(Function)] : event,
        ),
      );
      expect(log.lines).toEqual([]);
    });

    if (options.cannotFail !== true) {
      it("continue on their own while the broker is gone, log it once, and find each other again", async () => {
        const site = await openSite();
        const servers = await startServers(site, 2);
        const clients = await connectAll(servers);
        const [[a, one], [b, two]] = clients as [[Socket, unknown[][]], [Socket, unknown[][]]];
        await ask(b, "join", "before");
        await site.stop?.();
        for (const { log } of servers)
          await soon(() => log.lines.filter((line) => line.startsWith("error")).length).toBe(1);
        const { socketio } = servers[0] as TestServer;
        for (let index = 0; index < 200; index += 1) socketio.emit("alone", index);
        await within("joining without a broker", ask(a, "join", "during"));
        await soon(() => one.length).toBe(200);
        await site.start?.();
        for (const { log } of servers)
          await soon(() => log.lines.at(-1)).toMatch(/^info The message queue is back/);
        socketio.emit("again", 1, { to: "before" });
        (servers[1] as TestServer).socketio.emit("again", 2, { to: "during" });
        await soon(() => two).toEqual([["again", 1]]);
        await soon(() => one.slice(200)).toEqual([["again", 2]]);
        for (const { log } of servers)
          expect(log.lines.filter((line) => line.startsWith("error")).length).toBe(1);
      });
    }
  });
}
