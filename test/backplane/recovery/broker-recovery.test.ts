import { describe, expect, it } from "vitest";
import { BrokerRecovery, type LogBroker } from "../../../src/backplane/recovery/broker-recovery.ts";
import { RoomcastError } from "../../../src/base/errors.ts";
import { ServerOperations } from "../../../src/base/tracing/tracing-channels.ts";
import { everyoneIn } from "../../../src/core/model/target.ts";
import { decodeEvent } from "../../../src/core/packet/event-packet.ts";
import type { RecoverySession, SharedLogOwner } from "../../../src/core/recovery/recovery-log.ts";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeStreamBroker } from "../../support/fake-stream-link.ts";

const bounds = { maxEvents: 100, maxDisconnection: 60_000, retention: 60_000 };
const turn = () => new Promise(setImmediate);
const name = "app{%2F}";

interface Options {
  /** Whether the process serves clients; otherwise it only emits. */
  readonly isServing?: boolean;
  /** Stands for the fake broker. */
  readonly links?: LogBroker["links"];
}

/** The recovery of a process, and what it tells. */
function setup({ isServing = true, links }: Options = {}) {
  const clock = new FakeClock();
  const broker = new FakeStreamBroker(clock);
  const told: string[] = [];
  const dropped: number[] = [];
  const unshared: string[] = [];
  const recovery = new BrokerRecovery(
    links === undefined ? broker : { name: "Broker", links },
    {
      onUp: () => told.push("up"),
      onDown: (error) => told.push(`down: ${error}`),
      onIgnored: (problem) => told.push(`ignored: ${problem}`),
      onRefused: (error) => told.push(`refused: ${error}`),
      onUnusable: (error, events) => told.push(`unusable with ${[...events].length} events: ${error}`),
      onLost: (count) => told.push(`lost: ${count}`),
      onUnkept: (what) => told.push(`not kept: ${what}`),
      onDropped: (count) => dropped.push(count),
      onUnshared: ({ event }) => unshared.push(decodeEvent(event).join()),
      report: (error) => told.push(`error: ${error}`),
    },
    { channel: "app", node: "node", clock },
  );
  if (isServing) recovery.serve();
  /** The values of the events that clients here got, in order. */
  const delivered: unknown[] = [];
  const clients: SharedLogOwner<RecoverySession> = {
    packetOf: ({ body }) => new OutgoingPacket(body),
    hand: (_target, { text }) => delivered.push(JSON.parse(text)[1]),
    onForeignEvent() {},
    operations: new ServerOperations(),
    handTo() {},
    describe: () => ({ data: {}, publicData: {}, visitor: null, ends: null }),
    revive: (session) => session,
    onTaken() {},
    onBroken() {},
    report() {},
  };
  /** A process without clients in a namespace sends an event there. */
  const send = (value: unknown, namespace = "/") =>
    recovery.append({ target: everyoneIn(namespace), event: "said", values: [value], flags: {} }, bounds);
  /** Time passes, with the attempts to connect that fall into it. */
  const pass = async (milliseconds: number) => {
    await turn();
    for (let left = milliseconds; left > 0; left -= 100) {
      clock.advance(Math.min(left, 100));
      await turn();
    }
  };
  /** The broker goes away. */
  const lose = async () => {
    broker.isThere = false;
    broker.disconnect();
    await turn();
  };
  return { clock, broker, told, dropped, unshared, delivered, clients, recovery, send, pass, lose };
}

const gone = "down: Error: The connection to the fake broker was lost.";

describe("a process that serves clients", () => {
  it("tells that recovery is off when the broker has not been there for a second, and when it is back", async () => {
    const { broker, recovery, told, lose, pass } = setup();
    await recovery.start();
    await lose();
    await pass(999);
    expect(told).toEqual([]);
    await pass(2);
    expect(told).toEqual([gone]);
    broker.isThere = true;
    await pass(3000);
    expect(told).toEqual([gone, "up"]);
  });

  it("says nothing of a break that ends within that second", async () => {
    const { broker, recovery, told, lose, pass } = setup();
    await recovery.start();
    await lose();
    broker.isThere = true;
    await pass(5000);
    expect([told, broker.open.length]).toEqual([[], 1]);
  });

  it("does not give the broker up for the time in which the process itself stood still", async () => {
    const { clock, recovery, told, lose, pass } = setup();
    await recovery.start();
    await lose();
    for (let stall = 0; stall < 4; stall += 1) {
      clock.stall(5000);
      clock.advance(100);
    }
    expect(told).toEqual([]);
    await pass(1000);
    expect(told).toEqual([gone]);
  });

  it("delivers events here without a broker that does not answer, a second after they were sent, and counts them", async () => {
    const { clients, delivered, recovery, told, pass, dropped, unshared } = setup({
      links: () => () => new Promise(() => {}),
    });
    const log = recovery.open("/", clients, bounds);
    log.append({ target: everyoneIn("/"), event: "said", values: [1], flags: {} });
    await pass(999);
    expect([delivered, told]).toEqual([[], []]);
    await pass(2);
    expect([delivered, told]).toEqual([[1], ["down: Error: Broker did not answer in time."]]);
    log.append({ target: everyoneIn("/"), event: "said", values: [2], flags: {} });
    await turn();
    expect(delivered).toEqual([1, 2]);
    // The broker cannot have them, so the bus may bring them to others.
    expect(unshared).toEqual(["said,1", "said,2"]);
    expect([dropped, recovery.state]).toEqual([[], "connecting"]);
  });
});

describe("a program that only emits", () => {
  it("waits ten seconds for the broker, stays alive for that, and then tells each loss", async () => {
    const { broker, clock, send, told, pass } = setup({ isServing: false });
    broker.isThere = false;
    send(1);
    send(2);
    await pass(9900);
    expect([told, clock.holdingTimerCount]).toEqual([[], 1]);
    await pass(200);
    expect(told).toEqual(["lost: 2", "down: Error: The fake broker is not there."]);
    send(3);
    expect(told.slice(2)).toEqual(["lost: 1"]);
    expect(clock.holdingTimerCount).toBe(0);
  });

  it("loses nothing when the broker comes late", async () => {
    const { broker, send, told, pass } = setup({ isServing: false });
    broker.isThere = false;
    send(1);
    await pass(5000);
    broker.isThere = true;
    await pass(3000);
    expect([told, broker.offsets(name)]).toEqual([[], [1]]);
  });

  it("waits no longer than a server once it serves clients, and no client loses what it sends", async () => {
    const { broker, recovery, send, told, pass } = setup({ isServing: false });
    broker.isThere = false;
    send(1);
    await pass(500);
    recovery.serve();
    await pass(1001);
    expect(told).toEqual(["down: Error: The fake broker is not there."]);
  });
});

describe("a broker that cannot be used", () => {
  const unusable = new RoomcastError("ERR_OPTION", "JetStream is off there.");

  it("is told once, with the events that waited for it, and waits for nothing more", async () => {
    const { clock, recovery, send, told, pass } = setup({
      isServing: false,
      links: () => () => Promise.reject(unusable),
    });
    send(1);
    send(2);
    await recovery.start();
    await pass(20_000);
    expect(told).toEqual(["unusable with 2 events: RoomcastError: JetStream is off there."]);
    send(3);
    await recovery.close();
    expect([told.length, clock.holdingTimerCount]).toEqual([1, 0]);
  });

  it("delivers the events of its clients here", async () => {
    const { clients, delivered, recovery } = setup({ links: () => () => Promise.reject(unusable) });
    const log = recovery.open("/", clients, bounds);
    log.append({ target: everyoneIn("/"), event: "said", values: [1], flags: {} });
    await recovery.start();
    await turn();
    expect(delivered).toEqual([1]);
  });

  it("refuses this process at the first attempt; later it may only refuse for a while", async () => {
    const refusal = new RoomcastError("ERR_MESSAGE_QUEUE", "Broker refuses this process.");
    const first = setup({ links: () => () => Promise.reject(refusal) });
    await first.recovery.start();
    expect(first.told).toEqual(["unusable with 0 events: RoomcastError: Broker refuses this process."]);

    let isRefused = false;
    const later: ReturnType<typeof setup> = setup({
      links: (onOpen) => (owner, signal) =>
        isRefused ? Promise.reject(refusal) : later.broker.links(onOpen)(owner, signal),
    });
    await later.recovery.start();
    isRefused = true;
    later.broker.disconnect();
    await later.pass(2000);
    isRefused = false;
    await later.pass(4000);
    expect(later.told).toEqual(["down: RoomcastError: Broker refuses this process.", "up"]);
  });
});

describe("a namespace", () => {
  it("that is not used any more is ended after a while, and begins again when it is", async () => {
    const { broker, recovery, send, pass } = setup();
    await recovery.start();
    send(1);
    const count = (call: string) => broker.calls.filter((each) => each === call).length;
    await pass(2000);
    expect([count("begin"), count("end")]).toEqual([1, 0]);
    await pass(2000);
    expect(count("end")).toBe(1);
    await pass(4000);
    send(2);
    await pass(100);
    expect([count("begin"), count("end"), broker.offsets(name)]).toEqual([2, 1, [1, 2]]);
  });

  it("with clients stays, however little is sent there", async () => {
    const { broker, clients, recovery, pass } = setup();
    recovery.open("/", clients, bounds);
    await pass(20_000);
    expect(broker.calls).not.toContain("end");
  });

  it("that the broker refuses turns recovery off, once for all of them, until it takes all again", async () => {
    const { broker, clients, recovery, told, pass } = setup();
    await recovery.start();
    broker.refuse("begin");
    recovery.open("/", clients, bounds);
    recovery.open("/chat", clients, bounds);
    await pass(3000);
    const refused = "down: BrokerError: The fake broker refuses it.";
    expect(told).toEqual([refused]);
    broker.accept("begin");
    await pass(3000);
    expect(told).toEqual([refused, "up"]);
  });
});

describe("a message that keeps its place among events", () => {
  const hello = Buffer.from("hello");

  it("is passed where this process uses the namespace, and reaches the clients' other processes", async () => {
    const { broker, clients, recovery, pass } = setup();
    const heard: string[] = [];
    recovery.listener = {
      onPassed: (message, namespace) => heard.push(`${namespace} ${Buffer.from(message)}`),
      onPassedBreak: (namespace) => heard.push(`${namespace} break`),
    };
    expect([recovery.pass("/", null, hello, true), recovery.hears("/")]).toEqual([false, false]);
    recovery.open("/", clients, bounds);
    await pass(100);
    expect([recovery.pass("/", null, hello, true), recovery.hears("/")]).toEqual([true, true]);
    expect(recovery.hears("/chat")).toBe(false);
    heard.length = 0;
    broker.publish(`${name}:b`, Buffer.from("pother:0:hello"));
    broker.publish("app{%2Fchat}:b", Buffer.from("pother:0:elsewhere"));
    await turn();
    expect(heard).toEqual(["/ hello"]);
  });

  it("is not passed while recovery is off: the bus brings it", async () => {
    const { clients, recovery, lose, pass } = setup();
    recovery.open("/", clients, bounds);
    await pass(100);
    await lose();
    await pass(1100);
    expect([recovery.pass("/", null, hello, true), recovery.hears("/")]).toEqual([false, false]);
  });
});

describe("the end", () => {
  it("waits for what the broker has not answered, for a second, and ends the connection", async () => {
    const { broker, clients, recovery, pass } = setup();
    const log = recovery.open("/", clients, bounds);
    await pass(100);
    const [link] = broker.open;
    link?.answers.hold();
    link?.messages.hold();
    log.append({ target: everyoneIn("/"), event: "said", values: [1], flags: {} });
    let isClosed = false;
    const closed = recovery.close().then(() => {
      isClosed = true;
    });
    await pass(900);
    expect(isClosed).toBe(false);
    await pass(200);
    await closed;
    expect(broker.open).toEqual([]);
  });

  it("comes at once where nothing waits, and once", async () => {
    const { broker, recovery, send } = setup({ isServing: false });
    await recovery.start();
    send(1);
    await turn();
    await turn();
    const closed = recovery.close();
    expect(recovery.close()).toBe(closed);
    await closed;
    expect([broker.open, broker.offsets(name)]).toEqual([[], [1]]);
  });

  it("of a program that only emits waits for the broker, and tells what was lost", async () => {
    const { broker, recovery, send, told, pass } = setup({ isServing: false });
    broker.isThere = false;
    send(1);
    await pass(100);
    const closed = recovery.close();
    await pass(10_100);
    await closed;
    expect(told[0]).toBe("lost: 1");
    expect(told.filter((line) => line.startsWith("lost"))).toHaveLength(1);
  });

  it("leaves nothing that comes back: no connection, no timer that keeps the process alive", async () => {
    const { broker, clock, recovery, send, told, pass } = setup();
    await recovery.start();
    await recovery.close();
    await pass(5000);
    send(1);
    await pass(5000);
    expect([broker.open, told, clock.holdingTimerCount]).toEqual([[], [], 0]);
  });
});

it("waits until all events so far were delivered here, or for a second", async () => {
  const { broker, clients, delivered, recovery, pass } = setup();
  const log = recovery.open("/", clients, bounds);
  await pass(100);
  log.append({ target: everyoneIn("/"), event: "said", values: [1], flags: {} });
  await recovery.delivered();
  expect(delivered).toEqual([1]);
  broker.open[0]?.messages.hold();
  log.append({ target: everyoneIn("/"), event: "said", values: [2], flags: {} });
  const waited = recovery.delivered();
  await pass(1100);
  await waited;
  expect(delivered).toEqual([1]);
});
