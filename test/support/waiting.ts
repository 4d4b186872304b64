/** Waits for events, never for time. An event that does not come before the deadline is an error. */

import { expect } from "vitest";

/** How long anything may take, in ms. Far more than needed, because machines may be busy. */
export const deadline = 15_000;

/** The part of an event emitter that waiting uses. */
export interface Emitter {
  // biome-ignore lint/suspicious/noExplicitAny: the values of any event
  once(event: string, listener: (...values: any[]) => void): unknown;
}

/** Resolves to the values of the next event of this name. */
// biome-ignore lint/suspicious/noExplicitAny: the values of any event
export function nextEvent(emitter: Emitter, event: string): Promise<any[]> {
  return within(
    `the event "${event}"`,
    new Promise((resolve) => {
      emitter.once(event, (...values) => resolve(values));
    }),
  );
}

/** Settles as the promise does, and rejects after the deadline. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${deadline} ms`)), deadline);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Asserts repeatedly until the assertion holds: `await soon(() => list).toEqual([1])`. */
export function soon<T>(read: () => T) {
  return expect.poll(read, { timeout: deadline, interval: 5 });
}

/** A promise and the function that resolves it. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
