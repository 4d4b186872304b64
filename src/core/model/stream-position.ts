/**
 * How far a client has read the event stream of a recoverable namespace.
 *
 * Each event ends with this text, and the client sends the latest one back when it returns:
 * `<epoch>.<offset>`, the offset in base 36. Clients may send anything in its place.
 */

/** A position in the event stream of a namespace. */
export interface StreamPosition {
  /** Names one run of offsets: when they start again, the epoch changes. */
  readonly epoch: string;
  readonly number: number;
}

const form = /^([\w-]{1,32})\.([0-9a-z]{1,10})$/;
const longest = 43;

/** The text for a position. */
export function formatCursor(epoch: string, number: number): string {
  return `${epoch}.${number.toString(36)}`;
}

/** Reads a client's text: `null` for none, `undefined` for an invalid one. Long texts are not read. */
export function parseCursor(given: unknown): StreamPosition | null | undefined {
  if (given === undefined || given === null) return null;
  if (typeof given !== "string" || given.length > longest) return undefined;
  const [, epoch, digits] = form.exec(given) ?? [];
  if (epoch === undefined || digits === undefined) return undefined;
  return { epoch, number: Number.parseInt(digits, 36) };
}
