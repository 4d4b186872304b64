import { describe, expect, it } from "vitest";
import { clientIn } from "../../../src/core/model/target.ts";
import { delayDecisions, leftovers, nothing, Site } from "../site.ts";

describe("A client that asks to join", () => {
  it("hands over what a client sent along", () => {
    const site = new Site();
    const peer = site.peer();
    peer.say('40{"token":"abc"}', '40/chat,{"token":"def"}');
    const auths = [...site.hub.namespaces.all()].flatMap((namespace) =>
      [...namespace.sockets()].map((socket) => socket.auth),
    );
    expect(auths).toEqual([{ token: "abc" }, { token: "def" }]);
  });

  it("refuses a namespace that does not exist", () => {
    const site = new Site();
    const peer = site.peer();
    const trace = site.listen();
    peer.say("40/attic,");
    expect(peer.heard()).toEqual(['44/attic,{"message":"Invalid namespace"}']);
    expect(trace.map(({ type }) => type)).toEqual(["event ignored"]);
    expect([...site.hub.namespaces.all()]).toEqual([]);
  });

  describe("when it is refused", () => {
    it("is told why, and leaves nothing", () => {
      const site = new Site();
      site.handlers.onConnect = (socket, decide) => {
        site.hub.operations.join(clientIn(socket.namespace, socket.sid), "kitchen");
        site.hub.broadcaster.reply(socket, "never heard", undefined, {});
        decide({ message: "no", data: { code: 7 } });
      };
      const peer = site.peer();
      peer.say("40");
      expect(peer.heard()).toEqual(['44{"message":"no","data":{"code":7}}']);
      expect([...site.hub.namespaces.all()]).toEqual([]);
      expect(site.handlers.disconnects).toEqual([]);
      peer.drop();
      expect(leftovers(site)).toEqual(nothing);
    });

    it("may ask again", () => {
      const site = new Site();
      site.handlers.onConnect = (_socket, decide) => decide({ message: "not yet" });
      const peer = site.peer();
      peer.say("40");
      site.handlers.onConnect = (_socket, decide) => decide();
      peer.say("40");
      expect(peer.heard()).toEqual(['44{"message":"not yet"}', '40{"sid":"SID"}']);
    });

    it("is told without the data that cannot be sent", () => {
      const site = new Site();
      site.handlers.onConnect = (_socket, decide) => decide({ message: "no", data: 1n });
      const peer = site.peer();
      peer.say("40");
      expect(peer.heard()).toEqual(['44{"message":"no"}']);
      expect(site.reported).toEqual([expect.objectContaining({ code: "ERR_PAYLOAD" })]);
    });
  });

  describe("when it leaves while its connect handler runs", () => {
    const ways: [string, (site: Site, peer: ReturnType<Site["peer"]>) => void, string][] = [
      ["by dropping its connection", (_site, peer) => peer.drop(), "transport close"],
      ["by leaving the namespace", (_site, peer) => peer.say("41"), "client namespace disconnect"],
    ];

    it.each(ways)("%s, and is accepted, it is followed by exactly one end", (_how, leave, reason) => {
      const site = new Site();
      const waiting = delayDecisions(site);
      const peer = site.peer();
      peer.say("40");
      leave(site, peer);
      expect(site.handlers.disconnects).toEqual([]);
      waiting[0]?.decide();
      expect(site.handlers.disconnects).toEqual([{ socket: waiting[0]?.socket, reason }]);
      expect(peer.heard()).toEqual([]);
      peer.drop();
      expect(site.handlers.disconnects).toHaveLength(1);
      expect(leftovers(site)).toEqual(nothing);
    });

    it.each(ways)("%s, and is refused, it is followed by none", (_how, leave) => {
      const site = new Site();
      const waiting = delayDecisions(site);
      const peer = site.peer();
      peer.say("40");
      leave(site, peer);
      waiting[0]?.decide({ message: "no" });
      expect(site.handlers.disconnects).toEqual([]);
      expect(peer.heard()).toEqual([]);
      peer.drop();
      expect(leftovers(site)).toEqual(nothing);
    });

    it("can come back before the first handler has decided", () => {
      const site = new Site();
      const waiting = delayDecisions(site);
      const peer = site.peer();
      peer.say("40", "41", "40");
      expect(waiting).toHaveLength(2);
      waiting[1]?.decide();
      waiting[0]?.decide();
      expect(peer.heard()).toEqual(['40{"sid":"SID"}']);
      expect(site.handlers.disconnects.map(({ socket }) => socket)).toEqual([waiting[0]?.socket]);
      expect([...(site.namespace("/")?.sockets() ?? [])]).toEqual([waiting[1]?.socket]);
    });
  });
});
