/**
 * Which requests that offer another protocol (`Upgrade`, RFC 9110 §7.8) Node takes out of HTTP. A listener
 * for upgrades makes it do that with all of them: a server may ignore an offer, as of h2c, but then could
 * not. So Roomcast has no listener. It answers Node's question for the requests of its own path, and leaves
 * every other to the rule that decided before.
 */

import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";

/** Node's question (22.23, 24 and later), a property of the server: whether a request becomes an upgrade. */
type UpgradeRule = (this: unknown, request: IncomingMessage) => boolean;

const ruleName = "shouldUpgradeCallback";

/** Earlier, Node asks nothing, and the parser of a connection hands requests to this function. */
type TakeRequest = (request: UpgradableRequest, keepAlive: boolean) => unknown;
type UpgradableRequest = IncomingMessage & { upgrade?: boolean; readonly socket: WatchedConnection };

type Listener = (...values: unknown[]) => void;
type CountListeners = (this: unknown, event: string | symbol, listener?: Listener) => number;

/** A connection as Node's server has it, while it speaks HTTP/1. */
export interface ParsedConnection {
  readonly parser?: { onIncoming?: TakeRequest | null } | null;
}

/** A connection that keeps what its parser called before Roomcast decided over its offers. */
type WatchedConnection = ParsedConnection & { [ownTake: symbol]: TakeRequest | undefined };

/** Whether a request offers to speak WebSocket. */
export function offersWebSocket({ headers: { upgrade } }: IncomingMessage): boolean {
  return upgrade === "websocket" || upgrade?.toLowerCase() === "websocket";
}

/** The offers that one server gets. */
export class UpgradeOffers {
  readonly #server: EventEmitter;
  readonly #judge: (request: IncomingMessage) => boolean | undefined;
  /** The server's own rule; `null` where Node has none, or nothing is changed. */
  #rule: UpgradeRule | null = null;
  /**
   * Where a connection keeps its parser's own function. A program may tell several servers of one connection,
   * and each of them keeps another function.
   */
  readonly #ownTake = Symbol("the parser's own function for requests");
  /** The request whose upgrade Node was told to make, until it makes it. */
  #announced: IncomingMessage | null = null;
  /** The server's own way to count listeners, while {@link #count} stands in its place. */
  #ownCount: CountListeners | null = null;

  /**
   * @param server - the server
   * @param judge - whether a request becomes an upgrade; `undefined` for a request of others
   */
  constructor(server: EventEmitter, judge: (request: IncomingMessage) => boolean | undefined) {
    this.#server = server;
    this.#judge = judge;
  }

  /** Begins to decide. */
  start(): void {
    if (this.#ownCount === null) {
      this.#ownCount = this.#server.listenerCount;
      this.#server.listenerCount = this.#count;
    }
    if (this.#rule !== null) return;
    const rule: unknown = Reflect.get(this.#server, ruleName);
    if (typeof rule !== "function") return;
    this.#rule = rule as UpgradeRule;
    Object.defineProperty(this.#server, ruleName, {
      configurable: true,
      enumerable: true,
      get: () => this.#decide,
      // What the application sets later applies to its own requests.
      set: (later: UpgradeRule) => {
        this.#rule = later;
      },
    });
  }

  /** Leaves the decision to the server's own rule. */
  stop(): void {
    this.settle(null);
    if (this.#ownCount !== null && this.#server.listenerCount === this.#count) {
      // It was its class's, or another program's.
      Reflect.deleteProperty(this.#server, "listenerCount");
      if (this.#server.listenerCount !== this.#ownCount) this.#server.listenerCount = this.#ownCount;
      this.#ownCount = null;
    }
    // Where another program has put its rule in this one's place since, it asks this one for ever, which then
    // asks the server's.
    if (this.#rule === null || Reflect.get(this.#server, ruleName) !== this.#decide) return;
    const property = { configurable: true, enumerable: true, writable: true, value: this.#rule };
    Object.defineProperty(this.#server, ruleName, property);
    this.#rule = null;
  }

  /** Decides over the offers of a connection where Node does not ask. */
  watch(connection: ParsedConnection): void {
    const { parser } = connection;
    // A program may tell the server twice of one connection.
    if (this.#rule !== null || !parser?.onIncoming || parser.onIncoming === this.#take) return;
    // One function serves all connections, so that none has to be made for each.
    (connection as WatchedConnection)[this.#ownTake] = parser.onIncoming;
    parser.onIncoming = this.#take;
  }

  /** Forgets the announced upgrade. Returns whether this request is the one that was announced. */
  settle(request: IncomingMessage | null = null): boolean {
    const isAnnounced = request !== null && this.#announced === request;
    this.#announced = null;
    return isAnnounced;
  }

  readonly #take: TakeRequest = (request, keepAlive) => {
    const { socket } = request;
    if (request.upgrade === true && request.method !== "CONNECT" && this.#verdict(request) === false)
      request.upgrade = false;
    const result = socket[this.#ownTake]?.(request, keepAlive);
    // Node gives the parser to other connections now. To keep its function would keep what belongs to it:
    // 570 bytes for each WebSocket.
    if (request.upgrade === true) socket[this.#ownTake] = undefined;
    return result;
  };

  readonly #decide = (request: IncomingMessage): boolean =>
    this.#verdict(request) ?? this.#rule?.call(this.#server, request) === true;

  /** Node looks for a listener once more before it tells of an upgrade, later in the same turn. */
  #verdict(request: IncomingMessage): boolean | undefined {
    const verdict = this.#judge(request);
    // Another request's upgrade may have been announced and never come.
    this.#announced = verdict === true ? request : null;
    return verdict;
  }

  /** Counts one listener more for an upgrade that was announced: to add one and to remove it costs more. */
  readonly #count = (event: string | symbol, listener?: Listener): number => {
    const count = this.#ownCount?.call(this.#server, event, listener) ?? 0;
    return this.#announced !== null && event === "upgrade" && listener === undefined ? count + 1 : count;
  };
}
