/** A chat behind a login: Express answers logins, Roomcast carries the messages, Vite makes the page. */

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import express from "express";
import { emit, expressSession, joinRoom, refuse, SocketIO, session } from "roomcast";
import { chat } from "./contract.ts";
import { FileMap } from "./server/file-map.ts";
import { FloodLimit } from "./server/flood-limit.ts";
import { History } from "./server/history.ts";
import { logins, sessionsIn } from "./server/logins.ts";

declare module "roomcast" {
  interface Register {
    contract: typeof chat;
  }
}

const folder = process.env.DATA ?? join(import.meta.dirname, "data");
const sessions = sessionsIn(folder);
const history = new History(new FileMap(join(folder, "messages.jsonl")));
const limit = new FloodLimit(Number(process.env.MUTE ?? 5_000));
const people = new Set<string>();

const app = express();
const server = createServer(app);
const socketio = new SocketIO(server, {
  contract: chat,
  session: expressSession(sessions), // the visitor's session, so a client cannot choose its name
  recovery: true, // a client that was away for a moment gets what it missed
  dedupe: true, // and what it sent twice is handled once
});

app.get("/health", (_request, response) => void response.json({ clients: socketio.clientCount }));
app.use(
  sessions,
  express.json(),
  logins(folder, (login) => {
    socketio.disconnect({ to: `login:${login}`, reason: "You have logged out.", code: "logout" });
  }),
);

socketio.events({
  connect() {
    if (!session.name) throw refuse("login");
    joinRoom([`user:${session.name}`, `login:${session.login}`]);
    emit("welcome", { name: session.name });
    emit("people", [...people]);
  },

  enter(room) {
    joinRoom(room);
    return history.latest(room);
  },

  say(letter) {
    const known = history.find(letter.id);
    if (known) return known; // its answer was lost, perhaps with the server
    const until = limit.count(session.name);
    if (until) throw refuse("muted", { until });
    const message = history.add({ ...letter, from: session.name, at: Date.now() });
    emit("said", message, { to: message.room });
    return message;
  },

  typing(room) {
    emit("typing", { room, name: session.name }, { to: room, includeSelf: false, volatile: true });
  },
});

// A user is online while one of their tabs is connected. One that reloads was never gone.
const prefix = "user:";
socketio.onPresence(prefix, {
  online(room) {
    const name = room.slice(prefix.length);
    people.add(name);
    socketio.emit("people", { online: [name] });
  },
  offline(room) {
    const name = room.slice(prefix.length);
    people.delete(name);
    socketio.emit("people", { offline: [name] });
  },
  grace: Number(process.env.GRACE ?? 3_000),
});

if (process.env.NODE_ENV === "production") {
  const page = join(import.meta.dirname, "dist");
  if (!existsSync(page)) throw new Error(`Build the page first: npx vite build ${import.meta.dirname}`);
  app.use(express.static(page));
} else {
  const vite = await import("vite");
  const { middlewares } = await vite.createServer({
    root: import.meta.dirname,
    server: { middlewareMode: true, hmr: { server } },
  });
  app.use(middlewares);
}

await socketio.run({ port: Number(process.env.PORT ?? 5000) });
