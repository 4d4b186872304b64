/**
 * A rule that lets clients into namespaces. Each of them gets the listeners of the rule when its first client
 * comes.
 */

import { BridgeNamespace, type NamespaceServer } from "./bridge-namespace.ts";
import type { OperatorSpace } from "./broadcast-operator.ts";
import type { NamespaceDecision } from "./types/plain-api.ts";

/** What a parent needs of its server. */
export interface ParentServer extends NamespaceServer {
  /** Finds a namespace by its name. */
  find(name: string): BridgeNamespace | undefined;
  /** A parent has made a namespace. */
  onChild(child: BridgeNamespace): void;
  /** A child without clients is forgotten. */
  forget(child: BridgeNamespace): void;
}

let count = 0;

/** A rule for names of namespaces. */
export class ParentNamespace extends BridgeNamespace {
  readonly children = new Set<BridgeNamespace>();
  /** The pattern; `null` where a function decides. */
  readonly pattern: RegExp | null;
  readonly #rule: RegExp | NamespaceDecision;
  readonly #parentServer: ParentServer;

  /** @param rule - a pattern of names, or a function that decides */
  constructor(rule: RegExp | NamespaceDecision, server: ParentServer) {
    super(`/_${count}`, server);
    count += 1;
    this.#rule = rule;
    this.pattern = rule instanceof RegExp ? rule : null;
    this.#parentServer = server;
  }

  /** Whether a client may join: asked once for each name, since the namespace then exists. */
  readonly allows = async (name: string, auth: unknown): Promise<boolean> => {
    const known = this.#parentServer.find(name);
    if (known !== undefined) return known.parent === this;
    const isAllowed = await this.#decide(name, auth);
    if (!isAllowed) return false;
    const made = this.#parentServer.find(name);
    if (made === undefined) this.createChild(name);
    return made === undefined || made.parent === this;
  };

  createChild(name: string): BridgeNamespace {
    const child = new BridgeNamespace(name, this.#parentServer, this);
    child.middleware.push(...this.middleware);
    for (const event of ["connect", "connection"])
      for (const listener of this.listeners(event))
        child.on(event, listener as (...values: unknown[]) => void);
    this.children.add(child);
    this.#parentServer.onChild(child);
    return child;
  }

  /** A child's last client has left. */
  release(child: BridgeNamespace): void {
    this.children.delete(child);
    this.#parentServer.forget(child);
  }

  override get space(): OperatorSpace {
    return { ...super.space, children: this.children };
  }

  /** Sends to all children. */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    for (const child of this.children) child.emit(event, ...values);
    return true;
  }

  override fetchSockets(): never {
    throw new Error("fetchSockets() is not supported on parent namespaces");
  }

  #decide(name: string, auth: unknown): Promise<boolean> {
    const rule = this.#rule;
    if (rule instanceof RegExp) return Promise.resolve(rule.test(name));
    return new Promise((resolve) => {
      const given = (auth ?? {}) as Record<string, unknown>;
      rule(name, given, (error, success) => resolve(!error && Boolean(success)));
    });
  }
}
