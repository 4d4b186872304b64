import { describe, expect, it } from "vitest";
import type { Bus, BusListener } from "../../../src/backplane/bus/bus.ts";
import { EmitterBus, patience } from "../../../src/backplane/bus/emitter-bus.ts";
import { RoomcastError } from "../../../src/base/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** A bus that does what the test says. */
class FakeBus implements Bus {
  readonly name = "Broker";
  readonly sent: string[] = [];
  listener: BusListener | null = null;
  takes = true;
  refusal: unknown = null;
  isClosed = false;

  async open(listener: BusListener): Promise<void> {
    this.listener = listener;
    if (this.refusal !== null) throw this.refusal;
  }

  publish(subject: string): boolean {
    if (this.takes) this.sent.push(subject);
    return this.takes;
  }

  async subscribe(): Promise<void> {}

  unsubscribe(): void {}

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const turn = () => new Promise(setImmediate);
const bytes = new Uint8Array(10);
const down = new Error("connection refused");

async function setup(refusal: unknown = null) {
  const clock = new FakeClock();
  const inner = new FakeBus();
  inner.refusal = refusal;
  const lost: string[] = [];
  const counted: string[] = [];
  const bus = new EmitterBus(inner, clock, {
    onLost: (count, error) => lost.push(`${count}: ${error instanceof Error ? error.message : error}`),
    onDropped: (count) => counted.push(`${count} dropped`),
    onUnconfirmed: (count) => counted.push(`${count} unconfirmed`),
  });
  const told: string[] = [];
  const opened = bus.open({
    onMessage() {},
    onUp: () => told.push("up"),
    onDown: () => told.push("down"),
    onRefused: () => told.push("refused"),
  });
  await opened.catch(() => {});
  return { clock, inner, lost, counted, bus, told, opened, listener: inner.listener as BusListener };
}

describe("the bus of a program that only emits", () => {
  it("keeps messages while the broker is away, in order, and sends them when it is there", async () => {
    const { bus, inner, listener, lost, told } = await setup();
    listener.onDown(down);
    expect([bus.publish("a", bytes), bus.publish("b", bytes)]).toEqual([true, true]);
    expect(inner.sent).toEqual([]);
    listener.onUp();
    bus.publish("c", bytes);
    expect(inner.sent).toEqual(["a", "b", "c"]);
    expect(told).toEqual(["down", "up"]);
    await bus.close();
    expect(lost).toEqual([]);
  });

  it("gives up each message when its time is over, says so once, and rejects at its end", async () => {
    const { bus, clock, inner, listener, lost, counted } = await setup();
    listener.onDown(down);
    bus.publish("a", bytes);
    clock.advance(patience / 2);
    bus.publish("b", bytes);
    expect(bus.load).toEqual({ waiting: 2, latency: null });
    clock.advance(patience / 2);
    expect(lost).toEqual(["1: connection refused"]);
    clock.advance(patience / 2);
    bus.publish("c", bytes);
    listener.onUp();
    expect(inner.sent).toEqual(["c"]);
    expect(lost.length).toBe(1);
    expect(counted).toEqual(["1 dropped", "1 dropped"]);
    await expect(bus.close()).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: "2 messages did not reach the message queue, or not for certain: connection refused",
      cause: down,
    });
    expect(inner.isClosed).toBe(true);
  });

  it("waits at its end for a broker that is away, and no longer than that", async () => {
    const { bus, inner, listener } = await setup();
    listener.onDown(down);
    bus.publish("a", bytes);
    const first = bus.close();
    await turn();
    expect(inner.isClosed).toBe(false);
    listener.onUp();
    await first;
    expect(inner.sent).toEqual(["a"]);

    const other = await setup();
    other.listener.onDown(down);
    other.bus.publish("a", bytes);
    const second = expect(other.bus.close()).rejects.toMatchObject({ code: "ERR_MESSAGE_QUEUE" });
    await turn();
    other.clock.advance(patience);
    await second;
  });

  it("tells of messages that were under way when the connection ended, and of those that the broker did not take", async () => {
    const { bus, inner, listener, lost, told } = await setup();
    listener.onUp();
    bus.publish("a", bytes);
    listener.onUnconfirmed?.(1, down);
    listener.onRefused(new Error("too large"));
    inner.takes = false;
    expect(bus.publish("b", bytes)).toBe(false);
    expect(lost).toEqual(["1: connection refused"]);
    // That has a line of its own.
    expect(told).toEqual(["up", "refused"]);
    await expect(bus.close()).rejects.toThrow(/^3 messages/);
  });

  it("does not wait for a broker that refuses the program", async () => {
    const refusal = new RoomcastError("ERR_MESSAGE_QUEUE", "wrong password");
    const { bus, opened, lost } = await setup(refusal);
    await expect(opened).rejects.toBe(refusal);
    expect(bus.publish("a", bytes)).toBe(false);
    expect(lost).toEqual(["1: wrong password"]);
    expect(bus.whenUp()).toBe(null);
    await expect(bus.close()).rejects.toMatchObject({ cause: refusal });
  });

  it("makes operations wait for the broker, and counts those for which it does not come", async () => {
    const { bus, clock, listener, lost } = await setup();
    listener.onDown(down);
    let waited = 0;
    const wait = () => void bus.whenUp()?.then(() => (waited += 1));
    wait();
    listener.onUp();
    await turn();
    expect([waited, bus.whenUp()]).toEqual([1, null]);
    listener.onDown(down);
    wait();
    clock.advance(patience);
    await turn();
    expect([waited, lost.length]).toEqual([2, 1]);
  });

  it("bounds the bytes that wait", async () => {
    const { bus, lost } = await setup();
    const large = new Uint8Array(6 * 1024 * 1024);
    expect([1, 2, 3].map(() => bus.publish("a", large))).toEqual([true, true, false]);
    expect(lost.length).toBe(1);
  });

  it("keeps nothing once the process serves clients, and does not reject at its end", async () => {
    const { bus, inner, listener, lost, counted, clock } = await setup();
    bus.publish("early", bytes);
    bus.serve();
    expect(inner.sent).toEqual(["early"]);
    listener.onDown(down);
    inner.takes = false;
    expect(bus.publish("a", bytes)).toBe(false);
    expect(bus.whenUp()).toBe(null);
    listener.onUnconfirmed?.(5, down);
    listener.onDropped?.(2);
    clock.advance(patience);
    await bus.close();
    expect([lost, counted]).toEqual([[], ["5 unconfirmed", "2 dropped"]]);
  });

  it("does not wait at its end for a broker that is away once the process serves clients", async () => {
    const { bus, inner, listener, lost } = await setup();
    listener.onDown(down);
    bus.publish("a", bytes);
    const closed = bus.close();
    bus.serve();
    await turn();
    expect([inner.sent, inner.isClosed, lost]).toEqual([["a"], true, []]);
    await closed;
  });

  it("ends once for all callers, also while messages wait", async () => {
    const { bus, listener, clock } = await setup();
    listener.onDown(down);
    bus.publish("a", bytes);
    const ends = [bus.close(), bus.close()];
    clock.advance(patience);
    expect((await Promise.allSettled(ends)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });
});
