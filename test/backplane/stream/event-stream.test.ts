import { describe, expect, it } from "vitest";
import { OpenRequests } from "../../../src/backplane/bus/open-requests.ts";
import type { SubscriptionBus } from "../../../src/backplane/bus/subscriptions.ts";
import { EventStream, type StreamListener, type Unkept } from "../../../src/backplane/stream/event-stream.ts";
import {
  encodeEntry,
  isLossMarker,
  readEntry,
  type UnsequencedEvent,
} from "../../../src/backplane/stream/stream-event.ts";
import { BrokerError, type LogEntry, type StreamLink } from "../../../src/backplane/stream/stream-link.ts";
import type { Target } from "../../../src/core/model/target.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const turn = () => new Promise(setImmediate);
const bus: SubscriptionBus = { subscribe: () => Promise.resolve(), unsubscribe() {} };

/** What a broker makes of an event: its number, or an error. */
type Judge = (entry: LogEntry) => Promise<number>;

/** A stream on links whose broker does what the test says. */
function setup(judge: Judge) {
  const requests = new OpenRequests();
  const unkept: [Unkept, string][] = [];
  const refused: UnsequencedEvent[] = [];
  const ignored: string[] = [];
  const delivered: unknown[] = [];
  const sent: LogEntry[] = [];
  let id = 0;
  const stream = new EventStream(
    "app{%2F}",
    "/",
    {
      node: "node",
      clock: new FakeClock(),
      bus,
      requests,
      nextId() {
        id += 1;
        return id;
      },
      onIgnored: (problem) => ignored.push(problem),
      onPassed() {},
      onPassedBreak() {},
      onRefused() {},
      onAccepted() {},
      report() {},
      onUnkept: (what, error) => unkept.push([what, String(error)]),
    },
    { maxEvents: 100, age: 1000 },
  );
  const listener: Partial<StreamListener> = {
    onRefused: (event) => refused.push(event),
    onEvent: ({ event }) => delivered.push(JSON.parse(event.body)[1]),
    onUp() {},
    onDetached() {},
  };
  stream.listener = listener as StreamListener;
  const link = {
    begin: () => Promise.resolve({ epoch: "e", head: 0 }),
    read: () => Promise.resolve({ head: 0, entries: [] }),
    fence: () => Promise.resolve(),
    append(_place: unknown, _epoch: string, entry: LogEntry) {
      sent.push(entry);
      return judge(entry);
    },
  } as unknown as StreamLink;
  return {
    stream,
    unkept,
    refused,
    ignored,
    delivered,
    /** What was sent: `"mark"` for a mark of a loss, and else the event's first value. */
    sent: () => sent.map(describeEntry),
    async connect() {
      stream.onLink(link);
      await turn();
    },
    async lose() {
      requests.onBreak();
      stream.onDown();
      await turn();
    },
  };
}

function eventFor(rooms: readonly string[] | null, value: unknown): UnsequencedEvent {
  const target: Target = { namespace: "/", sid: null, rooms, skip: null };
  return { target, event: encodeEvent("/", ["said", value]), compress: true };
}

function describeEntry({ message }: LogEntry): unknown {
  const event = readEntry({ number: 1, message });
  if (event === null) return null;
  return isLossMarker(event)
    ? `mark for ${event.target.rooms?.length ?? "all"}`
    : JSON.parse(event.event.body)[1];
}

const never = new Promise<never>(() => {});
const tooLarge = () => Promise.reject(new BrokerError("It is too large.", { isTooLarge: true }));

describe("an event that a broker does not take", () => {
  it("is given to those who are here, and a mark takes its place; what follows is sent as ever", async () => {
    const site = setup((entry) => (describeEntry(entry) === "bad" ? tooLarge() : Promise.resolve(0)));
    await site.connect();
    site.stream.append(eventFor(["red"], "bad"));
    site.stream.append(eventFor(null, "good"));
    await turn();
    expect(site.sent()).toEqual(["bad", "good", "mark for 1"]);
    expect(site.refused).toEqual([
      expect.objectContaining({ target: expect.objectContaining({ rooms: ["red"] }) }),
    ]);
    expect(site.unkept).toEqual([["event", expect.stringMatching(/too large/)]]);
    expect(site.stream.isIdle).toBe(true);
  });

  it("is not sent again when its mark is refused as well: one for everybody is the last word", async () => {
    const site = setup(tooLarge);
    await site.connect();
    site.stream.append(eventFor(["red", "blue"], "bad"));
    for (let turns = 0; turns < 10; turns += 1) await turn();
    expect(site.sent()).toEqual(["bad", "mark for 2", "mark for all"]);
    expect(site.refused.length).toBe(1);
    expect([site.stream.isIdle, site.stream.isUnused]).toEqual([true, false]);
  });

  it("is given up when it ends one connection after the other, and those behind it are sent", async () => {
    const site = setup((entry) => (describeEntry(entry) === "bad" ? never : Promise.resolve(0)));
    await site.connect();
    site.stream.append(eventFor(["red"], "bad"));
    await site.lose();
    await site.connect();
    await site.lose();
    await site.connect();
    await site.lose();
    site.stream.append(eventFor(null, "good"));
    await site.connect();
    // No event goes behind one that was sent later: it would count as sent before.
    expect(site.sent()).toEqual(["bad", "bad", "bad", "good", "mark for 1"]);
    expect(site.unkept).toEqual([["event", expect.stringMatching(/ended several connections/)]]);
    expect(site.stream.isIdle).toBe(true);
  });

  it("stops nothing when it alone is larger than all that may be under way", async () => {
    const site = setup(() => Promise.resolve(0));
    await site.connect();
    site.stream.append(eventFor(["red"], "x".repeat(17 * 1024 * 1024)));
    site.stream.append(eventFor(null, "good"));
    await turn();
    expect(site.sent()).toEqual(["mark for 1", "good"]);
    expect([site.refused.length, site.unkept.length, site.stream.isDetached]).toEqual([1, 1, false]);
  });
});

describe("a message from a channel of a numbered namespace", () => {
  const everyone = "app{%2F}:b";
  const own = "app{%2F}:n:node";
  const room = "app{%2F}:r:room";

  function bytesOf(number: number, event: UnsequencedEvent): Uint8Array {
    return Buffer.concat([Buffer.from(`ee:${number}:`), encodeEntry("other", number, event)]);
  }

  it("is taken on the channels of its kind alone", async () => {
    const { stream, connect, ignored, delivered } = setup(() => Promise.resolve(1));
    await connect();
    stream.onMessage(own, bytesOf(1, eventFor(null, "on a process's channel")));
    stream.onMessage(everyone, Buffer.from("f1:1000"));
    stream.onMessage(everyone, Buffer.from("x2:pid"));
    stream.onMessage(own, Buffer.from("pother:0:message"));
    stream.onMessage(own, Buffer.from("g"));
    stream.onMessage(own, Buffer.from("z"));
    stream.onMessage(room, bytesOf(1, eventFor(null, "for everybody, on a room's channel")));
    stream.onMessage(room, bytesOf(1, eventFor(["other"], "for another room")));
    expect(ignored).toEqual(Array.from({ length: 8 }, () => "misplaced"));
    expect(delivered).toEqual([]);
    stream.onMessage(everyone, bytesOf(1, eventFor(null, "one")));
    stream.onMessage(room, bytesOf(2, eventFor(["room"], "two")));
    expect(delivered).toEqual(["one", "two"]);
  });

  it("goes to no client where it is for another namespace, or no event", async () => {
    const { stream, connect, ignored, delivered } = setup(() => Promise.resolve(1));
    await connect();
    const { target, event, compress } = eventFor(null, "x");
    stream.onMessage(everyone, bytesOf(1, { target: { ...target, namespace: "/admin" }, event, compress }));
    stream.onMessage(everyone, bytesOf(1, { target, event: { ...event, prefix: "1" }, compress }));
    stream.onMessage(everyone, bytesOf(1, { target, event: { ...event, body: '["connect"]' }, compress }));
    stream.onMessage(everyone, Buffer.from("ee:1:nothing"));
    stream.onMessage(everyone, bytesOf(Number.NaN, { target, event, compress }));
    expect(ignored).toEqual(Array.from({ length: 5 }, () => "unfit"));
    expect(delivered).toEqual([]);
  });

  it("does not say that all was heard, unless it is the one that was asked for", async () => {
    const { stream, connect, delivered } = setup(() => Promise.resolve(1));
    await connect();
    stream.barrier(() => {});
    for (let id = 0; id <= 10; id += 1) stream.onMessage(own, Buffer.from(`f${id}:1000`));
    stream.onMessage(everyone, bytesOf(1, eventFor(null, "one")));
    expect(delivered).toEqual(["one"]);
  });
});
