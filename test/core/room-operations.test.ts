import { describe, expect, it } from "vitest";
import { clientIn, everyoneIn, type Target } from "../../src/core/model/target.ts";
import { deferred } from "../support/waiting.ts";
import { linked } from "./linked-site.ts";
import { everyone, only, room, Site } from "./site.ts";

describe("RoomOperations", () => {
  it("acts on one client, on the clients of rooms, or on all", async () => {
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

  it("acts on each room of a list once", async () => {
    const { site, told, known, socket } = linked();
    known.resolve();
    const here = only(socket);
    await site.hub.operations.join(everyone, ["red", "blue", "red", "green"]);
    expect([...socket.rooms]).toEqual(["red", "blue", "green"]);
    await site.hub.operations.leave(everyone, ["red", "nowhere"]);
    expect([...socket.rooms]).toEqual(["blue", "green"]);
    await site.hub.operations.closeRoom("/", ["blue", "green"]);
    await site.hub.operations.join(here, []);
    expect([...socket.rooms]).toEqual([]);
    expect(told).toEqual([
      { type: "join", target: everyone, rooms: ["red", "blue", "green"] },
      { type: "leave", target: everyone, rooms: ["red", "nowhere"] },
      ...["blue", "green"].map((name) => ({ type: "close room", namespace: "/", room: name })),
    ]);
  });

  it("acts on the clients that the target names before the first room of a list", async () => {
    const site = new Site();
    const socket = site.peer().join();
    await site.hub.operations.join(only(socket), ["red", "blue"]);
    await site.hub.operations.leave(room("red"), ["red", "blue"]);
    expect([...socket.rooms]).toEqual([]);
    await site.hub.operations.join({ ...everyone, skip: ["red", "blue"] }, ["red", "blue"]);
    expect([...socket.rooms]).toEqual(["red", "blue"]);
  });

  it("joins no room of a list with one that the client may not join, or with too many", async () => {
    const site = new Site({ maxRooms: 3 });
    const [ada, bob] = [site.peer().join(), site.peer().join()];
    const join = (rooms: unknown) => site.hub.operations.join(only(ada), rooms as string[]);
    await join(["a", "b"]);
    for (const [rooms, code] of [
      [["c", bob.sid], "ERR_ROOM"],
      [["c", ""], "ERR_ROOM"],
      [["c", 5], "ERR_ROOM"],
      [["c", ["d"]], "ERR_ROOM"],
      [["c", "d"], "ERR_LIMIT"],
    ]) {
      expect(() => join(rooms)).toThrow(expect.objectContaining({ code }));
    }
    expect([...ada.rooms]).toEqual(["a", "b"]);
    await join(["a", "b", "c", ada.sid, "c"]);
    expect([...ada.rooms]).toEqual(["a", "b", "c"]);
    expect(() => join("d")).toThrow("The client is in 3 rooms");
  });

  it("lists accepted clients", async () => {
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

  it("counts accepted clients", async () => {
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

  it("puts no client into the room of another client's sid", async () => {
    const site = new Site();
    const [victim, intruder] = [site.peer().join(), site.peer().join()];
    await site.hub.operations.join(everyone, "kitchen");
    for (const target of [only(intruder), room("kitchen"), everyone]) {
      expect(() => site.hub.operations.join(target, victim.sid)).toThrow(
        expect.objectContaining({ code: "ERR_ROOM" }),
      );
      site.hub.local.apply({ type: "join", target, rooms: [victim.sid] });
    }
    expect([[...victim.rooms], [...intruder.rooms]]).toEqual([["kitchen"], ["kitchen"]]);
  });

  it("leaves a client in its own room", async () => {
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

  it("has joined a room once other processes' events for it arrive here", async () => {
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

  it("tells the backplane of operations on clients of other processes, after they took effect here", async () => {
    const { site, told, known, peer, socket } = linked();
    const { hub } = site;
    site.handlers.onDisconnect = () => told.push("disconnected");
    hub.broadcaster.emit(room("kitchen"), "dinner", { at: 8 }, {});
    const settled: string[] = [];
    const elsewhere = clientIn("/", "another client");
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
      { type: "join", target: everyone, rooms: ["house"] },
      { type: "leave", target: elsewhere, rooms: ["house"] },
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

  it("lists clients of all processes, and asks the others only for clients that may be there", async () => {
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
});
