/**
 * Limits attempts to log in. Each address has a few in a period, and all addresses together have more of
 * them: an attacker may have many addresses, and a password's hash takes time to compare.
 */

import type { Clock } from "../base/time/clock.ts";
import { subscriberOf } from "../engine/request/ip-address.ts";

/** How many attempts may fail, and in which time. */
export interface LoginLimits {
  /** Failed attempts of one address in the period. */
  readonly perAddress: number;
  /** Failed attempts of all addresses together in the period. */
  readonly total: number;
  /** In ms. */
  readonly period: number;
}

/** The usual limits. */
export const loginLimits: LoginLimits = { perAddress: 10, total: 200, period: 60_000 };

/** The attempts to log in to one server. */
export class LoginAttempts {
  readonly #clock: Clock;
  readonly #limits: LoginLimits;
  /** The failed and the open attempts of this period, by address. */
  #failures = new Map<string, number>();
  #total = 0;
  #periodEnd = 0;
  readonly #onLimit: (address: string) => void;
  /** The addresses for which {@link #onLimit} was called in this period; `""` stands for all. */
  #limited = new Set<string>();

  /**
   * @param clock - tells the time
   * @param limits - how many attempts may fail
   * @param onLimit - called with an address that has to wait, once in a period; once with the first of them
   *   where all have to
   */
  constructor(clock: Clock, limits = loginLimits, onLimit: (address: string) => void = () => {}) {
    this.#clock = clock;
    this.#onLimit = onLimit;
    this.#limits = limits;
  }

  /**
   * Begins an attempt. It counts as failed until {@link LoginAttempts.succeed}: several at the same time must
   * not be more than one after the other.
   *
   * @param address - where it comes from
   * @returns `false` when the address has to wait, and the attempt must be refused without a look at it
   */
  begin(address: string): boolean {
    const now = this.#clock.now();
    if (now >= this.#periodEnd) {
      this.#failures = new Map();
      this.#limited = new Set();
      this.#total = 0;
      this.#periodEnd = now + this.#limits.period;
    }
    const key = subscriberOf(address);
    const failed = this.#failures.get(key) ?? 0;
    const isFull = this.#total >= this.#limits.total;
    if (failed >= this.#limits.perAddress || isFull) {
      const limited = isFull ? "" : key;
      if (!this.#limited.has(limited)) this.#onLimit(address);
      this.#limited.add(limited);
      return false;
    }
    this.#failures.set(key, failed + 1);
    this.#total += 1;
    return true;
  }

  /** The attempt of an address was right, and does not count. */
  succeed(address: string): void {
    const key = subscriberOf(address);
    const failed = this.#failures.get(key) ?? 0;
    if (failed <= 1) this.#failures.delete(key);
    else this.#failures.set(key, failed - 1);
    this.#total = Math.max(0, this.#total - 1);
  }
}
