import { describe, expect, it } from "vitest";
import { BrokerAvailability } from "../../../src/backplane/recovery/broker-availability.ts";
import type { UnsequencedEvent } from "../../../src/backplane/stream/stream-event.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { eventFor } from "../../support/stream-node.ts";

const lost = new Error("The connection was lost.");
const refused = new Error("The broker refuses it.");

/** The availability of a broker, and its reports, in order. */
function setup({ isServing = true } = {}) {
  const clock = new FakeClock();
  const waiting: UnsequencedEvent[] = [];
  const told: string[] = [];
  const streams = { unsequenced: () => waiting, detach: () => void told.push("detach") };
  const owner = {
    onUp: () => void told.push("up"),
    onDown: (error: unknown) => void told.push(`down: ${error}`),
    onUnusable: (error: unknown, events: Iterable<UnsequencedEvent>) =>
      void told.push(`unusable with ${[...events].length} events: ${error}`),
    onLost: (count: number) => void told.push(`lost: ${count}`),
  };
  const availability = new BrokerAvailability("Broker", streams, owner, clock);
  if (isServing) availability.serve();
  return { clock, waiting, told, availability };
}

describe("the availability of a broker", () => {
  it("ends a second after the connection, and comes back with it", () => {
    const { clock, told, availability } = setup();
    availability.onDown(lost);
    clock.advance(999);
    expect([told, availability.isDetached]).toEqual([[], false]);
    clock.advance(1);
    expect([told, availability.isDetached]).toEqual([[`down: ${lost}`, "detach"], true]);
    availability.onUp();
    expect([told.slice(2), availability.isDetached]).toEqual([["up"], false]);
  });

  it("outlasts a break that is shorter", () => {
    const { clock, told, availability } = setup();
    availability.onDown(lost);
    clock.advance(900);
    availability.onUp();
    clock.advance(10_000);
    expect(told).toEqual([]);
  });

  it("begins its second again with each failed attempt, and ends once", () => {
    const { clock, told, availability } = setup();
    availability.onDown(lost);
    clock.advance(900);
    availability.onDown(lost);
    clock.advance(900);
    expect(told).toEqual([]);
    clock.advance(100);
    availability.onDown(lost);
    clock.advance(10_000);
    expect(told).toEqual([`down: ${lost}`, "detach"]);
  });

  it("ends without an error of the broker when it never answers", () => {
    const { clock, told, availability } = setup();
    availability.wait();
    clock.advance(1000);
    expect(told).toEqual(["down: Error: Broker did not answer in time.", "detach"]);
  });

  it("lasts ten seconds for a program that only emits, which stays alive and tells its losses", () => {
    const { clock, waiting, told, availability } = setup({ isServing: false });
    waiting.push(eventFor(null, 1), eventFor(null, 2));
    availability.onDown(lost);
    clock.advance(9999);
    expect([told, clock.holdingTimerCount]).toEqual([[], 1]);
    clock.advance(1);
    expect([told, clock.holdingTimerCount]).toEqual([["lost: 2", `down: ${lost}`, "detach"], 0]);
  });

  it("lasts a second from the moment when such a program begins to serve clients", () => {
    const { clock, waiting, told, availability } = setup({ isServing: false });
    waiting.push(eventFor(null, 1));
    availability.onDown(lost);
    clock.advance(5000);
    availability.serve();
    expect(clock.holdingTimerCount).toBe(0);
    clock.advance(1000);
    expect(told).toEqual([`down: ${lost}`, "detach"]);
  });

  it("counts no time for a connection that exists", () => {
    const { clock, told, availability } = setup({ isServing: false });
    availability.serve();
    clock.advance(10_000);
    expect([told, clock.timerCount]).toEqual([[], 0]);
  });
});

describe("a broker that refuses requests", () => {
  it("is reported with its first stream, and is back when it accepts the last", () => {
    const { told, availability } = setup();
    availability.onRefused("a", refused);
    availability.onRefused("b", refused);
    availability.onAccepted("a");
    availability.onAccepted("a");
    expect(told).toEqual([`down: ${refused}`]);
    availability.onAccepted("b");
    expect(told).toEqual([`down: ${refused}`, "up"]);
  });

  it("is not reported again while it is down", () => {
    const { clock, told, availability } = setup();
    availability.onDown(lost);
    clock.advance(1000);
    availability.onRefused("a", refused);
    availability.onAccepted("a");
    expect(told).toEqual([`down: ${lost}`, "detach"]);
  });
});

describe("a broker that cannot be used", () => {
  it("is reported once, with the events that waited, before they are delivered without it", () => {
    const { clock, waiting, told, availability } = setup();
    waiting.push(eventFor(null, 1));
    availability.wait();
    availability.giveUp(refused);
    availability.giveUp(refused);
    clock.advance(10_000);
    expect(told).toEqual([`unusable with 1 events: ${refused}`, "detach"]);
    expect([availability.isDetached, clock.timerCount]).toEqual([true, 0]);
  });

  it("loses nothing of a program that only emits: its owner has the events", () => {
    const { told, availability } = setup({ isServing: false });
    availability.giveUp(refused);
    availability.lose(1);
    expect(told).toEqual([`unusable with 0 events: ${refused}`, "detach"]);
  });
});

describe("the end", () => {
  it("stops the wait, and tells what a program that only emits could not send", () => {
    const { clock, waiting, told, availability } = setup({ isServing: false });
    waiting.push(eventFor(null, 1));
    availability.onDown(lost);
    availability.close();
    clock.advance(20_000);
    expect([told, clock.timerCount]).toEqual([["lost: 1"], 0]);
  });

  it("tells no event twice", () => {
    const { clock, waiting, told, availability } = setup({ isServing: false });
    waiting.push(eventFor(null, 1));
    availability.onDown(lost);
    clock.advance(10_000);
    availability.close();
    expect(told.filter((line) => line.startsWith("lost"))).toEqual(["lost: 1"]);
  });
});
