/**
 * The functions that act for the client whose event is being handled.
 *
 * They work in handlers and in everything that a handler starts: after an `await`, in timers, in
 * acknowledgement callbacks.
 */

import { RoomcastError } from "../base/errors.ts";
import { checkOptions, durationOption, type Hint, show } from "../base/options.ts";
import { fromArguments } from "../contract/arguments.ts";
import type {
  AnswerValues,
  DataAndOptions,
  EventAnswer,
  Register,
  ServerToClientEvents,
} from "../contract/events.ts";
import type { Answers } from "../core/ack/answers.ts";
import { clientIn, type Target } from "../core/model/target.ts";
import type { RoomOrRooms } from "../core/room-operations.ts";
import type { Socket } from "../core/socket/socket.ts";
import {
  type CallAllOptions,
  type CallOptions,
  callAllOptions,
  callOptions,
  type DisconnectOptions,
  deliveryOf,
  disconnectHint,
  disconnectOptions,
  type EmitOptions,
  emitOptions,
  eventHint,
  noticeOf,
  optionsOfEvent,
  plainDelivery,
  type SendOptions,
  sendOptions,
  sidToCall,
} from "./emit-options.ts";
import { requireContext } from "./handler-context.ts";
import {
  type ClientOptions,
  checkTargets,
  inNamespaceOptions,
  type NamespaceName,
  nameHint,
  namespaceOr,
  noOptions,
  type OneClientOptions,
  oneClientOptions,
  targetOf,
  targetOptions,
} from "./target-options.ts";

type Events = ServerToClientEvents<Register>;

/**
 * Sends an event: to the client whose event is being handled, unless the options say otherwise.
 *
 * Each client gets the events of one handler in their order. Events of a `connect` handler follow the
 * acceptance.
 *
 * @param event - the event's name
 * @param rest - the data (none, one value, or `args(…)` for several) and the options
 * @throws {@link ContextError} outside of handlers: use `socketio.emit()` there
 * @throws {@link RoomcastError} `ERR_EVENT_NAME` for a reserved name, `ERR_PAYLOAD` for data that cannot be
 *   sent
 */
export function emit<Name extends keyof Events & string>(
  event: Name,
  ...rest: DataAndOptions<Events[Name], EmitOptions<AnswerValues<Events[Name]>>>
): void {
  const { hub, socket } = requireContext("emit()", "Use socketio.emit() there.");
  const options = optionsOfEvent<EmitOptions>(emitOptions, rest, "emit()");
  if (options === undefined) {
    hub.broadcaster.reply(socket, event, rest[0], plainDelivery);
    return;
  }
  const target = targetOf("emit()", options, namespaceOr(options.namespace, socket.namespace), socket, false);
  hub.broadcaster.emit(target, event, rest[0], deliveryOf(options));
}

/**
 * Sends the `message` event, or `json`, like {@link emit}.
 *
 * @param data - the event's data
 * @param options - those of `emit`, and `json: true` for the `json` event
 * @throws {@link ContextError} outside of handlers: use `socketio.send()` there
 */
export function send(data: unknown, options: SendOptions = noOptions): void {
  const { hub, socket } = requireContext("send()", "Use socketio.send() there.");
  checkTargets(sendOptions, options, "send()", eventHint);
  const target = targetOf("send()", options, namespaceOr(options.namespace, socket.namespace), socket, false);
  hub.broadcaster.emit(target, options.json === true ? "json" : "message", data, deliveryOf(options));
}

/**
 * Sends an event to one client and waits for its acknowledgement.
 *
 * A `connect` handler must not wait for it: the client gets nothing before that handler is done.
 *
 * @param event - the event's name
 * @param rest - the data and the options; `timeout` in ms, default 60 000
 * @returns the client's answer: a value, or a list of several
 * @throws {@link TimeoutError} when the client does not answer in time
 * @throws {@link RoomcastError} `ERR_DISCONNECTED` when the client is not connected or leaves without an
 *   answer
 * @throws {@link ContextError} outside of handlers: use `socketio.call()` there
 */
export async function call<Name extends keyof Events & string>(
  event: Name,
  ...rest: DataAndOptions<Events[Name], CallOptions>
): Promise<EventAnswer<Events[Name]>> {
  const { hub, socket } = requireContext("call()", "Use socketio.call() there.");
  const options = optionsOfEvent<CallOptions>(callOptions, rest, "call()") ?? {};
  const namespace = namespaceOr(options.namespace, socket.namespace);
  const { timeout = callOptions.timeout.default } = options;
  const target = clientIn(namespace, sidToCall(options) ?? sidIn(socket, namespace));
  return fromArguments(await hub.ackRequests.call(target, event, rest[0], timeout)) as EventAnswer<
    Events[Name]
  >;
}

/**
 * Sends an event to several clients and collects their acknowledgements.
 *
 * Without options that name clients, every client of the namespace gets it.
 *
 * ```ts
 * for (const { sid, value, error } of await callAll("ready?", undefined, { to: room, timeout: 5_000 })) …
 * for await (const { sid, value, error } of callAll("ready?", undefined, { to: room })) … // each as it comes
 * ```
 *
 * @param event - the event's name
 * @param rest - the data and the options; `timeout` in ms, default 10 000
 * @returns when awaited, a list with an answer of each client, a value or an error; when iterated, the
 *   answers as they arrive
 * @throws {@link RoomcastError} `ERR_EVENT_NAME` for a reserved name, `ERR_PAYLOAD` for data that cannot be
 *   sent
 * @throws {@link ContextError} outside of handlers: use `socketio.callAll()` there
 */
export function callAll<Name extends keyof Events & string>(
  event: Name,
  ...rest: DataAndOptions<Events[Name], CallAllOptions>
): Answers<EventAnswer<Events[Name]>> {
  const { hub, socket } = requireContext("callAll()", "Use socketio.callAll() there.");
  const options = optionsOfEvent<CallAllOptions>(callAllOptions, rest, "callAll()") ?? {};
  const namespace = namespaceOr(options.namespace, socket.namespace);
  const { timeout = callAllOptions.timeout.default } = options;
  const target = targetOf("callAll()", options, namespace, socket, true);
  return hub.ackRequests.callAll(target, event, rest[0], timeout) as Answers<EventAnswer<Events[Name]>>;
}

/**
 * Puts the client into a room, or into several. It takes effect at once in this process; a client that has
 * left joins nothing.
 *
 * @param room - the room's name, or a list of names
 * @param options - other clients or another namespace
 * @returns a promise that settles when all processes know of it
 * @throws {@link RoomcastError} `ERR_ROOM` for a value that cannot name a room and for the sid of another
 *   client, `ERR_LIMIT` for a name that is too long and beyond `maxRooms`; the client then joins none of a
 *   list
 * @throws {@link ContextError} outside of handlers: use `socketio.joinRoom()` there
 */
export function joinRoom(room: RoomOrRooms, options: ClientOptions = noOptions): Promise<void> {
  const { hub, socket } = requireContext("joinRoom()", "Use socketio.joinRoom(room, { sid }) there.");
  checkTargets(targetOptions, options, "joinRoom()");
  const namespace = namespaceOr(options.namespace, socket.namespace);
  return hub.operations.join(targetOf("joinRoom()", options, namespace, socket, false), room);
}

/**
 * Takes the client out of a room, or out of several, at once in this process.
 *
 * @param room - the room's name, or a list of names
 * @param options - other clients or another namespace
 * @returns a promise that settles when all processes know of it
 * @throws {@link RoomcastError} `ERR_ROOM` for a value that cannot name a room, `ERR_LIMIT` for a name that
 *   is too long
 * @throws {@link ContextError} outside of handlers: use `socketio.leaveRoom()` there
 */
export function leaveRoom(room: RoomOrRooms, options: ClientOptions = noOptions): Promise<void> {
  const { hub, socket } = requireContext("leaveRoom()", "Use socketio.leaveRoom(room, { sid }) there.");
  checkTargets(targetOptions, options, "leaveRoom()");
  const namespace = namespaceOr(options.namespace, socket.namespace);
  return hub.operations.leave(targetOf("leaveRoom()", options, namespace, socket, false), room);
}

/**
 * Takes all clients out of a room, or out of several, at once in this process.
 *
 * @param room - the room's name, or a list of names
 * @param options - another namespace
 * @returns a promise that settles when all processes know of it
 * @throws {@link RoomcastError} `ERR_ROOM` for a value that cannot name a room, `ERR_LIMIT` for a name that
 *   is too long
 * @throws {@link ContextError} outside of handlers: use `socketio.closeRoom()` there
 */
export function closeRoom(room: RoomOrRooms, options: NamespaceName = {}): Promise<void> {
  const { hub, socket } = requireContext("closeRoom()", "Use socketio.closeRoom(room) there.");
  checkOptions(inNamespaceOptions, options, "closeRoom()", nameHint);
  return hub.operations.closeRoom(namespaceOr(options.namespace, socket.namespace), room);
}

/**
 * The rooms that the client is in, its own sid first.
 *
 * @param options - another namespace
 * @throws {@link ContextError} outside of handlers: use `socketio.rooms()` there
 */
export function rooms(options?: NamespaceName & { sid?: never }): string[];
/**
 * The rooms that another client is in.
 *
 * @param options - the client's sid; another namespace
 * @returns a promise of the rooms; of an empty list when the client is not connected
 */
export function rooms(options: NamespaceName & { sid: string }): Promise<readonly string[]>;
export function rooms(options: OneClientOptions = {}): string[] | Promise<readonly string[]> {
  const { hub, socket } = requireContext("rooms()", "Use socketio.rooms({ sid }) there.");
  checkOptions(oneClientOptions, options, "rooms()", nameHint);
  const { sid } = options;
  const namespace = namespaceOr(options.namespace, socket.namespace);
  if (sid !== undefined) return hub.operations.rooms(clientIn(namespace, sid));
  const own = namespace === socket.namespace ? socket : socket.client.socketIn(namespace);
  return own === undefined ? [] : [own.sid, ...own.rooms];
}

/**
 * How many bytes wait in this process to be written to the client.
 *
 * @param options - another client of this process, or another namespace
 * @throws {@link ContextError} outside of handlers: use `socketio.bufferedBytes()` there
 */
export function bufferedBytes(options: OneClientOptions = {}): number {
  const { hub, socket } = requireContext("bufferedBytes()", "Use socketio.bufferedBytes({ sid }) there.");
  checkOptions(oneClientOptions, options, "bufferedBytes()", nameHint);
  return hub.local.bufferedBytes(oneClient(socket, options));
}

/** The options of `expireAt`. */
export interface ExpiryOptions {
  /** How long before the end the client gets the event `auth_expiring`, in ms. Default 30 000. */
  notice?: number | undefined;
}

/** The table of {@link ExpiryOptions}. */
const expiryOptions = { notice: durationOption(30_000) } as const;

const expiryHint: Hint = (given) =>
  typeof given === "number" ? `Did you mean { notice: ${given} }?` : undefined;

/**
 * Sets when the client's authentication ends, for its whole connection.
 *
 * Some time before, the client gets the event `auth_expiring` with `{ expiresAt }`. An event handler may then
 * check new proof and call this function again. Otherwise the client gets `disconnect_reason`, and the
 * connection closes with the reason `authentication expired`. Stock clients reconnect after this, and the
 * `connect` handler decides again. In a recoverable namespace the end also holds for the next connection,
 * unless that handler calls this function.
 *
 * @param when - a date, or ms since 1970 (a token's `exp` is in seconds: `expireAt(token.exp * 1000)`);
 *   `null` for never
 * @param options - how long before the end the client gets its notice
 * @throws {@link RoomcastError} `ERR_OPTION` for a value that is no date
 * @throws {@link ContextError} outside of handlers
 */
export function expireAt(when: Date | number | null, options: ExpiryOptions = {}): void {
  const { socket } = requireContext(
    "expireAt()",
    "Call it in a handler that has checked the client's proof.",
  );
  checkOptions(expiryOptions, options, "expireAt()", expiryHint);
  const { notice = expiryOptions.notice.default } = options;
  const expiresAt = when instanceof Date ? when.getTime() : when;
  if (expiresAt !== null && !(Number.isFinite(expiresAt) && expiresAt >= earliestDate)) {
    throw new RoomcastError(
      "ERR_OPTION",
      `expireAt() takes a date or ms since 1970, not ${show(when)}. Multiply a time in seconds, such as a token's exp, by 1000.`,
    );
  }
  socket.client.expireAt(expiresAt, notice);
}

/** No client's authentication ends in 1973, so a smaller number is in seconds. */
const earliestDate = 100_000_000_000;

/**
 * Waits until the client has taken everything that was sent to it.
 *
 * With it a handler sends no faster than the client reads: `for (const chunk of file) { emit("chunk", chunk);
 * if (!(await drained())) break; }`
 *
 * @param options - another client of this process, or another namespace
 * @returns a promise of `true`, or of `false` when the client is not connected or leaves during the wait
 * @throws {@link ContextError} outside of handlers: use `socketio.drained()` there
 */
export function drained(options: OneClientOptions = {}): Promise<boolean> {
  const { hub, socket } = requireContext("drained()", "Use socketio.drained({ sid }) there.");
  checkOptions(oneClientOptions, options, "drained()", nameHint);
  return hub.local.drained(oneClient(socket, options));
}

/**
 * Disconnects the client from the namespace, after everything that was sent to it before.
 *
 * Stock clients do not reconnect by themselves after this, unless `retry: true` asks them to.
 *
 * @param options - other clients or another namespace; `close: true` ends whole connections; `reason` and
 *   `code` tell the client why, with the event `disconnect_reason`
 * @returns a promise that settles when all processes know of it
 * @throws {@link ContextError} outside of handlers: use `socketio.disconnect()` there
 */
export function disconnect(options: DisconnectOptions = {}): Promise<void> {
  const { hub, socket } = requireContext("disconnect()", "Use socketio.disconnect({ sid }) there.");
  checkOptions(disconnectOptions, options, "disconnect()", disconnectHint);
  const namespace = namespaceOr(options.namespace, socket.namespace);
  const { close = false } = options;
  return hub.operations.disconnect(
    targetOf("disconnect()", options, namespace, socket, false),
    close,
    noticeOf(options),
  );
}

function oneClient(socket: Socket, { sid, namespace: given }: OneClientOptions): Target {
  const namespace = namespaceOr(given, socket.namespace);
  return clientIn(namespace, sid ?? sidIn(socket, namespace));
}

function sidIn(socket: Socket, namespace: string): string | undefined {
  return namespace === socket.namespace ? socket.address : socket.client.socketIn(namespace)?.address;
}
