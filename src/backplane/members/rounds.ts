/**
 * When signs of life are given. One process calls, and the others answer it alone; its next call says which
 * of them have answered. So each process gets one message and sends one in a round, however many there are.
 *
 * ```
 * following ──no call for a while──▶ calling
 * calling ──a call of a process with a smaller id──▶ following
 * ```
 *
 * It does not know which processes there are.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";

/** Carries out what a round needs. */
export interface RoundsOwner {
  /** Calls all others. */
  call(): void;
  /** Answers the call of a process. */
  answer(caller: string): void;
}

/**
 * How long a process waits for a call before it calls itself: so many intervals, and a random part of the
 * second figure more, so that mostly one process does so.
 */
const patience = { least: 1.25, spread: 0.5 };
/** So many calls in a row may lack a process that has answered each of them. */
const maxUnheard = 2;

/** See the head of this file. */
export class Rounds {
  readonly #self: string;
  readonly #interval: number;
  readonly #clock: Clock;
  readonly #owner: RoundsOwner;
  #timer: Timer | null = null;
  #isCalling = false;
  /** Counts the calls that were followed. */
  #followed = 0;
  #answeredTo = "";
  #answeredAt = 0;
  /** How many calls in a row have lacked this process, although it had answered. */
  #unheard = 0;

  /**
   * @param self - this process
   * @param interval - the time between two calls, in ms
   * @param clock - where time comes from
   * @param owner - calls and answers
   */
  constructor(self: string, interval: number, clock: Clock, owner: RoundsOwner) {
    this.#self = self;
    this.#interval = interval;
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Whether it takes part. */
  get isRunning(): boolean {
    return this.#timer !== null;
  }

  /** Takes part from now on. */
  start(): void {
    if (this.#timer === null) this.#follow();
  }

  /** Takes part no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /**
   * Another process calls.
   *
   * @param caller - that process
   * @param isListed - whether it has heard of this process since its last call
   * @returns whether the caller hears this process, as far as is known, so that its list means something
   */
  onCall(caller: string, isListed: boolean): boolean {
    const waited = this.#clock.now() - this.#answeredAt;
    const isAnotherCall = this.#answeredTo === caller;
    // After a standstill several calls wait to be read.
    const isSoon = isAnotherCall && waited < this.#interval / 2;
    const isUnheard = isAnotherCall && !isSoon && waited < 2 * this.#interval && !isListed;
    if (!isSoon) {
      this.#unheard = isUnheard ? this.#unheard + 1 : 0;
      this.#answeredTo = caller;
      this.#answeredAt = this.#clock.now();
      this.#owner.answer(caller);
    }
    const isSecond = this.#isCalling && this.#self < caller;
    if (this.#timer !== null && !isSecond && this.#unheard < maxUnheard) this.#follow();
    return !isUnheard;
  }

  #follow(): void {
    this.#isCalling = false;
    this.#followed += 1;
    this.#wait(this.#interval * (patience.least + patience.spread * Math.random()));
  }

  #wait(milliseconds: number): void {
    this.#timer?.cancel();
    const followed = this.#followed;
    this.#timer = this.#clock.after(Math.ceil(milliseconds), () => {
      // Messages that came while this process was busy wait behind the timer: a call, perhaps.
      this.#clock.atTickEnd(() => {
        if (this.#timer === null || this.#followed !== followed) return;
        this.#isCalling = true;
        this.#owner.call();
        this.#wait(this.#interval);
      });
    });
  }
}
