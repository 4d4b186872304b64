/** Checks functions that are called later. */

import { RoomcastError } from "./errors.ts";
import { show } from "./options.ts";

/**
 * Checks a function that is called later.
 *
 * @param what - what it is, for the message
 * @throws {@link RoomcastError} `ERR_HANDLER` when it is no function
 */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new RoomcastError("ERR_HANDLER", `${what} must be a function, not ${show(value)}.`);
}
