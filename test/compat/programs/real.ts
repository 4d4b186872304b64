/** Programs as real ones are: with sessions of a web application, other parsers, and old clients. */

import { createRequire } from "node:module";
import express, { type RequestHandler } from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-local";
import type { Server, Socket as ServerSocket } from "socket.io";
import * as msgpack from "socket.io-msgpack-parser";
import type { Program, Stage } from "./stage.ts";

const require = createRequire(import.meta.url);

/** What the middleware of a web application adds to a request. */
interface Visit {
  readonly session: { count?: number; save(done: (error?: unknown) => void): void };
  readonly user?: { readonly name: string };
}

const visitOf = ({ request }: ServerSocket) => request as unknown as Visit;

const sessionOptions = { secret: "keyboard cat", resave: false, saveUninitialized: true };

/** Asks a route of the web application; keeps the cookie. */
async function visit(stage: Stage, path: string, cookie = "", body?: object) {
  const response = await fetch(stage.url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { cookie, "content-type": "application/json" },
    redirect: "manual",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    text: await response.text(),
    cookie:
      response.headers
        .getSetCookie()
        .map((each) => each.split(";")[0])
        .join("; ") || cookie,
  };
}

/** A parser in the manner of socket.io's documents. */
class Encoder {
  encode(packet: unknown) {
    return [JSON.stringify(packet)];
  }
}

class Decoder {
  #listeners: ((packet: unknown) => void)[] = [];
  on(_event: string, listener: (packet: unknown) => void) {
    this.#listeners.push(listener);
  }
  removeListener() {}
  off() {}
  add(chunk: string) {
    for (const listener of this.#listeners) listener(JSON.parse(chunk));
  }
  destroy() {
    this.#listeners = [];
  }
}

function chat(io: Server, stage: Stage): void {
  const users = new Map<string, string>();
  io.on("connection", (socket: ServerSocket & { username?: string }) => {
    socket.on("add user", (name: string) => {
      socket.username = name;
      users.set(socket.id, name);
      socket.emit("login", { count: users.size });
      socket.broadcast.emit("user joined", { name, count: users.size });
    });
    socket.on("new message", (text, done) => {
      socket.broadcast.emit("new message", { name: socket.username, text });
      done?.({ status: "ok", text });
    });
    socket.on("typing", () => socket.broadcast.volatile.emit("typing", socket.username));
    socket.on("disconnect", () => {
      users.delete(socket.id);
      socket.broadcast.emit("user left", { name: socket.username, count: users.size });
      stage.log("left", socket.username);
    });
  });
}

/** The programs by what they show. */
export const real: Readonly<Record<string, Program>> = {
  "a chat": async (stage) => {
    chat(stage.serve(), stage);
    const ada = await stage.join("ada");
    const bob = await stage.join("bob");
    ada.emit("add user", "Ada");
    await stage.seen("bob", "user joined");
    bob.emit("add user", "Bob");
    await stage.seen("ada", "user joined");
    stage.note("ada", "answer", await ada.emitWithAck("new message", "hi"));
    await stage.seen("bob", "new message");
    bob.disconnect();
    await stage.seen("ada", "user left");
  },

  "private messages, with sessions of the program's own": async (stage) => {
    const io = stage.serve();
    const sessions = new Map<string, { userID: string; username: string; connected: boolean }>();
    let count = 0;
    io.use((socket, next) => {
      const { sessionID, username } = socket.handshake.auth;
      const known = sessions.get(sessionID);
      if (known !== undefined) Object.assign(socket.data, { sessionID, ...known });
      else if (typeof username !== "string") return next(new Error("invalid username"));
      else {
        count += 1;
        Object.assign(socket.data, { sessionID: `session ${count}`, userID: `user ${count}`, username });
      }
      next();
    });
    io.on("connection", async (socket) => {
      const { sessionID, userID, username } = socket.data;
      sessions.set(sessionID, { userID, username, connected: true });
      socket.emit("session", { sessionID, userID });
      await socket.join(userID);
      socket.emit("users", [...sessions.values()]);
      socket.broadcast.emit("user connected", { userID, username });
      socket.on("private message", ({ content, to }) => {
        socket.to(to).to(userID).emit("private message", { content, from: userID, to });
      });
      socket.on("disconnect", async () => {
        const matching = await io.in(userID).fetchSockets();
        if (matching.length > 0) return;
        socket.broadcast.emit("user disconnected", userID);
        sessions.set(sessionID, { userID, username, connected: false });
      });
    });
    stage.client("eve");
    await stage.seen("eve", "connect_error");
    const ada = await stage.join("ada", "/", { auth: { username: "Ada" } });
    await stage.seen("ada", "users");
    const bob = await stage.join("bob", "/", { auth: { username: "Bob" } });
    await stage.seen("ada", "user connected");
    await stage.seen("bob", "users");
    const again = await stage.join("ada again", "/", { auth: { sessionID: "session 1" } });
    await stage.seen("bob", "user connected");
    await stage.seen("ada again", "users");
    bob.emit("private message", { content: "secret", to: "user 1" });
    await stage.seen("ada", "private message");
    await stage.seen("ada again", "private message");
    again.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    ada.disconnect();
    await stage.seen("bob", "user disconnected");
  },

  "express-session for routes and sockets": async (stage) => {
    const app = express();
    const middleware = session(sessionOptions);
    app.use(middleware);
    app.get("/count", (req, res) => {
      const { session: data } = req as unknown as Visit;
      data.count = (data.count ?? 0) + 1;
      res.send(String(data.count));
    });
    stage.http.on("request", app);
    const io = stage.serve();
    io.engine.use(middleware);
    io.on("connection", (socket) => {
      const { session: data } = visitOf(socket);
      socket.on("count", (done) => {
        data.count = (data.count ?? 0) + 1;
        data.save((error) => done(error ?? data.count));
      });
    });
    const { cookie, text } = await visit(stage, "/count");
    stage.log(text);
    const ada = await stage.join("ada", "/", { extraHeaders: { cookie } });
    stage.note("ada", await ada.emitWithAck("count"), await ada.emitWithAck("count"));
    stage.log((await visit(stage, "/count", cookie)).text);
    // A visitor without a cookie gets one with the handshake.
    const bob = await stage.join("bob");
    stage.note("bob", await bob.emitWithAck("count"));
  },

  "Passport, in middleware of the namespace": async (stage) => {
    const app = express();
    const local = new passport.Passport();
    local.use(
      new Strategy((username, password, done) => {
        done(null, password === "secret" ? { name: username } : false);
      }),
    );
    local.serializeUser((user, done) => done(null, user));
    local.deserializeUser((user: { name: string }, done) => done(null, user));
    const middleware = session(sessionOptions);
    app.use(middleware, express.json(), local.initialize(), local.session());
    app.post("/login", local.authenticate("local"), (_req, res) => {
      res.send("welcome");
    });
    stage.http.on("request", app);
    const io = stage.serve();
    const wrap = (handler: RequestHandler) => (socket: ServerSocket, next: (error?: Error) => void) =>
      handler(socket.request as never, {} as never, next as never);
    io.use(wrap(middleware));
    io.use(wrap(local.initialize() as RequestHandler));
    io.use(wrap(local.session() as RequestHandler));
    io.use((socket, next) => next(visitOf(socket).user ? undefined : new Error("unauthorized")));
    io.on("connection", (socket) => socket.emit("whoami", visitOf(socket).user?.name));
    stage.client("eve");
    await stage.seen("eve", "connect_error");
    const { cookie, text } = await visit(stage, "/login", "", { username: "ada", password: "secret" });
    stage.log(text);
    await stage.join("ada", "/", { extraHeaders: { cookie } });
    await stage.seen("ada", "whoami");
  },

  "the parser for MessagePack": async (stage) => {
    chat(stage.serve({ parser: msgpack }), stage);
    const ada = await stage.join("ada", "/", { parser: msgpack });
    await stage.join("bob", "/", { parser: msgpack });
    ada.emit("add user", "Ada");
    stage.note("ada", "answer", await ada.emitWithAck("new message", { bytes: Buffer.from([1, 2]) }));
    await stage.seen("bob", "new message");
  },

  "a parser of the program's own": async (stage) => {
    chat(stage.serve({ parser: { Encoder, Decoder } }), stage);
    const ada = await stage.join("ada", "/", { parser: { Encoder, Decoder } });
    await stage.join("bob", "/", { parser: { Encoder, Decoder } });
    ada.emit("add user", "Ada");
    stage.note("ada", "answer", await ada.emitWithAck("new message", [1, "ü"]));
    await stage.seen("bob", "new message");
  },

  "clients of Socket.IO 2 and 3": async (stage) => {
    const io = stage.serve({ allowEIO3: true });
    chat(io, stage);
    io.of("/old").on("connection", (socket) => {
      stage.log(socket.conn.protocol, socket.handshake.auth.token, socket.handshake.query.who);
      socket.on("bytes", (bytes, done) => done(bytes, "ü"));
      socket.on("leave", () => socket.disconnect());
    });
    io.of("/refused").use((_socket, next) => next(Object.assign(new Error("no"), { data: { code: 1 } })));
    for (const [name, version] of [
      ["two", "socket.io-client-2"],
      ["three", "socket.io-client-3.1"],
    ] as const) {
      const old = require(version);
      const options = { transports: stage.transports, forceNew: true, reconnection: false };
      const client = old(`${stage.url}/old?token=t&who=w`, { ...options, query: { token: "t", who: "w" } });
      stage.cleanUp(() => client.close());
      await new Promise((resolve) => client.on("connect", resolve));
      await new Promise<void>((resolve) => {
        client.emit("bytes", Buffer.from([1, 2]), (...answer: unknown[]) => {
          stage.note(name, ...answer);
          resolve();
        });
      });
      const ended = new Promise((resolve) => client.on("disconnect", resolve));
      client.emit("leave");
      stage.note(name, await ended);
      const refused = old(`${stage.url}/refused`, options);
      stage.cleanUp(() => refused.close());
      const error = await new Promise((resolve) => {
        refused.on("error", resolve);
        refused.on("connect_error", resolve);
      });
      stage.note(name, error);
    }
  },
};
