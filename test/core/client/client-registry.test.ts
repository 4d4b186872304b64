import { describe, expect, it } from "vitest";
import { Site } from "../site.ts";

describe("ClientRegistry", () => {
  describe("connectTimeout", () => {
    it("ends a connection that joins no namespace", () => {
      const site = new Site();
      const peer = site.peer();
      site.clock.advance(44_000);
      // The connection is alive, and ends only because it joins nothing.
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

    it("ends one that has left its only namespace while another has not decided", () => {
      const site = new Site({ connectTimeout: 1000 });
      const peer = site.peer();
      peer.join("/");
      site.handlers.onConnect = () => {};
      peer.say("40/chat,", "41");
      site.clock.advance(999);
      expect(peer.endings).toEqual([]);
      site.clock.advance(1);
      expect(peer.endings).toEqual(["close"]);
    });

    it("does not end one that has left one namespace and is in another", () => {
      const site = new Site({ connectTimeout: 1000 });
      const peer = site.peer();
      peer.join("/");
      peer.join("/chat");
      peer.say("41");
      site.clock.advance(2000);
      expect(peer.endings).toEqual([]);
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
});
