/**
 * The behaviour of every implementation of the {@link StreamLink} port. Offsets, epochs and generations are
 * the broker's. Tests assert nothing that only one broker promises, such as the first offset.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BrokerLinkOwner } from "../../src/backplane/bus/broker-bus.ts";
import {
  BrokerError,
  type ClientRecord,
  everyoneChannelIn,
  nodeChannelIn,
  roomChannelIn,
  type StreamLink,
  type StreamRef,
} from "../../src/backplane/stream/stream-link.ts";
import { soon } from "../support/waiting.ts";

/** A broker of a suite. It runs for all tests; each test has a namespace of its own. */
export interface StreamLinkSite {
  /** Opens a link. */
  open(owner: BrokerLinkOwner): Promise<StreamLink>;
  /** The broker forgets the offsets and events of a namespace, and keeps the records of its clients. */
  forgetOffsets(ref: StreamRef): unknown;
  /** Advances the clock, where the broker does not use the machine's clock. */
  advance?(milliseconds: number): void;
  /** Whether the broker also ends the connection that brings it too much. Default: no. */
  readonly endsTooLarge?: boolean;
  stop(): unknown;
}

/** A message as text, with its channel. */
type Heard = readonly [channel: string, text: string];

/** One node: its link, and the messages that it receives. */
class Node {
  readonly heard: Heard[] = [];
  readonly name: string;
  isLost = false;
  #link: StreamLink | null = null;

  constructor(name: string) {
    this.name = name;
  }

  get link(): StreamLink {
    if (this.#link === null) throw new Error("The link is not open.");
    return this.#link;
  }

  async open(site: StreamLinkSite): Promise<this> {
    this.#link = await site.open({
      onMessage: (channel, bytes) => this.heard.push([channel, Buffer.from(bytes).toString()]),
      onLost: () => {
        this.isLost = true;
      },
      onRefused() {},
    });
    return this;
  }

  /** The messages that came on one channel. */
  on(channel: string): string[] {
    return this.heard.filter(([on]) => on === channel).map(([, text]) => text);
  }
}

const texts = (entries: readonly { readonly message: Uint8Array }[]) =>
  entries.map(({ message }) => Buffer.from(message).toString());

/** Resolves to the error of a call that must fail. */
async function failure(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    (value) => {
      throw new Error(`It resolved to ${JSON.stringify(value)}.`);
    },
    (error: unknown) => error,
  );
}

let namespaces = 0;

/**
 * Asserts that a broker refused what was too large. A broker that also ends the connection may do so before
 * this process has read its answer: then the call fails with the connection.
 */
async function expectTooLarge(site: StreamLinkSite, node: Node, error: unknown): Promise<void> {
  if (site.endsTooLarge) await soon(() => expect(node.isLost).toBe(true));
  if (site.endsTooLarge && !(error instanceof BrokerError)) return;
  expect(error).toBeInstanceOf(BrokerError);
  expect(error).toMatchObject({ isTooLarge: true, isEpochOver: false });
}

/**
 * Runs the suite.
 *
 * @param name - of the implementation
 * @param options - `skip`: whether the broker is not installed
 * @param start - starts a broker that takes messages of up to 1 MiB
 */
export function streamLinkSuite(
  name: string,
  { skip = false }: { readonly skip?: boolean },
  start: () => Promise<StreamLinkSite> | StreamLinkSite,
): void {
  describe.skipIf(skip)(`a stream link to ${name}`, () => {
    let site: StreamLinkSite;
    let one: Node;
    let two: Node;
    let ref: StreamRef;
    let epoch: string;
    let base: number;
    let everyone: string;
    let lastId = 0;

    beforeAll(async () => {
      site = await start();
      one = await new Node("one").open(site);
      two = await new Node("two").open(site);
    });

    afterAll(async () => {
      for (const node of [one, two]) node?.link.close();
      await site?.stop();
    });

    beforeEach(async () => {
      namespaces += 1;
      ref = { name: `test{%2F${namespaces}}`, maxEvents: 1000, age: 60_000, keep: 600_000 };
      everyone = everyoneChannelIn(ref.name);
      const channels = [everyone, nodeChannelIn(ref.name, "one")];
      await one.link.subscribe(channels);
      await two.link.subscribe([everyone, nodeChannelIn(ref.name, "two")]);
      ({ epoch, head: base } = await one.link.begin(ref));
      await two.link.begin(ref);
      one.heard.length = 0;
      two.heard.length = 0;
    });

    function append(node: Node, text: string, channels: readonly string[] = [everyone], id = 0) {
      lastId += 1;
      const message = Buffer.from(text);
      return node.link.append(ref, epoch, { origin: node.name, id: id || lastId, message, channels });
    }

    /** Waits until a node has received everything that was published before. */
    async function heardAll(node: Node): Promise<void> {
      const channel = nodeChannelIn(ref.name, node.name);
      lastId += 1;
      const start = `f${lastId}:`;
      await node.link.barrier(ref, epoch, node.name, lastId);
      await soon(() => node.on(channel).some((text) => text.startsWith(start))).toBe(true);
    }

    const record = (key: string, more: Partial<ClientRecord> = {}): ClientRecord => ({
      key,
      generation: 1,
      node: "one",
      json: '{"name":"ö"}',
      stays: () => [],
      changes: { set: [], ended: [] },
      isNew: true,
      time: 60_000,
      ...more,
    });

    describe("events", () => {
      it("get one offset after the other, whichever node sends them", async () => {
        const offsets = [await append(one, "a"), await append(two, "b"), await append(one, "c")];
        expect(offsets).toEqual([base + 1, base + 2, base + 3]);
        expect(await two.link.head(ref, epoch)).toBe(base + 3);
      });

      it("get offsets in the order in which a node asks, without waiting for answers", async () => {
        const sent = Array.from({ length: 50 }, (_, index) => `event ${index}`);
        const offsets = await Promise.all(sent.map((text) => append(one, text)));
        expect(offsets).toEqual(sent.map((_, index) => base + 1 + index));
        expect(texts((await two.link.read(ref, epoch, base, 100)).entries)).toEqual(sent);
      });

      it("come to every node on its channels, in order, with epoch and offset", async () => {
        await Promise.all([append(one, "a"), append(one, "b")]);
        await append(two, "c");
        const all = ["a", "b", "c"].map((text, index) => `e${epoch}:${base + 1 + index}:${text}`);
        for (const node of [one, two]) {
          await heardAll(node);
          expect(node.on(everyone)).toEqual(all);
        }
      });

      it("come only to nodes that have subscribed to a channel of theirs, and not after that ends", async () => {
        const room = roomChannelIn(ref.name, "röd");
        await two.link.subscribe([room]);
        await append(one, "inside", [room]);
        await append(one, "outside", [roomChannelIn(ref.name, "other")]);
        await heardAll(two);
        expect(two.on(room)).toEqual([`e${epoch}:${base + 1}:inside`]);
        await two.link.unsubscribe([room]);
        await append(one, "late", [room]);
        for (const node of [one, two]) {
          await heardAll(node);
          expect(node.heard.filter(([, text]) => /outside|late/.test(text))).toEqual([]);
        }
      });

      it("for several rooms come at least once to a node with one of them", async () => {
        const rooms = ["red", "blue"].map((each) => roomChannelIn(ref.name, each));
        await two.link.subscribe(rooms.slice(0, 1));
        await append(one, "both", rooms);
        await heardAll(two);
        const came = two.heard.map(([, text]) => text).filter((text) => text.startsWith("e"));
        expect(new Set(came)).toEqual(new Set([`e${epoch}:${base + 1}:both`]));
      });

      it("that are sent again after a lost answer keep their offset", async () => {
        const first = await append(one, "once", [everyone], 1_000_000);
        expect([0, first]).toContain(await append(one, "once", [everyone], 1_000_000));
        lastId = 1_000_000;
        expect(await one.link.head(ref, epoch)).toBe(base + 1);
        await heardAll(two);
        expect(two.on(everyone)).toEqual([`e${epoch}:${base + 1}:once`]);
      });

      it("of two nodes may have the same ids", async () => {
        await append(one, "mine", [everyone], 2_000_000);
        expect(await append(two, "yours", [everyone], 2_000_000)).toBe(base + 2);
        lastId = 2_000_000;
      });

      it("are refused when they are too large, and use no offset", async () => {
        const large = await new Node("large").open(site);
        const error = await failure(append(large, "x".repeat(2 * 2 ** 20)));
        await expectTooLarge(site, large, error);
        expect(await append(one, "small")).toBe(base + 1);
        large.link.close();
      });
    });

    describe("reading", () => {
      it("finds what follows an offset, at most as much as was asked for", async () => {
        for (const text of ["a", "b", "c", "d"]) await append(one, text);
        const { head, entries } = await two.link.read(ref, epoch, base + 1, 2);
        expect(head).toBe(base + 4);
        expect(texts(entries)).toEqual(["b", "c"]);
        const last = await two.link.read(ref, epoch, base + 3, 2);
        expect([last.head, texts(last.entries)]).toEqual([base + 4, ["d"]]);
      });

      it("finds nothing after the latest offset", async () => {
        await append(one, "a");
        expect(await two.link.read(ref, epoch, base + 1, 10)).toEqual({ head: base + 1, entries: [] });
      });

      it("shows that events above the maximum number are gone", async () => {
        ref = { ...ref, maxEvents: 50 };
        await one.link.begin(ref);
        const count = 400;
        await Promise.all(Array.from({ length: count }, (_, index) => append(one, String(index))));
        const { head, entries } = await two.link.read(ref, epoch, base, 500);
        expect(head).toBe(base + count);
        // The first ones are missing, so a reader sees that the rest is not complete.
        expect(texts(entries).slice(0, 10)).not.toContain("0");
        const late = await two.link.read(ref, epoch, base + count - 50, 100);
        expect(texts(late.entries)).toEqual(
          Array.from({ length: 50 }, (_, index) => String(count - 50 + index)),
        );
      });

      it("shows that events above the maximum age are gone, and never reuses their offsets", async () => {
        // A node that starts later may keep events for a shorter time.
        ref = { ...ref, age: 300 };
        await one.link.begin(ref);
        await append(one, "old");
        expect(texts((await two.link.read(ref, epoch, base, 10)).entries)).toEqual(["old"]);
        site.advance?.(400);
        await soon(() => two.link.read(ref, epoch, base, 10)).toEqual({ head: base + 1, entries: [] });
        expect(await append(one, "new")).toBe(base + 2);
      });
    });

    describe("a barrier", () => {
      it("comes after every event that was appended before, with an offset that covers them", async () => {
        const sent = Array.from({ length: 30 }, (_, index) => append(two, `event ${index}`));
        await Promise.all(sent);
        await one.link.barrier(ref, epoch, "one", 7);
        const own = nodeChannelIn(ref.name, "one");
        await soon(() => one.on(own).length).toBe(1);
        const at = one.heard.findIndex(([channel]) => channel === own);
        expect(one.heard.slice(0, at).length).toBe(30);
        expect(one.on(own)).toEqual([`f7:${base + 30}`]);
      });

      it("comes to the node that asked for it alone", async () => {
        await one.link.barrier(ref, epoch, "one", 8);
        await heardAll(one);
        await heardAll(two);
        expect(two.heard.filter(([, text]) => text.startsWith("f8:"))).toEqual([]);
      });
    });

    describe("a passed message", () => {
      it("comes on its channels, and gets neither an offset nor a place in the stream", async () => {
        await one.link.pass(ref, epoch, [everyone], Buffer.from("pone:0:hello"));
        await soon(() => two.on(everyone)).toEqual(["pone:0:hello"]);
        expect(await two.link.read(ref, epoch, base, 10)).toEqual({ head: base, entries: [] });
      });

      it("comes ahead of the events that its node appends later", async () => {
        await Promise.all([
          append(one, "before"),
          one.link.pass(ref, epoch, [everyone], Buffer.from("pone:0:message")),
          append(one, "after"),
        ]);
        await heardAll(two);
        const heard = two.on(everyone).map((text) => text.slice(text.lastIndexOf(":") + 1));
        expect([...heard].sort()).toEqual(["after", "before", "message"]);
        expect(heard.at(-1)).toBe("after");
      });

      it("comes after the events that its node has appended before, where the link promises it", async () => {
        await Promise.all([
          ...Array.from({ length: 20 }, (_, index) => append(one, `event ${index}`)),
          one.link.pass(ref, epoch, [everyone], Buffer.from("pone:0:last")),
        ]);
        await heardAll(two);
        await soon(() => two.on(everyone).length).toBe(21);
        if (one.link.keepsOrder) expect(two.on(everyone).at(-1)).toBe("pone:0:last");
      });
    });

    describe("an epoch", () => {
      it("is the same for all nodes, and stays", async () => {
        await append(one, "a");
        expect(await two.link.begin(ref)).toEqual({ epoch, head: base + 1 });
      });

      it("ends when the broker has lost the offsets: calls are refused, and the next one begins", async () => {
        await append(one, "a");
        await site.forgetOffsets(ref);
        for (const call of [() => append(one, "b"), () => one.link.head(ref, epoch)]) {
          const error = await failure(call());
          expect(error).toBeInstanceOf(BrokerError);
          expect(error).toMatchObject({ isEpochOver: true });
        }
        const next = await one.link.begin(ref);
        expect(next.epoch).not.toBe(epoch);
        expect(await two.link.begin(ref)).toEqual(next);
        epoch = next.epoch;
        expect(await append(two, "c")).toBe(next.head + 1);
        expect(texts((await one.link.read(ref, epoch, next.head, 10)).entries)).toEqual(["c"]);
      });
    });

    describe("a client's record", () => {
      it("is found as it was written, with its rooms in any order", async () => {
        await append(one, "a");
        const stays = [
          ["red", 3, 1],
          ["blå", 5, 2],
        ] as const;
        expect(await one.link.save(ref, epoch, record("key", { stays: () => stays }))).toBe(base + 1);
        const found = await two.link.find(ref, epoch, "key");
        expect(found?.json).toBe('{"name":"ö"}');
        expect([...(found?.stays ?? [])].sort(([, one], [, other]) => one - other)).toEqual(stays);
        expect(await two.link.find(ref, epoch, "other")).toBeNull();
      });

      it("accepts changes of its rooms without writing the whole record", async () => {
        const stays = [
          ["red", 3, 1],
          ["blue", 5, 2],
        ] as const;
        await one.link.save(ref, epoch, record("key", { stays: () => stays }));
        const now = [
          ["blue", 5, 2],
          ["green", 9, 3],
        ] as const;
        const changes = { set: now.slice(1), ended: ["red"] };
        const saved = record("key", { stays: () => now, changes, isNew: false, json: "{}" });
        expect(await one.link.save(ref, epoch, saved)).toBe(base);
        const found = await two.link.find(ref, epoch, "key");
        expect(found?.json).toBe("{}");
        expect([...(found?.stays ?? [])].sort(([, one], [, other]) => one - other)).toEqual(now);
      });

      it("may be written as new a second time if the first answer was lost", async () => {
        await one.link.save(ref, epoch, record("key"));
        const again = await new Node("again").open(site);
        expect(await again.link.save(ref, epoch, record("key", { json: "[2]" }))).toBe(base);
        expect((await two.link.find(ref, epoch, "key"))?.json).toBe("[2]");
        again.link.close();
      });

      it("cannot be written by a node after another node has claimed the client", async () => {
        await one.link.save(ref, epoch, record("key"));
        const claimed = await two.link.claim(ref, epoch, { key: "key", node: "two", time: 60_000 });
        expect(claimed).toMatchObject({ generation: 2, json: '{"name":"ö"}' });
        const late = { json: "late" };
        expect(await one.link.save(ref, epoch, record("key", { ...late, isNew: false }))).toBeNull();
        expect(await one.link.save(ref, epoch, record("key", late))).toBeNull();
        await one.link.drop(ref, "key", 1);
        expect((await two.link.find(ref, epoch, "key"))?.json).toBe('{"name":"ö"}');
        const own = record("key", { generation: 2, node: "two", isNew: false, json: "[2]" });
        expect(await two.link.save(ref, epoch, own)).toBe(base);
      });

      it("goes to one of two nodes that claim the client at once, and both know which", async () => {
        await one.link.save(ref, epoch, record("key"));
        const claims = await Promise.all(
          [one, two].map(({ link, name }) =>
            link.claim(ref, epoch, { key: "key", node: name, time: 60_000 }),
          ),
        );
        expect(claims.map((claim) => claim?.generation).sort()).toEqual([2, 3]);
        const saves = await Promise.all(
          [one, two].map(({ link, name }, index) => {
            const generation = claims[index]?.generation ?? 0;
            return link.save(ref, epoch, record("key", { generation, node: name, isNew: false }));
          }),
        );
        expect(saves.filter((saved) => saved !== null)).toEqual([base]);
        expect(saves[claims[0]?.generation === 3 ? 0 : 1]).toBe(base);
      });

      it("tells the node that had the client, and no other", async () => {
        await one.link.save(ref, epoch, record("key"));
        await two.link.claim(ref, epoch, { key: "key", node: "two", time: 60_000 });
        await soon(() => one.on(nodeChannelIn(ref.name, "one"))).toEqual(["x2:key"]);
        await two.link.claim(ref, epoch, { key: "key", node: "two", time: 60_000 });
        await heardAll(one);
        await heardAll(two);
        for (const node of [one, two]) {
          expect(node.heard.filter(([, text]) => text.startsWith("x3"))).toEqual([]);
        }
      });

      it("is gone once it was dropped, and neither found, claimed nor written as known", async () => {
        await one.link.save(ref, epoch, record("key"));
        await one.link.drop(ref, "key", 1);
        expect(await two.link.find(ref, epoch, "key")).toBeNull();
        expect(await two.link.claim(ref, epoch, { key: "key", node: "two", time: 1000 })).toBeNull();
        expect(await one.link.save(ref, epoch, record("key", { isNew: false }))).toBeNull();
      });

      it("of an epoch that is over is neither found nor claimed", async () => {
        await one.link.save(ref, epoch, record("key"));
        await site.forgetOffsets(ref);
        const next = await one.link.begin(ref);
        expect(await two.link.begin(ref)).toEqual(next);
        expect(await two.link.find(ref, next.epoch, "key")).toBeNull();
        expect(await two.link.claim(ref, next.epoch, { key: "key", node: "two", time: 1000 })).toBeNull();
      });

      it("is refused when it is too large", async () => {
        const large = await new Node("large").open(site);
        const json = JSON.stringify("x".repeat(2 * 2 ** 20));
        const error = await failure(large.link.save(ref, epoch, record("key", { json })));
        await expectTooLarge(site, large, error);
        expect(await two.link.find(ref, epoch, "key")).toBeNull();
        large.link.close();
      });
    });

    describe("its end", () => {
      it("rejects later calls, and not with an error of the broker", async () => {
        const closed = await new Node("closed").open(site);
        closed.link.close();
        for (const call of [
          () => append(closed, "a"),
          () => closed.link.begin(ref),
          () => closed.link.save(ref, epoch, record("key")),
        ]) {
          expect(await failure(call())).not.toBeInstanceOf(BrokerError);
        }
        expect(await one.link.head(ref, epoch)).toBe(base);
      });

      it("of the use of a namespace leaves the namespace to the others", async () => {
        await append(one, "a");
        await two.link.end(ref);
        expect(await append(one, "b")).toBe(base + 2);
        expect((await one.link.begin(ref)).epoch).toBe(epoch);
      });
    });
  });
}
