import { describe, expect, it } from "vitest";
import { args } from "../../src/contract/arguments.ts";
import { everyone, only, Site } from "./site.ts";

describe("Hub", () => {
  it("tells what happens", () => {
    const site = new Site();
    const [ada, bob] = [site.peer(), site.peer()];
    const bobs = bob.join();
    const trace = site.listen();
    const socket = ada.join();
    const { sid } = socket;
    site.hub.operations.join(only(socket), "kitchen");
    site.hub.operations.join(only(socket), "kitchen");
    site.hub.broadcaster.emit(everyone, "news", args(1, 2), {});
    site.hub.broadcaster.emit(
      { ...everyone, rooms: ["kitchen", bobs.sid], skip: [sid] },
      "dinner",
      "soup",
      {},
    );
    site.hub.broadcaster.reply(socket, "letter", undefined, {});
    site.hub.operations.leave(only(socket), "kitchen");
    site.hub.operations.leave(only(socket), "kitchen");
    site.hub.operations.closeRoom("/", "attic");
    ada.say("41");
    site.hub.broadcaster.reply(socket, "letter", undefined, {});
    const namespace = "/";
    expect(trace).toEqual([
      { type: "socket connect", connection: 1, sid, namespace, recovered: false },
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
});
