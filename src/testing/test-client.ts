/**
 * A client inside the server's own process, for tests. Everything between the network and the handlers is
 * real, over a WebSocket in memory.
 */

import { ConnectionRefusedError, RoomcastError, TimeoutError } from "../base/errors.ts";
import { checkOptions } from "../base/options.ts";
import { type Clock, realClock } from "../base/time/clock.ts";
import { fromArguments, toArguments } from "../contract/arguments.ts";
import type { EngineRequest } from "../engine/ports.ts";
import type { SocketPacket } from "../protocol/socket-packet.ts";
import { ExpectedEvents } from "./expected-events.ts";
import type { HandlerFailures, WatchedClient } from "./handler-failures.ts";
import { MemoryConnection, type MemoryConnectionOwner } from "./memory-connection.ts";
import {
  checkTestNamespace,
  namespaceHint,
  parametersOf,
  type SettledTestClientOptions,
  type TestSendOptions,
  testSendOptions,
} from "./test-client-options.ts";

/** An event that a test client received. */
export interface ReceivedEvent {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly namespace: string;
}

/** The running handlers of the server. */
export interface HandlerWatch {
  /** The number of running handlers. */
  readonly count: number;
  /** Resolves when no handler runs, or after `timeout` ms of a clock; says which. */
  settled(timeout: number, clock: Clock): Promise<boolean>;
}

/** What a test client needs of its server. */
export interface TestClientOwner extends MemoryConnectionOwner {
  readonly handlers: HandlerWatch;
  readonly failures: HandlerFailures;
}

/** What answers an event of the server; `null` for a client that never answers. */
type Listener = ((...values: never[]) => unknown) | null;

/** A caller that waits for the server. */
interface Waiting<Value> {
  readonly namespace: string;
  resolve(value: Value): void;
  reject(error: Error): void;
}

/**
 * A client for tests.
 *
 * ```ts
 * const client = socketio.testClient();
 * await client.connect();
 * await client.emit("my_event", { data: "hello" });
 * expect(client.received()).toEqual([{ name: "my_response", args: [{ data: "hello" }], namespace: "/" }]);
 * ```
 */
export class TestClient {
  readonly #owner: TestClientOwner;
  readonly #options: SettledTestClientOptions;
  /** `null` for a client that gets no more errors than one in production. */
  readonly #watched: WatchedClient | null;
  readonly #connection: MemoryConnection;
  readonly #sids = new Map<string, string>();
  readonly #joining = new Map<string, Waiting<void>>();
  readonly #answers = new Map<number, Waiting<readonly unknown[]>>();
  readonly #listeners = new Map<string, Listener>();
  readonly #expected = new ExpectedEvents();
  #received: ReceivedEvent[] = [];
  #answering: Promise<void>[] = [];
  #lastId = 0;

  /** @internal */
  constructor(owner: TestClientOwner, options: SettledTestClientOptions) {
    this.#owner = owner;
    this.#options = options;
    const query = parametersOf(options.query);
    query.set("EIO", "4");
    query.set("transport", "websocket");
    const request: EngineRequest = {
      method: "GET",
      url: `/socket.io/?${query}`,
      path: "/socket.io/",
      query,
      headers: { host: "localhost", ...lowerCase(options.headers) },
      address: options.address,
      secure: false,
    };
    this.#watched = options.propagateErrors ? owner.failures.watch(request) : null;
    this.#connection = new MemoryConnection(owner, request, {
      onPacket: (packet) => this.#hear(packet),
      onClose: (error) => this.#onClose(error),
    });
  }

  /**
   * Joins a namespace, connecting first where needed.
   *
   * @param namespace - the namespace; by default that of the client's options, as in all methods
   * @param auth - what to send along; by default that of the client's options
   * @throws {@link ConnectionRefusedError} when the server refuses
   * @throws {@link RoomcastError} `ERR_STATE` when the client is there already
   * @throws whatever a handler has thrown, unless an error handler took it
   */
  async connect(namespace = this.#namespace, auth: object | null = this.#options.auth): Promise<void> {
    checkTestNamespace("connect()", namespace);
    if (this.#sids.has(namespace) || this.#joining.has(namespace)) {
      throw new RoomcastError("ERR_STATE", `The test client is connected to ${namespace} already.`);
    }
    const joined = new Promise<void>((resolve, reject) => {
      this.#joining.set(namespace, { namespace, resolve, reject });
    });
    // The caller gets the error below, or that of a handler that does not end.
    joined.catch(() => {});
    const opening = this.#connection.open();
    await this.#wait(async () => {
      if (!this.#connection.isOpen) await opening;
      this.#connection.send({ type: "connect", namespace, ...(auth === null ? {} : { data: auth }) });
      await this.#settle();
    });
    await joined;
  }

  /** Whether the client is in a namespace. */
  isConnected(namespace = this.#namespace): boolean {
    checkTestNamespace("isConnected()", namespace);
    return this.#sids.has(namespace);
  }

  /**
   * The client's public id in a namespace.
   *
   * @throws {@link RoomcastError} `ERR_DISCONNECTED` when it is not in the namespace
   */
  sid(namespace = this.#namespace): string {
    checkTestNamespace("sid()", namespace);
    const sid = this.#sids.get(namespace);
    if (sid === undefined) throw notConnected(namespace);
    return sid;
  }

  /**
   * Sends an event. Resolves when the server's handlers have ended, so that a test can look at the events
   * they sent; without `await` a test can watch handlers while they run. An error that no error handler takes
   * is thrown here, unless the client has the option `propagateErrors: false`.
   *
   * @param event - the event's name
   * @param data - none, one value, or `args(…)` for several
   * @param namespace - the namespace
   * @throws whatever a handler has thrown; `ERR_NO_HANDLER` when the event has none
   * @throws {@link TimeoutError} when handlers still run after the option `timeout`, 5 s by default
   */
  async emit(event: string, data?: unknown, namespace = this.#namespace): Promise<void> {
    checkTestNamespace("emit()", namespace);
    this.sid(namespace);
    await this.#wait(() => {
      this.#connection.send({ type: "event", namespace, data: [event, ...toArguments(data)] });
      return this.#settle();
    });
  }

  /** Sends the `message` event, or `json`, like {@link emit}. */
  async send(data: unknown, options: TestSendOptions = {}): Promise<void> {
    checkOptions(testSendOptions, options, "The test client's send()", namespaceHint);
    const { json = false, namespace = this.#namespace } = options;
    return this.emit(json ? "json" : "message", data, namespace);
  }

  /**
   * Sends an event and waits for its acknowledgement.
   *
   * @returns the answer of the handler: a value, or a list of several
   * @throws whatever the handler has thrown, unless an error handler took it; `ERR_NO_HANDLER` when the event
   *   has none
   * @throws {@link TimeoutError} when it does not answer within the option `timeout`, 5 s by default
   * @throws {@link RoomcastError} `ERR_DISCONNECTED` when the client is disconnected before that
   */
  async call(event: string, data?: unknown, namespace = this.#namespace): Promise<unknown> {
    checkTestNamespace("call()", namespace);
    this.sid(namespace);
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<readonly unknown[]>((resolve, reject) => {
      this.#answers.set(id, { namespace, resolve, reject });
    });
    const values = await this.#wait(() => {
      this.#connection.send({ type: "event", namespace, id, data: [event, ...toArguments(data)] });
      return this.#patiently(answered, `The server did not answer "${event}"`);
    }).finally(() => this.#answers.delete(id));
    return fromArguments(values);
  }

  /**
   * Answers an event of the server: the listener returns the acknowledgement, where the server asks for one.
   * Events without a listener are acknowledged with nothing.
   *
   * @param event - the event's name
   * @param listener - gets the event's arguments; `null` for a client that never answers this event
   */
  on(event: string, listener: ((...values: never[]) => unknown) | null): this {
    if (listener !== null && typeof listener !== "function") {
      throw new RoomcastError("ERR_HANDLER", `The listener of "${event}" must be a function or null.`);
    }
    this.#listeners.set(event, listener);
    return this;
  }

  /**
   * Waits for the next event of a name. It is also among the {@link received} ones.
   *
   * ```ts
   * const said = bob.once("said");
   * await ada.emit("say", "hello");
   * expect(await said).toBe("hello");
   * ```
   *
   * @param event - the event's name
   * @param namespace - the namespace, which the client may join later
   * @returns a promise of the event's data: a value, or a list of several
   * @throws {@link TimeoutError} when it does not come within the option `timeout`, 5 s by default
   * @throws {@link RoomcastError} `ERR_DISCONNECTED` when the client leaves the namespace before that
   */
  once(event: string, namespace = this.#namespace): Promise<unknown> {
    checkTestNamespace("once()", namespace);
    const { came, forget } = this.#expected.expect(namespace, event);
    const value = this.#patiently(came, `The event "${event}" did not come`)
      .finally(forget)
      .then(fromArguments);
    // A test that has failed elsewhere does not wait for it any more.
    value.catch(() => {});
    return value;
  }

  /** The events that came since the last call, in all namespaces or in one. */
  received(namespace?: string): ReceivedEvent[] {
    if (namespace !== undefined) checkTestNamespace("received()", namespace);
    const wanted = (event: ReceivedEvent) => namespace === undefined || event.namespace === namespace;
    const events = this.#received.filter(wanted);
    this.#received = this.#received.filter((event) => !wanted(event));
    return events;
  }

  /** Leaves a namespace; after the last one the client ends the connection. */
  async disconnect(namespace = this.#namespace): Promise<void> {
    checkTestNamespace("disconnect()", namespace);
    this.sid(namespace);
    await this.#wait(() => {
      this.#connection.send({ type: "disconnect", namespace });
      this.#leave(namespace);
      return this.#settle();
    });
  }

  /** Cuts the connection, as a failing network does. */
  async drop(): Promise<void> {
    await this.#wait(() => {
      this.#connection.cut();
      return this.#settle();
    });
  }

  /**
   * Waits until no handler runs and every event has arrived.
   *
   * @throws {@link TimeoutError} after the option `timeout`, 5 s by default
   * @throws whatever a listener of this client has thrown, or a handler of the server
   */
  async idle(): Promise<void> {
    await this.#wait(() => this.#settle());
  }

  get #namespace(): string {
    const { namespace } = this.#options;
    return namespace === "" ? "/" : namespace;
  }

  /** Waits for an action, and throws the errors of the server in that time. */
  async #wait<Value>(begin: () => Promise<Value>): Promise<Value> {
    const watched = this.#watched;
    if (watched === null) return await begin();
    watched.waiting += 1;
    try {
      const value = await begin();
      this.#owner.failures.rethrow(watched);
      return value;
    } finally {
      watched.waiting -= 1;
    }
  }

  async #settle(): Promise<void> {
    const { engine, handlers } = this.#owner;
    const { timeout } = this.#options;
    let answers: readonly Promise<void>[];
    do {
      if (!(await handlers.settled(timeout, realClock))) {
        throw new TimeoutError(`Handlers of the server still run after ${timeout} ms.`);
      }
      engine.connections.outbox.flush();
      answers = this.#answering;
      this.#answering = [];
      await this.#patiently(Promise.all(answers), "Listeners of the test client did not come to their end");
      // The answers of the listeners may have made the server send more.
    } while (answers.length > 0 || handlers.count > 0);
  }

  #patiently<Value>(promise: Promise<Value>, what: string): Promise<Value> {
    const { timeout } = this.#options;
    return new Promise((resolve, reject) => {
      const late = () => reject(new TimeoutError(`${what} within ${timeout} ms.`));
      const giveUp = realClock.after(timeout, late, true);
      promise.then(resolve, reject).finally(() => giveUp.cancel());
    });
  }

  #hear(packet: SocketPacket): void {
    const { namespace } = packet;
    switch (packet.type) {
      case "connect":
        this.#sids.set(namespace, (packet.data as { sid: string }).sid);
        this.#joining.get(namespace)?.resolve();
        this.#joining.delete(namespace);
        break;
      case "connect_error": {
        const { message, data } = packet.data as { message: string; data?: unknown };
        this.#leave(namespace, new ConnectionRefusedError(message, data));
        break;
      }
      case "disconnect":
        this.#leave(namespace);
        break;
      case "event":
        this.#hearEvent(packet);
        break;
      case "ack":
        this.#answers.get(packet.id)?.resolve(packet.data);
        break;
      default:
        packet satisfies never;
    }
  }

  #hearEvent({ namespace, id, data: [name, ...args] }: Extract<SocketPacket, { type: "event" }>): void {
    this.#received.push({ name, args, namespace });
    this.#expected.hear(namespace, name, args);
    const listener = this.#listeners.get(name);
    if (listener === null) return;
    const answer = async () => {
      const value = await listener?.(...(args as never[]));
      if (id === undefined || !this.#sids.has(namespace)) return;
      this.#connection.send({ type: "ack", namespace, id, data: [...toArguments(value)] });
    };
    const answered = answer();
    // The next method that waits for this client throws the error of a listener.
    answered.catch(() => {});
    this.#answering.push(answered);
  }

  #leave(namespace: string, error: Error = notConnected(namespace)): void {
    this.#sids.delete(namespace);
    this.#joining.get(namespace)?.reject(error);
    this.#joining.delete(namespace);
    this.#expected.end(namespace, error);
    for (const waiting of this.#answers.values()) if (waiting.namespace === namespace) waiting.reject(error);
    if (this.#sids.size === 0 && this.#joining.size === 0) this.#connection.close();
  }

  #onClose(error?: Error): void {
    for (const namespace of [...this.#sids.keys(), ...this.#joining.keys()]) this.#leave(namespace, error);
  }
}

function notConnected(namespace: string): RoomcastError {
  return new RoomcastError(
    "ERR_DISCONNECTED",
    `The test client is not connected to ${namespace}: await client.connect() first.`,
  );
}

function lowerCase<Value>(headers: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
