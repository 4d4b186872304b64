/** The limits of one client: each is kept, and one client exceeds it. */

import { describe, expect, it } from "vitest";
import type { RoomcastError } from "../../src/base/errors.ts";
import { clientIn, everyoneIn } from "../../src/core/model/target.ts";
import { type Peer, Site } from "./site.ts";

const attachments = (count: number) => {
  const places = Array.from({ length: count }, (_, num) => `{"_placeholder":true,"num":${num}}`);
  return [`45${count}-["file",${places.join(",")}]`, ...places.map(() => Buffer.from("x"))];
};
const nested = (depth: number) => `42["deep",${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}]`;
const event = (length: number) => `42["${"e".repeat(length)}"]`;
const list = (count: number) => `42["list"${",1".repeat(count)}]`;
const events = (count: number) => Array.from({ length: count }, () => '42["tick"]');

/** A client that has joined. */
function join(options: object): { site: Site; peer: Peer } {
  const site = new Site(options);
  const peer = site.peer();
  peer.join();
  return { site, peer };
}

describe.each([
  { option: "maxAttachments", limit: 10, say: attachments, reason: "too many attachments", handled: 1 },
  { option: "maxAttachments", limit: 0, say: attachments, reason: "too many attachments", handled: null },
  { option: "maxJsonDepth", limit: 128, say: nested, reason: "data too deep", handled: 1 },
  { option: "maxArguments", limit: 1000, say: list, reason: "too many arguments", handled: 1 },
  { option: "maxArguments", limit: 0, say: list, reason: "too many arguments", handled: 1 },
  { option: "maxEventLength", limit: 255, say: event, reason: "event name too long", handled: 1 },
  // Its request to join was the first.
  {
    option: "maxEventBurst",
    limit: 6,
    say: (n: number) => events(n - 1),
    reason: "too many events",
    handled: 5,
  },
])("$option: $limit", ({ option, limit, say, reason, handled }) => {
  it.skipIf(handled === null)("takes the greatest value that it allows", () => {
    const { site, peer } = join({ [option]: limit });
    peer.say(...[say(limit)].flat());
    expect(site.handlers.events).toHaveLength(handled ?? 0);
    expect(peer.endings).toEqual([]);
  });

  it(`ends a client that goes beyond it by one: ${reason}`, () => {
    const { site, peer } = join({ [option]: limit });
    const trace = site.listen();
    peer.say(...[say(limit + 1)].flat());
    expect(site.handlers.disconnects.map((left) => left.reason)).toEqual([reason]);
    expect([peer.endings, peer.told]).toEqual([["fail"], { code: 1008, reason }]);
    expect(trace).toContainEqual(
      expect.objectContaining({ type: "connection close", reason, detail: expect.stringMatching(/\d/) }),
    );
    expect(site.counters.closed).toMatchObject({ [reason]: 1, "parse error": 0 });
    expect(site.reported).toEqual([]);
  });
});

describe("maxNamespaceLength", () => {
  const name = (length: number) => `/${"n".repeat(length - 1)}`;

  it("takes a name that is just short enough", () => {
    const { site, peer } = join({ maxNamespaceLength: 20 });
    site.open.add(name(20));
    peer.say(`40${name(20)},`);
    expect(peer.heard()).toEqual([`40${name(20)},{"sid":"SID"}`]);
  });

  it("ends a client whose name is longer by one", () => {
    const { site, peer } = join({ maxNamespaceLength: 20 });
    site.open.add(name(21));
    peer.say(`40${name(21)},`);
    expect(peer.told).toEqual({ code: 1008, reason: "namespace too long" });
    expect(site.counters.closed["namespace too long"]).toBe(1);
  });
});

describe("an event out of place", () => {
  it("ends its client: text where an attachment is due, binary where none is", () => {
    for (const [reason, ...said] of [
      ["attachment expected", '451-["file",{"_placeholder":true,"num":0}]', '42["tick"]'],
      ["attachment unexpected", Buffer.from("x")],
      ["not in namespace", '42/chat,["tick"]'],
      ["not in namespace", "43/chat,1[]"],
    ] as const) {
      const { site, peer } = join({});
      peer.say(...said);
      expect(site.handlers.disconnects.map((left) => left.reason)).toEqual([reason]);
      expect(peer.told?.reason).toBe(reason);
      expect(site.counters.closed[reason]).toBe(1);
    }
  });
});

describe("maxEventsPerSecond", () => {
  it("lets a client go on for ever that keeps to it", () => {
    const { site, peer } = join({ maxEventsPerSecond: 10, maxEventBurst: 20 });
    for (let second = 0; second < 50; second += 1) {
      site.clock.advance(1000);
      peer.say(...events(10));
    }
    expect(site.handlers.events).toHaveLength(500);
    expect(peer.endings).toEqual([]);
  });

  it("ends a client that sends one more each second when its burst is used up", () => {
    const { site, peer } = join({ maxEventsPerSecond: 10, maxEventBurst: 20 });
    for (let second = 0; second < 50 && peer.endings.length === 0; second += 1) {
      site.clock.advance(1000);
      peer.say(...events(11));
    }
    expect(peer.told?.reason).toBe("too many events");
  });

  it("counts requests to join, which run handlers too, and is off where it is Infinity", () => {
    const { peer } = join({ maxEventBurst: 3 });
    peer.say("41", "40", "41", "40", "41", "40");
    expect(peer.told?.reason).toBe("too many events");
    const free = join({ maxEventsPerSecond: Number.POSITIVE_INFINITY, maxEventBurst: 1 });
    free.peer.say(...events(1000));
    expect(free.site.handlers.events).toHaveLength(1000);
  });
});

describe("maxNamespaceEventsPerSecond", () => {
  const options = { maxNamespaceEventsPerSecond: { "/chat": 2 } };

  it("drops more than it allows, says so in an acknowledgement, and closes nothing", () => {
    const { site, peer } = join(options);
    const chat = peer.join("/chat");
    const trace = site.listen();
    peer.say('42/chat,["a"]', '42/chat,["b"]', '42/chat,["c"]', '42/chat,7["d"]', '42["elsewhere"]');
    expect(site.handlers.events.map(({ event }) => event)).toEqual(["a", "b", "elsewhere"]);
    expect(peer.heard()).toEqual([
      '43/chat,7[{"error":{"code":"ERR_TOO_MANY_EVENTS","message":"Too many events were sent; this one was not handled."}}]',
    ]);
    expect(site.counters.eventsDropped).toBe(2);
    expect(trace.filter(({ type }) => type === "limit reached")).toHaveLength(2);
    expect([chat.isConnected, peer.endings]).toEqual([true, []]);
  });

  it("handles the next ones when their time has come, and counts each client alone", () => {
    const { site, peer } = join(options);
    const other = site.peer();
    peer.join("/chat");
    other.join("/chat");
    peer.say('42/chat,["a"]', '42/chat,["b"]');
    other.say('42/chat,["c"]', '42/chat,["d"]');
    site.clock.advance(1000);
    peer.say('42/chat,["e"]');
    expect(site.handlers.events.map(({ event }) => event)).toEqual(["a", "b", "c", "d", "e"]);
  });
});

describe("maxNamespaces", () => {
  it("refuses the one namespace that is too many, and says so", () => {
    const { site, peer } = join({ maxNamespaces: 2 });
    for (const name of ["/chat", "/attic", "/cellar"]) site.open.add(name);
    const trace = site.listen();
    peer.join("/chat");
    peer.say("40/attic,");
    expect(peer.heard()).toEqual(['44/attic,{"message":"Too many namespaces"}']);
    expect(trace).toContainEqual(
      expect.objectContaining({ type: "limit reached", namespace: "/attic", limit: "maxNamespaces" }),
    );
    expect(site.counters.namespacesRefused).toBe(1);
    peer.say("41/chat,");
    peer.join("/cellar");
    expect(peer.endings).toEqual([]);
  });

  it("remembers no more namespaces that were left than that", () => {
    const site = new Site({ maxNamespaces: 2 });
    const peer = site.peer();
    for (const name of ["/a", "/b", "/c"]) {
      site.open.add(name);
      peer.join(name).disconnect();
    }
    peer.say('42/b,["under way"]', '42/c,["under way"]');
    expect(peer.endings).toEqual([]);
    peer.say('42/a,["long ago"]');
    expect(peer.told?.reason).toBe("not in namespace");
  });
});

describe("maxRooms", () => {
  it("refuses the one room that is too many, in every namespace", () => {
    const { site, peer } = join({ maxRooms: 2 });
    const trace = site.listen();
    const [main, chat] = [site.namespace("/")?.sockets().next().value, peer.join("/chat")];
    if (main === undefined) throw new Error("the client is not there");
    const here = clientIn("/", main.sid);
    site.hub.operations.join(here, "kitchen");
    site.hub.operations.join(clientIn("/chat", chat.sid), "kitchen");
    expect(() => site.hub.operations.join(here, "attic")).toThrow(
      expect.objectContaining({ code: "ERR_LIMIT" }) as RoomcastError,
    );
    site.hub.operations.join(here, "kitchen");
    expect([[...main.rooms], [...chat.rooms]]).toEqual([["kitchen"], ["kitchen"]]);
    expect(trace).toContainEqual(
      expect.objectContaining({ type: "limit reached", namespace: "/", limit: "maxRooms" }),
    );
    expect(site.counters.roomsRefused).toBe(1);
    site.hub.operations.leave(clientIn("/chat", chat.sid), "kitchen");
    site.hub.operations.join(here, "attic");
    expect([...main.rooms]).toEqual(["kitchen", "attic"]);
  });

  it("skips clients that are in enough rooms when many are put into one", () => {
    const { site, peer } = join({ maxRooms: 1 });
    const other = site.peer().join();
    const main = peer.join("/chat");
    site.hub.operations.join(clientIn("/chat", main.sid), "kitchen");
    site.hub.operations.join(everyoneIn("/"), "attic");
    expect([...other.rooms]).toEqual(["attic"]);
    expect(site.counters.roomsRefused).toBe(1);
  });
});

describe("maxRoomLength", () => {
  const name = (length: number) => "r".repeat(length);
  const refused = expect.objectContaining({ code: "ERR_LIMIT" }) as RoomcastError;

  it("lets clients into a room whose name is just within it, and sends there", () => {
    const { site, peer } = join({ maxRoomLength: 64 });
    const here = clientIn("/", site.namespace("/")?.sockets().next().value?.sid);
    site.hub.operations.join(here, name(64));
    peer.heard();
    site.hub.broadcaster.emit({ ...everyoneIn("/"), rooms: [name(64)] }, "news", 1, {});
    expect(peer.heard()).toEqual(['42["news",1]']);
    site.hub.operations.leave(here, name(64));
    site.hub.operations.closeRoom("/", name(64));
    expect(site.counters.roomNamesRefused).toBe(0);
  });

  it.each<[string, (site: Site, room: string) => unknown]>([
    [
      "emits",
      (site, room) => site.hub.broadcaster.emit({ ...everyoneIn("/"), rooms: ["a", room] }, "e", 1, {}),
    ],
    ["emits to a sid", (site, room) => site.hub.broadcaster.emit(clientIn("/", room), "e", 1, {})],
    ["asks", (site, room) => site.hub.ackRequests.callAll({ ...everyoneIn("/"), rooms: [room] }, "e", 1, 10)],
    ["joins", (site, room) => site.hub.operations.join(everyoneIn("/"), room)],
    [
      "joins for others",
      (site, room) => site.hub.operations.join({ ...everyoneIn("/"), rooms: [room] }, "a"),
    ],
    ["leaves", (site, room) => site.hub.operations.leave(everyoneIn("/"), room)],
    ["closes", (site, room) => site.hub.operations.closeRoom("/", room)],
    [
      "disconnects",
      (site, room) => site.hub.operations.disconnect({ ...everyoneIn("/"), rooms: [room] }, false),
    ],
  ])("refuses a name that is one character longer, and counts it, when the application %s", (_what, act) => {
    const { site, peer } = join({ maxRoomLength: 64 });
    const trace = site.listen();
    expect(() => act(site, name(65))).toThrow(refused);
    expect(trace).toEqual([
      { type: "limit reached", connection: null, namespace: "/", limit: "maxRoomLength" },
    ]);
    expect(site.counters.roomNamesRefused).toBe(1);
    expect([peer.heard(), peer.endings]).toEqual([[], []]);
  });

  it("refuses it with a rejected promise when the application lists, counts or calls", async () => {
    const { site } = join({ maxRoomLength: 64 });
    const target = { ...everyoneIn("/"), rooms: [name(65)] };
    await expect(site.hub.operations.sockets(target)).rejects.toThrow(refused);
    await expect(site.hub.operations.count(target)).rejects.toThrow(refused);
    await expect(site.hub.ackRequests.call(clientIn("/", name(65)), "e", 1, 10)).rejects.toThrow(refused);
  });

  it("tells which client was to join", () => {
    const { site } = join({ maxRoomLength: 64 });
    const trace = site.listen();
    const [socket] = site.namespace("/")?.sockets() ?? [];
    expect(() => site.hub.operations.join(clientIn("/", socket?.sid), name(65))).toThrow(refused);
    expect(trace).toEqual([expect.objectContaining({ connection: socket?.client.number })]);
  });

  it("ignores a longer one that another program names", () => {
    const { site } = join({ maxRoomLength: 64 });
    site.hub.local.apply({ type: "join", target: everyoneIn("/"), rooms: [name(65)] });
    expect([...(site.namespace("/")?.sockets().next().value?.rooms ?? [])]).toEqual([]);
    expect(site.counters.roomNamesRefused).toBe(1);
  });

  it("is never so small that it refuses a client's own sid", () => {
    expect(() => new Site({ maxRoomLength: 63 })).toThrow(/maxRoomLength.* at least 64/);
  });
});

describe("a room's name", () => {
  it("that would become another one on its way to other processes is refused", () => {
    const { site } = join({});
    const refused = expect.objectContaining({ code: "ERR_ROOM" }) as RoomcastError;
    expect(() => site.hub.operations.join(everyoneIn("/"), "half a smile \ud83d")).toThrow(refused);
    expect(() => site.hub.broadcaster.emit({ ...everyoneIn("/"), rooms: ["\ude00"] }, "e", 1, {})).toThrow(
      refused,
    );
    site.hub.operations.join(everyoneIn("/"), "a smile \ud83d\ude00");
    expect([...(site.namespace("/")?.sockets().next().value?.rooms ?? [])]).toEqual(["a smile 😀"]);
  });
});

describe("maxPendingAcknowledgements", () => {
  const ask = (site: Site, callback: () => void) =>
    site.hub.broadcaster.emit(everyoneIn("/"), "ask", undefined, { callback });

  it("ends a client that owes one too many, and frees what it owed", () => {
    const { site, peer } = join({ maxPendingAcknowledgements: 2 });
    ask(site, () => {});
    ask(site, () => {});
    expect(peer.endings).toEqual([]);
    ask(site, () => {});
    expect(peer.told).toEqual({ code: 1008, reason: "too many unanswered events" });
    expect(site.counters.closed["too many unanswered events"]).toBe(1);
    expect(site.handlers.disconnects[0]?.socket.pendingAcknowledgements).toBe(0);
  });

  it("goes on with a client that answers", () => {
    const { site, peer } = join({ maxPendingAcknowledgements: 1 });
    for (let id = 1; id < 20; id += 1) {
      ask(site, () => {});
      peer.say(`43${id}[]`);
    }
    expect(peer.endings).toEqual([]);
  });
});
