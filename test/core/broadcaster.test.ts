import { describe, expect, it, vi } from "vitest";
import { args } from "../../src/contract/arguments.ts";
import { clientIn } from "../../src/core/model/target.ts";
import { deferred, soon } from "../support/waiting.ts";
import { linked } from "./linked-site.ts";
import { everyone, only, room, Site } from "./site.ts";

describe("Broadcaster", () => {
  it("sends an event to all clients of a namespace, and to none of another", () => {
    const site = new Site();
    const peers = [site.peer(), site.peer(), site.peer()];
    peers[0]?.join();
    peers[1]?.join();
    peers[2]?.join("/chat");
    site.hub.broadcaster.emit(everyone, "news", { n: 1 }, {});
    expect(peers.map((peer) => peer.heard())).toEqual([['42["news",{"n":1}]'], ['42["news",{"n":1}]'], []]);
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

  it("checks an event that no client would get, too", () => {
    const { hub } = new Site();
    expect(() => hub.broadcaster.emit(everyone, "connect", undefined, {})).toThrow(
      expect.objectContaining({ code: "ERR_EVENT_NAME" }),
    );
    expect(() => hub.broadcaster.emit(everyone, "bill", 1n, {})).toThrow(
      expect.objectContaining({ code: "ERR_PAYLOAD" }),
    );
  });

  it("holds events for a client that is not accepted yet", () => {
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

  it("does not wait for a client that leaves", () => {
    const site = new Site();
    const peer = site.peer();
    const socket = peer.join();
    const callback = vi.fn();
    site.hub.broadcaster.reply(socket, "ask", undefined, { callback });
    peer.drop();
    expect(callback).not.toHaveBeenCalled();
    expect(socket.pendingAcknowledgements).toBe(0);
  });

  it("sends to the clients of a room, and to one client by its sid", () => {
    const site = new Site();
    const [ada, bob] = [site.peer(), site.peer()];
    site.hub.operations.join(only(ada.join()), "kitchen");
    const bobs = bob.join();
    site.hub.broadcaster.emit(room("kitchen"), "dinner", undefined, {});
    site.hub.broadcaster.emit(room(bobs.sid), "letter", undefined, {});
    expect([ada.heard(), bob.heard()]).toEqual([['42["dinner"]'], ['42["letter"]']]);
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

  it("tells the backplane nothing about a client of this process alone, or about no client", async () => {
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
});
