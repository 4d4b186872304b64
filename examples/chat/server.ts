/** A chat behind a login: express-session remembers the visitor, and handlers read the same session. */

import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import express from "express";
import expressSessions from "express-session";
import { ConnectionRefusedError, emit, expressSession, joinRoom, SocketIO, session } from "roomcast";

type Message = { from: string; text: string };

declare module "express-session" {
  interface SessionData {
    name: string;
  }
}

declare module "roomcast" {
  interface Register {
    clientToServerEvents: { say(text: string): void };
    serverToClientEvents: { history(messages: Message[]): void; message(message: Message): void };
    session: { name?: string };
  }
}

const sessions = expressSessions({
  secret: process.env.SESSION_SECRET ?? randomBytes(32).toString("hex"), // else a restart logs everyone out
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: "lax", secure: "auto" },
});

const app = express();
app.use(
  express.static(join(import.meta.dirname, "page")),
  express.static(join(import.meta.dirname, "../shared")),
);
app.use(sessions, express.json());

const socketio = new SocketIO(app, { session: expressSession(sessions) });

// In a real application a database holds these.
const users = new Map<string, { salt: Buffer; hash: Buffer }>();
const history: Message[] = [];

/** Checks the password of a known name, and registers a new one. */
function isRight(name: string, password: string): boolean {
  const user = users.get(name);
  const salt = user?.salt ?? randomBytes(16);
  const hash = scryptSync(password, salt, 32);
  if (user) return timingSafeEqual(user.hash, hash);
  users.set(name, { salt, hash });
  return true;
}

app.post("/login", (request, response, next) => {
  const { name, password } = request.body ?? {};
  if (typeof name !== "string" || typeof password !== "string" || !/^[\w -]{1,20}$/.test(name) || !password) {
    response.status(400).send("Give a name of up to 20 letters or digits, and a password.");
  } else if (!isRight(name, password)) {
    response.status(401).send("The password is wrong.");
  } else {
    // A new session id, so that nothing that was known before the login is worth anything after it.
    request.session.regenerate((error) => {
      if (error) return next(error);
      request.session.name = name;
      response.send(name);
    });
  }
});

app.post("/logout", (request, response, next) => {
  const { name } = request.session;
  request.session.destroy((error) => {
    if (error) return next(error);
    if (name) socketio.disconnect({ to: `user:${name}`, reason: "You have logged out." });
    response.sendStatus(204);
  });
});

socketio.events({
  connect() {
    if (!session.name) throw new ConnectionRefusedError("Log in first.");
    joinRoom(`user:${session.name}`); // all tabs of one user, so that a logout reaches them all
    emit("history", history);
  },
  say(text) {
    if (!session.name || typeof text !== "string" || text.trim() === "" || text.length > 500) return;
    const message = { from: session.name, text };
    history.push(message);
    if (history.length > 50) history.shift();
    emit("message", message, { broadcast: true });
  },
});

await socketio.run({ port: Number(process.env.PORT ?? 5000) });
