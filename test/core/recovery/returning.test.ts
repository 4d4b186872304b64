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
/** The client, as its own handler names it. */
const own = ({ address }: Socket): Target => clientIn("/", address);

let site: Site;
beforeEach(() => {
  site = new Site({}, settings);
});

/** A client of the namespace. */
function arrive() {
  const peer = site.peer();
  const socket = peer.join();
  const pid = socket.recoverable?.pid ?? "";
  return { peer, socket, sid: socket.sid, pid };
}

/** A new connection asks to return with a secret. */
function ask(pid: string, rest: object = {}): Peer {
  const peer = site.peer();
  peer.say(`40${JSON.stringify({ pid, ...rest })}`);
  return peer;
}

/** The client's messages: the name of its acceptance, or events without their offsets. */
function hear(peer: Peer): unknown[] {
  return peer.heard().map((message) => {
    const [, type, json = "{}"] = /^4(\d)\d*(.*)$/.exec(String(message)) ?? [];
    if (type === "0") return "accepted";
    if (type === "4") return `refused: ${(JSON.parse(json) as { message: string }).message}`;
    const [event, ...values] = JSON.parse(json) as unknown[];
    return [event, ...values.slice(0, -1)];
  });
}

const dataOf = (socket: Socket) => socket.session.snapshot() ?? {};
const refusal = { message: "show your ticket" };

/** Lets the next request to join wait, and returns the function that decides it. */
function waitForDecision() {
  const asked: { socket: Socket; decide: (refused?: typeof refusal) => void }[] = [];
  site.handlers.onConnect = (socket, decide) => void asked.push({ socket, decide });
  return () => {
    const last = asked.at(-1);
    if (last === undefined) throw new Error("no client has asked to join");
    return last;
  };
}

describe("a client whose secret another connection uses", () => {
  it.each([
    ["with an offset that it has", {}],
    ["with an offset that cannot be", { offset: "nonsense" }],
  ])("stays until the connect handler has decided, and when that refuses: %s", (_, rest) => {
    const guest = arrive();
    site.hub.operations.join(own(guest.socket), "red");
    const asked = waitForDecision();
    const thief = ask(guest.pid, rest);
    expect(guest.peer.endings).toEqual([]);
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    asked().decide(refusal);
    site.hub.broadcaster.emit(to("red"), "e", 2, {});
    expect(hear(thief)).toEqual(["refused: show your ticket"]);
    expect(hear(guest.peer)).toEqual([
      ["e", 1],
      ["e", 2],
    ]);
    expect(guest.peer.endings).toEqual([]);
    expect(site.handlers.disconnects).toEqual([]);
    expect(site.lost).toEqual([]);
    expect(site.hub.namespaces.find("/", guest.sid)).toBe(guest.socket);
  });

  it("keeps its rooms, session and public data, whatever the handler does before it refuses", () => {
    const guest = arrive();
    site.hub.operations.join(own(guest.socket), "red");
    Object.assign(dataOf(guest.socket), { name: "Ada", list: [1] });
    guest.socket.publicData.name = "Ada";
    const asked = waitForDecision();
    const thief = ask(guest.pid);
    const { socket, decide } = asked();
    expect(socket.recovered).toBe(true);
    expect(dataOf(socket)).toEqual({ name: "Ada", list: [1] });
    expect([...socket.rooms]).toEqual(["red"]);
    const session = dataOf(socket);
    session.name = "Eve";
    (session.list as number[]).push(2);
    socket.publicData.name = "Eve";
    site.hub.operations.join(own(socket), "blue");
    site.hub.operations.leave(own(socket), "red");
    site.hub.broadcaster.reply(socket, "welcome", undefined, {});
    decide(refusal);
    expect(hear(thief)).toEqual(["refused: show your ticket"]);
    expect(dataOf(guest.socket)).toEqual({ name: "Ada", list: [1] });
    expect(guest.socket.publicData).toEqual({ name: "Ada" });
    expect([...guest.socket.rooms]).toEqual(["red"]);
    expect(hear(guest.peer)).toEqual([]);
  });

  it("keeps its session from the other namespaces of a connection that is refused", () => {
    const guest = arrive();
    dataOf(guest.socket).name = "Ada";
    guest.peer.drop();
    site.handlers.onConnect = ({ namespace }, decide) => decide(namespace === "/" ? refusal : undefined);
    const thief = ask(guest.pid);
    const other = thief.join("/chat");
    expect(dataOf(other)).toEqual({});
  });

  it("is not touched when the handler disconnects the returning client, or the client leaves before the handler is done", () => {
    const guest = arrive();
    const asked = waitForDecision();
    ask(guest.pid);
    void site.hub.operations.disconnect(own(asked().socket), false);
    const thief = ask(guest.pid);
    thief.drop();
    asked().decide();
    expect(guest.peer.endings).toEqual([]);
    expect(site.hub.namespaces.find("/", guest.sid)).toBe(guest.socket);
    expect(site.hub.clients.size).toBe(2);
  });

  it("is asked for by many at once, and the namespace is gone when all of them are", () => {
    const guest = arrive();
    guest.peer.drop();
    const asked = waitForDecision();
    const peers = Array.from({ length: 5 }, () => ask(guest.pid));
    expect(asked().socket.recovered).toBe(true);
    for (const peer of peers) peer.drop();
    site.clock.advance(70_000);
    expect(site.lost.map(({ sid }) => sid)).toEqual([guest.sid]);
    expect(site.namespace("/")).toBeUndefined();
  });
});

describe("a client that was refused when it came back", () => {
  it("returns with better proof, and has lost nothing by that", () => {
    const guest = arrive();
    site.hub.operations.join(own(guest.socket), "red");
    dataOf(guest.socket).name = "Ada";
    guest.peer.drop();
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    site.handlers.onConnect = (socket, decide) => {
      site.hub.operations.join(own(socket), "admins");
      dataOf(socket).name = "Eve";
      const { auth } = socket;
      decide((auth as { token?: string } | undefined)?.token === "t" ? undefined : refusal);
    };
    expect(hear(ask(guest.pid))).toEqual(["refused: show your ticket"]);
    site.hub.broadcaster.emit(to("red", "admins"), "e", 2, {});
    site.hub.broadcaster.emit(to("admins"), "e", 3, {});
    expect(hear(ask(guest.pid, { token: "t" }))).toEqual(["accepted", ["e", 1], ["e", 2]]);
    const socket = site.hub.namespaces.find("/", guest.sid);
    expect([...(socket?.rooms ?? [])]).toEqual(["red", "admins"]);
  });

  it("gets no more time by that", () => {
    const guest = arrive();
    guest.peer.drop();
    site.clock.advance(50_000);
    const asked = waitForDecision();
    ask(guest.pid);
    site.clock.advance(12_000);
    expect(site.lost).toEqual([]);
    asked().decide(refusal);
    expect(site.lost.map(({ sid }) => sid)).toEqual([guest.sid]);
  });
});

describe("what a connect handler does for a client that returns", () => {
  it("is there when the client is let in, in one order with all else, and once", () => {
    const guest = arrive();
    site.hub.operations.join(own(guest.socket), "red");
    guest.peer.drop();
    site.hub.broadcaster.emit(to("red"), "e", "before", {});
    const asked = waitForDecision();
    const peer = ask(guest.pid);
    const { socket, decide } = asked();
    site.hub.broadcaster.emit(to("blue"), "e", "blue is empty", {});
    void site.hub.operations.join(own(socket), "blue");
    site.hub.broadcaster.emit(to("blue", "red"), "e", "both", {});
    site.hub.broadcaster.reply(socket, "welcome", 1, {});
    site.hub.broadcaster.emit(everyone, "e", "everyone", {});
    site.hub.broadcaster.emit(own(socket), "welcome", 2, {});
    decide();
    site.hub.broadcaster.emit(to("blue"), "e", "after", {});
    expect(hear(peer)).toEqual([
      "accepted",
      ["e", "before"],
      ["e", "both"],
      ["welcome", 1],
      ["e", "everyone"],
      ["welcome", 2],
      ["e", "after"],
    ]);
    expect(socket.address).toBe(guest.sid);
    expect([...socket.rooms]).toEqual(["red", "blue"]);
  });

  it("is not lost with the next connection", () => {
    const guest = arrive();
    guest.peer.drop();
    site.handlers.onConnect = (socket, decide) => {
      void site.hub.operations.join(own(socket), "blue");
      site.hub.broadcaster.reply(socket, "welcome", undefined, {});
      decide();
    };
    const peer = ask(guest.pid);
    peer.drop();
    site.handlers.onConnect = (_socket, decide) => decide();
    site.hub.broadcaster.emit(to("blue"), "e", 1, {});
    // The client got no event over either connection.
    expect(hear(ask(guest.pid))).toEqual(["accepted", ["welcome"], ["e", 1]]);
  });

  it("keeps an event that asks for an acknowledgement in its place among the others", () => {
    const guest = arrive();
    guest.peer.drop();
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.handlers.onConnect = (socket, decide) => {
      site.hub.broadcaster.reply(socket, "e", 2, {});
      site.hub.broadcaster.reply(socket, "question", 3, { callback: () => {} });
      site.hub.broadcaster.reply(socket, "e", 4, {});
      decide();
    };
    expect(ask(guest.pid).heard().map(String)).toEqual([
      expect.stringMatching(/^40/),
      expect.stringMatching(/^42\["e",1,/),
      expect.stringMatching(/^42\["e",2,/),
      expect.stringMatching(/^42\d+\["question",3\]$/),
      expect.stringMatching(/^42\["e",4,/),
    ]);
  });

  it("takes the client out of a room that it was in", () => {
    const guest = arrive();
    for (const room of ["red", "blue"]) site.hub.operations.join(own(guest.socket), room);
    guest.peer.drop();
    site.handlers.onConnect = (socket, decide) => {
      void site.hub.operations.leave(own(socket), "red");
      expect([...socket.rooms]).toEqual(["blue"]);
      decide();
    };
    const peer = ask(guest.pid);
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    site.hub.broadcaster.emit(to("blue"), "e", 2, {});
    expect(hear(peer)).toEqual(["accepted", ["e", 2]]);
  });

  it("goes into the session together with changes of other handlers", () => {
    const guest = arrive();
    const session = dataOf(guest.socket);
    Object.assign(session, { name: "Ada", visits: 1, old: true, nested: { list: [1] } });
    const asked = waitForDecision();
    ask(guest.pid);
    const { socket, decide } = asked();
    const draft = dataOf(socket);
    draft.visits = 2;
    delete draft.old;
    (draft.nested as { list: number[] }).list.push(2);
    session.name = "Countess";
    decide();
    const expected = { name: "Countess", visits: 2, nested: { list: [1, 2] } };
    expect(dataOf(socket)).toEqual(expected);
    expect(session).toEqual(expected);
  });

  it("counts against the most rooms that a client may have", () => {
    site = new Site({ maxRooms: 2 }, settings);
    const guest = arrive();
    site.hub.operations.join(own(guest.socket), "red");
    guest.peer.drop();
    site.handlers.onConnect = (socket, decide) => {
      void site.hub.operations.join(own(socket), "blue");
      expect(() => site.hub.operations.join(own(socket), "green")).toThrow("maxRooms");
      decide();
    };
    expect(hear(ask(guest.pid))).toEqual(["accepted"]);
  });

  it("takes the place of the last connection when it is done, whose disconnect handler is told then", () => {
    const guest = arrive();
    const asked = waitForDecision();
    const peer = ask(guest.pid);
    expect(site.handlers.disconnects).toEqual([]);
    asked().decide();
    expect(site.handlers.disconnects.map(({ reason }) => reason)).toEqual(["client returned"]);
    expect(guest.peer.endings).toEqual(["terminate"]);
    expect(hear(peer)).toEqual(["accepted"]);
  });

  it("decides again, about a new client, where the other one has left for good in the meantime", () => {
    const guest = arrive();
    const asked = waitForDecision();
    const peer = ask(guest.pid);
    const first = asked();
    guest.peer.say("41");
    first.decide();
    const second = asked();
    expect([first.socket.recovered, second.socket.recovered]).toEqual([true, false]);
    // The handler may have recorded the presence of the first client.
    expect(site.handlers.disconnects.map(({ socket, reason }) => [socket, reason])).toEqual([
      [guest.socket, "client namespace disconnect"],
      [first.socket, "events lost"],
    ]);
    second.decide();
    expect(hear(peer)).toEqual(["accepted"]);
    expect(site.hub.namespaces.find("/", second.socket.sid)).toBe(second.socket);
    expect(second.socket.sid).not.toBe(guest.sid);
  });
});

describe("the end of a client's authentication", () => {
  const expireIn = (socket: Socket, milliseconds: number) =>
    socket.client.expireAt(Date.now() + milliseconds, 0);

  it("holds for the next connection too, where the handler says nothing", () => {
    const guest = arrive();
    expireIn(guest.socket, 30_000);
    guest.peer.drop();
    const peer = ask(guest.pid);
    expect(hear(peer)).toEqual(["accepted"]);
    site.clock.advance(29_000);
    expect(peer.endings).toEqual([]);
    site.clock.advance(2_000);
    expect(peer.endings).not.toEqual([]);
    expect(site.handlers.disconnects.at(-1)?.reason).toBe("authentication expired");
  });

  it("has the handler decide about a new client, where it lets one return whose authentication has ended", () => {
    const guest = arrive();
    const { sid, pid } = guest;
    site.hub.operations.join(own(guest.socket), "red");
    expireIn(guest.socket, 1000);
    site.clock.advance(2000);
    expect(guest.peer.endings).not.toEqual([]);
    // Many handlers accept every client that returns.
    const seen: boolean[] = [];
    site.handlers.onConnect = ({ recovered }, decide) => {
      seen.push(recovered);
      decide(recovered ? undefined : refusal);
    };
    expect(hear(ask(pid))).toEqual(["refused: show your ticket"]);
    expect(seen).toEqual([true, false]);
    expect(site.lost).toEqual([]);
    site.handlers.onConnect = (_socket, decide) => decide();
    expect(hear(ask(pid))).toEqual(["accepted"]);
    expect(site.lost).toEqual([{ sid, namespace: "/", rooms: ["red"] }]);
  });

  it("is what the handler says, where it has seen new proof", () => {
    const guest = arrive();
    expireIn(guest.socket, 1000);
    site.clock.advance(2000);
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    site.handlers.onConnect = (socket, decide) => {
      expireIn(socket, 30_000);
      decide();
    };
    const peer = ask(guest.pid);
    expect(hear(peer)).toEqual(["accepted", ["e", 1]]);
    site.clock.advance(29_000);
    expect(peer.endings).toEqual([]);
    site.clock.advance(2_000);
    expect(peer.endings).not.toEqual([]);
  });

  it("stays taken away where a handler has taken it away", () => {
    const guest = arrive();
    expireIn(guest.socket, 1000);
    guest.socket.client.expireAt(null, 0);
    guest.peer.drop();
    site.clock.advance(2000);
    expect(hear(ask(guest.pid))).toEqual(["accepted"]);
    site.clock.advance(20_000);
    expect(site.hub.namespaces.find("/", guest.sid)).toBeDefined();
  });
});

describe("a client that comes with another HTTP session than before", () => {
  it.each([
    ["gone", {}],
    ["another's", { user: { id: 2 }, theme: "dark" }],
    ["changed", { user: { id: 1 }, theme: "light" }],
  ])("starts as a new client, and the earlier session stays out of its reach: it is %s", (_, session) => {
    site.httpSession = { user: { id: 1 }, theme: "dark" };
    const guest = arrive();
    site.hub.operations.join(own(guest.socket), "red");
    site.httpSession = session;
    const peer = ask(guest.pid);
    site.hub.broadcaster.emit(to("red"), "e", 1, {});
    expect(hear(peer)).toEqual(["accepted"]);
    // The other connection may belong to a visitor that is still logged in.
    expect(hear(guest.peer)).toEqual([["e", 1]]);
    expect(guest.peer.endings).toEqual([]);
    expect(site.handlers.disconnects).toEqual([]);
  });

  it("returns where the session is the same, in whatever order its store has it", () => {
    site.httpSession = { user: { id: 1, name: "Ada" }, theme: "dark" };
    const guest = arrive();
    guest.peer.drop();
    site.httpSession = { theme: "dark", user: { name: "Ada", id: 1 } };
    site.hub.broadcaster.emit(everyone, "e", 1, {});
    expect(hear(ask(guest.pid))).toEqual(["accepted", ["e", 1]]);
    expect(site.hub.namespaces.find("/", guest.sid)?.recovered).toBe(true);
  });

  it("returns where the application finds that it is the same visitor", () => {
    site = new Site({}, { ...settings, visitor: ({ userId }) => userId });
    site.httpSession = { userId: 1, visits: 1 };
    const guest = arrive();
    site.httpSession = { userId: 1, visits: 2 };
    guest.peer.drop();
    const peer = ask(guest.pid);
    expect(hear(peer)).toEqual(["accepted"]);
    expect(site.hub.namespaces.find("/", guest.sid)?.recovered).toBe(true);
    peer.drop();
    site.httpSession = { userId: 2, visits: 2 };
    ask(guest.pid);
    expect(site.hub.namespaces.find("/", guest.sid)).toBeUndefined();
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no user");
      },
      /no user/,
    ],
    ["gives a promise", async () => 1, /no promise/],
    ["gives a function", () => () => 1, /no function/],
  ])(
    "starts as a new client when the application's function %s, which is reported",
    (_, visitor, message) => {
      site = new Site({}, { ...settings, visitor });
      site.httpSession = { userId: 1 };
      const guest = arrive();
      guest.peer.drop();
      ask(guest.pid);
      expect(site.hub.namespaces.find("/", guest.sid)).toBeUndefined();
      expect(String(site.reported[0])).toMatch(message);
    },
  );
});
