import { describe, expect, it } from "vitest";
import { args } from "../../../src/contract/arguments.ts";
import { clientIn, everyoneIn } from "../../../src/core/model/target.ts";
import { linked } from "../linked-site.ts";
import { everyone, only, room, Site } from "../site.ts";

describe("AckRequests", () => {
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

    it("rejects when the client is not connected", async () => {
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

    it("gives an empty list at once for a target without clients", async () => {
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
});
