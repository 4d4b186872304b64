/** Namespaces as classes: a method named `on_<event>` handles that event. */

import type { Handler } from "./handler-table.ts";

const prefix = "on_";

/**
 * The base of namespaces that are classes, for `socketio.onNamespace(new Chat("/chat"))`.
 *
 * ```ts
 * class Chat extends Namespace {
 *   on_connect(auth) {}
 *   on_message(text) { emit("message", text, { broadcast: true }); }
 *   on_disconnect(reason) {}
 * }
 * ```
 */
export class Namespace {
  /** The namespace's name. */
  readonly name: string;

  /** @param name - the namespace's name, `"/"` if left out */
  constructor(name = "/") {
    this.name = name;
  }
}

/** The handlers of a class namespace by event: its methods and those of its base classes. */
export function handlersOfClass(namespace: Namespace): Map<string, Handler> {
  const handlers = new Map<string, Handler>();
  let level: object = namespace;
  while (level !== Namespace.prototype && level !== Object.prototype) {
    for (const key of Object.getOwnPropertyNames(level)) {
      if (!key.startsWith(prefix) || handlers.has(key.slice(prefix.length))) continue;
      const method: unknown = Reflect.get(namespace, key);
      if (typeof method === "function")
        handlers.set(key.slice(prefix.length), method.bind(namespace) as Handler);
    }
    level = Object.getPrototypeOf(level) as object;
  }
  return handlers;
}
