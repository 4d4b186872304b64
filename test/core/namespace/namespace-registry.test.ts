import { describe, expect, it } from "vitest";
import { everyoneIn } from "../../../src/core/model/target.ts";
import { deferred, soon } from "../../support/waiting.ts";
import { linked } from "../linked-site.ts";
import { everyone, only, Site } from "../site.ts";

/** Waits until pending promises have settled. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const names = (site: Site) => [...site.hub.namespaces.all()].map(({ name }) => name);

const acceptance = (namespace: string) => `40${namespace},{"sid":"SID"}`;
const refusal = (namespace: string) => `44${namespace},{"message":"Invalid namespace"}`;

describe("NamespaceRegistry", () => {
  it("keeps a namespace with clients when an earlier one of its name is released again", async () => {
    const site = new Site();
    const former = await site.hub.namespaces.admit("/chat", undefined);
    if (former === undefined) throw new Error("There is no namespace.");
    site.hub.namespaces.release(former);
    const peer = site.peer();
    peer.join("/chat");
    site.hub.namespaces.release(former);
    site.hub.broadcaster.emit(everyoneIn("/chat"), "news", undefined, {});
    expect(peer.heard()).toEqual(['42/chat,["news"]']);
  });

  it("lets clients in, in their order, when everything is there that they have to wait for", async () => {
    const site = new Site();
    const { promise, resolve } = deferred<void>();
    site.hub.namespaces.waitFor(promise);
    site.hub.namespaces.waitFor(Promise.resolve());
    const peer = site.peer();
    peer.say("40", "40/chat,");
    await settled();
    expect([peer.heard(), names(site)]).toEqual([[], []]);
    resolve();
    await soon(() => names(site)).toEqual(["/", "/chat"]);
    expect(peer.heard()).toEqual(['40{"sid":"SID"}', acceptance("/chat")]);
    expect(site.peer().join().namespace).toBe("/");
  });

  it("finds clients by namespace and sid", () => {
    const site = new Site();
    const socket = site.peer().join();
    expect(site.hub.namespaces.find("/", socket.sid)).toBe(socket);
    expect(site.hub.namespaces.find("/chat", socket.sid)).toBeUndefined();
    expect(site.hub.namespaces.find("/", "nobody")).toBeUndefined();
  });

  it("keeps a namespace while it has clients", () => {
    const site = new Site();
    const [ada, bob] = [site.peer(), site.peer()];
    ada.join();
    bob.join();
    ada.drop();
    expect([...site.hub.namespaces.all()].map(({ name }) => name)).toEqual(["/"]);
    bob.say("41");
    expect([...site.hub.namespaces.all()]).toEqual([]);
    expect(site.hub.clients.size).toBe(1);
  });

  it("tells the backplane of the first and the last member of each room and namespace", () => {
    const { site, watched, peer, socket } = linked();
    const { hub } = site;
    const other = site.peer().join();
    void hub.operations.join(everyone, "a");
    void hub.operations.leave(only(socket), "a");
    void hub.operations.join(only(socket), "b");
    void hub.operations.join(only(other), "c");
    void hub.operations.closeRoom("/", "c");
    void hub.operations.closeRoom("/", "c");
    void hub.operations.leave(only(other), "a");
    peer.drop();
    void hub.operations.disconnect(only(other), false);
    expect(watched).toEqual([
      "/ opens",
      "a opens",
      "b opens",
      "c opens",
      "c is empty",
      "a is empty",
      "b is empty",
      "/ is empty",
    ]);
  });

  it("accepts clients once other processes' events for the namespace arrive here", async () => {
    const { site, waits } = linked();
    const listening = deferred();
    waits.namespace = listening.promise;
    const peer = site.peer();
    peer.say("40/chat,");
    expect(peer.heard()).toEqual([]);
    listening.resolve();
    await listening.promise;
    await soon(() => peer.heard()).toEqual(['40/chat,{"sid":"SID"}']);
    const next = site.peer();
    next.say("40/chat,");
    expect(next.heard()).toEqual(['40/chat,{"sid":"SID"}']);
  });

  it("gives out sids that name the client's process", () => {
    const { socket } = linked();
    expect(socket.sid).toMatch(/^sid~here-[\w-]{20}$/);
  });
});

describe("the rules of namespaces", () => {
  it("lets clients into the namespaces that it allows, by name and by what they send along", async () => {
    const site = new Site();
    const asked: unknown[] = [];
    site.rules.push({
      allows(name, auth) {
        asked.push([name, auth]);
        return name.startsWith("/game/") && (auth as { key?: string } | undefined)?.key === "k";
      },
    });
    const peer = site.peer();
    peer.say('40/game/1,{"key":"k"}', "40/game/2,", '40/other,{"key":"k"}');
    await settled();
    expect(peer.heard().toSorted()).toEqual([acceptance("/game/1"), refusal("/game/2"), refusal("/other")]);
    expect(asked).toEqual([
      ["/game/1", { key: "k" }],
      ["/game/2", undefined],
      ["/other", { key: "k" }],
    ]);
    expect(names(site)).toEqual(["/game/1"]);
  });

  it("is asked for each client, also while others are in, and only where a name alone opens nothing", async () => {
    const site = new Site();
    let allowed = true;
    let count = 0;
    site.rules.push({
      allows() {
        count += 1;
        return allowed;
      },
    });
    const [first, second] = [site.peer(), site.peer()];
    first.say("40/dynamic,", "40/chat,");
    await settled();
    expect(count).toBe(1);
    allowed = false;
    second.say("40/dynamic,");
    await settled();
    expect(second.heard().at(-1)).toBe(refusal("/dynamic"));
    expect([count, site.namespace("/dynamic")?.size]).toEqual([2, 1]);
  });

  it("is the first of several that allows a client", async () => {
    const site = new Site();
    const asked: string[] = [];
    for (const [rule, allows] of [
      ["a", false],
      ["b", true],
      ["c", true],
    ] as const) {
      site.rules.push({
        async allows() {
          asked.push(rule);
          return allows;
        },
      });
    }
    const peer = site.peer();
    peer.say("40/dynamic,");
    await settled();
    expect(peer.heard().at(-1)).toBe(acceptance("/dynamic"));
    expect(asked).toEqual(["a", "b"]);
    expect(site.namespace("/dynamic")?.rule).toBe(site.rules[1]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ])("that %s refuses, is reported once, and leaves nothing", async (_, allows) => {
    const site = new Site();
    site.rules.push({ allows });
    const peer = site.peer();
    peer.say("40/dynamic,");
    await settled();
    expect(peer.heard().at(-1)).toBe(refusal("/dynamic"));
    expect(site.reported).toEqual([new Error("broken")]);
    expect(names(site)).toEqual([]);
  });

  it("leaves nothing of a namespace when its last client has left, or was refused by the handler", async () => {
    const site = new Site();
    site.rules.push({ allows: () => true });
    const peer = site.peer();
    peer.say("40/dynamic,");
    await settled();
    expect(names(site)).toEqual(["/dynamic"]);
    peer.say("41/dynamic,");
    expect(names(site)).toEqual([]);
    site.handlers.connect = (_socket, decide) => decide({ message: "no" });
    peer.say("40/dynamic,");
    await settled();
    expect(peer.heard().at(-1)).toBe('44/dynamic,{"message":"no"}');
    expect(names(site)).toEqual([]);
  });

  it.each([
    ["closes its connection", (peer: ReturnType<Site["peer"]>) => peer.drop()],
    ["takes its request back", (peer: ReturnType<Site["peer"]>) => peer.say("41/dynamic,")],
  ])("that takes its time lets no client in that %s before it decides", async (_, leave) => {
    const site = new Site();
    const { promise, resolve } = deferred<boolean>();
    site.rules.push({ allows: () => promise });
    const peer = site.peer();
    // Events before the decision reach no handler, and do not end the connection.
    peer.say("40/dynamic,", "40/dynamic,", '42/dynamic,["early"]');
    leave(peer);
    resolve(true);
    await settled();
    expect(names(site)).toEqual([]);
    expect(peer.heard().filter((message) => String(message).startsWith("40/"))).toEqual([]);
  });

  it("counts what it decides about towards maxNamespaces", async () => {
    const site = new Site({ maxNamespaces: 2 });
    site.rules.push({ allows: async () => true });
    const peer = site.peer();
    peer.say("40/a,", "40/b,", "40/c,");
    await settled();
    expect(peer.heard().toSorted()).toEqual([
      acceptance("/a"),
      acceptance("/b"),
      '44/c,{"message":"Too many namespaces"}',
    ]);
  });

  it("has one namespace of a name, whichever of two rules came first", async () => {
    const site = new Site();
    const slow = deferred<boolean>();
    site.rules.push(
      { allows: (_name, auth) => ((auth as { slow?: boolean } | undefined)?.slow ? slow.promise : false) },
      { allows: (_name, auth) => auth === undefined },
    );
    const [first, second] = [site.peer(), site.peer()];
    first.say('40/dynamic,{"slow":true}');
    second.say("40/dynamic,");
    await settled();
    slow.resolve(true);
    await settled();
    // The rule that let the present clients in decides, not the first one.
    expect(second.heard().at(-1)).toBe(acceptance("/dynamic"));
    expect(first.heard().at(-1)).toBe(refusal("/dynamic"));
    expect(site.namespace("/dynamic")?.size).toBe(1);
  });

  it("judges the latest of a client's requests alone, and the client hears nothing of the others", async () => {
    const site = new Site();
    const verdicts: { auth: unknown; allow: (verdict: boolean) => void }[] = [];
    site.rules.push({
      allows(_name, auth) {
        const { promise, resolve } = deferred<boolean>();
        verdicts.push({ auth, allow: resolve });
        return promise;
      },
    });
    const peer = site.peer();
    peer.say('40/dynamic,{"token":"old"}');
    site.clock.endTick();
    // A stock client that leaves before it is accepted says nothing.
    peer.say('40/dynamic,{"token":"new"}');
    expect(verdicts.map(({ auth }) => auth)).toEqual([{ token: "old" }, { token: "new" }]);
    verdicts[0]?.allow(false);
    await settled();
    expect(peer.heard()).toEqual([]);
    verdicts[1]?.allow(true);
    await settled();
    expect(peer.heard()).toEqual([acceptance("/dynamic")]);
    const auths = [...(site.namespace("/dynamic")?.sockets() ?? [])].map(({ auth }) => auth);
    expect(auths).toEqual([{ token: "new" }]);
  });

  it("refuses a client whose namespace cannot be opened after all, and reports why", async () => {
    const site = new Site();
    const failure = new Error("no handlers");
    let opened = false;
    site.rules.push({
      allows: async () => {
        opened = true;
        return true;
      },
    });
    const { handlers } = site;
    Object.defineProperty(site, "handlers", {
      get: () => {
        if (opened) throw failure;
        return handlers;
      },
    });
    const peer = site.peer();
    peer.say("40/dynamic,");
    await settled();
    expect(peer.heard()).toEqual(['44/dynamic,{"message":"Connection rejected by server"}']);
    expect(site.reported).toEqual([failure]);
  });
});
