/** The latest value of an event, kept for components that are shown later. Knows nothing of React. */

import type { ClientSocket } from "../browser/client-socket.ts";

/** The kept value of an event. */
export interface LatestValue {
  value: unknown;
  /** Whether the event has come. */
  has: boolean;
  /** Hears of each value. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Takes the values of an event into the one that is kept. */
export type Reduce = (before: unknown, value: unknown) => unknown;

const latest = new WeakMap<ClientSocket, Map<string, LatestValue>>();

/**
 * The latest value of an event of a socket.
 *
 * @param event - its name
 * @param reduce - makes the kept value of the one before and the event's
 */
export function latestValue(socket: ClientSocket, event: string, reduce: Reduce): LatestValue {
  const events = latest.get(socket) ?? new Map<string, LatestValue>();
  latest.set(socket, events);
  const known = events.get(event);
  if (known) return known;
  const listeners = new Set<() => void>();
  let isListening = false;
  const store: LatestValue = {
    value: undefined,
    has: false,
    subscribe(listener) {
      // A listener that is given twice is called twice.
      const own = () => listener();
      listeners.add(own);
      // It goes on without components, so that one that is shown later has no old value.
      if (!isListening) {
        const keep = (has: boolean, value?: unknown) => {
          store.value = value;
          store.has = has;
          for (const each of [...listeners]) each();
        };
        socket.on(event, (value: unknown) => keep(true, reduce(store.value, value)));
        // The next connection may be another user's.
        socket.subscribe(() => socket.state === "closed" && keep(false));
      }
      isListening = true;
      return () => listeners.delete(own);
    },
  };
  events.set(event, store);
  return store;
}
