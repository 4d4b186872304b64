/** The handlers that were registered, by namespace and event. It runs nothing. */

import { checkFunction } from "../../base/check-function.ts";
import { RoomcastError } from "../../base/errors.ts";
import { show } from "../../base/options.ts";
import type { NamespaceRule } from "../../core/namespace/open-namespace.ts";
import type { DedupeConfig } from "../options/dedupe-options.ts";
import {
  describePattern,
  isNamespacePattern,
  type NamespacePattern,
  type NamespacePredicate,
  patternText,
} from "../options/namespace-pattern.ts";
import type { Ordering } from "../options/ordering-option.ts";
import type { RecoveryConfig } from "../options/recovery-options.ts";
import { checkHandledEvent } from "./event-names.ts";
import type { Middleware } from "./middleware-context.ts";

/** A handler of any event. */
// biome-ignore lint/suspicious/noExplicitAny: the contract checks handlers where they are registered
export type Handler = (...values: any[]) => unknown;

/**
 * Handles an error that another handler threw. The value it returns is the acknowledgement; without one a
 * caller that waits is told that the event failed.
 */
export type ErrorHandler = (error: unknown) => unknown;

/** The handlers of one namespace, or of all that match a pattern. */
export class HandlerTable implements NamespaceRule {
  readonly pattern: NamespacePattern;
  readonly handlers = new Map<string, Handler>();
  readonly middleware: Middleware[] = [];
  errorHandler: ErrorHandler | null = null;
  /** Runs when a client has been accepted. */
  acceptedHandler: Handler | null = null;
  /** The order of handlers; `undefined` for the order of the server. */
  ordering: Ordering | undefined;
  /** How clients come back; `undefined` for the way of the server. */
  recovery: RecoveryConfig | null | undefined;
  /** How repeated events are recognised; `undefined` for the way of the server. */
  dedupe: DedupeConfig | null | undefined;

  constructor(pattern: NamespacePattern) {
    this.pattern = pattern;
  }

  allows(name: string, auth: unknown): boolean | Promise<boolean> {
    return typeof this.pattern === "function" && this.pattern(name, auth);
  }

  /**
   * Adds a handler.
   *
   * @throws {@link RoomcastError} `ERR_HANDLER` or `ERR_EVENT_NAME`
   */
  add(event: string, handler: Handler): void {
    checkHandledEvent(event);
    checkFunction(`The handler of "${event}"`, handler);
    if (this.handlers.has(event)) {
      throw new RoomcastError(
        "ERR_HANDLER",
        `"${event}" has a handler in ${describePattern(this.pattern)} already. Call off("${event}") first to replace it.`,
      );
    }
    this.handlers.set(event, handler);
  }

  /**
   * Adds the handler of accepted clients.
   *
   * @throws {@link RoomcastError} `ERR_HANDLER`
   */
  addAccepted(handler: Handler): void {
    checkFunction("The handler of onAccepted()", handler);
    if (this.acceptedHandler !== null) {
      throw new RoomcastError(
        "ERR_HANDLER",
        `onAccepted() has a handler in ${describePattern(this.pattern)} already: a namespace has one.`,
      );
    }
    this.acceptedHandler = handler;
  }
}

/** All handlers of a server. */
export class HandlerRegistry {
  readonly #exact = new Map<string, HandlerTable>();
  readonly #patterns = new Map<string, HandlerTable>();
  readonly #rules = new Map<NamespacePredicate, HandlerTable>();
  /** The namespaces of Roomcast's own, and what has made them. */
  readonly #reserved = new Map<string, string>();
  #isOpen = false;
  #version = 0;

  /** A number that grows whenever {@link resolve} may return something else. */
  get version(): number {
    return this.#version;
  }

  /**
   * The table of a namespace or pattern, made on first use.
   *
   * @throws {@link RoomcastError} `ERR_NAMESPACE`
   */
  table(pattern: NamespacePattern): HandlerTable {
    checkNamespace(pattern);
    if (typeof pattern === "function") return this.#ruleOf(pattern);
    const owner = typeof pattern === "string" ? this.#reserved.get(pattern) : undefined;
    if (owner !== undefined) throw reservedNamespace(pattern, owner);
    const tables = typeof pattern === "string" && pattern !== "*" ? this.#exact : this.#patterns;
    const key = String(pattern);
    let table = tables.get(key);
    if (table === undefined) {
      table = new HandlerTable(pattern);
      tables.set(key, table);
      this.#version += 1;
    }
    return table;
  }

  /**
   * Keeps a namespace for Roomcast itself: the program cannot register handlers for it.
   *
   * @param owner - the function that has made it, for messages
   * @throws {@link RoomcastError} `ERR_NAMESPACE` for a name that no namespace can have, and where the
   *   namespace has handlers
   */
  reserve(name: string, owner: string): void {
    checkNamespace(name);
    const other = this.#reserved.get(name);
    if (other !== undefined) throw reservedNamespace(name, other);
    if (name === "*" || this.#exact.has(name)) throw takenNamespace(name, owner);
    this.#reserved.set(name, owner);
  }

  /** Lets clients into every namespace, also where only `"*"` matches. */
  open(): void {
    this.#isOpen = true;
    this.table("*");
    this.#version += 1;
  }

  /** Whether some namespace turns recovery on for itself. */
  get hasRecovery(): boolean {
    const tables = [...this.#exact.values(), ...this.#patterns.values(), ...this.#rules.values()];
    return tables.some(({ recovery }) => recovery != null);
  }

  /** The tables whose functions decide about names, in the order in which they were made. */
  rules(): readonly HandlerTable[] {
    return [...this.#rules.values()];
  }

  /**
   * The tables that apply to a namespace, the most specific first; empty where clients may not join it.
   *
   * @param rule - the table whose function let clients in; `null` where the name alone does
   */
  resolve(namespace: string, rule: HandlerTable | null = null): readonly HandlerTable[] {
    const tables: HandlerTable[] = [];
    const exact = this.#exact.get(namespace);
    if (exact !== undefined) tables.push(exact);
    const every: HandlerTable[] = [];
    for (const table of this.#patterns.values()) {
      if (table.pattern === "*") every.push(table);
      else if (table.pattern instanceof RegExp && matches(table.pattern, namespace)) tables.push(table);
    }
    if (rule !== null) tables.push(rule);
    // Handlers for "*" apply to existing namespaces and open no others.
    return tables.length === 0 && !this.#isOpen ? [] : [...tables, ...every];
  }

  /**
   * The name or pattern with which the program declared a namespace. Clients may choose names that match a
   * pattern, and must not be able to fill a table of them.
   *
   * @param rule - the table whose function let clients in; `null` where the name alone does
   */
  declarationOf(namespace: string, rule: HandlerTable | null = null): string {
    const [table] = this.resolve(namespace, rule);
    return describePattern(table?.pattern ?? "*");
  }

  #ruleOf(predicate: NamespacePredicate): HandlerTable {
    let table = this.#rules.get(predicate);
    if (table === undefined) {
      table = new HandlerTable(predicate);
      this.#rules.set(predicate, table);
    }
    return table;
  }
}

function matches(pattern: RegExp, namespace: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(namespace);
}

function reservedNamespace(name: NamespacePattern, owner: string): RoomcastError {
  return new RoomcastError(
    "ERR_NAMESPACE",
    `The namespace "${String(name)}" belongs to ${owner}, and takes no other handlers. Use another name here or there.`,
  );
}

function takenNamespace(name: string, owner: string): RoomcastError {
  return new RoomcastError(
    "ERR_NAMESPACE",
    `The namespace "${name}" has handlers of the program, so ${owner} cannot have it. Give ${owner} another one, with its option namespace.`,
  );
}

function checkNamespace(pattern: unknown): void {
  if (isNamespacePattern(pattern)) return;
  throw new RoomcastError("ERR_NAMESPACE", `A namespace must be ${patternText}, not ${show(pattern)}.`);
}
