/** What a handler's error has to do with habits of Socket.IO: a socket or a callback. */

import { errorText, isInstance } from "../base/foreign-value.ts";

const callbackNames = /^(cb|callback|ack|acknowledge|acknowledgement|fn|done|reply|respond|answer)$/i;

const socketNames = /^(socket|client|sock|connection)$/i;

/** The members of Socket.IO's sockets that are called or read further, and what takes their place. */
const replacements: Readonly<Record<string, string>> = {
  emit: "emit(event, data) sends to the client",
  send: "send(data) sends to the client",
  to: "emit(event, data, { to: room, includeSelf: false }) sends to a room",
  in: "emit(event, data, { to: room, includeSelf: false }) sends to a room",
  except: "emit(event, data, { broadcast: true, except: room }) leaves out a room",
  broadcast: "emit(event, data, { broadcast: true, includeSelf: false }) sends to all others",
  volatile: "emit(event, data, { volatile: true }) may drop the event",
  emitWithAck: "await call(event, data) asks the client",
  timeout: "await call(event, data, { timeout }) asks the client",
  join: "joinRoom(room) joins a room",
  leave: "leaveRoom(room) leaves a room",
  disconnect: "disconnect() disconnects the client",
  on: 'socketio.on(event, handler), beside the handler of "connect", handles an event of every client',
  once: 'socketio.on(event, handler), beside the handler of "connect", handles an event of every client',
  onAny: 'socketio.on("*", handler) handles all other events',
  use: "socketio.use(middleware) wraps handlers",
  handshake: "request.auth, request.headers and request.query have what the client came with",
};

/** In Node `a.b is not a function`, and in Bun `… (In 'a.b(1)', 'a.b' is undefined)` behind it. */
const notCallable = /^(?:(\w+)\.)?(\w+) is not a function/;

/** In Node `Cannot read properties of undefined (reading 'b')`, in Bun `… (evaluating 'a.b')`. */
const notThere = /\(reading '(\w+)'\)$|\(evaluating '(?:\w+\.)+(\w+)/;

/** In Node `socket is not defined`, and in Bun `Can't find variable: socket`. */
const unknownName = /^(\w+) is not defined$|^Can't find variable: (\w+)$/;

/**
 * Says what to write instead, where an error looks like such a habit; `null` for all others. Never throws.
 *
 * @param event - the event whose handler failed
 */
export function oldHabitIn(error: unknown, event: string): string | null {
  if (isInstance(error, ReferenceError)) {
    const [, inNode, inBun] = unknownName.exec(errorText(error)) ?? [];
    return insteadOfName(inNode ?? inBun ?? "");
  }
  if (!isInstance(error, TypeError)) return null;
  const text = errorText(error);
  const [, object, called] = notCallable.exec(text) ?? [];
  if (called !== undefined) {
    if (object === undefined) return callbackNames.test(called) ? insteadOfCallback : null;
    return socketNames.test(object) ? insteadOfSocket(called) : null;
  }
  const [, read, evaluated] = notThere.exec(text) ?? [];
  const name = read ?? evaluated;
  // Without auth a connect handler gets nothing, and socket.broadcast is nothing in all others.
  if (name === undefined || !(event === "connect" || name === "emit" || name === "auth")) return null;
  if (name === "auth" || name === "query" || name === "headers") return insteadOfSocket("handshake");
  return Object.hasOwn(replacements, name)
    ? insteadOfSocket(name === "emit" && event !== "connect" ? "broadcast" : name)
    : null;
}

const insteadOfCallback =
  "Handlers get no callback for the acknowledgement: return the value, or a promise of it.";

/** A handler outside of a connection's listener names what only that had. */
function insteadOfName(name: string): string | null {
  if (callbackNames.test(name)) return insteadOfCallback;
  return name === "socket" || name === "sock" ? `${insteadOfSocket("emit")} ${roomsToo}` : null;
}

const roomsToo = "To send to a room: emit(event, data, { to: room, includeSelf: false }).";

function insteadOfSocket(member: string): string {
  const instead = Object.hasOwn(replacements, member) ? `: ${replacements[member]}` : "";
  return `Handlers get no socket, but the event's arguments. Functions of "roomcast" act for the client whose event is handled${instead}.`;
}
