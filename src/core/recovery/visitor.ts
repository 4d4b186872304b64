/** Tells whether two connections come from the same visitor of the web application, by a digest of the HTTP session. */

import { createHash } from "node:crypto";
import { RoomcastError } from "../../base/errors.ts";
import { generateId } from "../../base/id.ts";
import { isPlainObject } from "../../base/options.ts";

/** What of an HTTP session tells one visitor from another: any value that JSON has. It may throw. */
export type VisitorName = (session: Readonly<Record<string, unknown>>) => unknown;

/**
 * A digest of what tells visitors apart. The order of keys does not count: stores do not keep it.
 *
 * @param session - the HTTP session
 * @param nameOf - takes what counts from it; `null` for all of it
 * @throws what `nameOf` throws, and {@link RoomcastError} `ERR_SESSION` where it gives no value of JSON
 */
export function visitorOf(session: Record<string, unknown>, nameOf: VisitorName | null): string {
  const name = nameOf === null ? session : nameOf(session);
  if (typeof name === "function" || typeof name === "symbol" || isThenable(name)) {
    throw new RoomcastError(
      "ERR_SESSION",
      "The option visitor must return a value that JSON has, such as a user's id, and at once: no promise and no function.",
    );
  }
  const text = JSON.stringify(name, (_key, value: unknown) => (isPlainObject(value) ? sorted(value) : value));
  return createHash("sha256")
    .update(text ?? "undefined")
    .digest("base64url");
}

/** Tells the visitors of one namespace apart. */
export class Visitors {
  readonly #nameOf: VisitorName | null;
  readonly #report: (error: unknown) => void;

  /**
   * @param nameOf - takes what counts from an HTTP session; `null` for all of it
   * @param report - is told what `nameOf` throws
   */
  constructor(nameOf: VisitorName | null, report: (error: unknown) => void) {
    this.#nameOf = nameOf;
    this.#report = report;
  }

  /** Whose HTTP session it is; `null` for none. Where that cannot be told, it equals no other. */
  of(origin: Record<string, unknown> | null): string | null {
    if (origin === null) return null;
    try {
      return visitorOf(origin, this.#nameOf);
    } catch (error) {
      this.#report(error);
      return generateId();
    }
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
