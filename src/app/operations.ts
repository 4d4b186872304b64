/**
 * Operations on clients from anywhere, which the server and its namespaces have in common. The functions that
 * act for the client whose event is being handled are in `src/context/ambient.ts`.
 */

import { RoomcastError } from "../base/errors.ts";
import { checkOptions } from "../base/options.ts";
import type { Definite } from "../context/definite-options.ts";
import {
  callAllOptions,
  callOptions,
  deliveryOf,
  disconnectHint,
  disconnectOptions,
  type ExactCallAllOptions,
  type ExactCallOptions,
  type ExactDisconnectOptions,
  type ExactEmitOptions,
  type ExactSendOptions,
  emitOptions,
  eventHint,
  noticeOf,
  optionsOfEvent,
  plainDelivery,
  sendOptions,
  sidToCall,
} from "../context/emit-options.ts";
import { findContext } from "../context/handler-context.ts";
import {
  checkTargets,
  type ExactOneClientOptions,
  type ExactTargetOptions,
  inNamespaceOptions,
  type NamedClients,
  type NamespaceName,
  nameHint,
  oneClientOptions,
  targetOf,
  targetOptions,
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
import type { Answers } from "../core/ack/answers.ts";
import type { Hub } from "../core/hub.ts";
import type { FoundCount, SocketInfo } from "../core/model/socket-info.ts";
import { clientIn, everyoneIn, type Target } from "../core/model/target.ts";
import type { RoomOrRooms } from "../core/room-operations.ts";
import type { Socket } from "../core/socket/socket.ts";
import { refuseOldMethods } from "./old-methods.ts";
import { describePattern, type NamespacePattern } from "./options/namespace-pattern.ts";

/** A list of clients. */
export interface SocketList<Data> extends Array<SocketInfo<Data>> {
  /** The processes that did not answer, and may have more of these clients; none in one process. */
  readonly missing: readonly string[];
}

/** Options, with the namespace where there is a choice. */
type In<Where, Options> = Definite<Omit<Options, "namespace"> & Where>;

/** What operations need of the server or namespace. */
export interface OperationsOwner {
  /** The clients. */
  hub(): Hub;
  /** The namespace that the options name. */
  namespaceOf(options: NamespaceName | undefined): NamespacePattern;
}

/** The options of operations in a fixed namespace: they name none. */
export interface SettledNamespace {
  namespace?: never;
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
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` for a reserved name, `ERR_PAYLOAD` for data that cannot be
   *   sent
   */
  emit<Name extends keyof ServerToClientEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<
      ServerToClientEvents<C>[Name],
      In<Where, ExactEmitOptions<AnswerValues<ServerToClientEvents<C>[Name]>>>
    >
  ): void {
    const options = optionsOfEvent<ExactEmitOptions>(emitOptions, rest, "emit()");
    const namespace = this.#namespace(options);
    if (options === undefined)
      this.#hub.broadcaster.emit(everyoneIn(namespace), event, rest[0], plainDelivery);
    else this.#hub.broadcaster.emit(this.#target("emit()", options), event, rest[0], deliveryOf(options));
  }

  /** Sends the `message` event, or `json` with the option `json: true`, like {@link Operations.emit}. */
  send(data: unknown, options?: In<Where, ExactSendOptions>): void {
    const given: ExactSendOptions = options === undefined ? {} : options;
    checkTargets(sendOptions, given, "send()", eventHint);
    const event = given.json === true ? "json" : "message";
    this.#hub.broadcaster.emit(this.#target("send()", given), event, data, deliveryOf(given));
  }

  /**
   * Sends an event to one client and waits for its acknowledgement.
   *
   * @param event - the event's name
   * @param rest - the data and the options: `sid`, the client (or `to`), and `timeout` in ms, default 60 000
   * @returns what the client answers with: a value, or a list of several
   * @throws {@link TimeoutError} when the client does not answer in time
   * @throws {@link RoomcastError} `ERR_DISCONNECTED` when the client is not there or leaves without an answer
   */
  async call<Name extends keyof ServerToClientEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<ServerToClientEvents<C>[Name], In<Where, ExactCallOptions>>
  ): Promise<EventAnswer<ServerToClientEvents<C>[Name]>> {
    const options = optionsOfEvent<ExactCallOptions>(callOptions, rest, "call()") ?? {};
    const { timeout = callOptions.timeout.default } = options;
    const sid = sidToCall(options);
    if (sid === undefined) throw new RoomcastError("ERR_OPTION", "call() needs the client to ask: { sid }.");
    const values = await this.#hub.ackRequests.call(
      clientIn(this.#namespace(options), sid),
      event,
      rest[0],
      timeout,
    );
    return fromArguments(values) as EventAnswer<ServerToClientEvents<C>[Name]>;
  }

  /**
   * Sends an event to every client of the namespace, unless the options say otherwise, and gathers their
   * acknowledgements.
   *
   * ```ts
   * const answers = await socketio.callAll("ready?", undefined, { to: "table 7", timeout: 5_000 });
   * // As they come:
   * for await (const { sid, value, error } of socketio.callAll("ready?")) console.log(sid, value ?? error);
   * ```
   *
   * @param event - the event's name
   * @param rest - the data and the options; `timeout` in ms, default 10 000
   * @returns a list with an answer for each client, a value or an error, when awaited; the answers as they
   *   come, when iterated
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` for a reserved name, `ERR_PAYLOAD` for data that cannot be
   *   sent
   */
  callAll<Name extends keyof ServerToClientEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<ServerToClientEvents<C>[Name], In<Where, ExactCallAllOptions>>
  ): Answers<EventAnswer<ServerToClientEvents<C>[Name]>> {
    const options = optionsOfEvent<ExactCallAllOptions>(callAllOptions, rest, "callAll()") ?? {};
    const { timeout = callAllOptions.timeout.default } = options;
    const answers = this.#hub.ackRequests.callAll(
      this.#target("callAll()", options),
      event,
      rest[0],
      timeout,
    );
    return answers as Answers<EventAnswer<ServerToClientEvents<C>[Name]>>;
  }

  /**
   * Puts clients into a room, or into several. It takes effect at once in this process.
   *
   * @param room - the room's name, or a list of names
   * @param options - the clients: `{ sid }`, or `{ to }` with rooms
   * @returns a promise that settles when all processes know of it
   * @throws {@link RoomcastError} `ERR_ROOM` for an unusable name and for the sid of another client,
   *   `ERR_LIMIT` beyond `maxRooms` and `maxRoomLength`, where the one named client joins none of a list;
   *   `ERR_OPTION` where the options name no client
   */
  joinRoom(room: RoomOrRooms, options: NamedClients & Where): Promise<void> {
    return this.#hub.operations.join(this.#clients("joinRoom()", options), room);
  }

  /** Takes clients out of a room, or out of several, like {@link Operations.joinRoom}. */
  leaveRoom(room: RoomOrRooms, options: NamedClients & Where): Promise<void> {
    return this.#hub.operations.leave(this.#clients("leaveRoom()", options), room);
  }

  /**
   * Takes all clients out of a room, or out of several, which ends them. It takes effect at once in this
   * process.
   *
   * @returns a promise that settles when all processes know of it
   * @throws {@link RoomcastError} `ERR_ROOM` for an unusable name, `ERR_LIMIT` for one that is too long
   */
  closeRoom(room: RoomOrRooms, options?: In<Where, object>): Promise<void> {
    if (options !== undefined) checkOptions(inNamespaceOptions, options, "closeRoom()", nameHint);
    return this.#hub.operations.closeRoom(this.#namespace(options), room);
  }

  /**
   * The rooms that a client is in, beginning with the one that is its own sid.
   *
   * @returns a promise of the rooms; of none when the client is not there
   */
  rooms(options: In<Where, { sid: string }>): Promise<readonly string[]> {
    return this.#hub.operations.rooms(this.#client("rooms()", options));
  }

  /** The bytes that wait for a client of this process to take them; `0` when it is not there. */
  bufferedBytes(options: In<Where, { sid: string }>): number {
    return this.#hub.local.bufferedBytes(this.#client("bufferedBytes()", options));
  }

  /**
   * Waits until a client of this process has taken all that was sent to it: see the ambient `drained()`.
   *
   * @returns a promise of `true`, or of `false` when the client is not there or leaves first
   */
  drained(options: In<Where, { sid: string }>): Promise<boolean> {
    return this.#hub.local.drained(this.#client("drained()", options));
  }

  /**
   * Lists the clients of the namespace, unless the options say otherwise: their ids, their rooms and their
   * public data.
   *
   * @param options - which of them
   * @throws {@link RoomcastError} `ERR_ROOM` for an unusable name or sid, `ERR_LIMIT` for one that is too
   *   long
   */
  async sockets(options?: In<Where, ExactTargetOptions>): Promise<SocketList<PublicData<C>>> {
    const given: ExactTargetOptions = options === undefined ? {} : options;
    checkTargets(targetOptions, given, "sockets()");
    const { sockets, missing } = await this.#hub.operations.sockets(this.#target("sockets()", given));
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
   * @returns the number in all processes, and the processes that did not answer and may have more of these
   *   clients
   * @throws {@link RoomcastError} `ERR_ROOM` for an unusable name or sid, `ERR_LIMIT` for one that is too
   *   long
   */
  countClients(options?: In<Where, ExactTargetOptions>): Promise<FoundCount> {
    const given: ExactTargetOptions = options === undefined ? {} : options;
    checkTargets(targetOptions, given, "countClients()");
    return this.#hub.operations.count(this.#target("countClients()", given));
  }

  /**
   * Disconnects clients from the namespace, after what was sent to them before. It takes effect at once in
   * this process.
   *
   * @param options - the clients: `{ sid }`, or `{ to }` with rooms; `close` ends their whole connections;
   *   `reason` and `code` tell them why, by the event `disconnect_reason`; with `retry` they come back by
   *   themselves
   * @returns a promise that settles when all processes know of it
   * @throws {@link RoomcastError} `ERR_OPTION` where the options name no client
   */
  disconnect(
    options: NamedClients & Omit<ExactDisconnectOptions, keyof ExactTargetOptions> & Where,
  ): Promise<void> {
    const given: ExactDisconnectOptions = options === undefined ? {} : options;
    checkOptions(disconnectOptions, given, "disconnect()", disconnectHint);
    checkNamed("disconnect()", given);
    const { close = false } = given;
    return this.#hub.operations.disconnect(this.#target("disconnect()", given), close, noticeOf(given));
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

  /** The target of checked options: every client of the namespace where they name none. */
  #target(what: string, options: ExactTargetOptions): Target {
    return targetOf(what, options, this.#namespace(options), sender(options), true);
  }

  #clients(what: string, options: ExactTargetOptions = {}): Target {
    checkTargets(targetOptions, options, what);
    checkNamed(what, options);
    return this.#target(what, options);
  }

  #client(what: string, options: ExactOneClientOptions = {}): Target {
    checkOptions(oneClientOptions, options, what, nameHint);
    if (options.sid === undefined)
      throw new RoomcastError("ERR_OPTION", `${what} needs the client: { sid }.`);
    return clientIn(this.#namespace(options), options.sid);
  }
}

refuseOldMethods(Operations);

/** The client to leave out for `includeSelf: false`: the one whose event is being handled. */
function sender({ includeSelf }: ExactTargetOptions): Socket | null {
  return includeSelf === false ? (findContext()?.socket ?? null) : null;
}

function checkNamed(what: string, { sid, to, broadcast }: ExactTargetOptions): void {
  if (sid !== undefined || to !== undefined || broadcast === true) return;
  throw new RoomcastError(
    "ERR_OPTION",
    `${what} needs the clients that it concerns: { sid }, { to } or { broadcast: true }.`,
  );
}
