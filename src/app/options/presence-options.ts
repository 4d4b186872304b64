/** What is to be told of who is there, as users say it. */

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

/** The options of presence. */
const presenceOptions = {
  /** Called in one of the processes when a room has got its first member in any of them. */
  online: handlerOption(),
  /** Called in one of the processes when a room has had no member in any of them for `grace`. */
  offline: handlerOption(),
  /** How long a room may be empty until that is told, in ms. */
  grace: numberOption(10_000, "ms"),
  /** The namespace of the rooms. */
  namespace: namespaceOption,
} as const;

/** What `onPresence()` is told. */
export interface PresenceOptions extends GivenOptions<typeof presenceOptions> {}

/**
 * Checks and completes what was given.
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
