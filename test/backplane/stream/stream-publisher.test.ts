import { beforeEach, describe, expect, it } from "vitest";
import type { Socket } from "../../../src/core/socket/socket.ts";
import { Turn } from "../../../src/core/socket/turn.ts";
import { eventFor, settle } from "../../support/stream-node.ts";
import { everyone, name, range, type Site, Sites } from "./stream-site.ts";

let sites: Sites;

beforeEach(() => {
  sites = new Sites();
});

describe("a turn", () => {
  it("is taken at once when nothing is on its way", async () => {
    const site = await sites.connected();
    site.follow("now");
    expect(site.delivered).toEqual(["now"]);
  });

  it("is taken behind earlier events and ahead of later ones", async () => {
    const site = await sites.connected();
    site.send(1);
    site.follow("between");
    site.send(2);
    await settle();
    expect(site.delivered).toEqual([1, "between", 2]);
  });

  it("that throws is reported, and stops no other", async () => {
    const site = await sites.connected();
    site.send(1);
    site.stream.publisher.follow(
      new Turn([{} as Socket], () => {
        throw new Error("thrown by a turn");
      }),
    );
    site.follow("next");
    await settle();
    expect(site.delivered).toEqual([1, "next"]);
    expect(site.told).toContain("error: thrown by a turn");
  });
});

describe("the latest offset", () => {
  it("lies between what this node has sent before and what it sends later", async () => {
    const site = await sites.connected();
    site.send(1);
    const between = site.stream.publisher.head();
    site.send(2);
    const after = site.stream.publisher.head();
    expect([await between, await after]).toEqual([1, 2]);
  });

  it("is asked for once for all calls of one turn", async () => {
    const site = await sites.connected();
    const heads = await Promise.all([
      site.stream.publisher.head(),
      site.stream.publisher.head(),
      site.stream.publisher.head(),
    ]);
    expect(heads).toEqual([0, 0, 0]);
    expect(sites.broker.calls.filter((call) => call === "head")).toHaveLength(1);
    await site.stream.publisher.head();
    expect(sites.broker.calls.filter((call) => call === "head")).toHaveLength(2);
  });

  it("is never below what was delivered here", async () => {
    const site = await sites.connected();
    site.send(1);
    await settle();
    expect(await site.stream.publisher.head()).toBe(1);
  });

  it("cannot be told without a connection, or when that breaks", async () => {
    const site = await sites.connected();
    site.link.requests.hold();
    const asked = site.stream.publisher.head();
    asked.catch(() => {});
    site.hear(`${name}:r:red`);
    site.send("waits", ["red"]);
    const waiting = site.stream.publisher.head();
    waiting.catch(() => {});
    await site.lose();
    await expect(asked).rejects.toThrow();
    await expect(waiting).rejects.toThrow();
    await site.connect();
    expect(await site.stream.publisher.head()).toBe(1);
  });

  it("of a channel is known while all on it is heard and nothing is on its way", async () => {
    const site = await sites.connected();
    expect(site.stream.offsetOn(everyone)).toBeUndefined();
    site.stream.channels.heardSince(everyone, 0);
    expect(site.stream.offsetOn(everyone)).toBe(0);
    site.send(1);
    expect(site.stream.offsetOn(everyone)).toBeUndefined();
    await settle();
    expect(site.stream.offsetOn(everyone)).toBe(1);
    await site.lose();
    expect(site.stream.offsetOn(everyone)).toBeUndefined();
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
    expect([site.stream.publisher.isIdle, site.stream.sync.isUp, site.stream.isDetached]).toEqual([
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
});

describe.each([{ keepsOrder: true }, { keepsOrder: false }])(
  "a passed message, where the link keeps order: $keepsOrder",
  ({ keepsOrder }) => {
    let one: Site;
    let two: Site;

    beforeEach(async () => {
      sites = new Sites({ keepsOrder });
      [one, two] = await sites.pair();
      two.told.length = 0;
      // Both in one list, so that their order shows.
      two.onPassed = (message) => two.delivered.push(Buffer.from(message).toString());
    });

    const pass = (text: string, isAgain = true) =>
      one.stream.publisher.pass(null, Buffer.from(text), isAgain);

    it("comes between the events that its node sent before and after it, to others alone", async () => {
      one.send(1);
      pass("between");
      one.send(2);
      await settle();
      expect(two.delivered).toEqual([1, "between", 2]);
      expect(one.delivered).toEqual([1, 2]);
    });

    it("comes behind an event that is not for the node that hears it", async () => {
      one.send("elsewhere", ["red"]);
      pass("message");
      await settle();
      expect(two.delivered).toEqual(["message"]);
    });

    it("waits for events that are still on their way", async () => {
      two.link.messages.hold();
      one.send(1);
      pass("behind");
      await settle();
      expect(two.delivered).toEqual([]);
      two.link.messages.release();
      await settle();
      expect(two.delivered).toEqual([1, "behind"]);
    });

    it("goes to the channels of its target", async () => {
      one.stream.publisher.pass(eventFor(["red"], "").target, Buffer.from("for red"), true);
      await settle();
      expect(two.delivered).toEqual([]);
      two.hear(`${name}:r:red`);
      await settle();
      one.stream.publisher.pass(eventFor(["red"], "").target, Buffer.from("for red"), true);
      await settle();
      expect(two.delivered).toEqual(["for red"]);
    });

    it("is sent again at its place after a lost connection, where it may come twice", async () => {
      one.link.requests.hold();
      one.send(1);
      pass("again");
      pass("once", false);
      one.send(2);
      await one.lose();
      pass("without connection");
      pass("dropped", false);
      await one.connect();
      expect(two.delivered).toEqual([1, "again", 2, "without connection"]);
      expect(one.stream.isUnused).toBe(false);
    });

    it("that comes while a node catches up waits until it has", async () => {
      await two.lose();
      one.send("missed");
      await settle();
      const link = await two.attach();
      link.answers.hold();
      await settle();
      pass("behind");
      await settle();
      expect(two.delivered).toEqual([]);
      link.answers.release();
      await settle();
      expect(two.delivered).toEqual(["missed", "behind"]);
    });

    it("is refused for its size, told, and not sent for ever", async () => {
      pass("x".repeat(2 * 2 ** 20));
      pass("next");
      await settle();
      expect(one.told).toContainEqual(expect.stringMatching(/^message not kept/));
      expect(two.delivered).toEqual(["next"]);
      await one.stream.drained();
    });

    it("cannot go when nothing waits for the broker any more, or a thousand wait", async () => {
      await one.lose();
      for (let count = 0; count < 1000; count += 1) expect(pass("waits")).toBe(true);
      expect(pass("one too many")).toBe(false);
      one.stream.detach();
      expect(pass("detached")).toBe(false);
    });
  },
);
