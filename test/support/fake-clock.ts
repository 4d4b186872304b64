/** A clock that stands still until a test moves it. */

import type { Clock, Timer } from "../../src/base/time/clock.ts";

class FakeTimer implements Timer {
  readonly dueAt: number;
  readonly callback: () => void;
  readonly holdsProcess: boolean;
  readonly #timers: Set<FakeTimer>;

  constructor(timers: Set<FakeTimer>, dueAt: number, callback: () => void, holdsProcess: boolean) {
    this.#timers = timers;
    this.dueAt = dueAt;
    this.callback = callback;
    this.holdsProcess = holdsProcess;
    timers.add(this);
  }

  cancel(): void {
    this.#timers.delete(this);
  }
}

/** A clock whose time a test moves. */
export class FakeClock implements Clock {
  readonly #timers = new Set<FakeTimer>();
  #tickEnd: (() => void)[] = [];
  #now = 1000;

  /** How many timers are pending. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** How many of the pending timers keep the process alive. */
  get holdingTimerCount(): number {
    return [...this.#timers].filter((timer) => timer.holdsProcess).length;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void, holdsProcess = false): Timer {
    return new FakeTimer(this.#timers, this.#now + milliseconds, callback, holdsProcess);
  }

  atTickEnd(callback: () => void): void {
    this.#tickEnd.push(callback);
  }

  /** Ends the current tick. Work that its callbacks defer to the end of a tick belongs to the next one. */
  endTick(): void {
    const callbacks = this.#tickEnd;
    this.#tickEnd = [];
    for (const callback of callbacks) callback();
  }

  /** Advances time: ticks end, and due timers run in their order, each in a tick of its own. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    this.#settle();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.dueAt);
      timer.cancel();
      timer.callback();
      this.#settle();
    }
    this.#now = end;
  }

  /** Lets time pass while the program is busy, so that no timer runs; due timers run next. */
  stall(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Runs the due timers, but ends no tick. */
  fireTimers(): void {
    for (let timer = this.#next(this.#now); timer !== undefined; timer = this.#next(this.#now)) {
      timer.cancel();
      timer.callback();
    }
  }

  #settle(): void {
    while (this.#tickEnd.length > 0) this.endTick();
  }

  #next(end: number): FakeTimer | undefined {
    let next: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= end && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
    }
    return next;
  }
}
