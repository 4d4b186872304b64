/** An event whose handler is measured. It may be traced as well. */

import { realClock } from "../../base/time/clock.ts";
import type { NamespaceMeter } from "../../core/namespace/namespace-meter.ts";
import { WatchedEvent } from "./watched-event.ts";

/** An event together with the meter of its namespace. */
export class MeteredEvent extends WatchedEvent {
  readonly #meter: NamespaceMeter;
  readonly #traced: WatchedEvent | null;
  #startedAt = 0;
  #hasFailed = false;

  /**
   * @param name - the event's name
   * @param args - its arguments
   * @param meter - hears how it ended
   * @param traced - the same event for traces; `null` where nothing reads them
   */
  constructor(
    name: string,
    args: readonly unknown[],
    meter: NamespaceMeter,
    traced: WatchedEvent | null = null,
  ) {
    super(name, args);
    this.#meter = meter;
    this.#traced = traced;
  }

  // Most events are not traced, and need no function around their handler.
  get isSurrounded(): boolean {
    return this.#traced !== null;
  }

  override begin(): void {
    this.#startedAt = realClock.now();
  }

  run<Result>(work: () => Result): Result {
    return this.#traced === null ? work() : this.#traced.run(work);
  }

  fail(error: unknown): void {
    this.#hasFailed = true;
    this.#traced?.fail(error);
  }

  refuse(message: string): void {
    // Refused clients are counted elsewhere.
    if (this.name !== "connect") this.#meter.onEventRefused(this.name, "refused");
    this.#traced?.refuse(message);
  }

  settle(result: unknown): void {
    this.#meter.onHandled(this.name, realClock.now() - this.#startedAt, this.#hasFailed);
    this.#traced?.settle(result);
  }
}
