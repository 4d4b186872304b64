/** Presence: a room for each name, and handlers for when it fills and when it has been empty for a while. */

import { join } from "node:path";
import express from "express";
import { ConnectionRefusedError, emit, joinRoom, SocketIO } from "roomcast";

declare module "roomcast" {
  interface Register {
    serverToClientEvents: { people(names: string[]): void };
  }
}

const app = express();
app.use(
  express.static(join(import.meta.dirname, "page")),
  express.static(join(import.meta.dirname, "../shared")),
);

const socketio = new SocketIO(app);
const prefix = "user:";
const people = new Set<string>();

socketio.onPresence(prefix, {
  online(room) {
    people.add(room.slice(prefix.length));
    socketio.emit("people", [...people].sort());
  },
  offline(room) {
    people.delete(room.slice(prefix.length));
    socketio.emit("people", [...people].sort());
  },
  // A page that reloads, or a phone that changes networks, was never gone.
  grace: Number(process.env.GRACE ?? 3_000),
});

socketio.on("connect", (auth) => {
  const name = auth?.name; // an application with accounts takes it from the login instead
  if (typeof name !== "string" || !/^[\w -]{1,20}$/.test(name))
    throw new ConnectionRefusedError("Choose a name of up to 20 letters or digits.");
  joinRoom(prefix + name);
  emit("people", [...people].sort());
});

await socketio.run({ port: Number(process.env.PORT ?? 5000) });
