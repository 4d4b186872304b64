/** The behaviour that every bus has. */

import { describe, expect, it, onTestFinished } from "vitest";
import type { Bus, BusListener } from "../../src/backplane/bus/bus.ts";
import { soon, within } from "../support/waiting.ts";

/** A broker that connects buses of one kind, while one test runs. */
export interface BusSite {
  /** A new bus, like one of another process. */
  bus(): Bus;
  /** Stops the broker. */
  stop(): Promise<void> | void;
  /** Starts it again, without any of its state. */
  start(): Promise<void> | void;
  /** Makes it accept connections and bytes without any answer, where the test can do that. */
  freeze?(): void;
  /** Makes it answer again. */
  thaw?(): void;
}

/** A bus and the calls of its listener. */
class Peer implements BusListener {
  readonly bus: Bus;
  readonly received: [subject: string, text: string][] = [];
  readonly messages: Uint8Array[] = [];
  readonly states: string[] = [];
  readonly refusals: unknown[] = [];

  constructor(bus: Bus) {
    this.bus = bus;
  }

  onMessage(subject: string, message: Uint8Array): void {
    this.messages.push(message);
    this.received.push([subject, Buffer.from(message).toString()]);
  }

  onUp(): void {
    this.states.push("up");
  }

  onDown(): void {
    this.states.push("down");
  }

  onRefused(error: unknown): void {
    this.refusals.push(error);
  }

  send(subject: string, text: string): boolean {
    return this.bus.publish(subject, Buffer.from(text));
  }

  subscribe(...subjects: string[]): Promise<unknown> {
    return within("the confirmation", Promise.all(subjects.map((subject) => this.bus.subscribe(subject))));
  }

  /** The messages that came for a subject. */
  on(subject: string): string[] {
    return this.received.filter(([name]) => name === subject).map(([, text]) => text);
  }
}

async function join(site: BusSite): Promise<Peer> {
  const peer = new Peer(site.bus());
  onTestFinished(() => peer.bus.close());
  await within("the first attempt to connect", peer.bus.open(peer));
  return peer;
}

/**
 * Registers the tests of one kind of bus.
 *
 * @param name - the kind
 * @param options - whether to skip them; whether its broker is never silent
 * @param openSite - starts a broker; called in each test
 */
export function busSuite(
  name: string,
  options: { readonly skip?: boolean; readonly cannotHang?: boolean },
  openSite: () => Promise<BusSite> | BusSite,
): void {
  describe.skipIf(options.skip === true)(`a bus over ${name}`, () => {
    it("brings a message to all that subscribed to its subject, and to no others", async () => {
      const site = await openSite();
      const [sender, first, second, other] = await Promise.all([1, 2, 3, 4].map(() => join(site)));
      await Promise.all([first?.subscribe("a"), second?.subscribe("a", "b"), other?.subscribe("c")]);
      expect(sender?.send("a", "1")).toBe(true);
      expect(sender?.send("b", "2")).toBe(true);
      sender?.send("c", "3");
      // The order between two subjects is not promised.
      await soon(() => [first?.received, second?.received.toSorted(), other?.received]).toEqual([
        [["a", "1"]],
        [
          ["a", "1"],
          ["b", "2"],
        ],
        [["c", "3"]],
      ]);
      expect(first?.states).toEqual(["up"]);
    });

    it("carries bytes of any value and number unchanged", async () => {
      const site = await openSite();
      const [sender, receiver] = await Promise.all([join(site), join(site)]);
      await receiver.subscribe("bytes");
      const every = Uint8Array.from({ length: 256 }, (_, index) => index);
      const much = new Uint8Array(300_000).map((_, index) => index % 251);
      for (const bytes of [new Uint8Array(0), every, much, every.subarray(10, 20)]) {
        expect(sender.bus.publish("bytes", bytes)).toBe(true);
      }
      await soon(() => receiver.messages.length).toBe(4);
      expect(receiver.messages.map((bytes) => Buffer.from(bytes).toString("base64"))).toEqual(
        [new Uint8Array(0), every, much, every.subarray(10, 20)].map((bytes) =>
          Buffer.from(bytes).toString("base64"),
        ),
      );
    });

    it("accepts any text as a subject", async () => {
      const site = await openSite();
      const [sender, receiver] = await Promise.all([join(site), join(site)]);
      const subjects = [
        "a b",
        "a.b",
        "a.*",
        ">",
        "{a}:b",
        "ö→🙂",
        "line\nend\r\n",
        "x".repeat(250),
        "A",
        "a",
        "_",
      ];
      await receiver.subscribe(...subjects);
      for (const subject of subjects) sender.send(subject, "x");
      await soon(() => receiver.received.map(([subject]) => subject).sort()).toEqual([...subjects].sort());
    });

    it("keeps the order of the messages of one sender on one subject", async () => {
      const site = await openSite();
      const [sender, receiver] = await Promise.all([join(site), join(site)]);
      await receiver.subscribe("a", "b");
      const numbers = Array.from({ length: 2000 }, (_, index) => String(index));
      for (const number of numbers) {
        sender.send("a", number);
        sender.send("b", number);
      }
      await soon(() => receiver.received.length).toBe(4000);
      expect(receiver.on("a")).toEqual(numbers);
      expect(receiver.on("b")).toEqual(numbers);
    });

    it("delivers every message after a subscription is confirmed", async () => {
      const site = await openSite();
      const [sender, receiver] = await Promise.all([join(site), join(site)]);
      const subjects = Array.from({ length: 50 }, (_, index) => `room ${index}`);
      await Promise.all(
        subjects.map(async (subject) => {
          await receiver.subscribe(subject);
          sender.send(subject, "now");
        }),
      );
      await soon(() => receiver.received.length).toBe(50);
    });

    it("follows the last of several changes of a subscription", async () => {
      const site = await openSite();
      const [sender, receiver] = await Promise.all([join(site), join(site)]);
      await receiver.subscribe("in", "out", "fence");
      receiver.bus.unsubscribe("in");
      await receiver.subscribe("in");
      receiver.bus.unsubscribe("out");
      void receiver.bus.subscribe("out");
      receiver.bus.unsubscribe("out");
      receiver.bus.unsubscribe("never");
      receiver.bus.unsubscribe("in");
      void receiver.bus.subscribe("in");
      receiver.bus.unsubscribe("in");
      await receiver.subscribe("in", "in");
      sender.send("in", "1");
      sender.send("out", "2");
      sender.send("fence", "3");
      await soon(() => receiver.on("fence")).toEqual(["3"]);
      await soon(() => receiver.on("in")).toEqual(["1"]);
      expect(receiver.on("out")).toEqual([]);
    });

    it("reports once that the broker is gone and once that it is back, and subscribes again by itself", async () => {
      const site = await openSite();
      const [sender, receiver] = await Promise.all([join(site), join(site)]);
      await receiver.subscribe("before");
      await site.stop();
      await soon(() => [sender.states, receiver.states]).toEqual([
        ["up", "down"],
        ["up", "down"],
      ]);
      expect(sender.send("before", "lost")).toBe(false);
      const during = receiver.bus.subscribe("during");
      await site.start();
      await within("the confirmation", during);
      await soon(() => [sender.states, receiver.states]).toEqual([
        ["up", "down", "up"],
        ["up", "down", "up"],
      ]);
      expect(sender.send("before", "1")).toBe(true);
      sender.send("during", "2");
      await soon(() => receiver.received.length).toBe(2);
      expect([receiver.on("before"), receiver.on("during")]).toEqual([["1"], ["2"]]);
      expect(sender.refusals).toEqual([]);
    });

    it("starts without its broker, and works as soon as the broker is there", async () => {
      const site = await openSite();
      await site.stop();
      const [sender, receiver] = await Promise.all([join(site), join(site)]);
      expect([sender.states, receiver.states]).toEqual([["down"], ["down"]]);
      const confirmed = receiver.bus.subscribe("a");
      await site.start();
      await within("the confirmation", confirmed);
      await soon(() => [sender.states, receiver.states]).toEqual([
        ["down", "up"],
        ["down", "up"],
      ]);
      sender.send("a", "1");
      await soon(() => receiver.on("a")).toEqual(["1"]);
    });

    if (options.cannotHang !== true) {
      it("notices a silent broker, keeps a bounded amount for it, and continues with it afterwards", async () => {
        const site = await openSite();
        const [sender, receiver] = await Promise.all([join(site), join(site)]);
        await receiver.subscribe("a");
        site.freeze?.();
        const megabyte = new Uint8Array(1_000_000);
        const taken = Array.from({ length: 200 }, () => sender.bus.publish("nobody", megabyte));
        expect(taken.filter(Boolean).length).toBeLessThan(40);
        await soon(() => [sender.states, receiver.states]).toEqual([
          ["up", "down"],
          ["up", "down"],
        ]);
        site.thaw?.();
        await soon(() => [sender.states.at(-1), receiver.states.at(-1)]).toEqual(["up", "up"]);
        sender.send("a", "again");
        await soon(() => receiver.on("a")).toEqual(["again"]);
        expect(sender.states).toEqual(["up", "down", "up"]);
      });
    }

    it("sends pending messages when it is closed, and nothing afterwards", async () => {
      const site = await openSite();
      const receiver = await join(site);
      await receiver.subscribe("a");
      const sender = new Peer(site.bus());
      const opening = sender.bus.open(sender);
      if (name !== "memory") expect(sender.send("a", "early")).toBe(true);
      await opening;
      sender.send("a", "late");
      await sender.bus.close();
      expect(sender.send("a", "never")).toBe(false);
      await sender.bus.close();
      await soon(() => receiver.on("a").at(-1)).toBe("late");
      if (name !== "memory") expect(receiver.on("a")).toEqual(["early", "late"]);
      await receiver.bus.close();
      const other = await join(site);
      other.send("a", "unheard");
      await other.bus.close();
      expect(receiver.on("a")).not.toContain("unheard");
    });
  });
}
