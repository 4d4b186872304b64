import { beforeEach, describe, expect, it } from "vitest";
import { encodeEntry } from "../../../src/backplane/stream/stream-event.ts";
import { eventFor, settle, valueIn } from "../../support/stream-node.ts";
import { deferred } from "../../support/waiting.ts";
import { everyone, name, range, Sites } from "./stream-site.ts";

let sites: Sites;

beforeEach(() => {
  sites = new Sites();
});

describe("after a lost connection", () => {
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
    const before = site.stream.sync.epoch;
    sites.broker.restart();
    await settle();
    site.send("waiting");
    await site.connect();
    expect(site.stream.sync.epoch).not.toBe(before);
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

  it("that is no event among those that it reads makes the rest unknown", async () => {
    const [one, two] = await sites.pair();
    await one.lose();
    two.send(1);
    await settle();
    const message = Buffer.from("of a stranger");
    const { place, sync } = two.stream;
    await two.link.append(place, sync.epoch, { origin: "stranger", id: 1, message, channels: [] });
    await one.connect();
    expect(one.heard.slice(1)).toEqual(["break", "up"]);
    expect(one.delivered).toEqual([]);
  });
});

describe("a broker that refuses", () => {
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
    expect([site.stream.sync.isUp, site.stream.isDetached]).toEqual([false, true]);
    sites.clock.advance(1000);
    await settle();
    expect(sites.broker.calls.filter((call) => call === "begin")).toHaveLength(2);
    sites.broker.accept("begin");
    sites.clock.advance(1000);
    await settle();
    expect([site.stream.sync.isUp, site.stream.isDetached]).toEqual([true, false]);
  });
});

describe("reading after an offset", () => {
  it("gives what follows, and nothing when some of it is gone", async () => {
    const site = await sites.connected();
    for (const value of range(1, 4)) site.send(value);
    await settle();
    expect((await site.stream.sync.readAfter(2))?.about([]).map(valueIn)).toEqual([3, 4]);
    sites.broker.trim(name, 2);
    sites.clock.advance(5000);
    expect(await site.stream.sync.readAfter(1)).toBeNull();
  });

  it("fails without a connection, and when it breaks meantime", async () => {
    const site = await sites.connected();
    site.send(1);
    await settle();
    site.link.answers.hold();
    const reading = site.stream.sync.readAfter(0);
    reading.catch(() => {});
    await settle();
    await site.lose();
    await expect(reading).rejects.toThrow();
    await expect(site.stream.sync.readAfter(0)).rejects.toThrow("The message queue is down.");
  });
});
