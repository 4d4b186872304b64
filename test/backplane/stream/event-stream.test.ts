import { beforeEach, describe, expect, it } from "vitest";
import { eventFor, settle } from "../../support/stream-node.ts";
import { everyone, name, range, Site, Sites } from "./stream-site.ts";

let sites: Sites;

beforeEach(() => {
  sites = new Sites();
});

describe("events", () => {
  it("of several nodes are delivered everywhere in one order, each once", async () => {
    const [one, two] = await sites.pair();
    for (let value = 0; value < 20; value += 1) (value % 3 === 0 ? one : two).send(value);
    await settle();
    expect(one.delivered).toHaveLength(20);
    expect(two.delivered).toEqual(one.delivered);
    expect(sites.kept()).toEqual(one.delivered);
    expect(one.offsets).toEqual(range(1, 20));
    expect([one.stream.publisher.isIdle, two.stream.publisher.isIdle]).toEqual([true, true]);
  });

  it("are delivered at their place, not when they are sent", async () => {
    const [one, two] = await sites.pair();
    one.link.requests.hold();
    one.send("mine");
    expect(one.delivered).toEqual([]);
    two.send("earlier");
    await settle();
    one.link.requests.release();
    await settle();
    expect(one.delivered).toEqual(["earlier", "mine"]);
  });

  it("are settled once they have come, whether the answer comes before or after them", async () => {
    const site = await sites.connected();
    site.link.answers.hold();
    site.send("first");
    await settle();
    expect([site.delivered, site.stream.publisher.isIdle]).toEqual([["first"], true]);
    site.link.answers.release();
    site.link.messages.hold();
    site.send("second");
    await settle();
    expect([site.delivered, site.stream.publisher.isIdle]).toEqual([["first"], false]);
    site.link.messages.release();
    await settle();
    expect([site.delivered, site.stream.publisher.isIdle]).toEqual([["first", "second"], true]);
  });

  it("for several rooms are delivered once to a node that hears all of these", async () => {
    const site = await sites.connected();
    site.hear(`${name}:r:red`, `${name}:r:blue`);
    await settle();
    site.send("both", ["red", "blue"]);
    await settle();
    expect(site.delivered).toEqual(["both"]);
  });

  it("for rooms that no client here is in are settled by the answer alone", async () => {
    const site = await sites.connected();
    site.send("elsewhere", ["red"]);
    site.follow("then");
    await settle();
    expect([site.delivered, site.stream.publisher.isIdle]).toEqual([["then"], true]);
  });

  it("wait for the subscription of a room, so that a client that has just joined gets them", async () => {
    const site = await sites.connected();
    site.link.requests.hold();
    site.hear(`${name}:r:red`);
    site.send("hello", ["red"]);
    site.send("later");
    site.link.requests.release();
    await settle();
    expect(site.delivered).toEqual(["hello", "later"]);
  });

  it("note the latest offset on each channel that they came on", async () => {
    const site = await sites.connected();
    site.hear(`${name}:r:red`);
    await settle();
    site.send("one", ["red"]);
    site.send("two");
    await settle();
    const { channels } = site.stream;
    expect([channels.latestOf(`${name}:r:red`), channels.latestOf(everyone)]).toEqual([1, 2]);
    expect(site.stream.cursor).toBe(`${site.stream.sync.epoch}.2`);
  });
});

describe("a message of the broker", () => {
  it("that a client was taken is told", async () => {
    const site = await sites.connected();
    sites.broker.publish(`${name}:n:one`, Buffer.from("x7:key:with:colons"));
    await settle();
    expect(site.heard).toContain("taken key:with:colons 7");
  });
});

describe("without a broker for long", () => {
  it("events are delivered here at once, in order with the turns, and a loss marker follows when it is back", async () => {
    const [one, two] = await sites.pair();
    await one.lose();
    one.send("waiting", ["red"]);
    one.follow("then");
    one.stream.detach();
    expect(one.delivered).toEqual(["waiting", "then"]);
    one.send("at once", ["blue"]);
    one.follow("and then");
    expect(one.delivered).toEqual(["waiting", "then", "at once", "and then"]);
    await one.connect();
    expect(sites.kept()).toEqual(["loss for red,blue"]);
    expect(one.heard).toEqual(["up", "detached", "waiting without offset", "at once without offset", "up"]);
    two.hear(`${name}:r:red`);
    await settle();
    two.send("next", ["red"]);
    await settle();
    expect(two.delivered).toEqual(["next"]);
  });

  it("the marker comes to every node, and is no event", async () => {
    const [one, two] = await sites.pair();
    await one.lose();
    one.send("lost");
    one.stream.detach();
    await one.connect();
    expect(two.heard).toEqual(["up", "loss for all"]);
    expect(two.delivered).toEqual([]);
  });

  it("an event that the broker had kept all the same is told as repeated", async () => {
    const site = await sites.connected();
    site.link.answers.hold();
    site.link.messages.hold();
    site.send("kept");
    await settle();
    await site.lose();
    site.stream.detach();
    expect(site.delivered).toEqual(["kept"]);
    await site.connect();
    expect(site.heard).toContain("kept late repeated");
  });

  it("a node that sends too much for what may wait gives up waiting, and loses nothing here", async () => {
    const site = await sites.connected();
    await site.lose();
    const large = "x".repeat(3 * 2 ** 20);
    for (const value of range(1, 7)) site.send(value + large);
    expect(site.stream.isDetached).toBe(true);
    expect(site.delivered.map((value) => Number(String(value)[0]))).toEqual(range(1, 7));
    await site.connect();
    expect(sites.kept()).toEqual(["loss for all"]);
  });

  it("losses that others report are marked as well", async () => {
    const site = await sites.connected();
    site.stream.publisher.lose(eventFor(["red"], "").target);
    expect(site.stream.isUnused).toBe(false);
    site.stream.tick();
    await settle();
    expect(sites.kept()).toEqual(["loss for red"]);
  });
});

describe("a barrier", () => {
  it("is passed behind every event that any node has sent before", async () => {
    const [one, two] = await sites.pair();
    two.send(1);
    await settle();
    one.link.messages.hold();
    two.send(2);
    await settle();
    one.stream.barrier((isWhole) => one.delivered.push(`whole ${isWhole}`));
    await settle();
    one.link.messages.release();
    await settle();
    expect(one.delivered).toEqual([1, 2, "whole true"]);
  });

  it("says that it was not whole when the connection breaks, or the broker refuses it", async () => {
    const site = await sites.connected();
    const told: boolean[] = [];
    site.link.messages.hold();
    site.stream.barrier((isWhole) => told.push(isWhole));
    await settle();
    await site.lose();
    expect(told).toEqual([false]);
    site.stream.barrier((isWhole) => told.push(isWhole));
    await settle();
    expect(told).toEqual([false, false]);
  });

  it("is not passed by a guess", async () => {
    const site = await sites.connected();
    site.link.requests.hold();
    site.stream.barrier(() => {});
    for (let id = 0; id <= 10; id += 1) sites.broker.publish(`${name}:n:one`, Buffer.from(`f${id}:1000`));
    await settle();
    expect(site.stream.offset).toBe(0);
  });

  it("is sent once for all that ask in one turn", async () => {
    const site = await sites.connected();
    const told: string[] = [];
    const sent = () => sites.broker.calls.filter((call) => call === "barrier").length;
    const before = sent();
    for (const name of ["a", "b", "c"]) site.stream.barrier((isWhole) => told.push(`${name} ${isWhole}`));
    await settle();
    expect(told).toEqual(["a true", "b true", "c true"]);
    expect(sent() - before).toBe(1);
  });

  it("that a node sends now and then tells it how far the others are", async () => {
    const [one, two] = await sites.pair();
    two.send("elsewhere", ["red"]);
    await settle();
    expect(one.stream.offset).toBe(0);
    one.stream.tick();
    await settle();
    expect(one.stream.offset).toBe(1);
    // What a later connection misses is only what follows.
    await one.lose();
    sites.broker.trim(name, 1);
    await one.connect();
    expect(one.heard).toEqual(["up", "up"]);
  });
});

describe("waiting", () => {
  it("for offsets ends when they come", async () => {
    const site = new Site(sites);
    const settled: string[] = [];
    void site.stream.settled().then(() => settled.push("up"));
    await settle();
    expect(settled).toEqual([]);
    await site.connect();
    expect(settled).toEqual(["up"]);
  });

  it("for events and passed messages on their way ends when they have come back", async () => {
    const site = await sites.connected();
    site.link.requests.hold();
    site.send(1);
    site.stream.publisher.pass(null, Buffer.from("message"), true);
    let isDrained = false;
    void site.stream.drained().then(() => {
      isDrained = true;
    });
    await settle();
    expect(isDrained).toBe(false);
    site.link.requests.release();
    await settle();
    expect(isDrained).toBe(true);
  });

  it("ends when the node gives the broker up, or closes", async () => {
    for (const end of ["detach", "close"] as const) {
      const site = await sites.connected();
      await site.lose();
      site.send(1);
      const drained = site.stream.drained();
      const settled = site.stream.settled();
      site.stream[end]();
      await Promise.all([drained, settled]);
    }
  });
});

describe("a stream that is not used", () => {
  it("says so, and hears nothing after its end", async () => {
    const site = await sites.connected();
    expect(site.stream.isUnused).toBe(false);
    site.stream.listener = null;
    expect(site.stream.isUnused).toBe(true);
    site.send(1);
    expect(site.stream.isUnused).toBe(false);
    await settle();
    site.stream.close();
    const other = await sites.connected("two");
    other.send(2);
    await settle();
    expect(site.delivered).toEqual([]);
  });

  it("takes the turns that still wait when it closes", async () => {
    const site = await sites.connected();
    await site.lose();
    site.send("lost");
    site.follow("turn");
    site.stream.close();
    expect(site.delivered).toEqual(["turn"]);
  });
});
