/** What a component shows of an event: its latest value, or a list that events keep up to date. */

import { useSyncExternalStore } from "react";
import type { ClientSocket, NamesOf } from "../browser/client-socket.ts";
import type { EventArguments, EventsToClient } from "../contract/events.ts";
import { latestValue } from "./latest-value.ts";

type FirstValue<Event> =
  EventArguments<Event> extends readonly [(infer Value)?, ...unknown[]] ? Value : never;

/**
 * The latest first value of an event. Components that are shown later begin with it, too.
 *
 * @param socket - from `useSocket()` or `connect()`
 * @param event - the event's name
 * @param initial - the value until the event comes
 */
export function useLatest<C, Name extends NamesOf<EventsToClient<C>>, Initial = undefined>(
  socket: ClientSocket<C>,
  event: Name,
  initial?: Initial,
): FirstValue<EventsToClient<C>[Name]> | Initial {
  const store = latestValue(socket as never, event, (_before, value) => value);
  const read = () => (store.has ? store.value : initial);
  return useSyncExternalStore(store.subscribe, read, () => initial) as Initial;
}
