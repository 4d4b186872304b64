/** The ambient `session`: the data of the client whose event is being handled. */

import { inspect } from "node:util";
import type { Register, SessionData } from "../contract/events.ts";
import { findContext, requireContext } from "./handler-context.ts";

function current(): Record<string, unknown> {
  return requireContext("session", "Hand on what is needed from a handler instead.").scope.data;
}

const forward: ProxyHandler<Record<string, unknown>> = {
  get: (target, key) => Reflect.get(key === Symbol.toPrimitive ? target : current(), key),
  set: (_target, key, value) => Reflect.set(current(), key, value),
  has: (_target, key) => Reflect.has(current(), key),
  deleteProperty: (_target, key) => Reflect.deleteProperty(current(), key),
  ownKeys: () => Reflect.ownKeys(current()),
  defineProperty: (_target, key, descriptor) => Reflect.defineProperty(current(), key, descriptor),
  getOwnPropertyDescriptor: (_target, key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(current(), key);
    // The proxy's own target has no such property, so the language wants it reported as one that may go.
    return descriptor === undefined ? undefined : { ...descriptor, configurable: true };
  },
  // Every handler sees the same proxy: what cannot be undone must not be done to it.
  preventExtensions: () => false,
  setPrototypeOf: () => false,
};

/** What `console.log(session)` shows, which looks at the proxy's target. */
const shown = {
  [inspect.custom]() {
    const data = findContext()?.scope.data;
    return data === undefined ? "[the session of no handler]" : { ...data };
  },
  // The data has no prototype that could say it.
  [Symbol.toPrimitive]: () => "[object Object]",
};

/**
 * The session of the client whose event is being handled. With `manageSession: true` (the default) it began as a copy
 * of the visitor's HTTP session and is private to this connection; with `manageSession: false` it is the HTTP session,
 * saved when the handler is done. Reading what is not there gives `undefined`.
 *
 * @throws {@link ContextError} on any use outside of handlers
 */
export const session = new Proxy<Record<string, unknown>>(shown, forward) as SessionData<Register>;
