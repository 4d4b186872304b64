/** Tells errors that a contract names from all others, on the side that catches them. */

import type { DefinedContract } from "./contract.ts";
import type { EventErrors } from "./contract-events.ts";
import type { EventsToServer } from "./events.ts";

/**
 * Whether a caught error is one that the contract names for an event. The compiler then knows its code and
 * its data.
 *
 * ```ts
 * if (isErrorOf(chat, "say", error) && error.code === "muted") console.log(error.data.until);
 * ```
 *
 * @param contract - the events, which the server has, too
 * @param event - the name of the event that the server refused
 * @param error - what was caught, or the `error` of an acknowledgement
 */
export function isErrorOf<C extends DefinedContract, Name extends keyof EventsToServer<C> & string>(
  contract: C,
  event: Name,
  error: unknown,
): error is EventErrors<C, Name> {
  const { code } = Object(error) as { code?: unknown };
  const { client, errors } = contract.parts;
  return (
    typeof code === "string" &&
    [client?.[event]?.errors, errors].some((named) => named !== undefined && Object.hasOwn(named, code))
  );
}
