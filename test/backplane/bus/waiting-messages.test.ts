import { describe, expect, it } from "vitest";
import { WaitingMessages } from "../../../src/backplane/bus/waiting-messages.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const patience = 1000;
const bytes = new Uint8Array(10);
const turn = () => new Promise(setImmediate);

function setup() {
  const clock = new FakeClock();
  const expired: number[] = [];
  const waiting = new WaitingMessages(patience, clock, (count) => expired.push(count));
  const take = () => waiting.takeAll().map(({ subject }) => subject);
  return { clock, expired, waiting, take };
}

describe("messages that wait", () => {
  it("are taken once, in order, and no longer keep the process alive", () => {
    const { clock, expired, waiting, take } = setup();
    waiting.add("a", bytes);
    waiting.add("b", bytes);
    expect([waiting.isEmpty, clock.holdingTimerCount]).toEqual([false, 1]);
    expect([take(), take()]).toEqual([["a", "b"], []]);
    expect([waiting.isEmpty, clock.timerCount]).toEqual([true, 0]);
    clock.advance(patience);
    expect(expired).toEqual([]);
  });

  it("expire each at its own time", () => {
    const { clock, expired, waiting, take } = setup();
    waiting.add("a", bytes);
    waiting.add("b", bytes);
    clock.advance(400);
    waiting.add("c", bytes);
    clock.advance(599);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual([2]);
    clock.advance(300);
    waiting.add("d", bytes);
    clock.advance(100);
    expect(expired).toEqual([2, 1]);
    expect([take(), clock.timerCount]).toEqual([["d"], 0]);
  });

  it("expire together when the process stood still", () => {
    const { clock, expired, waiting } = setup();
    waiting.add("a", bytes);
    clock.advance(400);
    waiting.add("b", bytes);
    clock.stall(5000);
    clock.advance(0);
    expect([expired, waiting.isEmpty, clock.timerCount]).toEqual([[2], true, 0]);
  });

  it("are bounded by their bytes, and leave room again when they are taken or expire", () => {
    const { clock, waiting } = setup();
    const large = new Uint8Array(6 * 1024 * 1024);
    const add = () => waiting.add("a", large);
    expect([add(), add(), add()]).toEqual([true, true, false]);
    waiting.takeAll();
    expect(add()).toBe(true);
    clock.advance(500);
    expect([add(), add()]).toEqual([true, false]);
    clock.advance(500);
    expect([add(), add()]).toEqual([true, false]);
  });
});

describe("the end of the wait", () => {
  it("comes when all messages are taken", async () => {
    const { waiting } = setup();
    waiting.add("a", bytes);
    let isOver = false;
    void waiting.emptied().then(() => {
      isOver = true;
    });
    await turn();
    expect(isOver).toBe(false);
    waiting.takeAll();
    await turn();
    expect(isOver).toBe(true);
  });

  it("comes when the last message expires", async () => {
    const { clock, waiting } = setup();
    waiting.add("a", bytes);
    clock.advance(500);
    waiting.add("b", bytes);
    let isOver = false;
    void waiting.emptied().then(() => {
      isOver = true;
    });
    clock.advance(500);
    await turn();
    expect(isOver).toBe(false);
    clock.advance(500);
    await turn();
    expect(isOver).toBe(true);
  });
});
