/** A component's listener. */

import { useEffect, useInsertionEffect, useRef } from "react";
import type { LocalEvents } from "../browser/client-options.ts";
import type { ClientSocket, NamesOf } from "../browser/client-socket.ts";
import type { EventHandler, EventsToClient } from "../contract/events.ts";

/**
 * Listens to an event while the component is shown. The handler is that of the latest rendering, so it needs
 * no `useCallback`.
 *
 * @param socket - from `useSocket()` or `connect()`
 * @param event - the event's name; `connect`, `disconnect` and `connect_error` are those of the socket itself
 * @param handler - gets its values; what it returns acknowledges the event
 */
export function useEvent<C, Name extends keyof LocalEvents>(
  socket: ClientSocket<C>,
  event: Name,
  handler: LocalEvents[Name],
): void;
export function useEvent<C, Name extends NamesOf<EventsToClient<C>>>(
  socket: ClientSocket<C>,
  event: Name,
  handler: EventHandler<EventsToClient<C>[Name]>,
): void;
export function useEvent(
  socket: ClientSocket,
  event: string,
  handler: (...values: never[]) => unknown,
): void {
  const latest = useRef(handler);
  useInsertionEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    const listener = (...values: never[]) => latest.current(...values);
    return socket.on(event, listener);
  }, [socket, event]);
}
