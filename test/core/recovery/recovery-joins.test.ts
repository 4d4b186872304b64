import { beforeEach, describe, expect, it } from "vitest";
import { everyone } from "../site.ts";
import { client, type Guest, listen, RecoverableSite, to } from "./guest.ts";

let site: RecoverableSite;
beforeEach(() => {
  site = new RecoverableSite();
});

describe("a client of a recoverable namespace", () => {
  it("gets a secret of 120 bits that is not its sid, and that no other client has", () => {
    const guests = Array.from({ length: 50 }, () => site.arrive());
    expect(new Set(guests.flatMap(({ pid, sid }) => [pid, sid])).size).toBe(100);
    for (const { pid } of guests) expect(pid).toMatch(/^[\w-]{20}$/);
  });

  it("brings its session with it", async () => {
    const guest = site.arrive();
    const { data } = await guest.socket.client.session.begin();
    data.name = "Ada";
    guest.peer.drop();
    site.comeBack(guest);
    expect((await guest.socket.client.session.begin()).data).toEqual({ name: "Ada" });
  });

  it("keeps what everybody may know of it", () => {
    const guest = site.arrive();
    guest.socket.publicData.name = "Ada";
    guest.peer.drop();
    site.comeBack(guest);
    expect(guest.socket.publicData).toEqual({ name: "Ada" });
    expect(site.arrive().socket.publicData).toEqual({});
  });

  it("shows the connect handler what the application asked for, without its own additions", () => {
    const guest = site.arrive();
    guest.peer.drop();
    site.comeBack(guest, { token: "t" });
    expect(guest.socket.auth).toEqual({ token: "t" });
    guest.peer.drop();
    site.comeBack(guest);
    expect(guest.socket.auth).toBeUndefined();
    const other = site.peer();
    other.say('40{"pid":"player 1","offset":3}');
    expect([...(site.namespace("/")?.sockets() ?? [])].at(-1)?.auth).toEqual({ pid: "player 1", offset: 3 });
  });

  it("is brought back before the disconnect handler of its last connection is done", () => {
    const guest = site.arrive();
    const { pid } = guest;
    let events: unknown[] = [];
    site.handlers.onDisconnect = (socket) => {
      site.hub.broadcaster.reply(socket, "goodbye", undefined, {});
      site.handlers.onDisconnect = () => {};
      events = site.comeBack(guest);
    };
    guest.peer.drop();
    expect(events).toEqual([["goodbye"]]);
    expect(guest.pid).toBe(pid);
    expect(site.handlers.disconnects.map(({ reason }) => reason)).toEqual(["transport close"]);
  });

  it("takes the place of a connection that still counts as alive, and ends it", () => {
    const guest = site.arrive();
    site.hub.operations.join(client(guest), "red");
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    const old = guest.peer;
    old.heard();
    const { sid, pid } = guest;
    site.handlers.onDisconnect = () => site.hub.broadcaster.emit(everyone, "a client left", undefined, {});
    expect(site.comeBack(guest)).toEqual([["e", 1], ["a client left"]]);
    expect(guest).toMatchObject({ sid, pid });
    expect(old.endings).toEqual(["terminate"]);
    expect(site.handlers.disconnects.map(({ reason }) => reason)).toEqual(["client returned"]);
    expect(site.hub.clients.size).toBe(1);
    site.hub.broadcaster.emit(to(sid), "e", 2, {});
    expect(listen(guest)).toEqual([["e", 2]]);
    expect(old.heard()).toEqual([]);
  });

  it("is one client, however many connections ask for it at once", () => {
    const guest = site.arrive();
    guest.peer.drop();
    const decisions: (() => void)[] = [];
    site.handlers.onConnect = (_socket, decide) => decisions.push(decide);
    const peers = Array.from({ length: 10 }, () => {
      const peer = site.peer();
      peer.say(`40{"pid":"${guest.pid}"}`);
      return peer;
    });
    for (const decide of decisions) decide();
    expect(site.namespace("/")?.size).toBe(1);
    expect(peers.map((peer) => peer.endings.length)).toEqual([...Array(9).fill(1), 0]);
  });
});

describe("what a client says of itself", () => {
  function awayWithTwoMissed(): Guest {
    const guest = site.arrive();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    listen(guest);
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 2, {});
    site.hub.broadcaster.emit(everyone, "e", 3, {});
    return guest;
  }

  it("is taken for an offset left from a session before, if it is of another epoch or too old", () => {
    site.hub.broadcaster.emit(everyone, "e", 0, {});
    const early = site.arrive();
    site.hub.broadcaster.emit(everyone, "for others", undefined, {});
    listen(early);
    const guest = awayWithTwoMissed();
    guest.offset = "00000000.zz";
    expect(site.comeBack(guest)).toEqual([
      ["e", 1],
      ["e", 2],
      ["e", 3],
    ]);
    guest.peer.drop();
    guest.offset = early.offset?.replace(/\..*/, ".0");
    expect(site.comeBack(guest)).toHaveLength(3);
  });

  it.each([
    ["from the future", (offset: string) => offset.replace(/\..*/, ".zzzz")],
    ["a text of the application's", () => "hello"],
    ["empty", () => ""],
    ["with a NUL", (offset: string) => `${offset}\0`],
    ["a path", () => "../../etc/passwd"],
    ["negative", (offset: string) => offset.replace(/\..*/, ".-1")],
    ["a megabyte", (offset: string) => offset + "0".repeat(1_000_000)],
    ["no text", () => ({ toString: "x" })],
    ["a number", () => 2],
  ])("is not trusted: an offset %s", (_, bend) => {
    const guest = awayWithTwoMissed();
    const { pid } = guest;
    guest.offset = bend(guest.offset as string) as string;
    expect(site.comeBack(guest)).toEqual([]);
    expect(guest.pid).not.toBe(pid);
    expect(site.lost).toHaveLength(1);
  });

  it.each([
    ["of no client", "abcdefghijklmnopqrst"],
    ["a prototype's", "__proto__"],
    ["a list", ["a"]],
    ["null", null],
    ["long", "x".repeat(100_000)],
  ])("is not trusted: a pid %s", (_, pid) => {
    const guest = awayWithTwoMissed();
    const own = guest.pid;
    guest.pid = pid as string;
    expect(site.comeBack(guest)).toEqual([]);
    expect(guest.pid).not.toBe(own);
    expect(site.lost).toEqual([]);
    guest.peer.say("41");
  });

  it("has no worth in another namespace", () => {
    const guest = awayWithTwoMissed();
    const peer = site.peer();
    peer.say(`40/chat,{"pid":"${guest.pid}"}`);
    expect(peer.heard()).toEqual(['40/chat,{"sid":"SID"}']);
  });
});

it("lets a client in that asks twice to come back over one connection: by its latest request, as a new one", () => {
  const guest = site.arrive();
  site.hub.broadcaster.emit(everyone, "news", 1, {});
  listen(guest);
  guest.peer.drop();
  guest.peer = site.peer();
  const ask = `40${JSON.stringify({ pid: guest.pid, offset: guest.offset })}`;
  guest.peer.say(ask);
  site.clock.endTick();
  guest.peer.say(ask);
  expect(listen(guest)).toHaveLength(2);
  const sockets = [...(site.namespace("/")?.sockets() ?? [])];
  expect(sockets.map(({ isConnected, recovered }) => [isConnected, recovered])).toEqual([[true, false]]);
  expect(guest.peer.endings).toEqual([]);
  site.hub.broadcaster.emit(everyone, "news", 2, {});
  expect(listen(guest)).toEqual([["news", 2]]);
});

it("takes two equal requests to come back in one tick for one", () => {
  const guest = site.arrive();
  site.hub.broadcaster.emit(everyone, "news", 1, {});
  listen(guest);
  guest.peer.drop();
  guest.peer = site.peer();
  const ask = `40${JSON.stringify({ pid: guest.pid, offset: guest.offset })}`;
  guest.peer.say(ask, ask);
  expect(listen(guest)).toHaveLength(1);
  expect([...(site.namespace("/")?.sockets() ?? [])].map(({ sid, recovered }) => [sid, recovered])).toEqual([
    [guest.sid, true],
  ]);
});
