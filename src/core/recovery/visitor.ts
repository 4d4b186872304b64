/** Compares the visitors of two connections by a digest of their HTTP sessions. */

import { RoomcastError } from "../../base/errors.ts";
import { generateId } from "../../base/id.ts";
import { nodeCrypto } from "../../base/node-crypto.ts";
import { isPlainObject } from "../../base/options.ts";

/** The part of an HTTP session that identifies a visitor: any JSON value. It may throw. */
export type VisitorName = (session: Readonly<Record<string, unknown>>) => unknown;

/**
 * A digest of the part that identifies a visitor. The order of keys does not matter, since stores change it.
 *
 * @param session - the HTTP session
 * @param nameOf - picks the part; `null` for all of it
 * @throws what `nameOf` throws, and {@link RoomcastError} `ERR_SESSION` where it returns no JSON value
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
  return nodeCrypto()
    .createHash("sha256")
    .update(text ?? "undefined")
    .digest("base64url");
}

/** Identifies the visitors of one namespace. */
export class Visitors {
  readonly #nameOf: VisitorName | null;
  readonly #report: (error: unknown) => void;

  /**
   * @param nameOf - picks the part of an HTTP session that identifies a visitor; `null` for all of it
   * @param report - gets the errors of `nameOf`
   */
  constructor(nameOf: VisitorName | null, report: (error: unknown) => void) {
    this.#nameOf = nameOf;
    this.#report = report;
  }

  /** The digest of an HTTP session; `null` for none. On an error it equals no other. */
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
