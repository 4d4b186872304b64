/**
 * A client in one namespace, as programs have it: events out and in, their answers, and a state that
 * interfaces can show. The connection below may come and go.
 */

import { fromArguments, toArguments } from "../contract/arguments.ts";
import type {
  Contract,
  DataAndOptions,
  EventAnswer,
  EventArguments,
  EventHandler,
  EventsToClient,
  EventsToServer,
  SentAuth,
} from "../contract/events.ts";
import { ClientError } from "./client-error.ts";
import type { ClientNamespaceOptions, ClientState, LocalEvents } from "./client-options.ts";
import { EventListeners } from "./event-listeners.ts";
import { eventLoop } from "./event-loop.ts";
import { type ClientCallOptions, type ClientEmitOptions, EventSender, type Settle } from "./event-sender.ts";
import type { ConnectionMember, LiveConnection } from "./live-connection.ts";
import * as types from "./packet-codec.ts";

/** The names of events, by a map of them. */
export type NamesOf<Events> = keyof Events & string;

type Listener = (...values: never[]) => unknown;

/** How positions in Roomcast's streams look. They end the events of recoverable namespaces. */
const position = /^[\w-]{8,32}\.[0-9a-z]{1,10}$/;
/** Stands for changes of the state among events. */
const stateEvent = "";
/** How long a socket without users stays, in ms. A component that is shown again finds it connected. */
const releaseDelay = 1_000;

/** What the server knows of the client. */
interface Session {
  readonly sid?: string | undefined;
  /** The secret with which it may continue the session; only in recoverable namespaces. */
  readonly pid?: string | undefined;
  readonly recovered: boolean;
  /** The position of the latest event. */
  offset?: string | undefined;
}

/** A client in one namespace. Made by `connect()`. */
export class ClientSocket<C = Contract> implements ConnectionMember {
  /** The namespace: `"/"` unless the address names another one. */
  declare readonly namespace: string;
  readonly #connection: LiveConnection;
  readonly #options: ClientNamespaceOptions;
  readonly #sender: EventSender;
  readonly #listeners = new EventListeners();
  #state: ClientState = "closed";
  #error: ClientError | undefined;
  #session: Session = { recovered: false };
  /** Counts what ends a request to join before it is sent. */
  #joins = 0;
  /** What the server said before it disconnects the client. */
  #notice: { reason?: string; code?: string | number; retry?: boolean } | undefined;
  #users = 0;

  constructor(connection: LiveConnection, namespace: string, options: ClientNamespaceOptions) {
    this.#connection = connection;
    this.namespace = namespace;
    this.#options = options;
    this.#sender = new EventSender(connection, namespace, options);
  }

  /** Whether the socket is connected. {@link ClientSocket.subscribe} tells of changes. */
  get state(): ClientState {
    return this.#state;
  }

  /** The server's public id of this client; `undefined` while it is not connected. */
  get id(): string | undefined {
    return this.#state === "connected" ? this.#session.sid : undefined;
  }

  /** Whether the last connection continues the one before: the client has all events that it missed. */
  get recovered(): boolean {
    return this.#session.recovered;
  }

  /** Why the socket is not connected; `undefined` while it is, and before its first attempt has failed. */
  get error(): ClientError | undefined {
    return this.#error;
  }

  /** Connects, unless it is connected or about to be. */
  connect(): this {
    if (this.#state === "closed") {
      this.#setState("connecting");
      this.#connection.add(this);
    }
    return this;
  }

  /** Leaves the namespace. What waits for an answer is rejected, what waits for a connection dropped. */
  disconnect(): void {
    if (this.#state === "closed") return;
    if (this.#state === "connected") this.#transmit(types.disconnectType);
    this.#close(closed());
  }

  /**
   * Connects on behalf of a user, such as a component.
   *
   * @returns ends the use; the socket disconnects a moment after the last one
   */
  retain(): () => void {
    this.#users++;
    this.connect();
    let isUsed = true;
    return () => {
      if (isUsed) this.#users--;
      isUsed = false;
      setTimeout(() => {
        if (this.#users === 0) this.disconnect();
      }, releaseDelay);
    };
  }

  /** Another namespace on the same connection. */
  of<Other = C>(
    namespace: string,
    options: ClientNamespaceOptions<SentAuth<Other>> = {},
  ): ClientSocket<Other> {
    const socket = new ClientSocket<Other>(this.#connection, namespace, options);
    return options.autoConnect === false ? socket : socket.connect();
  }

  /**
   * Calls a function whenever {@link ClientSocket.state} or {@link ClientSocket.error} changes, until the
   * returned function is called.
   */
  subscribe(listener: () => void): () => void {
    // A function that is given twice is called twice.
    return this.#listeners.add(stateEvent, () => listener());
  }

  /**
   * Listens to an event. What the listener returns, or its promise, acknowledges it to a server that asks.
   * `"*"` stands for all events of the server, whose names come first.
   *
   * @returns stops it
   */
  on<Name extends keyof LocalEvents>(event: Name, listener: LocalEvents[Name]): () => void;
  on(event: "*", listener: (event: string, ...values: unknown[]) => unknown): () => void;
  on<Name extends NamesOf<EventsToClient<C>>>(
    event: Name,
    listener: EventHandler<EventsToClient<C>[Name]>,
  ): () => void;
  on(event: string, listener: Listener): () => void {
    return this.#listeners.add(event, listener);
  }

  /** The same for one event alone. */
  once<Name extends keyof LocalEvents>(event: Name, listener: LocalEvents[Name]): () => void;
  once<Name extends NamesOf<EventsToClient<C>>>(
    event: Name,
    listener: EventHandler<EventsToClient<C>[Name]>,
  ): () => void;
  once(event: string, listener: Listener): () => void {
    const stop = this.#listeners.add(event, (...values) => {
      stop();
      return listener(...values);
    });
    return stop;
  }

  /** Stops a listener, or all of an event. */
  off<Name extends keyof LocalEvents>(event: Name, listener?: LocalEvents[Name]): void;
  off(event: "*", listener?: (event: string, ...values: unknown[]) => unknown): void;
  off<Name extends NamesOf<EventsToClient<C>>>(
    event: Name,
    listener?: EventHandler<EventsToClient<C>[Name]>,
  ): void;
  off(event: string, listener?: Listener): void {
    this.#listeners.remove(event, listener);
  }

  /**
   * Loops over an event's values: `for await (const [text] of socket.events("said"))`. Ends when the socket
   * is closed.
   *
   * @throws ClientError `ERR_DROPPED` in the loop, when 1000 events wait for it
   */
  events<Name extends NamesOf<EventsToClient<C>>>(
    event: Name,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<EventArguments<EventsToClient<C>[Name]>, void, undefined> {
    return eventLoop(this as never, event, options.signal) as never;
  }

  /**
   * Sends an event. Without a connection it waits for one.
   *
   * @param event - its name
   * @param rest - its value, or several in `args(…)`; then options
   * @returns whether it was sent or waits; `false` for one that is dropped
   * @throws ClientError `ERR_OPTION` or `ERR_PAYLOAD`
   */
  emit<Name extends NamesOf<EventsToServer<C>>>(
    event: Name,
    ...rest: DataAndOptions<EventsToServer<C>[Name], ClientEmitOptions>
  ): boolean {
    return this.#send(undefined, event, ...rest);
  }

  /**
   * Sends an event and waits for its answer.
   *
   * @param event - its name
   * @param rest - its value, or several in `args(…)`; then options
   * @returns the answer: nothing, its one value, or a list of several
   * @throws ClientError with the server's code for an error that it answers; `ERR_TIMEOUT`,
   *   `ERR_DISCONNECTED`, `ERR_DROPPED` or `ERR_CLOSED` where there is no answer
   */
  call<Name extends NamesOf<EventsToServer<C>>>(
    event: Name,
    ...rest: DataAndOptions<EventsToServer<C>[Name], ClientCallOptions>
  ): Promise<EventAnswer<EventsToServer<C>[Name]>> {
    return new Promise((resolve, reject) => {
      const settle: Settle = (error, values = []) => {
        const failure = error ?? answeredError(values);
        if (failure) reject(failure);
        else resolve(fromArguments(values) as never);
      };
      this.#send(settle, event, ...rest);
    });
  }

  /** Reads `auth` and sends it with the event of the option `renew`, without a new connection. */
  async renew(): Promise<void> {
    this.#send(undefined, this.#options.renew ?? "", await this.#readAuth());
  }

  #send(settle: Settle | undefined, event: string, ...rest: readonly unknown[]): boolean {
    if (this.#state !== "closed")
      return this.#sender.send(settle, event, ...(rest as [unknown, ClientCallOptions?]));
    settle?.(this.#error ?? closed());
    return false;
  }

  /** @internal */
  onPacket(packet: types.Packet): void {
    const { type, id, data } = packet;
    if (type === types.connectType) this.#onAccepted(data);
    else if (type === types.refusalType) this.#onRefused(data);
    else if (type === types.disconnectType)
      this.#close(new ClientError("ERR_DISCONNECTED", "server namespace disconnect"));
    else if (type === types.ackType) this.#sender.onAnswer(id as number, data as unknown[]);
    // Some servers send what was missed before they accept the client.
    else void this.#onEvent(data as [string, ...unknown[]], id);
  }

  /** @internal */
  onLost(error: ClientError, retry: boolean): void {
    if (!retry || this.#notice?.retry === false) this.#close(error);
    else if (this.#state === "connected") this.#leave("resuming", error);
    else this.#fail(error);
  }

  /** @internal */
  onOffline(): void {
    if (this.#state !== "connected" && this.#state !== "closed") this.#setState("offline", this.#error);
  }

  /** @internal */
  async onOpen(): Promise<void> {
    const join = ++this.#joins;
    try {
      const auth = (await this.#readAuth()) as object | undefined;
      const { pid, offset } = this.#session;
      // By now it may have left, or have another connection.
      if (join === this.#joins && this.#connection.isUsable())
        this.#transmit(types.connectType, pid ? { ...auth, pid, offset } : auth);
    } catch (error) {
      if (join === this.#joins)
        this.#onRefused({ message: `auth failed: ${error}`, data: { retry: true, cause: error } });
    }
  }

  #readAuth(): unknown {
    const { auth } = this.#options;
    return typeof auth === "function" ? auth() : auth;
  }

  #onAccepted(data: unknown): void {
    const { sid, pid } = Object(data) as Session;
    const recovered = Boolean(pid) && pid === this.#session.pid;
    this.#session = { sid, pid, recovered, offset: recovered ? this.#session.offset : undefined };
    this.#notice = undefined;
    this.#connection.onAccepted();
    this.#setState("connected");
    this.#listeners.fire("connect");
    if (this.#state === "connected") this.#sender.flush();
  }

  #onRefused(given: unknown): void {
    const { message = String(given), data } = Object(given) as { message?: string; data?: ClientRefusal };
    const error = new ClientError(data?.code ?? "ERR_REFUSED", message, data);
    if (!data?.retry) {
      this.#close(error);
      return;
    }
    this.#fail(error);
    const join = this.#joins;
    setTimeout(() => {
      if (join === this.#joins) void this.onOpen();
    }, this.#connection.nextDelay());
  }

  async #onEvent([event, ...values]: [string, ...unknown[]], id: number | undefined): Promise<void> {
    const last = values.at(-1);
    if (this.#session.pid && typeof last === "string") {
      this.#session.offset = last;
      if (position.test(last)) values.pop();
    }
    if (event === "disconnect_reason") this.#notice = Object(values[0]);
    if (event === "auth_expiring" && this.#options.renew) void this.renew();
    const all = this.#listeners.fire("*", event, ...values);
    const result = this.#listeners.fire(event, ...values) ?? all;
    if (id === undefined || !(this.#listeners.has(event) || this.#listeners.has("*"))) return;
    const session = this.#session;
    const answer = await result;
    if (session === this.#session && this.#state === "connected")
      this.#transmit(types.ackType, toArguments(answer), id);
  }

  /** It no longer is, or will not be, a client of the server. */
  #close(error: ClientError): void {
    this.#session = { recovered: false };
    this.#connection.remove(this);
    this.#leave("closed", error);
  }

  #leave(state: ClientState, given: ClientError): void {
    const wasConnected = this.#state === "connected";
    const { code = given.code, reason = given.message } = this.#notice ?? {};
    const error = new ClientError(code, reason, given.data ?? this.#notice);
    this.#joins++;
    this.#notice = undefined;
    this.#sender.onLost(error, state === "closed");
    this.#setState(state, error);
    if (wasConnected) this.#listeners.fire("disconnect", error.message, error);
    else this.#fail(error);
  }

  #fail(error: ClientError): void {
    this.#setState(this.#state, error);
    if (this.#listeners.has("connect_error")) this.#listeners.fire("connect_error", error);
    else console.warn(error);
  }

  #setState(state: ClientState, error?: ClientError): void {
    if (state === this.#state && error === this.#error) return;
    this.#state = state;
    this.#error = error;
    this.#sender.isAccepted = state === "connected";
    this.#listeners.fire(stateEvent);
  }

  #transmit(type: number, data?: unknown, id?: number): void {
    const { namespace } = this;
    this.#connection.send(this.#connection.settings.parser.encode({ type, namespace, id, data }));
  }
}

/** What a refusal may carry for the client. */
interface ClientRefusal {
  readonly code?: string | number;
  /** Whether to try again. */
  readonly retry?: boolean;
}

/** The error in an answer, if it is one. */
function answeredError(values: readonly unknown[]): ClientError | undefined {
  const { error } = Object(values[0]) as {
    error?: { code?: string | number; message?: string; data?: unknown };
  };
  const { code, message, data = error } = error ?? {};
  return values.length === 1 && code !== undefined && message !== undefined
    ? new ClientError(code, message, data)
    : undefined;
}

function closed(): ClientError {
  return new ClientError("ERR_CLOSED", "client namespace disconnect");
}
