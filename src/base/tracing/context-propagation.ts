/** The port through which a tracer has its context travel to other processes, and knows it again there. */

import { throwLater } from "../foreign-value.ts";

/** Names and values that stand for a context, such as `traceparent` of W3C Trace Context. */
export type Carrier = Readonly<Record<string, string>>;

/** Reads and writes carriers. What it throws is reported, and harms no message. */
export interface ContextPropagator {
  /** The carrier of the current context; `null` where there is nothing to carry. */
  inject(): Carrier | null;
  /** Runs work in the context that a carrier stands for. Other processes may write what they like into it. */
  run<Result>(carrier: Carrier, work: () => Result): Result;
}

/** How many entries and characters a carrier may have. Beyond that it is not carried. */
const limits = { entries: 16, characters: 16_384 } as const;

/** Whether a carrier is so small that each message may have one. */
export function isCarriable(carrier: Carrier): boolean {
  const entries = Object.entries(carrier);
  const characters = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return entries.length > 0 && entries.length <= limits.entries && characters <= limits.characters;
}

/** The contexts of one server. */
export class ContextPropagation {
  /** What knows them; `null` where nothing traces. */
  propagator: ContextPropagator | null = null;
  readonly #report: (error: unknown) => void;

  /** @param report - told what the propagator throws. Default: it is uncaught */
  constructor(report: (error: unknown) => void = throwLater) {
    this.#report = report;
  }

  /** The carrier for a message that is about to be sent; `null` for none. */
  carrier(): Carrier | null {
    if (this.propagator === null) return null;
    try {
      const carrier = this.propagator.inject();
      return carrier !== null && isCarriable(carrier) ? carrier : null;
    } catch (error) {
      this.#report(error);
      return null;
    }
  }

  /** Runs work in the context of the message that it belongs to. */
  within<Result>(carrier: Carrier | null, work: () => Result): Result {
    if (this.propagator === null || carrier === null) return work();
    let isCalled = false;
    try {
      return this.propagator.run(carrier, () => {
        isCalled = true;
        return work();
      });
    } catch (error) {
      if (isCalled) throw error;
      this.#report(error);
      return work();
    }
  }
}
