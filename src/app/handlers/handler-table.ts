/** The handlers that were registered, by namespace and event. It runs nothing. */

import { checkFunction } from "../../base/check-function.ts";
import { RoomcastError } from "../../base/errors.ts";
import { nearest, show } from "../../base/options.ts";
import type { DefinedContract } from "../../contract/contract.ts";
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
import { checkHandledEvent, isSpecialEvent } from "./event-names.ts";
import type { AnyMiddleware } from "./middleware-context.ts";

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
  readonly middleware: AnyMiddleware[] = [];
  errorHandler: ErrorHandler | null = null;
  /** Runs when a client has been accepted. */
  acceptedHandler: Handler | null = null;
  /** The order of handlers; `undefined` for the order of the server. */
  ordering: Ordering | undefined;
  /** How clients come back; `undefined` for the way of the server. */
  recovery: RecoveryConfig | null | undefined;
  /** The contract; `undefined` for that of the server, `null` for none. */
  contract: DefinedContract | null | undefined;
  /** How repeated events are recognised; `undefined` for the way of the server. */
  dedupe: DedupeConfig | null | undefined;

  /** The contract of the server, where the pattern is a namespace's name. */
  readonly #common: DefinedContract | null;

  /**
   * @param pattern - the name of a namespace, or the pattern of names
   * @param common - the contract of the server
   */
  constructor(pattern: NamespacePattern, common: DefinedContract | null = null) {
    this.pattern = pattern;
    // What stands for many namespaces may concern some with contracts of their own.
    this.#common = typeof pattern === "string" && pattern !== "*" ? common : null;
  }

  /**
   * Sets the contract.
   *
   * @throws {@link RoomcastError} `ERR_CONTRACT` where there is another one, `ERR_HANDLER` where a handler's
   *   event is not in it
   */
  setContract(contract: DefinedContract | null): void {
    const other = this.contract === undefined && this.pattern === "/" ? this.#common : this.contract;
    if (other !== undefined && other !== null && other !== contract) {
      throw new RoomcastError(
        "ERR_CONTRACT",
        `${describePattern(this.pattern)} has a contract already, and takes no second one. Merge the two, or use another namespace.`,
      );
    }
    for (const event of this.handlers.keys()) this.#checkEvent(event, contract);
    this.contract = contract;
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
    this.#checkEvent(event, this.contract === undefined ? this.#common : this.contract);
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

  /** A handler of an event that the contract refuses would never be called. */
  #checkEvent(event: string, contract: DefinedContract | null): void {
    const events = contract?.parts.client;
    if (events === undefined || isSpecialEvent(event) || Object.hasOwn(events, event)) return;
    const near = nearest(event, Object.keys(events));
    throw new RoomcastError(
      "ERR_HANDLER",
      `The contract of ${describePattern(this.pattern)} has no event "${event}" from clients${near === undefined ? "." : `. Did you mean "${near}"?`}`,
    );
  }
}

/** All handlers of a server. */
export class HandlerRegistry {
  readonly #exact = new Map<string, HandlerTable>();
  readonly #patterns = new Map<string, HandlerTable>();
  readonly #rules = new Map<NamespacePredicate, HandlerTable>();
  /** The namespaces of Roomcast's own, and what has made them. */
  readonly #reserved = new Map<string, string>();
  readonly #contract: DefinedContract | null;
  /** Whether a namespace has a contract that is not the server's. */
  #hasOwnContracts = false;
  #isOpen = false;
  #version = 0;

  /** @param contract - that of namespaces without one of their own */
  constructor(contract: DefinedContract | null = null) {
    this.#contract = contract;
  }

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
      table = new HandlerTable(pattern, this.#contract);
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

  /**
   * Sets the contract of a namespace, or of all that match a pattern.
   *
   * @throws {@link RoomcastError} as {@link HandlerTable.setContract} does
   */
  setContract(table: HandlerTable, contract: DefinedContract | null): void {
    table.setContract(contract);
    this.#hasOwnContracts = true;
  }

  /**
   * The contract of a namespace; `null` for none.
   *
   * @param rule - the table whose function let clients in; `null` where the name alone does
   */
  contractOf(namespace: string, rule: HandlerTable | null): DefinedContract | null {
    if (this.#reserved.has(namespace)) return null;
    const tables = this.#hasOwnContracts ? this.resolve(namespace, rule) : [];
    const own = tables.find(({ contract }) => contract !== undefined)?.contract;
    return own === undefined ? this.#contract : own;
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
      table = new HandlerTable(predicate, this.#contract);
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
