/** The option for a server that is of no use without its message queue. */

import { durationOption, type ResolvedOptions, resolveToggle, toggleOption } from "../../base/options.ts";

/** How long `run()` waits. */
const queueRequiredOptions = {
  timeout: durationOption(10_000),
} as const;

/** A server waits for its message queue, at most this long in ms. */
export type SettledQueueRequired = ResolvedOptions<typeof queueRequiredOptions>;

export const queueRequiredOption = toggleOption<{ readonly timeout?: number }>(
  false,
  queueRequiredOptions,
  "{ timeout }",
);

/** The settled option; `null` where the server also works without its message queue. */
export function settleQueueRequired(given: boolean | object): SettledQueueRequired | null {
  return resolveToggle(queueRequiredOptions, given, "queueRequired");
}
