/**
 * What can be done to clients from anywhere: the part that the server and its namespaces have in common. The functions
 * that act for the client whose event is being handled are in `src/context/ambient.ts`.
 */

import { RoomcastError } from "../base/errors.ts";
import {
  type CallAllOptions,
  type CallOptions,
  callAllOf,
  type DisconnectOptions,
  defaultCallTimeout,
  disconnectBy,
  type EmitOptions,
  emitTo,
  plainDelivery,
  type SendOptions,
  sendTo,
} from "../context/emit-options.ts";
import { findContext } from "../context/handler-context.ts";
import {
  type ClientOptions,
  checkOptionNames,
  clientTargetOf,
  type NamedClients,
  type TargetOptions,
  targetOf,
  targetOptionNames,
} from "../context/target-options.ts";
import { fromArguments } from "../contract/arguments.ts";
import type {
  AnswerValues,
  Contract,
  DataAndOptions,
  EventAnswer,
  PublicData,
  ServerToClientEvents,
} from "../contract/events.ts";
import type { Answers } from "../core/answers.ts";
import type { Hub } from "../core/hub.ts";
import type { Socket } from "../core/socket.ts";
import type { FoundCount, SocketInfo } from "../core/socket-info.ts";
import { clientIn, everyoneIn, type Target } from "../core/target.ts";
import { describePattern, type NamespacePattern } from "./handler-table.ts";

/** Which namespace an operation concerns. */
export interface NamespaceName {
  /** The namespace. Default `"/"`. */
  namespace?: string | undefined;
}

/** A list of clients. */
export interface SocketList<Data> extends Array<SocketInfo<Data>> {
  /** The processes that have clients who may have been meant, and were not heard of; none in one process. */
  readonly missing: readonly string[];
}

/** Where operations are carried out. */
export interface OperationsOwner {
  /** The clients. */
  hub(): Hub;
  /** The namespace that is meant. */
  namespaceOf(options: NamespaceName | undefined): NamespacePattern;
}

/** What there is to say of the namespace where it is settled. */
export interface SettledNamespace {
  namespace?: undefined;
}

/**
 * The operations on clients from anywhere.
 *
 * @typeParam C - the contract of events
 * @typeParam Where - the options that name a namespace, where there is a choice
 */
export class Operations<C extends Contract, Where extends object> {
  readonly #owner: OperationsOwner;

  /** @internal */
  constructor(owner: OperationsOwner) {
    this.#owner = owner;
  }

  /**
   * Sends an event to every client of the namespace, unless the options say otherwise.
   *
   * @param event - the event's name
   * @param rest - the data (none, one value, or `args(…)` for several) and the options
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` for a reserved name, `ERR_PAYLOAD` for data that cannot be sent
   */
  emit<Name extends keyof ServerToClientEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<
      ServerToClientEvents<C>[Name],
      Omit<EmitOptions<AnswerValues<ServerToClientEvents<C>[Name]>>, "namespace"> & Where
    >
  ): void {
    const [data, options] = rest as [unknown, EmitOptions?];
    const namespace = this.#namespace(options);
    if (options === undefined) this.#hub.emit(everyoneIn(namespace), event, data, plainDelivery);
    else emitTo(this.#hub, event, data, options, namespace, sender(options), true);
  }

  /** Sends the `message` event, or `json` with the option `json: true`, like {@link Operations.emit}. */
  send(data: unknown, options?: Omit<SendOptions, "namespace"> & Where): void {
    const given: SendOptions = options ?? {};
    sendTo(this.#hub, data, given, this.#namespace(given), sender(given), true);
  }

  /**
   * Sends an event to one client and waits for its acknowledgement.
   *
   * @param event - the event's name
   * @param rest - the data and the options: `to`, the client's sid, and `timeout` in ms, default 60 000
   * @returns what the client answers with: a value, or a list of several
   * @throws {@link TimeoutError} when the client does not answer in time
   * @throws {@link RoomcastError} `ERR_DISCONNECTED` when the client is not there or leaves without an answer
   */
  async call<Name extends keyof ServerToClientEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<ServerToClientEvents<C>[Name], Omit<CallOptions, "namespace"> & Where>
  ): Promise<EventAnswer<ServerToClientEvents<C>[Name]>> {
    const [data, options] = rest as [unknown, CallOptions?];
    const namespace = this.#namespace(options);
    const { to, timeout = defaultCallTimeout } = options ?? {};
    if (to === undefined) {
      throw new RoomcastError("ERR_OPTION", `call("${event}") needs to know whom to ask: { to: sid }.`);
    }
    const values = await this.#hub.call(clientIn(namespace, to), event, data, timeout);
    return fromArguments(values) as EventAnswer<ServerToClientEvents<C>[Name]>;
  }

  /**
   * Sends an event to every client of the namespace, unless the options say otherwise, and gathers their
   * acknowledgements.
   *
   * ```ts
   * const answers = await socketio.callAll("ready?", undefined, { to: "table 7", timeout: 5_000 });
   * for await (const { sid, value, error } of socketio.callAll("ready?")) console.log(sid, value ?? error); // as they come
   * ```
   *
   * @param event - the event's name
   * @param rest - the data and the options; `timeout` in ms, default 10 000
   * @returns a list with an answer for each client, a value or an error, when awaited; the answers as they come, when
   *   iterated
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` for a reserved name, `ERR_PAYLOAD` for data that cannot be sent
   */
  callAll<Name extends keyof ServerToClientEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<ServerToClientEvents<C>[Name], Omit<CallAllOptions, "namespace"> & Where>
  ): Answers<EventAnswer<ServerToClientEvents<C>[Name]>> {
    const [data, options = {}] = rest as [unknown, CallAllOptions?];
    const answers = callAllOf(this.#hub, event, data, options, this.#namespace(options), sender(options));
    return answers as Answers<EventAnswer<ServerToClientEvents<C>[Name]>>;
  }

  /**
   * Puts clients into a room. It takes effect at once in this process.
   *
   * @param room - the room's name
   * @param options - who: `{ sid }`, or `{ to }` with rooms
   * @returns a promise that settles when all processes know of it
   * @throws {@link RoomcastError} `ERR_ROOM` for a name that is not a string, or empty; `ERR_OPTION` where nobody is named
   */
  joinRoom(room: string, options: NamedClients & Where): Promise<void> {
    return this.#hub.join(this.#clients("joinRoom()", options), room);
  }

  /** Takes clients out of a room, like {@link Operations.joinRoom}. */
  leaveRoom(room: string, options: NamedClients & Where): Promise<void> {
    return this.#hub.leave(this.#clients("leaveRoom()", options), room);
  }

  /**
   * Takes everybody out of a room, which ends it. It takes effect at once in this process.
   *
   * @returns a promise that settles when all processes know of it
   * @throws {@link RoomcastError} `ERR_ROOM` for a name that is not a string, or empty
   */
  closeRoom(room: string, options?: Where): Promise<void> {
    return this.#hub.closeRoom(this.#namespace(options), room);
  }

  /**
   * The rooms that a client is in, beginning with the one that is its own sid.
   *
   * @returns a promise of the rooms; of none when the client is not there
   */
  rooms(options: { sid: string } & Where): Promise<readonly string[]> {
    return this.#hub.rooms(clientIn(this.#namespace(options), options.sid));
  }

  /** The bytes that were sent to a client of this process and that it has not taken; `0` when it is not there. */
  bufferedBytes(options: { sid: string } & Where): number {
    return this.#hub.bufferedBytes(clientIn(this.#namespace(options), options.sid));
  }

  /**
   * Waits until a client of this process has taken all that was sent to it: see the ambient `drained()`.
   *
   * @returns a promise of `true`, or of `false` when the client is not there or leaves meanwhile
   */
  drained(options: { sid: string } & Where): Promise<boolean> {
    return this.#hub.drained(clientIn(this.#namespace(options), options.sid));
  }

  /**
   * Lists the clients of the namespace, unless the options say otherwise: who they are, which rooms they are in, and what
   * everybody may know of them.
   *
   * @param options - which of them
   * @throws {@link RoomcastError} `ERR_ROOM` for what is no name of a room or client
   */
  async sockets(options?: Omit<TargetOptions, "namespace"> & Where): Promise<SocketList<PublicData<C>>> {
    const given: TargetOptions = options ?? {};
    checkOptionNames("sockets()", given, targetOptionNames);
    const target = targetOf(given, this.#namespace(given), sender(given), true);
    const { sockets, missing } = await this.#hub.sockets(target);
    return Object.defineProperty([...sockets], "missing", { value: missing }) as SocketList<PublicData<C>>;
  }

  /**
   * Counts the clients of the namespace, unless the options say otherwise: without `to` those of all rooms.
   *
   * ```ts
   * const { count } = await socketio.countClients({ to: "table 7" });
   * ```
   *
   * @param options - which of them
   * @returns the number in all processes, and the processes that have clients who may have been meant and were not heard of
   * @throws {@link RoomcastError} `ERR_ROOM` for what is no name of a room or client
   */
  countClients(options?: Omit<TargetOptions, "namespace"> & Where): Promise<FoundCount> {
    const given: TargetOptions = options ?? {};
    checkOptionNames("countClients()", given, targetOptionNames);
    return this.#hub.count(targetOf(given, this.#namespace(given), sender(given), true));
  }

  /**
   * Disconnects clients from the namespace, after what was sent to them before. It takes effect at once in this process.
   *
   * @param options - who: `{ sid }`, or `{ to }` with rooms; `close` ends their whole connections; `reason` and `code` tell
   *   them why, by the event `disconnect_reason`; with `retry` they come back by themselves
   * @returns a promise that settles when all processes know of it
   * @throws {@link RoomcastError} `ERR_OPTION` where nobody is named
   */
  disconnect(options: NamedClients & Omit<DisconnectOptions, keyof ClientOptions> & Where): Promise<void> {
    checkNamed("disconnect()", options);
    return disconnectBy(this.#hub, options, this.#namespace(options), sender(options));
  }

  get #hub(): Hub {
    return this.#owner.hub();
  }

  #namespace(options: NamespaceName | undefined): string {
    const name = this.#owner.namespaceOf(options);
    if (typeof name === "string" && name !== "*") return name;
    throw new RoomcastError(
      "ERR_NAMESPACE",
      `${describePattern(name)} stands for many namespaces: name the one that is meant, as in socketio.namespace("/chat").`,
    );
  }

  #clients(what: string, options: ClientOptions): Target {
    checkNamed(what, options);
    return clientTargetOf(what, options, this.#namespace(options), sender(options));
  }
}

/** The client that may be left out: from anywhere it matters for nothing else whose event is being handled. */
function sender({ includeSelf }: TargetOptions): Socket | null {
  return includeSelf === false ? (findContext()?.socket ?? null) : null;
}

function checkNamed(what: string, { sid, to, broadcast }: ClientOptions): void {
  if (sid !== undefined || to !== undefined || broadcast === true) return;
  throw new RoomcastError("ERR_OPTION", `${what} needs to know who is meant: { sid } or { to }.`);
}
