/** Namespaces as classes: a method named `on_<event>` handles that event. */

import { RoomcastError } from "../base/errors.ts";
import { type NamespaceName, namespaceOr } from "../context/target-options.ts";
import type { Contract, Register } from "../contract/events.ts";
import type { Hub } from "../core/hub.ts";
import { meaningOf } from "./handlers/event-names.ts";
import type { Handler } from "./handlers/handler-table.ts";
import { Operations } from "./operations.ts";

const prefix = "on_";

/**
 * The base of namespaces that are classes, for `socketio.onNamespace(new Chat("/chat"))`.
 *
 * ```ts
 * class Chat extends Namespace {
 *   on_connect(auth) {}
 *   on_message(text) {
 *     this.emit("message", text); // to every client of "/chat"
 *     emit("seen"); // the imported function: to the client that sent the message
 *   }
 *   on_disconnect(reason) {}
 * }
 * ```
 *
 * Its methods `emit`, `send`, `closeRoom` and the others are those of the server, in this namespace: they may
 * be called from anywhere once the namespace is registered, and `emit` and `send` go to every client unless
 * the options name some.
 *
 * @typeParam C - the {@link Contract} of the namespace, by default what the program put into {@link Register}
 */
export class Namespace<C extends Contract = Register> extends Operations<C, NamespaceName> {
  readonly #name: string;
  #hub: Hub | null = null;

  /** @param name - the namespace's name, `"/"` if left out */
  constructor(name = "/") {
    super({
      hub: () => this.#registeredHub(),
      namespaceOf: (options) => namespaceOr(options?.namespace, this.#name),
    });
    this.#name = namespaceOr(name, "/");
  }

  /** Handles clients that have been accepted: see `onAccepted()` of the server. */
  onAccepted?(): unknown;

  /** The namespace's name. */
  get name(): string {
    return this.#name;
  }

  /**
   * Gives a namespace the clients of the server that it is registered with. It is static, so that subclasses
   * can use the name.
   *
   * @internal
   */
  static register<Own extends Contract>(namespace: Namespace<Own>, hub: Hub): void {
    if (namespace.#hub !== null && namespace.#hub !== hub) {
      throw new RoomcastError(
        "ERR_HANDLER",
        `This instance of ${namespace.constructor.name} belongs to another server: make one for each, as in onNamespace(new ${namespace.constructor.name}("${namespace.name}")).`,
      );
    }
    namespace.#hub = hub;
  }

  #registeredHub(): Hub {
    if (this.#hub !== null) return this.#hub;
    throw new RoomcastError(
      "ERR_STATE",
      `This instance of ${this.constructor.name} has no server yet: register it first, with socketio.onNamespace().`,
    );
  }
}

/** The handlers of a class namespace by event: its methods and those of its base classes. */
export function handlersOfClass<C extends Contract>(namespace: Namespace<C>): Map<string, Handler> {
  const handlers = new Map<string, Handler>();
  const seen = new Set<string>();
  let level: object = namespace;
  while (level !== Namespace.prototype) {
    // By their descriptors, since reading a getter would run it.
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (/^on[A-Z]/.test(key)) checkCase(key);
      if (!key.startsWith(prefix) || seen.has(key)) continue;
      seen.add(key);
      if (typeof value === "function") handlers.set(key.slice(prefix.length), value.bind(namespace));
    }
    level = Object.getPrototypeOf(level) as object;
  }
  return handlers;
}

/** `onConnect` is the name that a handler has elsewhere: here it would never be called. */
function checkCase(key: string): void {
  if (meaningOf(key) === undefined) return;
  throw new RoomcastError(
    "ERR_EVENT_NAME",
    `The method "${key}" of a class namespace handles nothing: handlers are named on_<event>, such as on_connect and on_disconnect.`,
  );
}
