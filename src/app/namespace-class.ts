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
  /** A private member, so that the compiler takes only instances for namespaces: a class has a name as well. */
  readonly #name: string;

  /** @param name - the namespace's name, `"/"` if left out */
  constructor(name = "/") {
    this.#name = name;
  }

  /** The namespace's name. */
  get name(): string {
    return this.#name;
  }
}

/** The handlers of a class namespace by event: its methods and those of its base classes. */
export function handlersOfClass(namespace: Namespace): Map<string, Handler> {
  const handlers = new Map<string, Handler>();
  const seen = new Set<string>();
  let level: object = namespace;
  while (level !== Namespace.prototype) {
    // By their descriptors, since reading a getter would run it.
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (!key.startsWith(prefix) || seen.has(key)) continue;
      seen.add(key);
      if (typeof value === "function") handlers.set(key.slice(prefix.length), value.bind(namespace));
    }
    level = Object.getPrototypeOf(level) as object;
  }
  return handlers;
}
