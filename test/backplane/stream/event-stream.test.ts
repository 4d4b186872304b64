import { beforeEach, describe, expect, it } from "vitest";
import { encodeEntry, type UnsequencedEvent } from "../../../src/backplane/stream/stream-event.ts";
import { eventFor, settle, valueIn } from "../../support/stream-node.ts";
import { deferred } from "../../support/waiting.ts";
import { everyone, name, Site, Sites } from "./stream-site.ts";

let sites: Sites;

beforeEach(() => {
  sites = new Sites();
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

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
    expect(site.stream.cursor).toBe(`${site.stream.epoch}.2`);
  });
});

describe("after a lost connection", () => {
  it("an event that never reached the broker is sent again", async () => {
    const site = await sites.connected();
    site.link.requests.hold();
    site.send("lost on its way");
    await site.lose();
    await site.connect();
    expect(site.delivered).toEqual(["lost on its way"]);
    expect(sites.kept()).toEqual(["lost on its way"]);
  });

  it("an event whose answer and message were lost is delivered once, at its place", async () => {
    const [one, two] = await sites.pair();
    one.link.answers.hold();
    one.link.messages.hold();
    one.send("mine");
    await settle();
    two.send("later");
    await settle();
    await one.lose();
    await one.connect();
    expect(one.delivered).toEqual(["mine", "later"]);
    expect(two.delivered).toEqual(["mine", "later"]);
    expect(sites.kept()).toEqual(["mine", "later"]);
    expect(one.stream.publisher.isIdle).toBe(true);
  });

  it("an event for a room that is not heard here is not kept twice when its answer was lost", async () => {
    const site = await sites.connected();
    site.link.answers.hold();
    site.send("elsewhere", ["red"]);
    await settle();
    await site.lose();
    site.send("next", ["red"]);
    await site.connect();
    expect(sites.kept()).toEqual(["elsewhere", "next"]);
    expect(site.stream.publisher.isIdle).toBe(true);
  });

  it("events that are sent without a connection wait, and keep their order", async () => {
    const site = await sites.connected();
    await site.lose();
    site.send(1);
    site.follow("then");
    site.send(2);
    expect(site.delivered).toEqual([]);
    await site.connect();
    expect(site.delivered).toEqual([1, "then", 2]);
  });

  it("what other nodes sent is read, in order, and told as late", async () => {
    const [one, two] = await sites.pair();
    two.send("before");
    await settle();
    await one.lose();
    two.send("missed 1");
    two.send("missed 2");
    await settle();
    await one.connect();
    two.send("after");
    await settle();
    expect(one.heard).toEqual(["up", "before", "missed 1 late", "missed 2 late", "up", "after"]);
  });

  it("more is read than one answer holds, also in rooms", async () => {
    const bounds = { maxEvents: 2000 };
    const [one, two] = await sites.pair(bounds);
    await one.lose();
    for (const value of range(1, 1200)) two.send(value, value % 2 === 0 ? ["red"] : null);
    await settle();
    await one.connect();
    expect(one.offsets).toEqual(range(1, 1200));
  });

  it("what comes live while the rest is read is delivered behind it, once", async () => {
    const [one, two] = await sites.pair();
    await one.lose();
    two.send("missed");
    await settle();
    const link = await one.attach();
    link.answers.hold();
    await settle();
    link.answers.step();
    await settle();
    two.send("live");
    two.send("live too");
    await settle();
    expect(one.delivered).toEqual([]);
    link.answers.release();
    await settle();
    expect(one.heard.slice(1)).toEqual(["missed late", "live", "live too", "up"]);
  });

  it("nothing is lost when more comes live than can wait", async () => {
    sites = new Sites({ maxBytes: 8 * 2 ** 20 });
    const [one, two] = await sites.pair();
    await one.lose();
    const link = await one.attach();
    link.answers.hold();
    await settle();
    link.answers.step();
    await settle();
    const large = "x".repeat(6 * 2 ** 20);
    for (const value of range(1, 3)) {
      two.send(value + large);
      await settle();
    }
    link.answers.release();
    await settle();
    expect(one.delivered.map((value) => Number(String(value)[0]))).toEqual(range(1, 3));
    expect(one.offsets).toEqual(range(1, 3));
  });

  it("a second loss while it reads starts over, and nothing comes twice", async () => {
    const [one, two] = await sites.pair();
    await one.lose();
    for (const value of range(1, 3)) two.send(value);
    await settle();
    const link = await one.attach();
    link.answers.hold();
    await settle();
    await one.lose();
    two.send(4);
    await settle();
    await one.connect();
    expect(one.offsets).toEqual(range(1, 4));
  });

  it("events of another epoch than the one it reads are left out", async () => {
    const site = await sites.connected();
    const bytes = encodeEntry("two", 1, eventFor(null, "of another epoch"));
    sites.broker.publish(everyone, Buffer.concat([Buffer.from("eother:1:"), bytes]));
    await settle();
    expect(site.delivered).toEqual([]);
    site.send("of this one");
    await settle();
    expect(site.delivered).toEqual(["of this one"]);
  });
});

describe("a break", () => {
  it("is told when the stream does not reach back, and nothing of the rest is delivered", async () => {
    const [one, two] = await sites.pair();
    await one.lose();
    for (const value of range(1, 5)) two.send(value);
    await settle();
    sites.broker.trim(name, 2);
    await one.connect();
    expect(one.heard.slice(1)).toEqual(["break", "up"]);
    expect(one.stream.offset).toBe(5);
    two.send(6);
    await settle();
    expect(one.delivered).toEqual([6]);
  });

  it("is told when everything is gone that followed", async () => {
    const [one, two] = await sites.pair();
    await one.lose();
    two.send(1);
    await settle();
    sites.broker.trim(name, 1);
    await one.connect();
    expect(one.heard.slice(1)).toEqual(["break", "up"]);
  });

  it("is told when offsets begin again, and own events get one of the new epoch", async () => {
    const site = await sites.connected();
    site.send("old");
    await settle();
    const before = site.stream.epoch;
    sites.broker.restart();
    await settle();
    site.send("waiting");
    await site.connect();
    expect(site.stream.epoch).not.toBe(before);
    expect(site.heard).toEqual(["up", "old", "break", "up", "waiting"]);
    expect(site.offsets).toEqual([1, 1]);
  });

  it("is found by the next event that is sent, and that event is sent again", async () => {
    const site = await sites.connected();
    site.send("old");
    await settle();
    sites.broker.forgetOffsets(name);
    site.send("new");
    await settle();
    expect(site.heard).toEqual(["up", "old", "break", "up", "new"]);
  });

  it("is found by an event that another node sends in the new epoch", async () => {
    const [one, two] = await sites.pair();
    sites.broker.forgetOffsets(name);
    two.send("new");
    await settle();
    // Clients here begin again, so they do not get what came before that.
    expect(one.heard).toEqual(["up", "break", "up"]);
    two.send("next");
    await settle();
    expect(one.delivered).toEqual(["next"]);
  });

  it("is not told when a node hears of its first epoch", async () => {
    const site = await sites.connected();
    expect(site.heard).toEqual(["up"]);
  });

  it("makes numbers of channels unknown: what was heard in the old epoch says nothing of the new one", async () => {
    const site = await sites.connected();
    site.send("old");
    await settle();
    site.stream.channels.heardSince(everyone, 1);
    expect(site.stream.offsetOn(everyone)).toBe(1);
    sites.broker.restart();
    await settle();
    await site.connect();
    expect(site.stream.offsetOn(everyone)).toBeUndefined();
    expect(site.stream.channels.latestOf(everyone)).toBe(0);
  });
});

describe("a message of the broker", () => {
  it("that something was not heard is a gap: the log is told before the stream goes on behind it", async () => {
    const [one, two] = await sites.pair();
    const told = deferred();
    one.gap = told.promise;
    sites.broker.publish(everyone, Buffer.from("g"));
    await settle();
    expect(one.heard.at(-1)).toBe("gap");
    told.resolve();
    await settle();
    expect(one.heard.slice(1)).toEqual(["gap", "break", "up"]);
    two.send("next");
    await settle();
    expect(one.delivered).toEqual(["next"]);
  });

  it("that its streams are gone has the node look, and it loses nothing when they are still there", async () => {
    const [one, two] = await sites.pair();
    one.link.messages.hold();
    two.send("missed");
    sites.broker.publish(everyone, Buffer.from("z"));
    await settle();
    one.link.messages.release();
    await settle();
    expect(one.delivered).toEqual(["missed"]);
    expect(one.heard).not.toContain("break");
  });

  it("that a client was taken is told", async () => {
    const site = await sites.connected();
    sites.broker.publish(`${name}:n:one`, Buffer.from("x7:key:with:colons"));
    await settle();
    expect(site.heard).toContain("taken key:with:colons 7");
  });

  it("is taken on the channels of its kind alone", async () => {
    const site = await sites.connected();
    const own = `${name}:n:one`;
    const room = `${name}:r:room`;
    const { stream } = site;
    const bytes = (event: UnsequencedEvent, offset = 1) =>
      Buffer.concat([Buffer.from(`e${stream.epoch}:${offset}:`), encodeEntry("two", offset, event)]);
    stream.onMessage(own, bytes(eventFor(null, "on a node's channel")));
    stream.onMessage(everyone, Buffer.from("f1:1000"));
    stream.onMessage(everyone, Buffer.from("x2:pid"));
    stream.onMessage(own, Buffer.from("ptwo:0:message"));
    stream.onMessage(own, Buffer.from("g"));
    stream.onMessage(own, Buffer.from("z"));
    stream.onMessage(room, bytes(eventFor(null, "for everybody, on a room's channel")));
    stream.onMessage(room, bytes(eventFor(["other"], "for another room")));
    expect(site.told.filter((text) => text === "ignored: misplaced")).toHaveLength(8);
    expect(site.heard).toEqual(["up"]);
    stream.onMessage(everyone, bytes(eventFor(null, "one")));
    stream.onMessage(room, bytes(eventFor(["room"], "two"), 2));
    expect(site.delivered).toEqual(["one", "two"]);
  });

  it("reaches no client when it is for another namespace, or no event", async () => {
    const site = await sites.connected();
    const { stream } = site;
    const { target, event, compress } = eventFor(null, "x");
    const hear = (unsequenced: UnsequencedEvent, offset: number | string = 1) =>
      stream.onMessage(
        everyone,
        Buffer.concat([Buffer.from(`e${stream.epoch}:${offset}:`), encodeEntry("two", 1, unsequenced)]),
      );
    hear({ target: { ...target, namespace: "/admin" }, event, compress });
    hear({ target, event: { ...event, prefix: "1" }, compress });
    hear({ target, event: { ...event, body: '["connect"]' }, compress });
    hear({ target, event, compress }, "x");
    stream.onMessage(everyone, Buffer.from(`e${stream.epoch}:1:nothing`));
    expect(site.told.filter((text) => text === "ignored: unfit")).toHaveLength(5);
    expect(site.delivered).toEqual([]);
  });

  it("that is no event among those that it reads makes the rest unknown", async () => {
    const [one, two] = await sites.pair();
    await one.lose();
    two.send(1);
    await settle();
    const message = Buffer.from("of a stranger");
    const { place, epoch } = two.stream;
    await two.link.append(place, epoch, { origin: "stranger", id: 1, message, channels: [] });
    await one.connect();
    expect(one.heard.slice(1)).toEqual(["break", "up"]);
    expect(one.delivered).toEqual([]);
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

describe("a broker that refuses", () => {
  it("one event for its size: clients here get it, a marker takes its place, and the next is sent", async () => {
    sites = new Sites({ maxBytes: 2000 });
    const site = await sites.connected();
    site.send("x".repeat(3000), ["red"]);
    site.send("small");
    await settle();
    expect(sites.kept()).toEqual(["small", "loss for red"]);
    expect(site.delivered).toContain("x".repeat(3000));
    expect(site.told.filter((text) => text.startsWith("event not kept"))).toHaveLength(1);
    expect([site.stream.publisher.isIdle, site.stream.isUp, site.stream.isDetached]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("the marker as well gets one for everybody", async () => {
    sites = new Sites({ maxBytes: 300 });
    const site = await sites.connected();
    const rooms = range(1, 50).map((room) => `room ${room}`);
    site.send("x".repeat(400), rooms);
    await settle();
    expect(sites.kept()).toEqual(["loss for all"]);
    expect(site.stream.publisher.isIdle).toBe(true);
  });

  it("every marker gets them once more, and not in a ring", async () => {
    const site = await sites.connected();
    site.stream.publisher.append(eventFor(["red"], "x".repeat(17 * 2 ** 20)));
    site.send("good");
    await settle();
    expect(sites.kept()).toEqual(["loss for red", "good"]);
    expect([site.stream.isDetached, site.stream.publisher.isIdle]).toEqual([false, true]);
  });

  it("by ending connections: the event is given up after three, and those behind it are sent", async () => {
    sites = new Sites({ maxBytes: 2000, onTooLarge: "disconnect" });
    const site = await sites.connected();
    site.send("x".repeat(3000), ["red"]);
    for (let connection = 1; connection <= 3; connection += 1) {
      await settle();
      if (connection === 3) site.send("good");
      await site.connect();
    }
    expect(sites.kept()).toEqual(["good", "loss for red"]);
    expect(site.told).toContainEqual(expect.stringMatching(/^event not kept: .*ended several connections/));
    expect(site.stream.publisher.isIdle).toBe(true);
  });

  it("everything: events are delivered without offsets, and the node tries again after a second", async () => {
    const site = await sites.connected();
    sites.broker.refuse("append");
    site.send("refused");
    await settle();
    expect(site.told).toContain("refused: The fake broker refuses it.");
    expect(site.heard).toEqual(["up", "detached", "refused without offset"]);
    site.send("without");
    expect(site.delivered).toEqual(["refused", "without"]);
    sites.broker.accept("append");
    sites.clock.advance(1000);
    await settle();
    site.send("with");
    await settle();
    expect(sites.kept()).toEqual(["loss for all", "with"]);
    expect(site.told.at(-2)).toBe("accepted");
    expect(site.delivered).toEqual(["refused", "without", "with"]);
  });

  it("to begin is asked again every second until it does", async () => {
    sites.broker.refuse("begin");
    const site = await sites.connected();
    expect([site.stream.isUp, site.stream.isDetached]).toEqual([false, true]);
    sites.clock.advance(1000);
    await settle();
    expect(sites.broker.calls.filter((call) => call === "begin")).toHaveLength(2);
    sites.broker.accept("begin");
    sites.clock.advance(1000);
    await settle();
    expect([site.stream.isUp, site.stream.isDetached]).toEqual([true, false]);
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

describe("reading after an offset", () => {
  it("gives what follows, and nothing when some of it is gone", async () => {
    const site = await sites.connected();
    for (const value of range(1, 4)) site.send(value);
    await settle();
    expect((await site.stream.readAfter(2))?.map(valueIn)).toEqual([3, 4]);
    sites.broker.trim(name, 2);
    sites.clock.advance(5000);
    expect(await site.stream.readAfter(1)).toBeNull();
  });

  it("fails without a connection, and when it breaks meantime", async () => {
    const site = await sites.connected();
    site.send(1);
    await settle();
    site.link.answers.hold();
    const reading = site.stream.readAfter(0);
    reading.catch(() => {});
    await settle();
    await site.lose();
    await expect(reading).rejects.toThrow();
    await expect(site.stream.readAfter(0)).rejects.toThrow("The message queue is down.");
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
