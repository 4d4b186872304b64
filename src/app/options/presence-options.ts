/** The options of `onPresence()`. */

import { RoomcastError } from "../../base/errors.ts";
import { type GivenOptions, numberOption, option, resolveOptions } from "../../base/options.ts";
import { namespaceOption, namespaceOr } from "../../context/target-options.ts";
import type { PresenceWatch } from "../presence/presence.ts";

type PresenceHandler = (room: string) => unknown;

const handlerOption = () =>
  option<PresenceHandler | null>(
    null,
    "a function",
    (value) => value === null || typeof value === "function",
  );

/** The table of {@link PresenceOptions}. */
const presenceOptions = {
  /** Called in one process when a room gets its first member in any of them. */
  online: handlerOption(),
  /** Called in one process when a room has been empty in all of them for `grace`. */
  offline: handlerOption(),
  /** How long a room may be empty before `offline` is called, in ms. */
  grace: numberOption(10_000, "ms"),
  /** The namespace of the rooms. */
  namespace: namespaceOption,
} as const;

/** The options of `onPresence()`. */
export interface PresenceOptions extends GivenOptions<typeof presenceOptions> {}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function settlePresence(prefix: unknown, given: PresenceOptions): PresenceWatch {
  if (typeof prefix !== "string") {
    throw new RoomcastError("ERR_OPTION", "onPresence() takes the text that the rooms' names begin with.");
  }
  const settled = resolveOptions(presenceOptions, given, "onPresence()");
  return { prefix, ...settled, namespace: namespaceOr(settled.namespace, "/") };
}
