import { describe, expect, it, vi } from "vitest";
import { args } from "../../src/contract/arguments.ts";
import type { Target } from "../../src/core/hub.ts";
import { deferred, soon } from "../support/waiting.ts";
import { Site } from "./site.ts";

const everyone: Target = { namespace: "/", rooms: null, skip: null };
const room = (name: string): Target => ({ namespace: "/", rooms: [name], skip: null });

describe("Hub", () => {
  it("sends an event to everybody in a namespace, and to nobody in another", () => {
    const site = new Site();
    const peers = [site.peer(), site.peer(), site.peer()];
    peers[0]?.join();
    peers[1]?.join();
    peers[2]?.join("/chat");
    site.hub.emit(everyone, "news", { n: 1 }, {});
    expect(peers.map((peer) => peer.heard())).toEqual([['42["news",{"n":1}]'], ['42["news",{"n":1}]'], []]);
  });

  it("sends no value, one value or several", () => {
    const site = new Site();
    const peer = site.peer();
    peer.join();
    for (const data of [undefined, null, [1, 2], args(), args(1, 2), args([1, 2])]) {
      site.hub.emit(everyone, "e", data, {});
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
    expect(() => hub.emit(everyone, "connect", undefined, {})).toThrow(
      expect.objectContaining({ code: "ERR_EVENT_NAME" }),
    );
    expect(() => hub.emit(everyone, "bill", 1n, {})).toThrow(
      expect.objectContaining({ code: "ERR_PAYLOAD" }),
    );
  });

  it("holds back what is sent to a client that is not accepted yet", () => {
    const site = new Site();
    const peer = site.peer();
    const decision = deferred();
    site.handlers.onConnect = (_socket, decide) => {
      site.hub.emit(everyone, "volatile news", undefined, { volatile: true });
      site.hub.emit(everyone, "news", undefined, {});
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
    site.hub.emit(everyone, "ask", "why", { callback });
    expect(peers.map((peer) => peer.heard())).toEqual([['421["ask","why"]'], ['421["ask","why"]']]);
    peers[1]?.say('431["b",2]');
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
    site.hub.emit(everyone, "ask", undefined, { callback });
    site.hub.reply(socket, "ask", undefined, { callback });
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
    site.hub.reply(socket, "ask", undefined, { callback });
    peer.drop();
    expect(callback).not.toHaveBeenCalled();
    expect(socket.pendingAcknowledgements).toBe(0);
  });

  describe("call()", () => {
    it("resolves to what the client answers", async () => {
      const site = new Site();
      const peer = site.peer();
      const answered = site.hub.call(peer.join(), "ask", args(1, 2), 1000);
      expect(peer.heard()).toEqual(['421["ask",1,2]']);
      peer.say('431["yes",{"n":1}]');
      await expect(answered).resolves.toEqual(["yes", { n: 1 }]);
      site.clock.advance(2000);
    });

    it("rejects when the answer does not come in time, and takes none that comes later", async () => {
      const site = new Site();
      const peer = site.peer();
      const socket = peer.join();
      const answered = site.hub.call(socket, "ask", undefined, 1000);
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
      const answered = site.hub.call(peer.join(), "ask", undefined, 1000);
      peer.drop();
      await expect(answered).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
      expect(site.clock.timerCount).toBe(0);
    });

    it("rejects when there is nobody to ask", async () => {
      const site = new Site();
      const socket = site.peer().join();
      socket.disconnect();
      await expect(site.hub.call(undefined, "ask", undefined, 1000)).rejects.toMatchObject({
        code: "ERR_DISCONNECTED",
        message: 'No client with this sid is there to answer "ask".',
      });
      await expect(site.hub.call(socket, "ask", undefined, 1000)).rejects.toMatchObject({
        code: "ERR_DISCONNECTED",
      });
    });

    it("rejects for an event that cannot be sent", async () => {
      const site = new Site();
      const socket = site.peer().join();
      await expect(site.hub.call(socket, "connect", undefined, 1000)).rejects.toMatchObject({
        code: "ERR_EVENT_NAME",
      });
      await expect(site.hub.call(socket, "bill", 1n, 1000)).rejects.toMatchObject({ code: "ERR_PAYLOAD" });
      expect(socket.pendingAcknowledgements).toBe(0);
    });
  });

  describe("rooms", () => {
    it("get what is sent to them", () => {
      const site = new Site();
      const [ada, bob] = [site.peer(), site.peer()];
      site.hub.join(ada.join(), "kitchen");
      const bobs = bob.join();
      site.hub.emit(room("kitchen"), "dinner", undefined, {});
      site.hub.emit(room(bobs.sid), "letter", undefined, {});
      expect([ada.heard(), bob.heard()]).toEqual([['42["dinner"]'], ['42["letter"]']]);
    });

    it.each([[""], [undefined], [null], [7], [{}]])("refuse the name %j", (name) => {
      const site = new Site();
      const socket = site.peer().join();
      expect(() => site.hub.join(socket, name as string)).toThrow(
        expect.objectContaining({ code: "ERR_ROOM" }),
      );
    });

    it("belong to one namespace each", () => {
      const site = new Site();
      const peer = site.peer();
      site.hub.join(peer.join("/chat"), "kitchen");
      peer.join();
      site.hub.emit(room("kitchen"), "dinner", undefined, {});
      site.hub.closeRoom("/", "kitchen");
      site.hub.emit({ ...room("kitchen"), namespace: "/chat" }, "supper", undefined, {});
      expect(peer.heard()).toEqual(['42/chat,["supper"]']);
    });
  });

  it("finds clients by namespace and sid", () => {
    const site = new Site();
    const socket = site.peer().join();
    expect(site.hub.socket("/", socket.sid)).toBe(socket);
    expect(site.hub.socket("/chat", socket.sid)).toBeUndefined();
    expect(site.hub.socket("/", "nobody")).toBeUndefined();
  });

  it("keeps a namespace while somebody is in it", () => {
    const site = new Site();
    const [ada, bob] = [site.peer(), site.peer()];
    ada.join();
    bob.join();
    ada.drop();
    expect([...site.hub.namespaces()].map(({ name }) => name)).toEqual(["/"]);
    bob.say("41");
    expect([...site.hub.namespaces()]).toEqual([]);
    expect(site.hub.clientCount).toBe(1);
  });

  describe("connectTimeout", () => {
    it("ends a connection that joins no namespace", () => {
      const site = new Site();
      const peer = site.peer();
      site.clock.advance(44_000);
      expect(peer.endings).toEqual([]);
      site.clock.advance(2_000);
      expect(peer.endings).toEqual(["close"]);
      expect(site.hub.clientCount).toBe(0);
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
    site.hub.join(socket, "kitchen");
    site.hub.join(socket, "kitchen");
    site.hub.emit(everyone, "news", args(1, 2), {});
    site.hub.emit(
      { namespace: "/", rooms: ["kitchen", bobs.sid], skip: new Set([sid]) },
      "dinner",
      "soup",
      {},
    );
    site.hub.reply(socket, "letter", undefined, {});
    site.hub.leave(socket, "kitchen");
    site.hub.leave(socket, "kitchen");
    site.hub.closeRoom("/", "attic");
    ada.say("41");
    site.hub.reply(socket, "letter", undefined, {});
    const namespace = "/";
    expect(trace).toEqual([
      { type: "socket connect", connection: 1, sid, namespace },
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
    site.hub.join(socket, "kitchen");
    const rooms = ["kitchen"];
    const join = vi.spyOn(rooms, "join");
    site.hub.emit({ namespace: "/", rooms, skip: null }, "news", undefined, {});
    site.hub.leave(socket, "kitchen");
    site.hub.closeRoom("/", "kitchen");
    peer.say('42["e"]', "40", "41");
    peer.drop();
    expect(publish).not.toHaveBeenCalled();
    expect(join).not.toHaveBeenCalled();
  });
});
