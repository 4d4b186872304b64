/** What may differ from namespace to namespace. */

import type { GivenOptions } from "../../base/options.ts";
import { dedupeOption } from "./dedupe-options.ts";
import { orderingOption } from "./ordering-option.ts";
import { recoveryOption } from "./recovery-options.ts";

/** The options of `socketio.namespace()`. What is not given is as `new SocketIO()` says. */
export const namespaceOptions = {
  /** The order of one client's handlers in a namespace: see the option of `new SocketIO()`. */
  ordering: orderingOption,
  /** Whether clients find everything as it was when they come back after the loss of their connection, and how long. */
  recovery: recoveryOption,
  /** Whether an event that a client sends again, since it has no acknowledgement, is handled only once. */
  dedupe: dedupeOption,
} as const;

/** The options of `socketio.namespace()`. */
export interface NamespaceOptions extends GivenOptions<typeof namespaceOptions> {}
