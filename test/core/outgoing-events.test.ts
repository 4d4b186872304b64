import { describe, expect, it, vi } from "vitest";
import { args } from "../../src/contract/arguments.ts";
import { soon } from "../support/waiting.ts";
import { everyone, only, room, Site } from "./site.ts";

describe("OutgoingEvents", () => {
  it("calls listeners with each event and its target, until they are removed", () => {
    const site = new Site();
    const socket = site.peer().join();
    const heard: unknown[] = [];
    const end = site.hub.outgoing.listen((...event) => void heard.push(event));
    site.hub.broadcaster.emit(room("kitchen"), "news", args(1, 2), {});
    site.hub.broadcaster.reply(socket, "letter", undefined, {});
    void site.hub.ackRequests.callAll(everyone, "ask", 3, 1000);
    end();
    site.hub.broadcaster.emit(everyone, "secret", undefined, {});
    expect(heard).toEqual([
      ["news", [1, 2], room("kitchen")],
      ["letter", [], only(socket)],
      ["ask", [3], everyone],
    ]);
  });

  it("reports a listener that throws or rejects, and calls the next one", async () => {
    const site = new Site();
    const listener = vi.fn();
    site.hub.outgoing.listen(() => {
      throw new Error("thrown");
    });
    site.hub.outgoing.listen(() => Promise.reject(new Error("rejected")));
    site.hub.outgoing.listen(listener);
    site.hub.broadcaster.emit(everyone, "news", undefined, {});
    await soon(() => site.reported).toEqual([new Error("thrown"), new Error("rejected")]);
    expect(listener).toHaveBeenCalledOnce();
  });

  it("builds no trace event without a listener", () => {
    const site = new Site();
    const publish = vi.spyOn(site.trace, "publish");
    const peer = site.peer();
    const socket = peer.join();
    site.hub.operations.join(only(socket), "kitchen");
    const rooms = ["kitchen"];
    const join = vi.spyOn(rooms, "join");
    site.hub.broadcaster.emit({ ...everyone, rooms }, "news", undefined, {});
    site.hub.operations.leave(only(socket), "kitchen");
    site.hub.operations.closeRoom("/", "kitchen");
    peer.say('42["e"]', "40", "41");
    peer.drop();
    expect(publish).not.toHaveBeenCalled();
    expect(join).not.toHaveBeenCalled();
  });
});
