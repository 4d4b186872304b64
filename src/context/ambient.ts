/**
 * The functions that act for the client whose event is being handled. They may be used in handlers and in whatever a
 * handler starts: after an `await`, in timers, in acknowledgement callbacks.
 */

import { fromArguments } from "../contract/arguments.ts";
import type {
  AnswerValues,
  DataAndOptions,
  EventAnswer,
  Register,
  ServerToClientEvents,
} from "../contract/events.ts";
import type { Socket } from "../core/socket.ts";
import {
  type CallOptions,
  defaultCallTimeout,
  deliveryOf,
  type EmitOptions,
  type SendOptions,
  targetOf,
} from "./emit-options.ts";
import { type HandlerContext, requireContext } from "./handler-context.ts";

type Events = ServerToClientEvents<Register>;

/** Which client and namespace a function acts on instead of the current ones. */
export interface ClientOptions {
  /** The client (by its sid). Default: the one whose event is being handled. */
  sid?: string | undefined;
  /** The namespace. Default: that of the event being handled. */
  namespace?: string | undefined;
}

/** The options of `disconnect`. */
export interface DisconnectOptions extends ClientOptions {
  /** Close the client's whole connection, not only this namespace. Default `false`. */
  close?: boolean | undefined;
}

/**
 * Sends an event: to the client whose event is being handled, unless the options say otherwise. Events that one
 * handler emits reach each client in that order; those that a `connect` handler emits follow the acceptance.
 *
 * @param event - the event's name
 * @param rest - the data (none, one value, or `args(…)` for several) and the options
 * @throws {@link ContextError} outside of handlers: use `socketio.emit()` there
 * @throws {@link RoomcastError} `ERR_EVENT_NAME` for a reserved name, `ERR_PAYLOAD` for data that cannot be sent
 */
export function emit<Name extends keyof Events & string>(
  event: Name,
  ...rest: DataAndOptions<Events[Name], EmitOptions<AnswerValues<Events[Name]>>>
): void {
  const [data, options] = rest as [unknown, EmitOptions?];
  emitFrom(requireContext("emit()", "Use socketio.emit() there."), event, data, options);
}

/**
 * Sends the `message` event, or `json`, like {@link emit}.
 *
 * @param data - the event's data
 * @param options - those of `emit`, and `json: true` for the `json` event
 * @throws {@link ContextError} outside of handlers: use `socketio.send()` there
 */
export function send(data: unknown, options: SendOptions = {}): void {
  const { json, ...rest } = options;
  const context = requireContext("send()", "Use socketio.send() there.");
  emitFrom(context, json === true ? "json" : "message", data, rest);
}

/**
 * Sends an event to one client and waits for its acknowledgement. A connect handler must not wait for it: the client
 * hears nothing before that handler is done.
 *
 * @param event - the event's name
 * @param rest - the data and the options; `timeout` in ms, default 60 000
 * @returns what the client answers with: a value, or a list of several
 * @throws {@link TimeoutError} when the client does not answer in time
 * @throws {@link RoomcastError} `ERR_DISCONNECTED` when the client is not there or leaves without an answer
 * @throws {@link ContextError} outside of handlers: use `socketio.call()` there
 */
export async function call<Name extends keyof Events & string>(
  event: Name,
  ...rest: DataAndOptions<Events[Name], CallOptions>
): Promise<EventAnswer<Events[Name]>> {
  const [data, options = {}] = rest as [unknown, CallOptions?];
  const { hub, socket } = requireContext("call()", "Use socketio.call() there.");
  const { to, namespace = socket.namespace, timeout = defaultCallTimeout } = options;
  const target = to === undefined ? socketIn(socket, namespace) : hub.socket(namespace, to);
  return fromArguments(await hub.call(target, event, data, timeout)) as EventAnswer<Events[Name]>;
}

/**
 * Puts the client into a room. It takes effect at once in this process; a client that has left joins nothing.
 *
 * @param room - the room's name
 * @param options - another client or namespace
 * @returns a promise that settles when all processes know of it
 * @throws {@link ContextError} outside of handlers: use `socketio.joinRoom()` there
 */
export function joinRoom(room: string, options?: ClientOptions): Promise<void> {
  const context = requireContext("joinRoom()", "Use socketio.joinRoom(room, { sid }) there.");
  const socket = findClient(context, options);
  if (socket !== undefined) context.hub.join(socket, room);
  return Promise.resolve();
}

/**
 * Takes the client out of a room.
 *
 * @param room - the room's name
 * @param options - another client or namespace
 * @throws {@link ContextError} outside of handlers: use `socketio.leaveRoom()` there
 */
export function leaveRoom(room: string, options?: ClientOptions): void {
  const context = requireContext("leaveRoom()", "Use socketio.leaveRoom(room, { sid }) there.");
  const socket = findClient(context, options);
  if (socket !== undefined) context.hub.leave(socket, room);
}

/**
 * Takes everybody out of a room, which ends it.
 *
 * @param room - the room's name
 * @param options - another namespace
 * @throws {@link ContextError} outside of handlers: use `socketio.closeRoom()` there
 */
export function closeRoom(room: string, options: { namespace?: string | undefined } = {}): void {
  const { hub, socket } = requireContext("closeRoom()", "Use socketio.closeRoom(room) there.");
  hub.closeRoom(options.namespace ?? socket.namespace, room);
}

/**
 * The rooms that the client is in, beginning with the one that is its own sid.
 *
 * @param options - another client or namespace
 * @throws {@link ContextError} outside of handlers: use `socketio.rooms()` there
 */
export function rooms(options?: ClientOptions): string[] {
  const socket = findClient(requireContext("rooms()", "Use socketio.rooms({ sid }) there."), options);
  return socket === undefined ? [] : [socket.sid, ...socket.rooms];
}

/**
 * Disconnects the client from the namespace, after what was sent to it before. Clients of the field do not reconnect
 * by themselves after this.
 *
 * @param options - another client or namespace; `close: true` ends its whole connection
 * @throws {@link ContextError} outside of handlers: use `socketio.disconnect()` there
 */
export function disconnect(options: DisconnectOptions = {}): void {
  const context = requireContext("disconnect()", "Use socketio.disconnect({ sid }) there.");
  const socket = findClient(context, options);
  socket?.disconnect();
  if (options.close === true) socket?.client.closeConnection();
}

function emitFrom(
  { hub, socket }: HandlerContext,
  event: string,
  data: unknown,
  options?: EmitOptions,
): void {
  if (options === undefined) {
    hub.reply(socket, event, data, noDelivery);
    return;
  }
  hub.emit(targetOf(options, socket), event, data, deliveryOf(options));
}

const noDelivery = {};

function findClient({ hub, socket }: HandlerContext, options: ClientOptions = {}): Socket | undefined {
  const { sid, namespace = socket.namespace } = options;
  return sid === undefined ? socketIn(socket, namespace) : hub.socket(namespace, sid);
}

/** The same client in a namespace that may be another one. */
function socketIn(socket: Socket, namespace: string): Socket | undefined {
  return namespace === socket.namespace ? socket : socket.client.socketIn(namespace);
}
