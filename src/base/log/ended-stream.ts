/** Streams of loggers that have ended. */

/**
 * Refuses to write to a stream that has ended. Such a stream reports a late write by an event that ends the
 * process where nothing listens for it.
 *
 * @param stream - the stream of a logger, if it has one
 * @throws an error that says so
 */
export function requireOpen(stream: unknown): void {
  if (typeof stream !== "object" || stream === null) return;
  const { writable, writableEnded, destroyed } = stream as Record<string, unknown>;
  if (writable === false || writableEnded === true || destroyed === true)
    throw new Error("the logger has ended");
}
