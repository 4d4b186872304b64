/** The option that says in which order a client's handlers run: for the whole server, or for a namespace. */

import { option } from "../base/options.ts";
import type { Ordering } from "./handler-table.ts";

/** See {@link Ordering}. */
export const orderingOption = option<Ordering>(
  "concurrent",
  '"concurrent" or "serial"',
  (value) => value === "concurrent" || value === "serial",
  { aliases: ["async_handlers"] },
);
