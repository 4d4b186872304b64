/** The people that are there, as a component shows them. */

import { useSyncExternalStore } from "react";
import type { ClientSocket, NamesOf } from "../browser/client-socket.ts";
import type { Contract, EventArguments, EventsToClient } from "../contract/events.ts";
import { latestValue } from "./latest-value.ts";

/** A change of a list of people: a server may send it in place of the whole list. */
export interface PresenceChange<Person> {
  readonly online?: readonly Person[];
  readonly offline?: readonly Person[];
}

type IsAny<Type> = 0 extends 1 & Type ? true : false;

/** The people in the first value of an event: texts, where the contract does not say. */
type PersonOf<Event> =
  EventArguments<Event> extends readonly [(infer Value)?, ...unknown[]]
    ? IsAny<Value> extends true
      ? string
      : Value extends readonly (infer Person)[]
        ? Person
        : Value extends PresenceChange<infer Person>
          ? Person
          : never
    : never;

const noPeople: readonly never[] = [];

/**
 * A list that the server keeps up to date with one event, whose value is the whole list, or a
 * {@link PresenceChange}. It is empty until the first one comes.
 *
 * @param socket - from `useSocket()` or `connect()`
 * @param event - the event's name
 */
export function usePresence<C, Name extends NamesOf<EventsToClient<C>>>(
  socket: ClientSocket<C>,
  event: Name,
): readonly PersonOf<EventsToClient<C>[Name]>[];
export function usePresence<Person, C = Contract>(
  socket: ClientSocket<C>,
  event: NamesOf<EventsToClient<C>>,
): readonly Person[];
export function usePresence(socket: ClientSocket, event: string): readonly unknown[] {
  const store = latestValue(socket, event, changed);
  const read = () => (store.has ? store.value : noPeople) as readonly unknown[];
  return useSyncExternalStore(store.subscribe, read, () => noPeople);
}

function changed(before: unknown, value: unknown): unknown {
  if (Array.isArray(value)) return value;
  const { online = [], offline = [] } = Object(value) as PresenceChange<unknown>;
  const people = new Set(Array.isArray(before) ? before : []);
  for (const person of offline) people.delete(person);
  for (const person of online) people.add(person);
  return [...people];
}
