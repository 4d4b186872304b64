/**
 * Events between servers: what `serverSideEmit()` sends, and what comes of it here. They go over the classic
 * Redis adapter where the program has one, and else between Roomcast's own processes.
 */

import type { InteropNode } from "../app/cluster/interop-node.ts";
import type { SocketIO } from "../app/socketio.ts";
import { args } from "../contract/arguments.ts";
import type { BridgeNamespace } from "./bridge-namespace.ts";

/** The event of Roomcast's servers that carries those of the bridge. */
const carrier = "socket.io";
/** How long the servers of the classic adapter may take, in ms, where the program does not say. */
const defaultTimeout = 5000;

/** Events between servers of another make; `null` where their format has none. */
type ForeignServers = InteropNode["foreignServers"];

/** What it needs of its server. */
export interface ServerEventsOwner {
  readonly roomcast: SocketIO;
  find(name: string): BridgeNamespace | undefined;
  /** The names of all namespaces. */
  namespaceNames(): Iterable<string>;
  /** How many of Roomcast's own processes there are. */
  countNodes(): number;
}

/** The events between one server and the others. */
export class BridgeServerEvents {
  readonly #owner: ServerEventsOwner;
  /** The way over the classic adapter; `null` without it. */
  #foreign: ForeignServers = null;
  #timeout = defaultTimeout;

  constructor(owner: ServerEventsOwner) {
    this.#owner = owner;
  }

  /** Listens to Roomcast's own processes. */
  listen(native: SocketIO): void {
    native.servers.on(carrier, (name: string, values: unknown[], isAsked: boolean) =>
      isAsked ? new Promise((resolve) => this.#fire(name, [...values, resolve])) : this.#fire(name, values),
    );
  }

  /**
   * Uses the classic adapter from now on.
   *
   * @param timeout - how long its servers may take to answer, in ms
   */
  useForeign(foreign: ForeignServers, timeout = defaultTimeout): void {
    this.#foreign = foreign;
    this.#timeout = timeout;
    if (foreign === null) return;
    foreign.listener = (namespace, values, answer) =>
      this.#fire(namespace, answer === null ? values : [...values, answer]);
    for (const name of this.#owner.namespaceNames()) foreign.serve(name);
  }

  onNamespace(name: string): void {
    this.#foreign?.serve(name);
  }

  onNamespaceEnd(name: string): void {
    this.#foreign?.leave(name);
  }

  tell(namespace: string, values: readonly unknown[]): void {
    if (this.#foreign === null) this.#owner.roomcast.servers.emit(carrier, args(namespace, values, false));
    else this.#foreign.tell(namespace, values);
  }

  /** Asks the other servers. Rejects, with the answers as `responses`, where some are missing. */
  async ask(namespace: string, values: readonly unknown[]): Promise<readonly unknown[]> {
    const { responses, expected } = await this.#answers(namespace, values);
    if (responses.length === expected) return responses;
    const text = `timeout reached: only ${responses.length} responses received out of ${expected}`;
    throw Object.assign(new Error(text), { responses });
  }

  /** How many servers there are, this one among them. */
  count(namespace: string): Promise<number> {
    return this.#foreign?.count(namespace) ?? Promise.resolve(this.#owner.countNodes());
  }

  async #answers(
    namespace: string,
    values: readonly unknown[],
  ): Promise<{ readonly responses: readonly unknown[]; readonly expected: number }> {
    if (this.#foreign !== null) return this.#foreign.ask(namespace, values, this.#timeout);
    const answers = await this.#owner.roomcast.servers.callAll(carrier, args(namespace, values, true));
    const responses = answers.flatMap(({ error, value }) => (error === undefined ? [value] : []));
    return { responses, expected: answers.length + answers.missing.length };
  }

  /** Calls the listeners of a namespace. Where the other server asks, the last value is the callback. */
  #fire(name: string, [event, ...values]: readonly unknown[]): void {
    this.#owner.find(name)?.fire(String(event), values);
  }
}
