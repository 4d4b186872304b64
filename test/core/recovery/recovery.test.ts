import { beforeEach, describe, expect, it } from "vitest";
import { clientIn, everyoneIn, type Target } from "../../../src/core/model/target.ts";
import type { RecoverySettings } from "../../../src/core/recovery/recovery.ts";
import type { Socket } from "../../../src/core/socket/socket.ts";
import { type Peer, Site } from "../site.ts";

const settings: RecoverySettings = {
  maxDisconnection: 60_000,
  retention: 100_000,
  maxEvents: 1000,
  maxBytes: 1_000_000,
  maxSessions: 100,
  maxSessionBytes: 1_000_000,
};

const everyone = everyoneIn("/");
const to = (...rooms: string[]): Target => ({ ...everyone, rooms });
const only = ({ sid }: { sid: string }): Target => clientIn("/", sid);

let site: Site;
beforeEach(() => {
  site = new Site({}, settings);
});

/** A client that was in the namespace before and knows what a stock client would know. */
interface Guest {
  peer: Peer;
  socket: Socket;
  sid: string;
  pid: string;
  /** The last string of the events that it has heard. */
  offset: string | undefined;
}

function arrive(): Guest {
  const peer = site.peer();
  const socket = peer.join();
  return { peer, socket, sid: socket.sid, pid: pidOf(socket), offset: undefined };
}

function pidOf(socket: Socket): string {
  const { recoverable } = socket;
  if (recoverable === null) throw new Error("the namespace is not recoverable");
  return recoverable.pid;
}

/** What a client hears: its events without their offsets, which it remembers, and everything else as it is. */
function listen(guest: Guest): unknown[] {
  return guest.peer.heard().map((message) => {
    const json = /^42(\[.*)$/.exec(String(message))?.[1];
    if (json === undefined) return message;
    const [event, ...values] = JSON.parse(json) as unknown[];
    guest.offset = values.pop() as string;
    expect(guest.offset).toMatch(/^[\w-]{8}\.[0-9a-z]+$/);
    return [event, ...values];
  });
}

/** The client comes back over a new connection. */
function comeBack(guest: Guest, auth: object = {}): unknown[] {
  guest.peer = site.peer();
  guest.peer.say(`40${JSON.stringify({ pid: guest.pid, offset: guest.offset, ...auth })}`);
  const [answer, ...events] = listen(guest);
  const { sid, pid } = JSON.parse(String(answer).slice(2)) as { sid: string; pid: string };
  // The site spells every sid alike, so whose it is has to be asked of the server.
  expect(sid).toBe("SID");
  const socket = [...(site.namespace("/")?.sockets() ?? [])].at(-1) as Socket;
  expect(socket.recovered).toBe(pid === guest.pid);
  guest.socket = socket;
  guest.pid = pid;
  guest.sid = socket.sid;
  return events;
}

describe("a client of a recoverable namespace", () => {
  it("keeps what everybody may know of it", () => {
    const guest = arrive();
    guest.socket.publicData.name = "Ada";
    guest.peer.drop();
    comeBack(guest);
    expect(guest.socket.publicData).toEqual({ name: "Ada" });
    expect(arrive().socket.publicData).toEqual({});
  });

  it("is given a secret of 120 bits that is not its sid, and that nobody else has", () => {
    const guests = Array.from({ length: 50 }, arrive);
    expect(new Set(guests.flatMap(({ pid, sid }) => [pid, sid])).size).toBe(100);
    for (const { pid } of guests) expect(pid).toMatch(/^[\w-]{20}$/);
  });

  it("gets the acceptance, what it missed, and what comes after, in this order", () => {
    const guest = arrive();
    site.hub.broadcaster.emit(everyone, "news", 1, {});
    expect(listen(guest)).toEqual([["news", 1]]);
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "news", 2, {});
    site.hub.broadcaster.emit(everyone, "news", 3, {});
    let decide = () => {};
    site.handlers.onConnect = (socket, accept) => {
      site.hub.broadcaster.reply(socket, "welcome", undefined, {});
      decide = accept;
    };
    const { sid, pid } = guest;
    guest.peer = site.peer();
    guest.peer.say(JSON.stringify({ pid, offset: guest.offset }).replace(/^/, "40"));
    site.hub.broadcaster.emit(everyone, "news", 4, {});
    expect(guest.peer.heard()).toEqual([]);
    decide();
    site.hub.broadcaster.emit(everyone, "news", 5, {});
    expect(listen(guest)).toEqual([
      `40{"sid":"SID","pid":"${pid}"}`,
      ...[["news", 2], ["news", 3], ["welcome"], ["news", 4], ["news", 5]],
    ]);
    expect(site.hub.namespaces.find("/", sid)?.recovered).toBe(true);
  });

  it("is brought back when it has received no event before", () => {
    const guest = arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "news", 1, {});
    const { sid, pid } = guest;
    expect(comeBack(guest)).toEqual([["news", 1]]);
    expect(guest).toMatchObject({ sid, pid });
  });

  it("is brought back again and again", () => {
    const guest = arrive();
    const { sid } = guest;
    for (let round = 0; round < 5; round += 1) {
      guest.peer.drop();
      site.hub.broadcaster.emit(everyone, "news", round, {});
      expect(comeBack(guest)).toEqual([["news", round]]);
      site.hub.broadcaster.emit(to(sid), "direct", round, {});
      expect(listen(guest)).toEqual([["direct", round]]);
    }
    expect(guest.sid).toBe(sid);
  });

  it("finds its rooms again, and gets what was sent there once, though it is in several", () => {
    const guest = arrive();
    site.hub.operations.join(only(guest), "red");
    site.hub.operations.join(only(guest), "blue");
    guest.peer.drop();
    site.hub.broadcaster.emit(to("red"), "e", "red", {});
    site.hub.broadcaster.emit(to("blue", "red"), "e", "both", {});
    site.hub.broadcaster.emit(to("green"), "e", "green", {});
    site.hub.broadcaster.emit(to(guest.sid), "e", "direct", {});
    site.hub.broadcaster.emit(to("blue"), "e", "blue", {});
    expect(comeBack(guest)).toEqual([
      ["e", "red"],
      ["e", "both"],
      ["e", "direct"],
      ["e", "blue"],
    ]);
    expect([...guest.socket.rooms]).toEqual(["red", "blue"]);
    site.hub.broadcaster.emit(to("red"), "e", "live", {});
    expect(listen(guest)).toEqual([["e", "live"]]);
  });

  it("gets nothing that was sent to a room before it came there, or after it left", () => {
    const other = arrive();
    site.hub.operations.join(only(other), "red");
    const guest = arrive();
    site.hub.broadcaster.emit(to("red"), "e", "before", {});
    site.hub.operations.join(only(guest), "red");
    site.hub.broadcaster.emit(to("red"), "e", "within", {});
    site.hub.operations.leave(only(guest), "red");
    site.hub.broadcaster.emit(to("red"), "e", "between", {});
    site.hub.operations.join(only(guest), "red");
    site.hub.broadcaster.emit(to("red"), "e", "within again", {});
    // Nothing of this has reached the client: its connection was dead already.
    guest.peer.drop();
    expect(comeBack(guest)).toEqual([
      ["e", "within"],
      ["e", "within again"],
    ]);
  });

  it("is taken out of a room that is closed while it is away, and gets what was sent there before", () => {
    const guest = arrive();
    site.hub.operations.join(only(guest), "red");
    guest.peer.drop();
    site.hub.broadcaster.emit(to("red"), "over", undefined, {});
    site.hub.operations.closeRoom("/", "red");
    site.hub.broadcaster.emit(to("red"), "afterwards", undefined, {});
    expect(comeBack(guest)).toEqual([["over"]]);
    expect(guest.socket.rooms.size).toBe(0);
  });

  it("is reached by operations while it is away", () => {
    const guests = [arrive(), arrive(), arrive()] as const;
    for (const guest of guests) site.hub.operations.join(only(guest), "red");
    for (const guest of guests) guest.peer.drop();
    const [first, second, third] = guests;
    site.hub.operations.leave({ ...everyone, skip: [first.sid] }, "red");
    site.hub.operations.join(to("red", second.sid), "blue");
    site.hub.operations.disconnect(to(third.sid), false);
    site.hub.broadcaster.emit(to("blue"), "e", 1, {});
    expect(site.lost.map(({ sid }) => sid)).toEqual([third.sid]);
    expect(guests.map((guest) => comeBack(guest))).toEqual([[["e", 1]], [["e", 1]], []]);
    expect(guests.map(({ socket }) => [...socket.rooms])).toEqual([["red", "blue"], ["blue"], []]);
  });

  it("finds its session when it comes back because the server asked it to", () => {
    const guest = arrive();
    site.hub.operations.join(only(guest), "red");
    site.hub.operations.disconnect(only(guest), false, { reason: "moving", retry: true });
    expect(guest.peer.heard()).toEqual(['42["disconnect_reason",{"reason":"moving","retry":true}]']);
    expect(guest.peer.endings).not.toEqual([]);
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    expect(comeBack(guest)).toEqual([["e", 1]]);
    expect([...guest.socket.rooms]).toEqual(["red"]);
    expect(site.lost).toEqual([]);
  });

  it("is still waited for when the server asks those who are away to come back", () => {
    const guest = arrive();
    guest.peer.drop();
    site.hub.operations.disconnect(everyone, true, { retry: true });
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    expect(comeBack(guest)).toEqual([["e", 1]]);
    expect(site.lost).toEqual([]);
  });

  it("finds its session when it was asked to come back by way of another namespace", () => {
    const guest = arrive();
    const other = guest.peer.join("/chat");
    site.hub.operations.disconnect(clientIn("/chat", other.sid), false, { retry: true });
    guest.peer.heard();
    expect(guest.peer.endings).not.toEqual([]);
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    expect(comeBack(guest)).toEqual([["e", 1]]);
  });

  it("is put into a room by a handler that goes on while it is away", () => {
    const guest = arrive();
    const before = guest.socket;
    guest.peer.drop();
    site.hub.operations.join(only(before), "red");
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    site.hub.broadcaster.reply(before, "answer", undefined, {});
    expect(comeBack(guest)).toEqual([["e", 1], ["answer"]]);
    site.hub.operations.join(only(before), "blue");
    expect([...guest.socket.rooms]).toEqual(["red", "blue"]);
    site.hub.broadcaster.reply(before, "late", undefined, {});
    expect(listen(guest)).toEqual([["late"]]);
  });

  it("does not get what it was left out of", () => {
    const guest = arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit({ ...everyone, skip: [guest.sid] }, "e", 1, {});
    site.hub.broadcaster.emit({ ...everyone, skip: ["another"] }, "e", 2, {});
    expect(comeBack(guest)).toEqual([["e", 2]]);
  });

  it("does not get volatile events, and those that ask for an acknowledgement, a second time", () => {
    const guest = arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "volatile", undefined, { volatile: true });
    site.hub.broadcaster.emit(everyone, "question", undefined, { callback: () => {} });
    site.hub.broadcaster.emit(everyone, "kept", undefined, {});
    expect(comeBack(guest)).toEqual([["kept"]]);
  });

  it("finds an offset behind every event but those that ask for an acknowledgement", () => {
    const guest = arrive();
    site.hub.broadcaster.emit(everyone, "kept", "text", {});
    site.hub.broadcaster.reply(guest.socket, "reply", undefined, {});
    site.hub.broadcaster.emit(everyone, "volatile", "hello", { volatile: true });
    site.hub.broadcaster.reply(guest.socket, "volatile reply", undefined, { volatile: true });
    expect(listen(guest)).toEqual([["kept", "text"], ["reply"], ["volatile", "hello"], ["volatile reply"]]);
    site.hub.broadcaster.emit(everyone, "question", "why", { callback: () => {} });
    expect(guest.peer.heard()).toEqual(['421["question","why"]']);
    // What the volatile event told is as good as what the others did.
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "next", undefined, {});
    expect(comeBack(guest)).toEqual([["next"]]);
  });

  it("gets binary data again", () => {
    const guest = arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "bytes", Buffer.from("abc"), {});
    guest.peer = site.peer();
    guest.peer.say(`40{"pid":"${guest.pid}"}`);
    expect(guest.peer.heard().slice(1)).toEqual([
      expect.stringMatching(/^451-\["bytes",\{"_placeholder":true,"num":0\},"[\w-]{8}\.1"\]$/),
      Buffer.from("abc"),
    ]);
  });

  it("brings its session with it", async () => {
    const guest = arrive();
    const { data } = await guest.socket.client.session.begin();
    data.name = "Ada";
    guest.peer.drop();
    comeBack(guest);
    expect((await guest.socket.client.session.begin()).data).toEqual({ name: "Ada" });
  });

  it("shows the connect handler what the application asked for, without its own additions", () => {
    const guest = arrive();
    guest.peer.drop();
    comeBack(guest, { token: "t" });
    expect(guest.socket.auth).toEqual({ token: "t" });
    guest.peer.drop();
    comeBack(guest);
    expect(guest.socket.auth).toBeUndefined();
    const other = site.peer();
    other.say('40{"pid":"player 1","offset":3}');
    expect([...(site.namespace("/")?.sockets() ?? [])].at(-1)?.auth).toEqual({ pid: "player 1", offset: 3 });
  });

  it("is brought back before the disconnect handler of its last connection is done", () => {
    const guest = arrive();
    const { pid } = guest;
    let events: unknown[] = [];
    site.handlers.onDisconnect = (socket) => {
      site.hub.broadcaster.reply(socket, "goodbye", undefined, {});
      site.handlers.onDisconnect = () => {};
      events = comeBack(guest);
    };
    guest.peer.drop();
    expect(events).toEqual([["goodbye"]]);
    expect(guest.pid).toBe(pid);
    expect(site.handlers.disconnects.map(({ reason }) => reason)).toEqual(["transport close"]);
  });

  it("takes the place of a connection that still counts as alive, and ends it", () => {
    const guest = arrive();
    site.hub.operations.join(only(guest), "red");
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    const old = guest.peer;
    old.heard();
    const { sid, pid } = guest;
    site.handlers.onDisconnect = () => site.hub.broadcaster.emit(everyone, "somebody left", undefined, {});
    expect(comeBack(guest)).toEqual([["e", 1], ["somebody left"]]);
    expect(guest).toMatchObject({ sid, pid });
    expect(old.endings).toEqual(["terminate"]);
    expect(site.handlers.disconnects.map(({ reason }) => reason)).toEqual(["client returned"]);
    expect(site.hub.clients.size).toBe(1);
    site.hub.broadcaster.emit(to(sid), "e", 2, {});
    expect(listen(guest)).toEqual([["e", 2]]);
    expect(old.heard()).toEqual([]);
  });

  it("is one client, however many connections ask for it at once", () => {
    const guest = arrive();
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

describe("who does not come back as it was", () => {
  it.each([
    ["it left by itself", (guest: Guest) => guest.peer.say("41")],
    ["the application disconnected it", (guest: Guest) => guest.socket.disconnect()],
    ["the application ended its connection", (guest: Guest) => guest.socket.client.closeConnection()],
  ])("has left for good: %s", (_, leave) => {
    const guest = arrive();
    const { pid, sid } = guest;
    leave(guest);
    comeBack(guest);
    expect(guest.pid).not.toBe(pid);
    expect(guest.sid).not.toBe(sid);
    // Of such a client the disconnect handler has told everything.
    expect(site.lost).toEqual([]);
  });

  it("was away too long; the application is told", () => {
    const guest = arrive();
    const { pid, sid } = guest;
    site.hub.operations.join(only(guest), "red");
    guest.peer.drop();
    site.clock.advance(59_000);
    expect(site.lost).toEqual([]);
    site.clock.advance(3_000);
    expect(site.lost).toEqual([{ sid, namespace: "/", rooms: ["red"] }]);
    expect(comeBack(guest)).toEqual([]);
    expect(guest.pid).not.toBe(pid);
    expect(guest.socket.rooms.size).toBe(0);
    guest.peer.say("41");
    site.clock.advance(200_000);
    expect(site.lost).toHaveLength(1);
  });

  it("misses more than is kept, and gets nothing of it", () => {
    site = new Site({}, { ...settings, maxEvents: 3 });
    const guest = arrive();
    const { sid, pid } = guest;
    site.hub.operations.join(only(guest), "red");
    guest.peer.drop();
    for (let number = 1; number <= 3; number += 1) site.hub.broadcaster.emit(to("red"), "e", number, {});
    expect(comeBack(guest)).toHaveLength(3);
    guest.peer.drop();
    for (let number = 1; number <= 4; number += 1) site.hub.broadcaster.emit(to("red"), "e", number, {});
    expect(comeBack(guest)).toEqual([]);
    expect(guest.pid).not.toBe(pid);
    expect(guest.sid).not.toBe(sid);
    expect(guest.socket.rooms.size).toBe(0);
    expect(site.lost).toEqual([{ sid, namespace: "/", rooms: ["red"] }]);
  });

  it("misses more bytes than are kept", () => {
    site = new Site({}, { ...settings, maxBytes: 10_000 });
    const guest = arrive();
    const { pid } = guest;
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", "x".repeat(4000), {});
    expect(comeBack(guest)).toHaveLength(1);
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", "x".repeat(5000), {});
    comeBack(guest);
    expect(guest.pid).not.toBe(pid);
  });

  it("was away too long for an event that is too old by now", () => {
    site = new Site({}, { ...settings, retention: 1000 });
    const guest = arrive();
    const { pid } = guest;
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.clock.advance(900);
    expect(comeBack(guest)).toHaveLength(1);
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.clock.advance(1100);
    comeBack(guest);
    expect(guest.pid).not.toBe(pid);
  });

  it("is not disturbed by what others miss", () => {
    site = new Site({}, { ...settings, maxEvents: 5 });
    const guest = arrive();
    const other = arrive();
    site.hub.operations.join(only(guest), "quiet");
    site.hub.operations.join(only(other), "loud");
    guest.peer.drop();
    for (let number = 1; number <= 50; number += 1) site.hub.broadcaster.emit(to("loud"), "e", number, {});
    site.hub.broadcaster.emit(to("quiet"), "e", "quiet", {});
    expect(comeBack(guest)).toEqual([["e", "quiet"]]);
  });

  it("was one too many to be waited for", () => {
    site = new Site({}, { ...settings, maxSessions: 2 });
    const guests = [arrive(), arrive(), arrive()];
    const pids = guests.map(({ pid }) => pid);
    for (const guest of guests) guest.peer.drop();
    for (const guest of guests) comeBack(guest);
    expect(guests.map(({ pid }) => pids.includes(pid))).toEqual([false, true, true]);
  });

  it.each([
    [
      "its public data",
      (guest: Guest) => {
        guest.socket.publicData.note = "x".repeat(20_000);
      },
    ],
    [
      "its rooms",
      (guest: Guest) => {
        for (let room = 0; room < 180; room += 1) site.hub.operations.join(only(guest), `room ${room}`);
      },
    ],
  ])("took too much memory with %s to be waited for beside those that came later", (_what, fill) => {
    site = new Site({}, { ...settings, maxSessionBytes: 100_000 });
    const guests = [arrive(), arrive(), arrive()];
    const pids = guests.map(({ pid }) => pid);
    for (const guest of guests) fill(guest);
    for (const guest of guests) guest.peer.drop();
    for (const guest of guests) comeBack(guest);
    expect(guests.map(({ pid }) => pids.includes(pid))).toEqual([false, true, true]);
  });

  it("is waited for again and again in the same memory", () => {
    site = new Site({}, { ...settings, maxSessionBytes: 100_000 });
    const guest = arrive();
    const { pid } = guest;
    guest.socket.publicData.note = "x".repeat(20_000);
    for (let round = 0; round < 20; round += 1) {
      guest.peer.drop();
      comeBack(guest);
    }
    expect(guest.pid).toBe(pid);
  });

  it("was not let in: it may try again, and has no more time for that", () => {
    const guest = arrive();
    const { pid, sid } = guest;
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.clock.advance(30_000);
    site.handlers.onConnect = (_socket, decide) => decide({ message: "no" });
    const refused = site.peer();
    refused.say(`40{"pid":"${pid}"}`);
    expect(refused.heard()).toEqual(['44{"message":"no"}']);
    expect(site.handlers.disconnects).toHaveLength(1);
    site.handlers.onConnect = (_socket, decide) => decide();
    expect(comeBack(guest)).toEqual([["e", 1]]);
    expect(guest).toMatchObject({ pid, sid });
    guest.peer.drop();
    site.handlers.onConnect = (_socket, decide) => decide({ message: "no" });
    site.clock.advance(50_000);
    site.peer().say(`40{"pid":"${pid}"}`);
    site.clock.advance(12_000);
    expect(site.lost).toHaveLength(1);
  });

  it("left while the connect handler ran, before or after its time was over", () => {
    const guest = arrive();
    const { pid } = guest;
    guest.peer.drop();
    site.handlers.onConnect = () => {};
    const first = site.peer();
    first.say(`40{"pid":"${pid}"}`);
    first.drop();
    site.clock.advance(50_000);
    const second = site.peer();
    second.say(`40{"pid":"${pid}"}`);
    site.clock.advance(20_000);
    expect(site.lost).toEqual([]);
    second.drop();
    expect(site.lost).toHaveLength(1);
    expect([...site.hub.namespaces.all()]).toEqual([]);
  });

  it("was never accepted", () => {
    site.handlers.onConnect = () => {};
    const peer = site.peer();
    peer.say("40");
    peer.drop();
    expect([...site.hub.namespaces.all()]).toEqual([]);
    site.clock.advance(100_000);
    expect(site.lost).toEqual([]);
  });
});

describe("what a client says of itself", () => {
  function awayWithTwoMissed(): Guest {
    const guest = arrive();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    listen(guest);
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 2, {});
    site.hub.broadcaster.emit(everyone, "e", 3, {});
    return guest;
  }

  it("is taken for an offset left from a session before, if it is of another epoch or too old", () => {
    site.hub.broadcaster.emit(everyone, "e", 0, {});
    const early = arrive();
    site.hub.broadcaster.emit(everyone, "for others", undefined, {});
    listen(early);
    const guest = awayWithTwoMissed();
    guest.offset = "00000000.zz";
    expect(comeBack(guest)).toEqual([
      ["e", 1],
      ["e", 2],
      ["e", 3],
    ]);
    guest.peer.drop();
    guest.offset = early.offset?.replace(/\..*/, ".0");
    expect(comeBack(guest)).toHaveLength(3);
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
    expect(comeBack(guest)).toEqual([]);
    expect(guest.pid).not.toBe(pid);
    expect(site.lost).toHaveLength(1);
  });

  it.each([
    ["of nobody", "abcdefghijklmnopqrst"],
    ["a prototype's", "__proto__"],
    ["a list", ["a"]],
    ["null", null],
    ["long", "x".repeat(100_000)],
  ])("is not trusted: a pid %s", (_, pid) => {
    const guest = awayWithTwoMissed();
    const own = guest.pid;
    guest.pid = pid as string;
    expect(comeBack(guest)).toEqual([]);
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

describe("a namespace that is not recoverable", () => {
  it("gives no pid, adds nothing to events, and leaves what clients send alone", () => {
    site.hub.broadcaster.emit(everyoneIn("/chat"), "e", 1, {});
    const peer = site.peer();
    peer.say('40/chat,{"pid":"abcdefghijklmnopqrst","offset":"x"}');
    site.hub.broadcaster.emit(everyoneIn("/chat"), "e", 1, {});
    expect(peer.heard()).toEqual(['40/chat,{"sid":"SID"}', '42/chat,["e",1]']);
    expect([...(site.namespace("/chat")?.sockets() ?? [])][0]?.auth).toEqual({
      pid: "abcdefghijklmnopqrst",
      offset: "x",
    });
    peer.drop();
    expect(site.namespace("/chat")).toBeUndefined();
  });
});

describe("what is remembered", () => {
  it("is nothing when everybody is gone for good, and no timer is left", () => {
    const idle = site.clock.timerCount;
    const guest = arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    expect([...site.hub.namespaces.all()]).toHaveLength(1);
    site.clock.advance(200_000);
    expect([...site.hub.namespaces.all()]).toEqual([]);
    expect(site.clock.timerCount).toBe(idle);
  });

  it("is nothing as soon as the last client has left by will, also of what was sent a moment ago", () => {
    const idle = site.clock.timerCount;
    const guest = arrive();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    guest.peer.say("41");
    expect([...site.hub.namespaces.all()]).toEqual([]);
    guest.peer.drop();
    expect(site.clock.timerCount).toBe(idle);
  });

  it("is nothing when the server has stopped, however long clients could be away, and they are not told of as lost", () => {
    const idle = site.clock.timerCount;
    for (const guest of [arrive(), arrive()]) guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.hub.namespaces.close();
    expect([...site.hub.namespaces.all()]).toEqual([]);
    expect([site.clock.timerCount, site.lost]).toEqual([idle, []]);
  });

  it("is encoded once for all who are here and all who come back", () => {
    const guests = [arrive(), arrive(), arrive()];
    let encodings = 0;
    const data = {
      toJSON() {
        encodings += 1;
        return "data";
      },
    };
    site.hub.broadcaster.emit(everyoneIn("/chat"), "e", data, {});
    const once = encodings;
    guests[0]?.peer.drop();
    guests[1]?.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", data, {});
    for (const guest of guests.slice(0, 2)) expect(comeBack(guest)).toEqual([["e", "data"]]);
    expect(listen(guests[2] as Guest)).toEqual([["e", "data"]]);
    expect(encodings).toBe(2 * once);
  });

  it("has no gap where an event could not be sent", () => {
    const guest = arrive();
    guest.peer.drop();
    expect(() => site.hub.broadcaster.emit(everyone, "e", 1n, {})).toThrow(
      expect.objectContaining({ code: "ERR_PAYLOAD" }),
    );
    expect(() => site.hub.broadcaster.emit(everyone, "connect", 1, {})).toThrow(
      expect.objectContaining({ code: "ERR_EVENT_NAME" }),
    );
    site.hub.broadcaster.emit(everyone, "e", 2, {});
    expect(comeBack(guest)).toEqual([["e", 2]]);
  });
});

it("lets a client in that asks twice to come back over one connection: by its latest request, as a new one", () => {
  const guest = arrive();
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
  const guest = arrive();
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
