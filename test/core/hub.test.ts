import { describe, expect, it, vi } from "vitest";
import { args } from "../../src/contract/arguments.ts";
import type { AckListener } from "../../src/core/model/ack-listener.ts";
import type { Operation } from "../../src/core/model/operation.ts";
import { describeSocket } from "../../src/core/model/socket-info.ts";
import { clientIn, everyoneIn, type Target } from "../../src/core/model/target.ts";
import { jsonCodec } from "../../src/core/packet/codec.ts";
import type { Backplane } from "../../src/core/ports.ts";
import type { RecoverySettings } from "../../src/core/recovery/recovery.ts";
import type { Socket } from "../../src/core/socket/socket.ts";
import { deferred, soon } from "../support/waiting.ts";
import { Site } from "./site.ts";

const everyone = everyoneIn("/");
const room = (name: string): Target => ({ ...everyone, rooms: [name] });
const only = ({ namespace, sid }: Socket): Target => clientIn(namespace, sid);

describe("Hub", () => {
  it("sends an event to everybody in a namespace, and to nobody in another", () => {
    const site = new Site();
    const peers = [site.peer(), site.peer(), site.peer()];
    peers[0]?.join();
    peers[1]?.join();
    peers[2]?.join("/chat");
    site.hub.broadcaster.emit(everyone, "news", { n: 1 }, {});
    expect(peers.map((peer) => peer.heard())).toEqual([['42["news",{"n":1}]'], ['42["news",{"n":1}]'], []]);
  });

  it("keeps a namespace that somebody is in when one of its name is let go once more", async () => {
    const site = new Site();
    const former = await site.hub.namespaces.admit("/chat", undefined);
    if (former === undefined) throw new Error("There is no namespace.");
    site.hub.namespaces.release(former);
    const peer = site.peer();
    peer.join("/chat");
    site.hub.namespaces.release(former);
    site.hub.broadcaster.emit(everyoneIn("/chat"), "news", undefined, {});
    expect(peer.heard()).toEqual(['42/chat,["news"]']);
  });

  it("sends no value, one value or several", () => {
    const site = new Site();
    const peer = site.peer();
    peer.join();
    for (const data of [undefined, null, [1, 2], args(), args(1, 2), args([1, 2])]) {
      site.hub.broadcaster.emit(everyone, "e", data, {});
    }
    expect(peer.heard()).toEqual([
      '42["e"]',
      '42["e",null]',
      '42["e",[1,2]]',
      '42["e"]',
      '42["e",1,2]',
      '42["e",[1,2]]',
    ]);
  });

  it("checks an event also where nobody would get it", () => {
    const { hub } = new Site();
    expect(() => hub.broadcaster.emit(everyone, "connect", undefined, {})).toThrow(
      expect.objectContaining({ code: "ERR_EVENT_NAME" }),
    );
    expect(() => hub.broadcaster.emit(everyone, "bill", 1n, {})).toThrow(
      expect.objectContaining({ code: "ERR_PAYLOAD" }),
    );
  });

  it("holds back what is sent to a client that is not accepted yet", () => {
    const site = new Site();
    const peer = site.peer();
    const decision = deferred();
    site.handlers.onConnect = (_socket, decide) => {
      site.hub.broadcaster.emit(everyone, "volatile news", undefined, { volatile: true });
      site.hub.broadcaster.emit(everyone, "news", undefined, {});
      decision.resolve = () => decide();
    };
    peer.say("40");
    expect(peer.heard()).toEqual([]);
    decision.resolve();
    expect(peer.heard()).toEqual(['40{"sid":"SID"}', '42["news"]']);
  });

  it("calls back with each client's answer", () => {
    const site = new Site();
    const peers = [site.peer(), site.peer()];
    for (const peer of peers) peer.join();
    const callback = vi.fn();
    site.hub.broadcaster.emit(everyone, "ask", "why", { callback });
    expect(peers.map((peer) => peer.heard())).toEqual([['421["ask","why"]'], ['422["ask","why"]']]);
    peers[1]?.say('432["b",2]');
    peers[0]?.say('431["a"]', '431["again"]');
    expect(callback.mock.calls).toEqual([["b", 2], ["a"]]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("callback");
      },
    ],
    ["rejects", () => Promise.reject(new Error("callback"))],
  ])("reports a callback that %s, and keeps the client that answered", async (_how, callback) => {
    const site = new Site();
    const peer = site.peer();
    const socket = peer.join();
    site.hub.broadcaster.emit(everyone, "ask", undefined, { callback });
    site.hub.broadcaster.reply(socket, "ask", undefined, { callback });
    peer.say("431[]", "432[]");
    await soon(() => site.reported).toEqual([new Error("callback"), new Error("callback")]);
    expect(peer.endings).toEqual([]);
    expect(socket.isConnected).toBe(true);
  });

  it("waits for no answer from a client that leaves", () => {
    const site = new Site();
    const peer = site.peer();
    const socket = peer.join();
    const callback = vi.fn();
    site.hub.broadcaster.reply(socket, "ask", undefined, { callback });
    peer.drop();
    expect(callback).not.toHaveBeenCalled();
    expect(socket.pendingAcknowledgements).toBe(0);
  });

  describe("call()", () => {
    it("resolves to what the client answers", async () => {
      const site = new Site();
      const peer = site.peer();
      const answered = site.hub.ackRequests.call(only(peer.join()), "ask", args(1, 2), 1000);
      expect(peer.heard()).toEqual(['421["ask",1,2]']);
      peer.say('431["yes",{"n":1}]');
      await expect(answered).resolves.toEqual(["yes", { n: 1 }]);
      site.clock.advance(2000);
    });

    it("rejects when the answer does not come in time, and takes none that comes later", async () => {
      const site = new Site();
      const peer = site.peer();
      const socket = peer.join();
      const answered = site.hub.ackRequests.call(only(socket), "ask", undefined, 1000);
      site.clock.advance(999);
      expect(socket.pendingAcknowledgements).toBe(1);
      site.clock.advance(1);
      await expect(answered).rejects.toMatchObject({
        code: "ERR_TIMEOUT",
        message: 'The client did not answer "ask" within 1000 ms.',
      });
      peer.say("431[]");
      expect(socket.pendingAcknowledgements).toBe(0);
    });

    it("rejects when the client leaves first, and keeps no timer", async () => {
      const site = new Site();
      const peer = site.peer();
      const answered = site.hub.ackRequests.call(only(peer.join()), "ask", undefined, 1000);
      peer.drop();
      await expect(answered).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
      expect(site.clock.timerCount).toBe(0);
    });

    it("rejects when there is nobody to ask", async () => {
      const site = new Site();
      const socket = site.peer().join();
      socket.disconnect();
      await expect(
        site.hub.ackRequests.call(clientIn("/", "nobody"), "ask", undefined, 1000),
      ).rejects.toMatchObject({
        code: "ERR_DISCONNECTED",
        message: 'No client with this sid is there to answer "ask".',
      });
      await expect(site.hub.ackRequests.call(only(socket), "ask", undefined, 1000)).rejects.toMatchObject({
        code: "ERR_DISCONNECTED",
      });
    });

    it("rejects for an event that cannot be sent", async () => {
      const site = new Site();
      const socket = site.peer().join();
      await expect(site.hub.ackRequests.call(only(socket), "connect", undefined, 1000)).rejects.toMatchObject(
        {
          code: "ERR_EVENT_NAME",
        },
      );
      await expect(site.hub.ackRequests.call(only(socket), "bill", 1n, 1000)).rejects.toMatchObject({
        code: "ERR_PAYLOAD",
      });
      expect(socket.pendingAcknowledgements).toBe(0);
    });
  });

  describe("callAll()", () => {
    it("gathers an answer of each client, and never fails as a whole", async () => {
      const site = new Site();
      const [ada, bob, cem, dora] = [site.peer(), site.peer(), site.peer(), site.peer()];
      const sids = [ada, bob, cem, dora].map((peer) => peer.join().sid);
      const answers = site.hub.ackRequests.callAll(
        { ...everyone, skip: [sids[3] ?? ""] },
        "ask",
        args(1, 2),
        1000,
      );
      expect([ada, dora].map((peer) => peer.heard())).toEqual([['421["ask",1,2]'], []]);
      ada.say('431["yes"]');
      bob.drop();
      site.clock.advance(1000);
      expect(await answers).toEqual([
        { sid: sids[0], value: "yes" },
        { sid: sids[1], error: expect.objectContaining({ code: "ERR_DISCONNECTED" }) },
        { sid: sids[2], error: expect.objectContaining({ code: "ERR_TIMEOUT" }) },
      ]);
      expect(answers.missing).toEqual([]);
    });

    it("gives an empty list at once where nobody is meant", async () => {
      const site = new Site();
      const nowhere = [
        room("kitchen"),
        clientIn("/", "nobody"),
        everyoneIn("/attic"),
        { ...everyone, rooms: [] },
      ];
      for (const target of nowhere)
        expect(await site.hub.ackRequests.callAll(target, "ask", 1, 1000)).toEqual([]);
      expect(site.clock.timerCount).toBe(0);
    });

    it("leaves nothing behind when the loop over its answers is left", async () => {
      const site = new Site();
      const [ada, bob] = [site.peer(), site.peer()];
      const sockets = [ada.join(), bob.join()];
      const timers = site.clock.timerCount;
      const answers = site.hub.ackRequests.callAll(everyone, "ask", undefined, 1000);
      expect(site.clock.timerCount).toBe(timers + 1);
      ada.say("431[7]");
      for await (const { value } of answers) {
        expect(value).toBe(7);
        break;
      }
      expect(sockets.map((socket) => socket.pendingAcknowledgements)).toEqual([0, 0]);
      expect(site.clock.timerCount).toBe(timers);
    });

    it("throws at once for an event that cannot be sent", () => {
      const { hub } = new Site();
      expect(() => hub.ackRequests.callAll(everyone, "connect", 1, 1000)).toThrow(
        expect.objectContaining({ code: "ERR_EVENT_NAME" }),
      );
    });
  });

  describe("rooms", () => {
    it("get what is sent to them", () => {
      const site = new Site();
      const [ada, bob] = [site.peer(), site.peer()];
      site.hub.operations.join(only(ada.join()), "kitchen");
      const bobs = bob.join();
      site.hub.broadcaster.emit(room("kitchen"), "dinner", undefined, {});
      site.hub.broadcaster.emit(room(bobs.sid), "letter", undefined, {});
      expect([ada.heard(), bob.heard()]).toEqual([['42["dinner"]'], ['42["letter"]']]);
    });

    it.each([[""], [undefined], [null], [7], [{}], [Object.create(null)]])("refuse the name %j", (name) => {
      const site = new Site();
      const socket = site.peer().join();
      expect(() => site.hub.operations.join(only(socket), name as string)).toThrow(
        expect.objectContaining({ code: "ERR_ROOM" }),
      );
    });

    it("belong to one namespace each", () => {
      const site = new Site();
      const peer = site.peer();
      site.hub.operations.join(only(peer.join("/chat")), "kitchen");
      peer.join();
      site.hub.broadcaster.emit(room("kitchen"), "dinner", undefined, {});
      site.hub.operations.closeRoom("/", "kitchen");
      site.hub.broadcaster.emit({ ...room("kitchen"), namespace: "/chat" }, "supper", undefined, {});
      expect(peer.heard()).toEqual(['42/chat,["supper"]']);
    });
  });

  it("acts on one client, on those in rooms, or on all", async () => {
    const site = new Site();
    const [ada, bob, cem] = [site.peer(), site.peer(), site.peer()];
    const [a, b, c] = [ada.join(), bob.join(), cem.join()];
    await site.hub.operations.join(everyone, "house");
    await site.hub.operations.join(only(a), "kitchen");
    await site.hub.operations.join({ ...room("kitchen"), rooms: ["kitchen", b.sid] }, "dinner");
    expect([a, b, c].map((socket) => [...socket.rooms])).toEqual([
      ["house", "kitchen", "dinner"],
      ["house", "dinner"],
      ["house"],
    ]);
    await site.hub.operations.leave({ ...room("dinner"), skip: [a.sid] }, "house");
    expect(await site.hub.operations.rooms(only(b))).toEqual([b.sid, "dinner"]);
    expect(await site.hub.operations.rooms(clientIn("/", "nobody"))).toEqual([]);
    await site.hub.operations.disconnect(room("dinner"), false);
    expect([ada.heard(), bob.heard(), cem.heard()]).toEqual([["41"], ["41"], []]);
    await site.hub.operations.disconnect(everyone, true);
    site.clock.endTick();
    expect([ada.endings, cem.endings]).toEqual([[], ["close"]]);
  });

  it("lists those who are accepted", async () => {
    const site = new Site();
    const [ada, bob] = [site.peer().join(), site.peer().join()];
    site.hub.operations.join(only(ada), "kitchen");
    site.handlers.onConnect = () => {};
    site.peer().say("40");
    const list = async (target: Target) =>
      (await site.hub.operations.sockets(target)).sockets.map(({ sid }) => sid);
    expect(await list(everyone)).toEqual([ada.sid, bob.sid]);
    expect(await list(room("kitchen"))).toEqual([ada.sid]);
    expect(await list({ ...everyone, skip: [ada.sid] })).toEqual([bob.sid]);
    expect(await list(everyoneIn("/attic"))).toEqual([]);
  });

  it("counts those who are accepted", async () => {
    const site = new Site();
    const [ada] = [site.peer().join(), site.peer().join()];
    site.hub.operations.join(only(ada), "kitchen");
    site.handlers.onConnect = () => {};
    site.peer().say("40");
    const count = async (target: Target) => (await site.hub.operations.count(target)).count;
    expect(await count(everyone)).toBe(2);
    expect(await count(room("kitchen"))).toBe(1);
    expect(await count({ ...everyone, skip: [ada.sid] })).toBe(1);
    expect(await count(everyoneIn("/attic"))).toBe(0);
  });

  it("puts no client into the room of another one, whoever asks for it", async () => {
    const site = new Site();
    const [victim, intruder] = [site.peer().join(), site.peer().join()];
    await site.hub.operations.join(everyone, "kitchen");
    for (const target of [only(intruder), room("kitchen"), everyone]) {
      expect(() => site.hub.operations.join(target, victim.sid)).toThrow(
        expect.objectContaining({ code: "ERR_ROOM" }),
      );
      site.hub.local.apply({ type: "join", target, room: victim.sid });
    }
    expect([[...victim.rooms], [...intruder.rooms]]).toEqual([["kitchen"], ["kitchen"]]);
  });

  it("leaves a client in its own room, whatever is asked for", async () => {
    const site = new Site();
    const peer = site.peer();
    const socket = peer.join();
    await site.hub.operations.join(only(socket), socket.sid);
    await site.hub.operations.leave(only(socket), socket.sid);
    await site.hub.operations.closeRoom("/", socket.sid);
    expect(await site.hub.operations.rooms(only(socket))).toEqual([socket.sid]);
    site.hub.broadcaster.emit(room(socket.sid), "news", 1, {});
    expect(peer.heard()).toEqual(['42["news",1]']);
  });

  describe("with a backplane", () => {
    const far = { ...describeSocket(new Site().peer().join()), sid: "far", rooms: ["far", "house"] };

    /** A hub whose backplane notes what it is told, and what was true when it was. */
    function linked(recovery: RecoverySettings | null = null) {
      const site = new Site({}, recovery);
      const told: unknown[] = [];
      const asked: AckListener[] = [];
      const known = deferred();
      const watched: string[] = [];
      const waits: { namespace: Promise<void> | null; room: Promise<void> | null } = {
        namespace: null,
        room: null,
      };
      const backplane: Backplane = {
        emit: ({ rooms }, packet, event, values) =>
          void told.push([event, values, rooms, packet.plain().text]),
        publish(operation: Operation) {
          told.push(operation);
          return known.promise;
        },
        ask({ event, target: { sid } }, timeout, listener) {
          told.push([event, sid, timeout]);
          asked.push(listener);
          return () => void told.push("stop");
        },
        sidPrefix: "here-",
        onNamespaceOpen(name) {
          watched.push(`${name} opens`);
          return waits.namespace;
        },
        onNamespaceEmpty: (name) => void watched.push(`${name} is empty`),
        onRoomOpen: (_namespace, name) => void watched.push(`${name} opens`),
        onRoomEmpty: (_namespace, name) => void watched.push(`${name} is empty`),
        subscribed: () => waits.room,
        sockets: async ({ sid }) =>
          sid === "nobody" ? { sockets: [], missing: ["node 3"] } : { sockets: [far], missing: [] },
        count: async ({ rooms }) => ({ count: rooms === null ? 7 : 2, missing: ["node 4"] }),
      };
      site.hub.namespaces.useBackplane(backplane);
      const peer = site.peer();
      return { site, told, asked, known, watched, waits, peer, socket: peer.join() };
    }

    it("tells it of the first and the last member of each room and namespace", () => {
      const { site, watched, peer, socket } = linked();
      const { hub } = site;
      const other = site.peer().join();
      void hub.operations.join(everyone, "a");
      void hub.operations.leave(only(socket), "a");
      void hub.operations.join(only(socket), "b");
      void hub.operations.join(only(other), "c");
      void hub.operations.closeRoom("/", "c");
      void hub.operations.closeRoom("/", "c");
      void hub.operations.leave(only(other), "a");
      peer.drop();
      void hub.operations.disconnect(only(other), false);
      expect(watched).toEqual([
        "/ opens",
        "a opens",
        "b opens",
        "c opens",
        "c is empty",
        "a is empty",
        "b is empty",
        "/ is empty",
      ]);
    });

    it("accepts clients when what other processes send to the namespace comes here", async () => {
      const { site, waits } = linked();
      const listening = deferred();
      waits.namespace = listening.promise;
      const peer = site.peer();
      peer.say("40/chat,");
      expect(peer.heard()).toEqual([]);
      listening.resolve();
      await listening.promise;
      await soon(() => peer.heard()).toEqual(['40/chat,{"sid":"SID"}']);
      const next = site.peer();
      next.say("40/chat,");
      expect(next.heard()).toEqual(['40/chat,{"sid":"SID"}']);
    });

    it("has joined a room when what other processes send to the room comes here", async () => {
      const { site, waits, socket } = linked();
      const listening = deferred();
      waits.room = listening.promise;
      let hasJoined = false;
      const joined = site.hub.operations.join(only(socket), "a").then(() => {
        hasJoined = true;
      });
      await new Promise(setImmediate);
      expect([hasJoined, [...socket.rooms]]).toEqual([false, ["a"]]);
      listening.resolve();
      await joined;
    });

    it("gives public ids that tell which process the client is at", () => {
      const { socket } = linked();
      expect(socket.sid).toMatch(/^sid~here-[\w-]{20}$/);
    });

    it("delivers what another process has encoded, without looking into it", () => {
      const { site, peer } = linked();
      const event = { prefix: "51-", body: "[not JSON]", attachments: [Buffer.from([1])] };
      site.hub.local.deliver(everyone, event, {});
      site.hub.local.deliver(everyoneIn("/nowhere"), event, {});
      expect(peer.heard()).toEqual(["451-[not JSON]", Buffer.from([1])]);
    });

    it("keeps what another process sends for a client that is away, whose rooms go on to be listened to", async () => {
      const { site, watched, peer, socket } = linked({
        maxDisconnection: 60_000,
        maxSessions: 10,
        maxSessionBytes: 1_000_000,
        maxEvents: 10,
        maxBytes: 1000,
        retention: 60_000,
      });
      const listenedTo = () => {
        const count = (change: string) => watched.filter((told) => told === change).length;
        return ["/", "a", "b"].filter((name) => count(`${name} opens`) > count(`${name} is empty`));
      };
      await site.hub.operations.join(only(socket), "a");
      peer.drop();
      expect(listenedTo()).toEqual(["/", "a"]);
      site.hub.local.apply({ type: "join", target: only(socket), room: "b" });
      site.hub.local.apply({ type: "leave", target: only(socket), room: "a" });
      expect(listenedTo()).toEqual(["/", "b"]);
      site.hub.local.onGap();
      expect(site.lost.map(({ rooms }) => rooms)).toEqual([["b"]]);
      expect(listenedTo()).toEqual([]);
    });

    it("tells it of what may concern clients of other processes, after it took effect here", async () => {
      const { site, told, known, peer, socket } = linked();
      const { hub } = site;
      site.handlers.onDisconnect = () => told.push("disconnected");
      hub.broadcaster.emit(room("kitchen"), "dinner", { at: 8 }, {});
      const settled: string[] = [];
      const elsewhere = clientIn("/", "somebody else");
      const operations = [
        hub.operations.join(everyone, "house").then(() => settled.push("join")),
        hub.operations.leave(elsewhere, "house").then(() => settled.push("leave")),
        hub.operations.closeRoom("/", "kitchen").then(() => settled.push("close room")),
        hub.operations.disconnect(room("house"), false).then(() => settled.push("disconnect")),
      ];
      expect(socket.isClosed).toBe(true);
      expect(peer.heard()).toEqual(["41"]);
      expect(told).toEqual([
        ["dinner", [{ at: 8 }], ["kitchen"], '42["dinner",{"at":8}]'],
        { type: "join", target: everyone, room: "house" },
        { type: "leave", target: elsewhere, room: "house" },
        { type: "close room", namespace: "/", room: "kitchen" },
        "disconnected",
        { type: "disconnect", target: room("house"), close: false, notice: null },
      ]);
      await new Promise(setImmediate);
      expect(settled).toEqual([]);
      known.resolve();
      await Promise.all(operations);
      expect(settled).toEqual(["join", "leave", "close room", "disconnect"]);
    });

    it("tells it nothing that concerns a client of this process alone, or nobody", async () => {
      const { site, told, socket } = linked();
      const { hub } = site;
      hub.broadcaster.reply(socket, "e", 1, {});
      hub.broadcaster.emit(only(socket), "e", 1, {});
      hub.broadcaster.emit(everyone, "e", 1, { ignoreQueue: true });
      hub.broadcaster.emit(clientIn("/", undefined), "e", 1, {});
      await hub.operations.join(only(socket), "kitchen");
      await hub.operations.leave(only(socket), "kitchen");
      await hub.operations.disconnect(only(socket), true);
      expect(told).toEqual([]);
    });

    it("gathers answers from all processes, and says which were not heard of", async () => {
      const { site, told, asked, peer, socket } = linked();
      const answers = site.hub.ackRequests.callAll(everyone, "ask", undefined, 1000);
      peer.say('431["here"]');
      asked[0]?.onAnswer("far", ["there"]);
      asked[0]?.onFailure("farther", "disconnected");
      asked[0]?.onEnd(["node 3"]);
      expect(await answers).toEqual([
        { sid: socket.sid, value: "here" },
        { sid: "far", value: "there" },
        { sid: "farther", error: expect.objectContaining({ code: "ERR_DISCONNECTED" }) },
      ]);
      expect(answers.missing).toEqual(["node 3"]);
      const left = site.hub.ackRequests.callAll(everyone, "ask", undefined, 1000);
      asked[1]?.onAnswer("far", []);
      for await (const _answer of left) break;
      expect(told).toEqual([["ask", null, 1000], ["ask", null, 1000], "stop"]);
      expect(socket.pendingAcknowledgements).toBe(0);
    });

    it("lists clients of all processes, and asks only for what may be elsewhere", async () => {
      const { site, socket } = linked();
      const list = async (target: Target) =>
        (await site.hub.operations.sockets(target)).sockets.map(({ sid }) => sid);
      expect(await list(everyone)).toEqual([socket.sid, "far"]);
      expect(await list(only(socket))).toEqual([socket.sid]);
      expect(await list({ ...everyone, rooms: [] })).toEqual([]);
      expect(site.hub.local.describe(everyone).map(({ sid }) => sid)).toEqual([socket.sid]);
      expect(await site.hub.operations.rooms(clientIn("/", "far"))).toEqual(["far", "house"]);
      expect(await site.hub.operations.rooms(clientIn("/", "nobody"))).toEqual([]);
    });

    it("asks one client in whatever process it is", async () => {
      const { site, told, asked, peer, socket } = linked();
      const here = site.hub.ackRequests.call(only(socket), "ask", undefined, 1000);
      peer.say("431[1]");
      expect(await here).toEqual([1]);
      expect(told).toEqual([]);
      const call = () => site.hub.ackRequests.call(clientIn("/", "far"), "ask", undefined, 1000);
      const calls = [call(), call(), call()];
      asked[0]?.onAnswer("far", [2]);
      asked[0]?.onEnd([]);
      asked[1]?.onFailure("far", "timeout");
      asked[1]?.onEnd([]);
      asked[2]?.onEnd(["node 3"]);
      expect(await Promise.allSettled(calls)).toMatchObject([
        { value: [2] },
        { reason: { code: "ERR_TIMEOUT" } },
        { reason: { code: "ERR_DISCONNECTED" } },
      ]);
    });

    it("calls back with answers from all processes", async () => {
      const { site, told, asked, peer } = linked();
      const callback = vi.fn();
      site.hub.broadcaster.emit(everyone, "ask", undefined, { callback });
      peer.say('431["here"]');
      asked[0]?.onAnswer("far", ["there", 2]);
      expect(callback.mock.calls).toEqual([["here"], ["there", 2]]);
      expect(told).toEqual([["ask", null, null]]);
    });

    it("answers what another process asks, for its own clients", () => {
      const { site, told, peer, socket } = linked();
      const heard: unknown[] = [];
      const listener: AckListener = {
        onAnswer: (sid, values) => void heard.push([sid, values]),
        onFailure: (sid, failure) => void heard.push([sid, failure]),
        onEnd: () => void heard.push("end"),
      };
      site.hub.local.inquire(everyone, jsonCodec.event("/", "ask", []), 1000, listener);
      peer.say("431[1]");
      expect(heard).toEqual([[socket.sid, [1]], "end"]);
      expect(told).toEqual([]);
    });

    it("carries out what another process tells, and tells nobody of it", () => {
      const { site, told, peer, socket } = linked();
      site.hub.local.apply({ type: "join", target: everyone, room: "house" });
      expect([...socket.rooms]).toEqual(["house"]);
      site.hub.local.apply({ type: "leave", target: only(socket), room: "house" });
      site.hub.local.apply({ type: "join", target: room(socket.sid), room: "kitchen" });
      site.hub.local.apply({ type: "close room", namespace: "/", room: "kitchen" });
      expect([...socket.rooms]).toEqual([]);
      site.hub.local.apply({ type: "disconnect", target: everyone, close: true, notice: null });
      expect(peer.heard()).toEqual(["41"]);
      expect(told).toEqual([]);
    });
  });

  it("finds clients by namespace and sid", () => {
    const site = new Site();
    const socket = site.peer().join();
    expect(site.hub.namespaces.find("/", socket.sid)).toBe(socket);
    expect(site.hub.namespaces.find("/chat", socket.sid)).toBeUndefined();
    expect(site.hub.namespaces.find("/", "nobody")).toBeUndefined();
  });

  it("keeps a namespace while somebody is in it", () => {
    const site = new Site();
    const [ada, bob] = [site.peer(), site.peer()];
    ada.join();
    bob.join();
    ada.drop();
    expect([...site.hub.namespaces.all()].map(({ name }) => name)).toEqual(["/"]);
    bob.say("41");
    expect([...site.hub.namespaces.all()]).toEqual([]);
    expect(site.hub.clients.size).toBe(1);
  });

  describe("connectTimeout", () => {
    it("ends a connection that joins no namespace", () => {
      const site = new Site();
      const peer = site.peer();
      site.clock.advance(44_000);
      // It is alive: only that it joins nothing ends it.
      peer.say("3");
      expect(peer.endings).toEqual([]);
      site.clock.advance(2_000);
      expect(peer.endings).toEqual(["close"]);
      expect(site.hub.clients.size).toBe(0);
    });

    it("does not end one that is in a namespace", () => {
      const site = new Site();
      const peer = site.peer();
      peer.join();

      for (let second = 0; second < 120; second += 1) {
        site.clock.advance(1000);
        peer.say("3");
      }

      expect(peer.endings).toEqual([]);
    });

    it("ends one that has left its last namespace, counting from then", () => {
      const site = new Site();
      const peer = site.peer();
      peer.join("/");
      peer.join("/chat");
      peer.say("41");
      for (let second = 0; second < 60; second += 1) {
        site.clock.advance(1000);
        peer.say("3");
      }
      expect(peer.endings).toEqual([]);
      peer.say("41/chat,");
      for (let second = 0; second < 44; second += 1) {
        site.clock.advance(1000);
        peer.say("3");
      }
      expect(peer.endings).toEqual([]);
      site.clock.advance(2_000);
      expect(peer.endings).toEqual(["close"]);
    });

    it("ends one that was refused and does not try again", () => {
      const site = new Site();
      site.handlers.onConnect = (_socket, decide) => decide({ message: "no" });
      const peer = site.peer();
      site.clock.advance(20_000);
      peer.say("40");
      site.clock.advance(24_000);
      peer.say("3");
      expect(peer.endings).toEqual([]);
      site.clock.advance(2_000);
      expect(peer.endings).toEqual(["close"]);
    });
  });

  it("tells what happens", () => {
    const site = new Site();
    const [ada, bob] = [site.peer(), site.peer()];
    const bobs = bob.join();
    const trace = site.listen();
    const socket = ada.join();
    const { sid } = socket;
    site.hub.operations.join(only(socket), "kitchen");
    site.hub.operations.join(only(socket), "kitchen");
    site.hub.broadcaster.emit(everyone, "news", args(1, 2), {});
    site.hub.broadcaster.emit(
      { ...everyone, rooms: ["kitchen", bobs.sid], skip: [sid] },
      "dinner",
      "soup",
      {},
    );
    site.hub.broadcaster.reply(socket, "letter", undefined, {});
    site.hub.operations.leave(only(socket), "kitchen");
    site.hub.operations.leave(only(socket), "kitchen");
    site.hub.operations.closeRoom("/", "attic");
    ada.say("41");
    site.hub.broadcaster.reply(socket, "letter", undefined, {});
    const namespace = "/";
    expect(trace).toEqual([
      { type: "socket connect", connection: 1, sid, namespace, recovered: false },
      { type: "room joined", sid, namespace, room: "kitchen" },
      { type: "event sent", namespace, event: "news", args: [1, 2], to: "everyone", clients: 2 },
      {
        type: "event sent",
        namespace,
        event: "dinner",
        args: ["soup"],
        to: `kitchen, ${bobs.sid}`,
        clients: 1,
      },
      { type: "event sent", namespace, event: "letter", args: [], to: sid, clients: 1 },
      { type: "room left", sid, namespace, room: "kitchen" },
      { type: "room closed", namespace, room: "attic" },
      { type: "socket disconnect", connection: 1, sid, namespace, reason: "client namespace disconnect" },
      { type: "event sent", namespace, event: "letter", args: [], to: sid, clients: 0 },
    ]);
  });

  it("builds no trace event while nobody listens", () => {
    const site = new Site();
    const publish = vi.spyOn(site.trace, "publish");
    const peer = site.peer();
    const socket = peer.join();
    site.hub.operations.join(only(socket), "kitchen");
    const rooms = ["kitchen"];
    const join = vi.spyOn(rooms, "join");
    site.hub.broadcaster.emit({ ...everyone, rooms }, "news", undefined, {});
    site.hub.operations.leave(only(socket), "kitchen");
    site.hub.operations.closeRoom("/", "kitchen");
    peer.say('42["e"]', "40", "41");
    peer.drop();
    expect(publish).not.toHaveBeenCalled();
    expect(join).not.toHaveBeenCalled();
  });
});
