import { beforeEach, describe, expect, it } from "vitest";
import { drainOptions, type SettledDrainOptions } from "../../../src/app/options/drain-options.ts";
import { Drain, type DrainableClient } from "../../../src/app/serve/drain.ts";
import { resolveOptions } from "../../../src/base/options.ts";
import { FakeClock } from "../../support/fake-clock.ts";

let clock: FakeClock;
/** The disconnected clients, and when. */
let gone: { name: number; at: number; reason: string }[];

beforeEach(() => {
  clock = new FakeClock();
  gone = [];
});

class Guest implements DrainableClient {
  isBusy = false;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }

  drain(reason: string): void {
    gone.push({ name: this.name, at: clock.now() - 1000, reason });
  }
}

const guests = (count: number) => Array.from({ length: count }, (_, index) => new Guest(index));

function depart(
  leavers: DrainableClient[],
  options: Partial<SettledDrainOptions> = {},
  random?: () => number,
) {
  return new Drain(leavers, resolveOptions(drainOptions, options, "drain()"), clock, random);
}

describe("Drain", () => {
  it("ends at once without clients", async () => {
    await depart([]).finished;
    expect(clock.timerCount).toBe(0);
  });

  it("sends clients away evenly over the time it is given, each once, and says why", async () => {
    const departure = depart(guests(100), { stagger: 1000, reason: "back in a minute" });
    clock.advance(500);
    expect(Math.abs(gone.length - 50)).toBeLessThanOrEqual(2);
    clock.advance(520);
    await departure.finished;
    expect(gone.map(({ name }) => name).toSorted((a, b) => a - b)).toEqual(
      guests(100).map(({ name }) => name),
    );
    expect(new Set(gone.map(({ reason }) => reason))).toEqual(new Set(["back in a minute"]));
    expect(clock.timerCount).toBe(0);
  });

  it("does so in an order of chance", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    depart(guests(50), { stagger: 0 }, random);
    const order = gone.map(({ name }) => name);
    expect(order).toHaveLength(50);
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toEqual(order.toSorted((a, b) => b - a));
  });

  it("takes 2 ms for each client where nothing else is said, and never more than half of the time", () => {
    depart(guests(100));
    clock.advance(220);
    expect(gone).toHaveLength(100);
    gone = [];
    depart(guests(100), { timeout: 100 });
    clock.advance(70);
    expect(gone).toHaveLength(100);
  });

  it("lets a client stay while one of its events is handled, up to the end of the time", async () => {
    const [busy, busier, other] = guests(3) as [Guest, Guest, Guest];
    busy.isBusy = busier.isBusy = true;
    const departure = depart([busy, busier, other], { stagger: 0, timeout: 1000 });
    expect(gone.map(({ name }) => name)).toEqual([2]);
    clock.advance(300);
    busy.isBusy = false;
    clock.advance(20);
    expect(gone.map(({ name }) => name)).toEqual([2, 0]);
    clock.advance(700);
    await departure.finished;
    expect(gone.map(({ name }) => name)).toEqual([2, 0, 1]);
    expect(gone.at(-1)?.at).toBe(1000);
  });

  it("can be hurried", async () => {
    const departure = depart(guests(10), { stagger: 10_000 });
    departure.hurry();
    await departure.finished;
    expect(gone).toHaveLength(10);
    clock.advance(1000);
    expect([gone.length, clock.timerCount]).toEqual([10, 0]);
  });
});
