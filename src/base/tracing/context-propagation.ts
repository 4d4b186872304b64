/** The port through which a tracer has its context travel to other processes, and knows it again there. */

/** Names and values that stand for a context, such as `traceparent` of W3C Trace Context. */
export type Carrier = Readonly<Record<string, string>>;

/** Reads and writes carriers. */
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

  /** The carrier for a message that is about to be sent; `null` for none. */
  carrier(): Carrier | null {
    const carrier = this.propagator?.inject() ?? null;
    return carrier !== null && isCarriable(carrier) ? carrier : null;
  }

  /** Runs work in the context of the message that it belongs to. */
  within<Result>(carrier: Carrier | null, work: () => Result): Result {
    return this.propagator === null || carrier === null ? work() : this.propagator.run(carrier, work);
  }
}
