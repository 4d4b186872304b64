/** The option that says in which order a client's handlers run: for the whole server, or for a namespace. */

import { option } from "../../base/options.ts";

/**
 * Whether the next handler of a client waits until the one before has only started, or has come to its end.
 */
export type Ordering = "concurrent" | "serial";

/** See {@link Ordering}. */
export const orderingOption = option<Ordering>(
  "concurrent",
  '"concurrent" or "serial"',
  (value) => value === "concurrent" || value === "serial",
  { aliases: ["async_handlers"] },
);
