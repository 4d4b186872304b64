/** Finds the handlers and the middleware of one namespace, and keeps them until more are registered. */

import { RoomcastError } from "../../base/errors.ts";
import { nearest } from "../../base/options.ts";
import { printable, quoted } from "../../base/printable.ts";
import type { HandlerGuard } from "../contract/data-check.ts";
import { describePattern } from "../options/namespace-pattern.ts";
import type { ErrorHandler, Handler, HandlerRegistry, HandlerTable } from "./handler-table.ts";
import type { AnyMiddleware } from "./middleware-context.ts";

/** Under which names a handler is registered. */
export interface Registration {
  /** The event's own name, or `"*"`; `null` where there is no handler. */
  readonly handler: string | null;
  /** The namespace's own name, or the pattern that it matches. */
  readonly pattern: string;
}

/** The registered functions that apply to one namespace. */
export class HandlerLookup {
  readonly #namespace: string;
  readonly #rule: HandlerTable | null;
  readonly #registry: HandlerRegistry;
  readonly #common: readonly AnyMiddleware[];
  /** Checks what handlers leave behind; `null` where no contract asks for it. */
  guard: HandlerGuard | null = null;
  #tables: readonly HandlerTable[] = [];
  #version = -1;
  #middleware: readonly AnyMiddleware[] = [];
  #middlewareCount = -1;

  /**
   * @param namespace - the namespace's name
   * @param rule - the table whose function has let clients in; `null` where the name alone does
   * @param registry - all handlers of the server
   * @param common - the middleware of all namespaces
   */
  constructor(
    namespace: string,
    rule: HandlerTable | null,
    registry: HandlerRegistry,
    common: readonly AnyMiddleware[],
  ) {
    this.#namespace = namespace;
    this.#rule = rule;
    this.#registry = registry;
    this.#common = common;
  }

  /** The handler of an event that a client sent, as a function of the event's arguments. */
  find(event: string): Handler | undefined {
    for (const { handlers } of this.#resolve()) {
      // A client may name its event "*", and must not call the catch-all directly by that.
      const handler = event === "*" ? undefined : handlers.get(event);
      if (handler !== undefined) return this.guard === null ? handler : this.guard(event, handler);
      const catchAll = handlers.get("*");
      if (catchAll === undefined) continue;
      const named: Handler = (...values) => catchAll(event, ...values);
      return this.guard === null ? named : this.guard(event, named);
    }
    return undefined;
  }

  /** Whether an event has a handler of its own name. */
  handles(event: string): boolean {
    return event !== "*" && this.#resolve().some(({ handlers }) => handlers.has(event));
  }

  /** Under which names an event's handler is registered, for traces. */
  registration(event: string): Registration {
    const tables = this.#resolve();
    const isSpecial = event === "connect" || event === "disconnect";
    for (const { handlers, pattern } of tables) {
      const isOwn = event !== "*" && handlers.has(event);
      if (isOwn || (!isSpecial && handlers.has("*"))) {
        return { handler: isOwn ? event : "*", pattern: describePattern(pattern) };
      }
    }
    const [first] = tables;
    return { handler: null, pattern: first ? describePattern(first.pattern) : this.#namespace };
  }

  /** The same of the handler of accepted clients. */
  acceptedRegistration(): Registration {
    const table = this.#resolve().find(({ acceptedHandler }) => acceptedHandler !== null);
    return { handler: "accepted", pattern: table ? describePattern(table.pattern) : this.#namespace };
  }

  /** Whether {@link find} finds a handler of this event alone, or one for all events; `null` for none. */
  kind(event: string): "own" | "all" | null {
    for (const { handlers } of this.#resolve()) {
      if (event !== "*" && handlers.has(event)) return "own";
      if (handlers.has("*")) return "all";
    }
    return null;
  }

  /** The error for an event without a handler, with the nearest name. */
  noHandler(event: string): RoomcastError {
    const names = this.#resolve().flatMap(({ handlers }) => [...handlers.keys()]);
    const near = nearest(event, names);
    return new RoomcastError(
      "ERR_NO_HANDLER",
      `The event ${quoted(event)} has no handler in ${printable(this.#namespace)}.${near === undefined ? "" : ` Did you mean "${near}"?`}`,
    );
  }

  /** The handler of the connect or disconnect of a client. */
  special(event: "connect" | "disconnect"): Handler | undefined {
    const handler = this.#special(event);
    return this.guard === null || event === "disconnect"
      ? handler
      : this.guard(event, handler ?? (() => undefined));
  }

  #special(event: string): Handler | undefined {
    for (const { handlers } of this.#resolve()) {
      const handler = handlers.get(event);
      if (handler !== undefined) return handler;
    }
    return undefined;
  }

  /** The handler of accepted clients of the most specific table that has one; `null` where none has. */
  acceptedHandler(): Handler | null {
    for (const { acceptedHandler } of this.#resolve()) if (acceptedHandler !== null) return acceptedHandler;
    return null;
  }

  /** The error handler of the most specific table that has one; `null` where none has. */
  errorHandler(): ErrorHandler | null {
    for (const { errorHandler } of this.#resolve()) if (errorHandler !== null) return errorHandler;
    return null;
  }

  /** The middleware, outermost first: of all namespaces, then of ever more specific tables. */
  middleware(): readonly AnyMiddleware[] {
    const tables = this.#resolve();
    let count = this.#common.length;
    for (const table of tables) count += table.middleware.length;
    if (count !== this.#middlewareCount) {
      this.#middlewareCount = count;
      this.#middleware = [...this.#common, ...tables.toReversed().flatMap((table) => table.middleware)];
    }
    return this.#middleware;
  }

  /** The tables that apply, looked up again when handlers were registered since. */
  #resolve(): readonly HandlerTable[] {
    if (this.#version !== this.#registry.version) {
      this.#version = this.#registry.version;
      this.#tables = this.#registry.resolve(this.#namespace, this.#rule);
    }
    return this.#tables;
  }
}
