/**
 * How far a client has come in the events of a recoverable namespace: the text that ends each of them, which the client
 * sends back when it returns. `<epoch>.<number>`, the number in base 36. Clients may send anything in its place.
 */

/** A place in the numbered events of a namespace. */
export interface StreamPosition {
  /** Which numbering it belongs to: one that begins anew has another epoch. */
  readonly epoch: string;
  readonly number: number;
}

const form = /^([\w-]{1,32})\.([0-9a-z]{1,10})$/;
const longest = 43;

/** The text for a place. */
export function formatCursor(epoch: string, number: number): string {
  return `${epoch}.${number.toString(36)}`;
}

/** Reads what a client sent: `null` for nothing, `undefined` for what is no cursor. Long texts are not looked at. */
export function parseCursor(given: unknown): StreamPosition | null | undefined {
  if (given === undefined || given === null) return null;
  if (typeof given !== "string" || given.length > longest) return undefined;
  const [, epoch, digits] = form.exec(given) ?? [];
  if (epoch === undefined || digits === undefined) return undefined;
  return { epoch, number: Number.parseInt(digits, 36) };
}
