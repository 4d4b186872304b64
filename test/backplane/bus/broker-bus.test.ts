import { describe, expect, it } from "vitest";
import { BrokerBus, type BrokerLink, type BrokerLinkOwner } from "../../../src/backplane/bus/broker-bus.ts";
import { RoomcastError } from "../../../src/base/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { deferred } from "../../support/waiting.ts";

/** A link whose broker does what the test says. */
class FakeLink implements BrokerLink {
  readonly owner: BrokerLinkOwner;
  readonly sent: string[] = [];
  readonly subscribed: string[][] = [];
  readonly unsubscribed: string[] = [];
  /** The answer of the broker to everything, from now on. */
  answer: Promise<unknown> = Promise.resolve();
  pings = 0;
  isClosed = false;

  constructor(owner: BrokerLinkOwner) {
    this.owner = owner;
  }

  publish(subject: string): Promise<unknown> {
    this.sent.push(subject);
    return this.answer;
  }

  subscribe(subjects: readonly string[]): Promise<unknown> {
    this.subscribed.push([...subjects]);
    return this.answer;
  }

  unsubscribe(subjects: readonly string[]): Promise<unknown> {
    this.unsubscribed.push(...subjects);
    return this.answer;
  }

  ping(): Promise<unknown> {
    this.pings += 1;
    return this.answer;
  }

  close(): void {
    this.isClosed = true;
  }
}

const turn = () => new Promise(setImmediate);
const never = new Promise<never>(() => {});

/** A bus whose links the test makes. */
function setup(connect?: () => Promise<never>, onUp = () => {}) {
  const clock = new FakeClock();
  const links: FakeLink[] = [];
  const told: string[] = [];
  const bus = new BrokerBus(
    "Broker",
    connect ??
      (async (owner) => {
        const link = new FakeLink(owner);
        links.push(link);
        return link;
      }),
    clock,
    { maxPendingBytes: 3000 },
  );
  const opened = bus.open({
    onMessage: (subject, message) => told.push(`${subject}: ${Buffer.from(message).toString()}`),
    onUp() {
      told.push("up");
      onUp();
    },
    onDown: (error) => told.push(`down: ${String(error)}`),
    onRefused: (error) => told.push(`refused: ${String(error)}`),
    onUnconfirmed: (count, error) => told.push(`unconfirmed: ${count} ${String(error)}`),
    onDropped: (count) => told.push(`dropped: ${count}`),
  });
  const link = () => links.at(-1) as FakeLink;
  return { clock, links, told, bus, opened, link };
}

const bytes = (size: number) => new Uint8Array(size);

describe("a bus over a broker", () => {
  it("subscribes to the subjects of one turn together, and to all subjects on a new link", async () => {
    const { bus, opened, link, clock, links } = setup();
    void bus.subscribe("early");
    await opened;
    void bus.subscribe("a");
    void bus.subscribe("b");
    void bus.subscribe("c");
    bus.unsubscribe("c");
    await turn();
    expect(link().subscribed).toEqual([["early"], ["a", "b"]]);
    bus.unsubscribe("a");
    link().owner.onLost(new Error("gone"));
    await turn();
    clock.advance(5000);
    await turn();
    expect(links.length).toBe(2);
    expect(link().subscribed).toEqual([["early", "b"]]);
  });

  it("asks a silent broker whether it is there, and takes another link when it is not", async () => {
    const { opened, clock, told, links, link } = setup();
    await opened;
    for (let ping = 1; ping <= 3; ping += 1) {
      clock.advance(1600);
      await turn();
    }
    expect(link().pings).toBe(3);
    link().answer = never;
    // It is found out within three seconds.
    clock.advance(1600);
    clock.advance(1400);
    await turn();
    expect(told).toEqual(["up", "down: Error: Broker did not answer within 1400 ms."]);
    expect(links[0]?.isClosed).toBe(true);
    clock.advance(200);
    await turn();
    expect(told.at(-1)).toBe("up");
    expect(links.length).toBe(2);
  });

  it("takes an error that a link throws as its answer: a message is refused, and a link that cannot subscribe is lost", async () => {
    const { bus, opened, link, clock, told, links } = setup();
    await opened;
    const thrown = () => {
      throw new Error("closed");
    };
    link().publish = thrown;
    expect(bus.publish("a", bytes(1))).toBe(true);
    await turn();
    expect(told).toEqual(["up", "refused: Error: closed"]);
    link().subscribe = thrown;
    void bus.subscribe("a");
    await turn();
    await turn();
    expect(told.at(-1)).toBe("down: Error: closed");
    clock.advance(200);
    await turn();
    expect([links.length, link().subscribed]).toEqual([2, [["a"]]]);
    link().unsubscribe = thrown;
    bus.unsubscribe("a");
    await turn();
    await turn();
    expect(told.at(-1)).toBe("down: Error: closed");
    clock.advance(200);
    await turn();
    link().ping = thrown;
    clock.advance(1600);
    await turn();
    await turn();
    expect(told.at(-1)).toBe("down: Error: closed");
  });

  it("tells once that it is down, however many attempts fail, and waits longer between them", async () => {
    let attempts = 0;
    const { opened, clock, told } = setup(() => {
      attempts += 1;
      return Promise.reject(new Error(`attempt ${attempts}`));
    });
    await opened;
    const counts: number[] = [];
    for (let step = 0; step < 60; step += 1) {
      clock.advance(1000);
      await turn();
      counts.push(attempts);
    }
    expect(told).toEqual(["down: Error: attempt 1"]);
    // Never longer than two seconds, never shorter than one in the end.
    const last = (counts[59] ?? 0) - (counts[29] ?? 0);
    expect(last).toBeGreaterThanOrEqual(14);
    expect(last).toBeLessThanOrEqual(31);
  });

  it("keeps messages from before the first link, as far as there is room, and sends them in order", async () => {
    const { bus, opened, link } = setup();
    const taken = ["1", "2", "3", "4"].map((subject) => bus.publish(subject, bytes(1000)));
    expect(taken).toEqual([true, true, false, false]);
    await opened;
    expect(link().sent).toEqual(["1", "2"]);
  });

  it("drops the messages from before a first attempt that fails, and tells how many", async () => {
    const { bus, opened, told } = setup(() => Promise.reject(new Error("connection refused")));
    for (const subject of ["1", "2"]) bus.publish(subject, bytes(10));
    expect(bus.load).toEqual({ waiting: 2, latency: null });
    await opened;
    expect(told).toEqual(["down: Error: connection refused", "dropped: 2"]);
    expect(bus.load.waiting).toBe(0);
  });

  it("tells how many messages are under way, and how long the broker took to answer", async () => {
    const { bus, opened, link, clock } = setup();
    await opened;
    const answer = deferred();
    link().answer = answer.promise;
    bus.publish("a", bytes(10));
    expect(bus.load).toEqual({ waiting: 1, latency: null });
    clock.advance(7);
    answer.resolve();
    await turn();
    expect(bus.load).toEqual({ waiting: 0, latency: 7 });
  });

  it("sends messages that have waited ahead of those that are sent when it comes up", async () => {
    const { bus, opened, link } = setup(undefined, () => bus.publish("upon up", bytes(1)));
    bus.publish("early", bytes(1));
    await opened;
    expect(link().sent).toEqual(["early", "upon up"]);
  });

  it("stops sending to a broker that leaves too much unanswered", async () => {
    const { bus, opened, link } = setup();
    await opened;
    const answer = deferred();
    link().answer = answer.promise;
    const send = () => bus.publish("a", bytes(1000));
    expect([send(), send(), send(), send()]).toEqual([true, true, false, false]);
    answer.resolve();
    await turn();
    expect(send()).toBe(true);
  });

  it("tells of a single message that was refused, and not of each where the whole link is lost", async () => {
    const { bus, opened, told, link } = setup();
    await opened;
    link().answer = Promise.reject(new Error("too large"));
    bus.publish("a", bytes(1));
    await turn();
    const answer = deferred();
    link().answer = answer.promise.then(() => Promise.reject(new Error("lost")));
    bus.publish("a", bytes(1));
    link().owner.onLost(new Error("gone"));
    await turn();
    answer.resolve();
    await turn();
    expect(told).toEqual([
      "up",
      "refused: Error: too large",
      "unconfirmed: 1 Error: gone",
      "down: Error: gone",
    ]);
  });

  it("tells what to do about a message that was refused, where the link knows", async () => {
    const { bus, opened, told, link } = setup();
    await opened;
    link().answer = Promise.reject(new Error("NOPERM"));
    Object.assign(link(), { explain: (error: Error) => new Error(`${error.message}: give the right`) });
    bus.publish("a", bytes(1));
    await turn();
    expect(told).toEqual(["up", "refused: Error: NOPERM: give the right"]);
  });

  it("rejects when no attempt can succeed", async () => {
    const { opened, told } = setup(() =>
      Promise.reject(new RoomcastError("ERR_MISSING_PACKAGE", "install it")),
    );
    await expect(opened).rejects.toMatchObject({ code: "ERR_MISSING_PACKAGE" });
    expect(told).toEqual([]);
  });

  it("keeps trying when a broker refuses it later, and says so once more", async () => {
    const refusal = () => Promise.reject(new RoomcastError("ERR_MESSAGE_QUEUE", "wrong password"));
    const away = () => Promise.reject(new Error("connection refused"));
    const attempts = [away, refusal, refusal, away];
    let count = 0;
    const { opened, clock, told } = setup(() => {
      count += 1;
      return (attempts[count - 1] ?? away)();
    });
    await opened;
    for (let step = 0; step < 10; step += 1) {
      clock.advance(2000);
      await turn();
    }
    expect(count).toBeGreaterThan(attempts.length);
    expect(told).toEqual(["down: Error: connection refused", "down: RoomcastError: wrong password"]);
  });

  it("keeps its link after the process itself stood still", async () => {
    const { opened, clock, told, links, link } = setup();
    await opened;
    link().answer = never;
    clock.advance(1000);
    clock.stall(60_000);
    clock.advance(1300);
    await turn();
    expect(told).toEqual(["up"]);
    expect(links.length).toBe(1);
  });

  it("tells of messages that were under way when the link was lost, or at its end", async () => {
    const { bus, opened, told, link, clock } = setup();
    await opened;
    link().answer = never;
    bus.publish("a", bytes(1));
    bus.publish("b", bytes(1));
    link().owner.onLost(new Error("gone"));
    await turn();
    expect(told).toEqual(["up", "unconfirmed: 2 Error: gone", "down: Error: gone"]);
    clock.advance(2000);
    await turn();
    link().answer = never;
    bus.publish("c", bytes(1));
    const closed = bus.close();
    await turn();
    clock.advance(3000);
    await closed;
    expect(told.slice(3)).toEqual(["up", "unconfirmed: 1 Error: Broker did not answer in time."]);
  });

  it("takes messages that the end of its link rejects for unconfirmed, and not for refused", async () => {
    const { bus, opened, told, link } = setup();
    await opened;
    let reject = (_error: Error) => {};
    link().answer = new Promise((_, refuse) => {
      reject = refuse;
    });
    link().close = () => reject(new Error("closed"));
    bus.publish("a", bytes(1));
    link().owner.onLost(new Error("silent"));
    for (let count = 0; count < 5; count += 1) await turn();
    expect(told).toEqual(["up", "unconfirmed: 1 Error: silent", "down: Error: silent"]);
  });

  it("waits a moment at its end for messages under way", async () => {
    const { bus, opened, link } = setup();
    await opened;
    const answer = deferred();
    link().answer = answer.promise;
    bus.publish("a", bytes(1));
    let hasClosed = false;
    const closed = bus.close().then(() => {
      hasClosed = true;
    });
    await turn();
    expect(hasClosed).toBe(false);
    answer.resolve();
    await closed;
    await turn();
    expect(link().isClosed).toBe(true);
    expect(bus.publish("a", bytes(1))).toBe(false);
  });

  it("does not wait longer than a moment at its end", async () => {
    const { bus, opened, link, clock } = setup();
    await opened;
    link().answer = never;
    bus.publish("a", bytes(1));
    const closed = bus.close();
    await turn();
    clock.advance(3000);
    await closed;
    await turn();
    expect(link().isClosed).toBe(true);
  });
});
