import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../../src/engine/outbox/batch.ts";
import { Outbox, type OutboxOwner, packetsOf } from "../../../src/engine/outbox/outbox.ts";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { readFrames } from "../../support/fake-link.ts";

const a = sharedPacket("4a");
const b = sharedPacket("4b");
const c = sharedPacket("4c");

/** A packet that goes to several connections. */
function sharedPacket(text: string): OutgoingPacket {
  const packet = new OutgoingPacket(text);
  packet.isShared = true;
  return packet;
}

function setUp() {
  const clock = new FakeClock();
  return { clock, outbox: new Outbox(clock) };
}

/** A connection, as the outbox sees it: gathers in each tick, and writes what it gathered once. */
class Gatherer implements OutboxOwner {
  readonly written: Batch[] = [];
  readonly #outbox: Outbox;
  #pending: Batch | null = null;
  #scheduled = false;
  /** Whether it can be written to; otherwise it keeps what it has. */
  writable = true;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  send(packet: OutgoingPacket): void {
    this.#pending = this.#outbox.append(this.#pending, packet);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#outbox.schedule(this);
  }

  get bufferedBytes(): number {
    return this.#pending?.size ?? 0;
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#pending === null || !this.writable) return;
    this.written.push(this.#pending);
    this.#pending = null;
  }
}

function appendAll(outbox: Outbox, packets: readonly OutgoingPacket[]): Batch {
  let batch: Batch | null = null;
  for (const packet of packets) batch = outbox.append(batch, packet);
  if (batch === null) throw new Error("no packets");
  return batch;
}

describe("Outbox.append", () => {
  it("needs nothing but the packet for a batch of one", () => {
    expect(setUp().outbox.append(null, a)).toBe(a);
  });

  it("gives the same batch to connections that get the same packets in the same order", () => {
    const { outbox } = setUp();
    const first = appendAll(outbox, [a, b, c]);
    expect(appendAll(outbox, [a, b, c])).toBe(first);
    expect(appendAll(outbox, [a, c, b])).not.toBe(first);
    expect(appendAll(outbox, [a, c, b])).toBe(appendAll(outbox, [a, c, b]));
  });

  it("tells apart packets that are equal but not the same", () => {
    const { outbox } = setUp();
    expect(appendAll(outbox, [a, sharedPacket("4b")])).not.toBe(appendAll(outbox, [a, b]));
  });

  it("keeps the order, and a packet as often as it was appended", () => {
    const { outbox } = setUp();
    const batch = appendAll(outbox, [b, a, a, c, b]);
    expect(packetsOf(batch)).toEqual([b, a, a, c, b]);
    expect([batch.length, batch.size]).toEqual([5, 10]);
    expect(batch.payload).toBe("4b\u001e4a\u001e4a\u001e4c\u001e4b");
    expect(readFrames(batch.frames)).toEqual(["4b", "4a", "4a", "4c", "4b"]);
  });

  it("leaves the batch that it appends to as it was", () => {
    const { outbox } = setUp();
    const short = appendAll(outbox, [a, b]);
    outbox.append(short, c);
    expect(packetsOf(short)).toEqual([a, b]);
    expect(short.payload).toBe("4a\u001e4b");
  });

  it("has room for as many packets as a client can miss", () => {
    const { outbox } = setUp();
    const batch = appendAll(outbox, new Array<OutgoingPacket>(100_000).fill(a));
    expect(packetsOf(batch)).toHaveLength(100_000);
    expect(batch.payload).toHaveLength(300_000 - 1);
  });

  it("gives the same bytes to all that hold the same batch, and short ones as one string", () => {
    const { outbox } = setUp();
    const long = "4".padEnd(600, "x");
    const large = appendAll(outbox, [sharedPacket(long), sharedPacket(long)]);
    expect(large.frames).toEqual([expect.any(Uint8Array)]);
    expect(large.frames).toBe(large.frames);
    expect(readFrames(large.frames)).toEqual([long, long]);
    expect(appendAll(outbox, [a, b]).frames).toBe("\x81\x024a\x81\x024b");
  });

  it("encodes what many get once, also for those that got something of their own before", () => {
    const { outbox } = setUp();
    let reads = 0;
    const news = new OutgoingPacket(
      "451-",
      Object.defineProperty([new Uint8Array(0)], 0, {
        get: () => {
          reads += 1;
          return new Uint8Array([reads]);
        },
      }),
    );
    news.isShared = true;
    const read = reads;
    const batches = ["4x", "4y", "4z"].map((own) => appendAll(outbox, [new OutgoingPacket(own), news, a, b]));
    for (const [index, own] of ["4x", "4y", "4z"].entries()) {
      expect(readFrames(batches[index]?.frames ?? [])).toEqual([
        own,
        "451-",
        Buffer.from([read + 1]),
        "4a",
        "4b",
      ]);
    }
    expect(reads).toBe(read + 1);
  });

  it("writes what one connection alone gets in one piece", () => {
    const { outbox } = setUp();
    const batch = appendAll(outbox, [
      new OutgoingPacket("4x"),
      new OutgoingPacket("4yy"),
      new OutgoingPacket("4zzz"),
    ]);
    expect([batch.length, batch.size, packetsOf(batch).map(({ text }) => text)]).toEqual([
      3,
      9,
      ["4x", "4yy", "4zzz"],
    ]);
    expect(batch.frames).toBeTypeOf("string");
    expect(readFrames(batch.frames)).toEqual(["4x", "4yy", "4zzz"]);
  });

  it("writes text that is not ASCII as it is, for one or for many", () => {
    const { outbox } = setUp();
    const texts = ["4a", "4é", "4中文", "4b", "4👋"];
    const own = appendAll(
      outbox,
      texts.map((text) => new OutgoingPacket(text)),
    );
    expect(readFrames(own.frames)).toEqual(texts);
    expect(readFrames(appendAll(outbox, texts.map(sharedPacket)).frames)).toEqual(texts);
    const mixed = texts.map((text, index) =>
      index % 2 === 0 ? sharedPacket(text) : new OutgoingPacket(text),
    );
    expect(readFrames(appendAll(outbox, mixed).frames)).toEqual(texts);
  });

  it("lets go, at the end of the tick, of what others got after a batch that still waits", () => {
    const { clock, outbox } = setUp();
    const waiting = new Gatherer(outbox);
    waiting.writable = false;
    const others = [new Gatherer(outbox), new Gatherer(outbox)];
    const first = sharedPacket("4first");
    for (const gatherer of [waiting, ...others]) gatherer.send(first);
    others[0]?.send(b);
    others[1]?.send(c);
    expect(first.child).not.toBeNull();
    clock.endTick();
    expect([first.child, first.childPacket, first.children]).toEqual([null, null, null]);
  });

  it("shares nothing between what was appended to a batch in different ticks", () => {
    const { clock, outbox } = setUp();
    const gatherer = new Gatherer(outbox);
    const root = sharedPacket("4root");
    gatherer.send(root);
    const before = outbox.append(root, b);
    clock.endTick();
    expect(outbox.append(root, b)).not.toBe(before);
    expect(packetsOf(before)).toEqual([root, b]);
  });
});

describe("Outbox.flush", () => {
  it("flushes everybody once, at the end of the tick", () => {
    const { clock, outbox } = setUp();
    const gatherers = [new Gatherer(outbox), new Gatherer(outbox)];
    for (const packet of [a, b]) for (const gatherer of gatherers) gatherer.send(packet);
    expect(gatherers.map(({ written }) => written)).toEqual([[], []]);
    clock.endTick();
    expect(gatherers.map(({ written }) => written.map(packetsOf))).toEqual([[[a, b]], [[a, b]]]);
    expect(gatherers[0]?.written[0]).toBe(gatherers[1]?.written[0]);
    clock.endTick();
    expect(gatherers.map(({ written }) => written.length)).toEqual([1, 1]);
  });

  it("asks for the end of the tick once, and not while there is nothing to flush", () => {
    let asked = 0;
    const clock = new FakeClock();
    const outbox = new Outbox({
      now: () => clock.now(),
      after: (milliseconds, callback) => clock.after(milliseconds, callback),
      atTickEnd: (callback) => {
        asked += 1;
        clock.atTickEnd(callback);
      },
    });
    expect(asked).toBe(0);
    for (const gatherer of [new Gatherer(outbox), new Gatherer(outbox)]) gatherer.send(a);
    expect(asked).toBe(1);
    clock.endTick();
    expect(asked).toBe(1);
  });

  it("leaves packets sent during a flush for the next", () => {
    const { clock, outbox } = setUp();
    const late = new Gatherer(outbox);
    const written: string[] = [];
    outbox.schedule({
      bufferedBytes: 0,
      flush: () => {
        written.push("first");
        late.send(a);
      },
    });
    outbox.schedule({ bufferedBytes: 0, flush: () => written.push("second") });
    clock.endTick();
    expect([written, late.written]).toEqual([["first", "second"], []]);
    clock.endTick();
    expect(late.written.map(packetsOf)).toEqual([[a]]);
  });

  it("flushes many in the order in which they came, and tells how much waited for them", () => {
    const { outbox } = setUp();
    const packet = sharedPacket("42x");
    const order: number[] = [];
    const gatherers = Array.from({ length: 100 }, (_, index) => {
      const gatherer = new Gatherer(outbox);
      const { flush } = gatherer;
      gatherer.flush = () => {
        order.push(index);
        flush.call(gatherer);
      };
      return gatherer;
    });
    for (const gatherer of gatherers) gatherer.send(packet);
    expect(outbox.flush()).toBe(100 * packet.size);
    expect(order).toEqual(gatherers.map((_, index) => index));
    expect(gatherers.every(({ written }) => written.length === 1)).toBe(true);
    expect(outbox.flush()).toBe(0);
  });

  it("may be called at any time, also within a flush, and flushes no owner twice", () => {
    const { clock, outbox } = setUp();
    const gatherer = new Gatherer(outbox);
    let nested = 0;
    outbox.schedule({
      bufferedBytes: 0,
      flush: () => {
        nested += 1;
        gatherer.send(a);
        outbox.flush();
      },
    });
    outbox.flush();
    clock.endTick();
    expect(nested).toBe(1);
    expect(gatherer.written.map(packetsOf)).toEqual([[a]]);
  });

  it("counts ticks upwards", () => {
    const { clock, outbox } = setUp();
    const { tick } = outbox;
    new Gatherer(outbox).send(a);
    expect(outbox.tick).toBe(tick);
    clock.endTick();
    expect(outbox.tick).toBeGreaterThan(tick);
  });

  it("brings every connection exactly its packets, in order, however broadcasts and single sends mix", () => {
    const count = 12;
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ type: fc.constant("broadcast"), members: fc.nat(2 ** count - 1) }),
      },
      { weight: 3, arbitrary: fc.record({ type: fc.constant("send"), member: fc.nat(count - 1) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant("end of tick") }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant("toggle"), member: fc.nat(count - 1) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { clock, outbox } = setUp();
        const gatherers = Array.from({ length: count }, () => new Gatherer(outbox));
        const expected: OutgoingPacket[][] = gatherers.map(() => []);
        const send = (member: number, packet: OutgoingPacket) => {
          gatherers[member]?.send(packet);
          expected[member]?.push(packet);
        };
        for (const [index, taken] of steps.entries()) {
          const packet = new OutgoingPacket(`4${index}`);
          packet.isShared = "members" in taken;
          if ("members" in taken) {
            for (let member = 0; member < count; member += 1) {
              if ((taken.members & (1 << member)) !== 0) send(member, packet);
            }
          } else if (taken.type === "send" && "member" in taken) {
            send(taken.member, packet);
          } else if ("member" in taken) {
            const gatherer = gatherers[taken.member];
            if (gatherer !== undefined) gatherer.writable = !gatherer.writable;
          } else {
            clock.endTick();
          }
        }
        for (const [member, gatherer] of gatherers.entries()) {
          gatherer.writable = true;
          send(member, a);
        }
        clock.endTick();
        for (const [member, { written }] of gatherers.entries()) {
          const texts = (expected[member] ?? []).map(({ text }) => text);
          expect(written.flatMap((batch) => readFrames(batch.frames))).toEqual(texts);
          expect(written.map(({ payload }) => payload).join("\u001e")).toBe(texts.join("\u001e"));
          expect(written.flatMap(packetsOf)).toEqual(expected[member]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("shares one batch among all that got the same, whatever they had before in other ticks", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(3), { maxLength: 6 }), { maxLength: 12 }), (lists) => {
        const { clock, outbox } = setUp();
        const packets = [a, b, c, sharedPacket("4d")];
        const gatherers = lists.map(() => new Gatherer(outbox));
        for (let place = 0; place < 6; place += 1) {
          for (const [index, list] of lists.entries()) {
            const packet = packets[list[place] ?? -1];
            if (packet !== undefined) gatherers[index]?.send(packet);
          }
        }
        clock.endTick();
        const byContent = new Map<string, Batch>();
        for (const [index, list] of lists.entries()) {
          const [batch] = gatherers[index]?.written ?? [];
          if (batch === undefined) continue;
          expect(byContent.get(list.join()) ?? batch).toBe(batch);
          byContent.set(list.join(), batch);
        }
        expect(new Set(byContent.values()).size).toBe(byContent.size);
      }),
    );
  });
});
