/**
 * Values that code of others has thrown or returned. Reading one may throw again: a getter, a proxy, an
 * object without a prototype. These functions never throw.
 */

/** Whether a value is of a class. */
export function isInstance<Value>(
  value: unknown,
  // biome-ignore lint/suspicious/noExplicitAny: constructors take what they like
  type: abstract new (...values: any[]) => Value,
): value is Value {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** What an error says, in words for a message. */
export function errorText(error: unknown): string {
  try {
    return error instanceof Error ? `${error.message}` : String(error);
  } catch {
    return "an error that cannot be read";
  }
}

/** Has an error count as uncaught, without disturbing the code that noticed it. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/**
 * Has a function called when a result is a promise that rejects. Most code of others that is called without
 * waiting for it may be an async function, whose rejection would end the process.
 */
export function onRejection(result: unknown, report: (reason: unknown) => void): void {
  if (typeof result !== "object" || result === null) return;
  try {
    if (typeof (result as { then?: unknown }).then === "function") {
      Promise.resolve(result).then(undefined, report);
    }
  } catch (error) {
    report(error);
  }
}
