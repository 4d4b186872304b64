import { describe, expect, it } from "vitest";
import { Operations } from "../../src/app/operations.ts";
import type { NamespacePattern } from "../../src/app/options/namespace-pattern.ts";
import type { NamespaceName } from "../../src/context/target-options.ts";
import type { Contract } from "../../src/contract/events.ts";
import type { Hub } from "../../src/core/hub.ts";
import { linked } from "../core/linked-site.ts";
import { Site } from "../core/site.ts";

/** Operations in the namespace that the options name, as the server has them. */
function operationsOn(hub: Hub, namespace: NamespacePattern = "/") {
  return new Operations<Contract, { namespace?: string }>({
    hub: () => hub,
    namespaceOf: (options: NamespaceName | undefined) => options?.namespace ?? namespace,
  });
}

describe("operations from anywhere", () => {
  it("act in one namespace: what stands for many names none", () => {
    function tenantsOnly() {
      return true;
    }
    for (const [pattern, shown] of [
      ["*", "*"],
      [/^\/game/, "/^\\/game/"],
      [tenantsOnly, "the namespaces of tenantsOnly"],
    ] as const) {
      const operations = operationsOn(new Site().hub, pattern);
      for (const act of [
        () => operations.emit("news"),
        () => operations.send("text"),
        () => operations.callAll("ready?"),
        () => operations.joinRoom("red", { sid: "a" }),
        () => operations.closeRoom("red"),
        () => operations.bufferedBytes({ sid: "a" }),
        () => operations.countClients(),
        () => operations.disconnect({ broadcast: true }),
      ]) {
        expect(act).toThrow(
          expect.objectContaining({
            code: "ERR_NAMESPACE",
            message: `${shown} stands for many namespaces: name the one that is meant, as in socketio.namespace("/chat").`,
          }),
        );
      }
    }
  });

  it("take the namespace of their options before that of their owner", () => {
    const site = new Site();
    const [main, chat] = [site.peer(), site.peer()];
    main.join();
    chat.join("/chat");
    operationsOn(site.hub, "/chat").emit("news", 1, { namespace: "/" });
    operationsOn(site.hub, "/chat").send("hi");
    operationsOn(site.hub, "/chat").send({ a: 1 }, { json: true });
    expect(main.heard()).toEqual(['42["news",1]']);
    expect(chat.heard()).toEqual(['42/chat,["message","hi"]', '42/chat,["json",{"a":1}]']);
  });

  it("leave no client out for includeSelf: false where no event is being handled", () => {
    const site = new Site();
    const peer = site.peer();
    peer.join();
    operationsOn(site.hub).emit("news", undefined, { includeSelf: false });
    expect(peer.heard()).toEqual(['42["news"]']);
  });

  it("wait a minute for one client's answer, and ten seconds for those of many", () => {
    const { site, told } = linked();
    const operations = operationsOn(site.hub);
    void operations.call("ready?", undefined, { sid: "here-far" }).catch(() => {});
    void operations.call("ready?", undefined, { to: "here-far", timeout: 5 }).catch(() => {});
    operations.callAll("ready?");
    operations.callAll("ready?", undefined, { timeout: 7 });
    expect(told).toEqual([
      ["ready?", "here-far", 60_000],
      ["ready?", "here-far", 5],
      ["ready?", null, 10_000],
      ["ready?", null, 7],
    ]);
  });

  it("list clients as a plain list, which also says which processes did not answer", async () => {
    const { site, socket } = linked();
    const list = await operationsOn(site.hub).sockets({ sid: "nobody" });
    expect([list.length, list.missing]).toEqual([0, ["node 3"]]);
    expect(list).toEqual([]);
    expect(JSON.stringify(list)).toBe("[]");
    const all = await operationsOn(site.hub).sockets();
    expect(all.map(({ sid }) => sid)).toEqual([socket.sid, "far"]);
    expect(await operationsOn(site.hub).countClients()).toEqual({ count: 8, missing: ["node 4"] });
  });

  it("tell a client why it has to go, and other processes the same", async () => {
    const { site, told, known, peer, socket } = linked();
    const gone = operationsOn(site.hub).disconnect({ sid: socket.sid, reason: "moving", code: 7 });
    expect(peer.heard()).toEqual([
      '42["disconnect_reason",{"reason":"moving","code":7,"retry":false}]',
      "41",
    ]);
    void operationsOn(site.hub).disconnect({ to: "red", close: true });
    known.resolve();
    await gone;
    expect(told).toMatchObject([
      { type: "disconnect", close: true, target: { rooms: ["red"] }, notice: null },
    ]);
  });

  it("have an answer for a client that is not here", async () => {
    const operations = operationsOn(new Site().hub);
    expect(operations.bufferedBytes({ sid: "gone" })).toBe(0);
    expect(await operations.drained({ sid: "gone" })).toBe(false);
    expect(await operations.rooms({ sid: "gone" })).toEqual([]);
    await expect(operations.call("ready?", undefined, { sid: "gone" })).rejects.toMatchObject({
      code: "ERR_DISCONNECTED",
    });
  });
});
