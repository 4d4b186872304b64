/** The ambient `session`: the data of the client whose event is being handled. */

import { inspect } from "node:util";
import type { Register, SessionData } from "../contract/events.ts";
import { findContext, requireContext } from "./handler-context.ts";

function current(): Record<string, unknown> {
  return requireContext("session", "Pass the value on from a handler instead.").scope.data;
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
    // The proxy's target lacks the property, so the language requires it to be configurable.
    return descriptor === undefined ? undefined : { ...descriptor, configurable: true };
  },
  // All handlers share the proxy, so permanent changes are refused.
  preventExtensions: () => false,
  setPrototypeOf: () => false,
};

/** `console.log(session)` reads the proxy's target and shows this. */
const shown = {
  [inspect.custom]() {
    const data = findContext()?.scope.data;
    return data === undefined ? "[the session of no handler]" : { ...data };
  },
  // The data has no prototype with a name.
  [Symbol.toPrimitive]: () => "[object Object]",
};

/**
 * The session of the client whose event is being handled.
 *
 * With `manageSession: true` (the default) it starts as a copy of the visitor's HTTP session and is private
 * to this connection. With `manageSession: false` it is the HTTP session, saved when the handler is done. A
 * property that does not exist is `undefined`.
 *
 * @throws {@link ContextError} on any use outside of handlers
 */
export const session = new Proxy<Record<string, unknown>>(shown, forward) as SessionData<Register>;
