import { describe, expect, it } from "vitest";
import { clientIn, everyoneIn } from "../../../src/core/model/target.ts";
import type { Socket } from "../../../src/core/socket/socket.ts";
import { delayDecisions, leftovers, nothing, Site } from "../site.ts";

describe("Client", () => {
  it("is accepted in a namespace with a public id that is not its connection's", () => {
    const site = new Site();
    const peer = site.peer();
    peer.say("40");
    expect(peer.heard()).toEqual(['40{"sid":"SID"}']);
    const [socket] = site.namespace("/")?.sockets() ?? [];
    expect(socket?.isConnected).toBe(true);
    expect(socket?.sid).toMatch(/^sid~[\w-]{20}$/);
  });

  it("has a public id of its own in each namespace", () => {
    const site = new Site();
    const peer = site.peer();
    const [main, chat] = [peer.join("/"), peer.join("/chat")];
    expect(main.sid).not.toBe(chat.sid);
    expect(main.client).toBe(chat.client);
    expect(main.client.socketIn("/chat")).toBe(chat);
    expect(main.client.socketIn("/attic")).toBeUndefined();
  });

  it("is closed when it joins nothing in time, and not before", () => {
    const site = new Site({ connectTimeout: 1000 });
    const [idle, joined] = [site.peer(), site.peer()];
    joined.join();
    const events = site.listen();
    site.clock.advance(999);
    expect(events).toEqual([]);
    site.clock.advance(1);
    expect(events.map(({ type }) => type)).toContain("connection close");
    expect(events).toContainEqual(expect.objectContaining({ reason: "connect timeout" }));
    idle.say("40");
    expect(site.namespace("/")?.size).toBe(1);
  });

  it("ignores events while its request to join is being decided", () => {
    const site = new Site();
    const waiting = delayDecisions(site);
    const peer = site.peer();
    peer.say("40", '42["too early"]');
    waiting[0]?.decide();
    peer.say('42["in time"]');
    expect(site.handlers.events.map(({ event }) => event)).toEqual(["in time"]);
  });

  it("ignores events right after it has left, also when the server ended it, and stays connected", () => {
    const site = new Site();
    const peer = site.peer();
    peer.join();
    peer.say("41", '42["too late"]');
    peer.join().disconnect();
    peer.say('42["under way"]', '421["under way",1]', "431[]");
    peer.join();
    peer.say('42["back"]');
    expect(site.handlers.events.map(({ event }) => event)).toEqual(["back"]);
    expect(peer.endings).toEqual([]);
  });

  it("hands over events with their values, binary ones too", () => {
    const site = new Site();
    const peer = site.peer();
    const socket = peer.join("/chat");
    peer.say('42/chat,["draw",{"x":1},[2]]', '451-/chat,["file",{"_placeholder":true,"num":0}]');
    peer.say(Buffer.from("abc"));
    expect(site.handlers.events).toEqual([
      { socket, event: "draw", values: [{ x: 1 }, [2]], answer: null },
      { socket, event: "file", values: [Buffer.from("abc")], answer: null },
    ]);
  });

  it("ends a connection that speaks nonsense, and tells its sockets why", () => {
    const site = new Site();
    const peer = site.peer();
    const socket = peer.join();
    peer.say("42[nonsense");
    expect(peer.endings).toEqual(["fail"]);
    expect(site.handlers.disconnects).toEqual([{ socket, reason: "parse error" }]);
    expect(site.reported).toEqual([]);
  });

  it("ends a connection that plays the server", () => {
    const site = new Site();
    const peer = site.peer();
    peer.join();
    peer.say('44{"message":"no"}');
    expect(peer.endings).toEqual(["fail"]);
  });

  describe("when an event wants an acknowledgement", () => {
    function asked(namespace = "/") {
      const site = new Site();
      const peer = site.peer();
      const socket = peer.join(namespace);
      peer.say(namespace === "/" ? '4217["ask"]' : `42${namespace},17["ask"]`);
      const answer = site.handlers.events[0]?.answer;
      if (!answer) throw new Error("no answer is wanted");
      return { peer, socket, answer };
    }

    it("sends it with the id that the client gave", () => {
      const { peer, answer } = asked("/chat");
      answer(["yes", { n: 1 }]);
      expect(peer.heard()).toEqual(['43/chat,17["yes",{"n":1}]']);
    });

    it("sends only the first", () => {
      const { peer, answer } = asked();
      answer([1]);
      answer([2]);
      expect(peer.heard()).toEqual(["4317[1]"]);
    });

    it("sends none after the client has left", () => {
      const { peer, socket, answer } = asked();
      socket.disconnect();
      peer.heard();
      answer([1]);
      expect(peer.heard()).toEqual([]);
    });

    it("sends another when the first cannot be sent", () => {
      const { peer, answer } = asked();
      expect(() => answer([1n])).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD" }));
      answer(["sorry"]);
      expect(peer.heard()).toEqual(['4317["sorry"]']);
    });
  });

  it("answers no later request with the answer to one of its last membership or connection", () => {
    const site = new Site();
    const values: unknown[] = [];
    const answersOf = (socket: Socket, event: string) =>
      site.hub.broadcaster.reply(socket, event, undefined, { callback: (value) => values.push(value) });
    const peer = site.peer();
    answersOf(peer.join(), "first");
    const [first] = peer.heard();
    answersOf(peer.join(), "second");
    const [second] = peer.heard();
    peer.drop();
    const returned = site.peer();
    answersOf(returned.join(), "third");
    const [third] = returned.heard();
    const idOf = (packet: unknown) => /^42(\d+)/.exec(String(packet))?.[1];
    // Stock clients send a late answer over their next connection.
    for (const late of [first, second]) returned.say(`43${idOf(late)}["late"]`);
    expect(values).toEqual([]);
    returned.say(`43${idOf(third)}["in time"]`);
    expect(values).toEqual(["in time"]);
  });

  describe("when it asks to join a namespace that it is in already, as after leaving it in silence", () => {
    it("is let in by its latest request, after its disconnect handler has run", () => {
      const site = new Site();
      const peer = site.peer();
      peer.say('40{"user":"ada"}');
      peer.heard();
      const told: string[] = [];
      site.handlers.onConnect = ({ auth }, decide) => {
        told.push(`connect ${JSON.stringify(auth)}`);
        decide();
      };
      site.handlers.onDisconnect = ({ auth, closeReason }) =>
        told.push(`disconnect ${JSON.stringify(auth)}: ${closeReason}`);
      peer.say('40{"user":"bob"}');
      expect(peer.heard()).toEqual(['40{"sid":"SID"}']);
      expect(told).toEqual([
        'disconnect {"user":"ada"}: client namespace disconnect',
        'connect {"user":"bob"}',
      ]);
      expect([...(site.namespace("/")?.sockets() ?? [])].map(({ auth }) => auth)).toEqual([{ user: "bob" }]);
      peer.say('42["still here"]');
      expect(site.handlers.events.map(({ socket }) => socket.auth)).toEqual([{ user: "bob" }]);
      peer.drop();
      expect(leftovers(site)).toEqual(nothing);
    });

    it("is let in again by an equal request that comes later", () => {
      const site = new Site();
      const peer = site.peer();
      const first = peer.join();
      const second = peer.join();
      expect(second.sid).not.toBe(first.sid);
      expect(site.handlers.disconnects).toEqual([{ socket: first, reason: "client namespace disconnect" }]);
      expect(site.namespace("/")?.size).toBe(1);
    });

    it("hears nothing of its first request when the connect handler of that accepts or refuses it", () => {
      for (const refusal of [undefined, { message: "no" }]) {
        const site = new Site();
        const waiting = delayDecisions(site);
        const peer = site.peer();
        peer.say('40{"try":1}');
        site.clock.endTick();
        peer.say('40{"try":2}');
        waiting[0]?.decide(refusal);
        expect(peer.heard()).toEqual([]);
        waiting[1]?.decide();
        expect(peer.heard()).toEqual(['40{"sid":"SID"}']);
        // The first handler may have recorded the client's presence when it accepted the client.
        const ended = refusal === undefined ? [waiting[0]?.socket] : [];
        expect(site.handlers.disconnects.map(({ socket }) => socket)).toEqual(ended);
        expect(waiting.map(({ socket }) => socket.auth)).toEqual([{ try: 1 }, { try: 2 }]);
        peer.drop();
        expect(leftovers(site)).toEqual(nothing);
      }
    });

    it("is refused by its latest request, and is out of the namespace then", () => {
      const site = new Site();
      const peer = site.peer();
      peer.join();
      site.handlers.onConnect = (_socket, decide) => decide({ message: "no" });
      peer.say("40");
      expect(peer.heard()).toEqual(['44{"message":"no"}']);
      expect(site.namespace("/")).toBeUndefined();
    });

    it("is in no more namespaces than before", () => {
      const site = new Site({ maxNamespaces: 1 });
      const peer = site.peer();
      peer.join();
      peer.say("40");
      expect(peer.heard()).toEqual(['40{"sid":"SID"}']);
    });

    it("leaves nothing behind where its disconnect handler ends the whole connection", () => {
      const site = new Site();
      const peer = site.peer();
      peer.join("/chat");
      peer.join();
      site.handlers.onDisconnect = ({ client, namespace }) => {
        if (namespace === "/") client.socketIn("/chat")?.client.abandon("events lost");
      };
      peer.say("40");
      expect(leftovers(site)).toEqual(nothing);
    });

    it("is in it once when two equal requests come in one tick, whether or not the first is decided", () => {
      for (const isSlow of [false, true]) {
        const site = new Site();
        const waiting = isSlow ? delayDecisions(site) : [];
        const trace = site.listen();
        const peer = site.peer();
        peer.say('40{"a":[1]}', '40{"a":[1]}');
        waiting[0]?.decide();
        expect(peer.heard()).toEqual(['40{"sid":"SID"}']);
        expect(site.namespace("/")?.size).toBe(1);
        expect(waiting.length).toBe(isSlow ? 1 : 0);
        expect(site.handlers.disconnects).toEqual([]);
        expect(trace).toContainEqual(expect.objectContaining({ type: "event ignored", namespace: "/" }));
      }
    });

    it("is in it once when two different requests come in one tick: by the second", () => {
      const site = new Site();
      const waiting = delayDecisions(site);
      const peer = site.peer();
      peer.say('40{"token":"old"}', '40{"token":"new"}');
      for (const { decide } of waiting) decide();
      expect(peer.heard()).toEqual(['40{"sid":"SID"}']);
      const sockets = [...(site.namespace("/")?.sockets() ?? [])];
      expect(sockets.map(({ auth }) => auth)).toEqual([{ token: "new" }]);
    });

    it("is judged again in one tick when it was sent away in between", () => {
      const site = new Site();
      const peer = site.peer();
      peer.say("40");
      [...(site.namespace("/")?.sockets() ?? [])][0]?.disconnect();
      peer.say("40");
      expect(peer.heard()).toEqual(['40{"sid":"SID"}', "41", '40{"sid":"SID"}']);
    });
  });

  it("ends in all its namespaces when its connection ends, each with its rooms still to be read", () => {
    const site = new Site();
    const peer = site.peer();
    const sockets = [peer.join("/"), peer.join("/chat")];
    for (const socket of sockets) site.hub.operations.join(clientIn(socket.namespace, socket.sid), "kitchen");
    const rooms: string[][] = [];
    site.handlers.onDisconnect = (socket) => rooms.push([...socket.rooms]);
    peer.drop();
    expect(site.handlers.disconnects).toEqual(
      sockets.map((socket) => ({ socket, reason: "transport close" })),
    );
    expect(rooms).toEqual([["kitchen"], ["kitchen"]]);
    expect(leftovers(site)).toEqual(nothing);
  });

  it("ends once, whatever a disconnect handler does", () => {
    const site = new Site();
    const peer = site.peer();
    const socket = peer.join();
    site.handlers.onDisconnect = (leaver) => {
      leaver.disconnect();
      leaver.client.closeConnection();
      site.hub.operations.join(clientIn(leaver.namespace, leaver.sid), "kitchen");
      site.hub.broadcaster.reply(leaver, "farewell", undefined, {});
    };
    peer.drop();
    expect(site.handlers.disconnects).toEqual([{ socket, reason: "transport close" }]);
    expect(leftovers(site)).toEqual(nothing);
  });

  it("ends with its whole connection when the application closes that", () => {
    const site = new Site();
    const peer = site.peer();
    const sockets = [peer.join("/"), peer.join("/chat")];
    site.hub.broadcaster.reply(sockets[0] as Socket, "last words", undefined, {});
    sockets[0]?.client.closeConnection();
    expect(site.handlers.disconnects).toEqual(sockets.map((socket) => ({ socket, reason: "forced close" })));
    // Stock clients that get it in each namespace do not reconnect by themselves.
    expect(peer.heard()).toEqual(['42["last words"]', "41", "41/chat,"]);
    expect(peer.endings).toEqual(["close"]);
    peer.drop();
    expect(leftovers(site)).toEqual(nothing);
  });
});

describe("A client that is disconnected", () => {
  const notice = { reason: "maintenance", code: 7, retry: false };

  it("is told why, behind what was sent before and ahead of the end", () => {
    const site = new Site();
    const peer = site.peer();
    const socket = peer.join("/chat");
    site.hub.broadcaster.reply(socket, "news", undefined, {});
    site.hub.operations.disconnect(clientIn("/chat", socket.sid), false, notice);
    expect(peer.heard()).toEqual([
      '42/chat,["news"]',
      '42/chat,["disconnect_reason",{"reason":"maintenance","code":7,"retry":false}]',
      "41/chat,",
    ]);
    expect(site.handlers.disconnects).toEqual([{ socket, reason: "server namespace disconnect" }]);
  });

  it("is told in each of its namespaces where its whole connection ends", () => {
    const site = new Site();
    const peer = site.peer();
    const socket = peer.join();
    peer.join("/chat");
    site.hub.operations.disconnect(clientIn("/", socket.sid), true, { reason: "goodbye", retry: false });
    expect(peer.heard()).toEqual([
      '42["disconnect_reason",{"reason":"goodbye","retry":false}]',
      "41",
      '42/chat,["disconnect_reason",{"reason":"goodbye","retry":false}]',
      "41/chat,",
    ]);
    expect(peer.endings).toEqual(["close"]);
  });

  it("is not told that a namespace ends where it is to come back, and its connection ends in all of them", () => {
    const site = new Site();
    const peer = site.peer();
    const sockets = [peer.join("/"), peer.join("/chat")];
    site.hub.operations.disconnect(clientIn("/", sockets[0]?.sid), false, { code: "MOVED", retry: true });
    expect(peer.heard()).toEqual([
      '42["disconnect_reason",{"code":"MOVED","retry":true}]',
      '42/chat,["disconnect_reason",{"code":"MOVED","retry":true}]',
    ]);
    expect(peer.endings).toEqual(["close"]);
    expect(site.handlers.disconnects).toEqual(
      sockets.map((socket) => ({ socket, reason: "reconnect requested" })),
    );
    peer.drop();
    expect(leftovers(site)).toEqual(nothing);
  });

  it("is refused with the reason where it is not accepted yet", () => {
    const site = new Site();
    delayDecisions(site);
    const peer = site.peer();
    peer.say("40");
    site.hub.operations.disconnect(everyoneIn("/"), false, notice);
    expect(peer.heard()).toEqual(['44{"message":"maintenance","data":{"code":7}}']);
  });
});

describe("Client of Socket.IO 2", () => {
  it("is in the main namespace without asking, and is told no id", () => {
    const site = new Site();
    const peer = site.peer(3);
    const [socket] = site.namespace("/")?.sockets() ?? [];
    expect([socket?.isConnected, socket?.auth]).toEqual([true, undefined]);
    expect(peer.heard()).toEqual(["40"]);
    peer.say("40");
    expect(peer.heard()).toEqual([]);
    peer.say('420["hello"]');
    site.handlers.events[0]?.answer?.(["hi"]);
    expect(peer.heard()).toEqual(['430["hi"]']);
  });

  it("is told nothing where there is no main namespace, and joins another", () => {
    const site = new Site();
    site.open.delete("/");
    const peer = site.peer(3);
    expect(peer.heard()).toEqual([]);
    peer.say("40/chat,");
    expect(peer.heard()).toEqual(["40/chat,"]);
  });

  it("is in the main namespace once when it asks for it all the same, and in others by its latest request", () => {
    const site = new Site();
    const peer = site.peer(3);
    expect(peer.heard()).toEqual(["40"]);
    peer.say("40", "40/chat?try=1,");
    expect(peer.heard()).toEqual(["40/chat,"]);
    peer.say("40/chat?try=2,");
    expect(peer.heard()).toEqual(["40/chat,"]);
    expect(site.handlers.disconnects.map(({ socket }) => socket.namespace)).toEqual(["/chat"]);
    expect([site.namespace("/")?.size, site.namespace("/chat")?.size]).toEqual([1, 1]);
  });

  it("hands over a namespace's query", () => {
    const site = new Site();
    const peer = site.peer(3);
    const token = "t".repeat(1000);
    peer.say(`40/chat?token=${token}&page=2,`);
    const [socket] = site.namespace("/chat")?.sockets() ?? [];
    expect(socket?.auth).toEqual({ token, page: "2" });
    peer.say('42/chat,["hello"]');
    expect(site.handlers.events).toEqual([expect.objectContaining({ socket, event: "hello" })]);
  });

  it("is refused with data or a message alone", () => {
    const site = new Site();
    site.handlers.onConnect = (socket, decide) =>
      decide(socket.namespace === "/" ? { message: "no" } : { message: "no", data: { code: 7 } });
    const peer = site.peer(3);
    peer.say("40/chat,", "40/attic,");
    expect(peer.heard()).toEqual(['44"no"', '44/chat,{"code":7}', '44/attic,"Invalid namespace"']);
  });

  it("is refused with the message where the data is of a kind that it does not take", () => {
    const site = new Site();
    site.handlers.onConnect = (_socket, decide) => decide({ message: "no", data: 7 });
    expect(site.peer(3).heard()).toEqual(['44"no"']);
    expect(site.reported).toEqual([]);
  });

  it("may report that it could not encode a packet", () => {
    const site = new Site();
    const peer = site.peer(3);
    const trace = site.listen();
    peer.say('44"encode error"');
    expect(trace.map(({ type }) => type)).toEqual(["event ignored"]);
    expect(peer.endings).toEqual([]);
  });

  it("is disconnected for a namespace with too long a name", () => {
    const site = new Site();
    const peer = site.peer(3);
    peer.say(`40/${"x".repeat(255)}?token=x,`);
    expect(peer.endings).toEqual(["fail"]);
  });

  it("leaves nothing behind", () => {
    const site = new Site();
    const peer = site.peer(3);
    peer.say("40/chat,");
    peer.drop();
    expect(leftovers(site)).toEqual(nothing);
  });
});
