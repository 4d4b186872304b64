/** Methods that servers of Socket.IO have and this one does not: each says what takes its place. */

import { RoomcastError } from "../base/errors.ts";

const replacements = {
  to: "emit(event, data, { to: room })",
  in: "emit(event, data, { to: room })",
  except: "emit(event, data, { except: room })",
  timeout: "callAll(event, data, { timeout })",
  emitWithAck: "await callAll(event, data), or call(event, data, { sid }) for one client",
  of: 'socketio.namespace("/chat")',
  listen: "await socketio.run({ port })",
  close: "await socketio.stop()",
  fetchSockets: "await sockets()",
  allSockets: "await sockets()",
  socketsJoin: "joinRoom(room, { to })",
  socketsLeave: "leaveRoom(room, { to })",
  disconnectSockets: "disconnect({ to }) or disconnect({ broadcast: true })",
  adapter: 'new SocketIO(app, { messageQueue: "redis://localhost" })',
  attachApp: "socketio.attach(server)",
  path: "the option path of new SocketIO()",
  serveClient: "the option serveClient of new SocketIO()",
  connectTimeout: "the option connectTimeout of new SocketIO()",
  serverSideEmit: "socketio.servers.emit(event, data)",
  serverSideEmitWithAck: "await socketio.servers.callAll(event, data)",
} as const;

/** Has a class refuse the methods, for callers that no compiler has told that there are none. */
export function refuseOldMethods(owner: { readonly prototype: object }): void {
  for (const [name, instead] of Object.entries(replacements)) {
    const value = () => {
      throw new RoomcastError(
        "ERR_OPTION",
        `There is no method ${name}(), which Socket.IO's servers have. Here it is ${instead}. For a program of Socket.IO as it is, import Server from "roomcast/socket.io".`,
      );
    };
    Object.defineProperty(owner.prototype, name, { value, writable: true, configurable: true });
  }
}
