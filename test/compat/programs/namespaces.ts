/** Programs about namespaces, with names and with rules. */

import type { Program } from "./stage.ts";

/** The programs by what they show. */
export const namespaces: Readonly<Record<string, Program>> = {
  "namespaces of their own": async (stage) => {
    const io = stage.serve();
    io.on("new_namespace", (nsp) => stage.log("new", nsp.name));
    const chat = io.of("chat", (socket) => stage.log("callback", socket.nsp.name));
    stage.log(
      chat === io.of("/chat"),
      chat.name,
      io.of("/").name,
      io.sockets === io.of("/"),
      chat.server === io,
    );
    chat.use((socket, next) => {
      stage.log("middleware", socket.nsp === chat);
      next();
    });
    chat.on("connect", () => stage.log("connect"));
    chat.on("connection", (socket) => {
      stage.log(
        "connection",
        chat.sockets.get(socket.id) === socket,
        chat.sockets.size,
        io.sockets.sockets.size,
      );
      socket.join("room");
      socket.emit("hello", socket.nsp.name);
      socket.on("say", (text) => {
        chat.to("room").emit("said", text);
        io.emit("other namespace", text);
      });
    });
    io.on("connection", () => stage.log("root"));
    const ada = await stage.join("ada", "/chat");
    await stage.join("bob");
    await stage.join("cem", "/chat");
    ada.emit("say", "hi");
    for (const name of ["ada", "bob", "cem"]) await stage.seen(name, "hi");
    stage.client("dora", "/unknown");
    await stage.seen("dora", "connect_error");
  },

  "a client of namespaces alone": async (stage) => {
    const io = stage.serve();
    io.of("/a").on("connection", (socket) => socket.on("x", (done) => done(socket.nsp.name)));
    io.of("/b").on("connection", (socket) => socket.on("x", (done) => done(socket.nsp.name)));
    const a = await stage.join("a", "/a");
    const b = a.io.socket("/b");
    stage.note("a", await a.emitWithAck("x"), await b.emitWithAck("x"));
    stage.log(io.sockets.sockets.size, io.of("/a").sockets.size, io.engine.clientsCount);
  },

  "namespaces that a pattern allows": async (stage) => {
    const io = stage.serve();
    io.on("new_namespace", (nsp) => stage.log("new", nsp.name));
    const rule = io.of(/^\/room-\d+$/);
    rule.use((socket, next) => {
      stage.log("middleware", socket.nsp.name);
      next();
    });
    rule.on("connection", (socket) => {
      stage.log("connection", socket.nsp.name, socket.nsp === io.of(socket.nsp.name));
      socket.on("say", (text) => socket.nsp.emit("said", text));
    });
    await stage.join("ada", "/room-1");
    const bob = await stage.join("bob", "/room-1");
    await stage.join("cem", "/room-2");
    stage.client("dora", "/room-x");
    await stage.seen("dora", "connect_error");
    bob.emit("say", "in one");
    await stage.seen("ada", "in one");
    rule.emit("to all", 1);
    for (const name of ["ada", "bob", "cem"]) await stage.seen(name, "to all");
    stage.log(io.of("/room-3").name);
  },

  "rooms in namespaces that a pattern allows": async (stage) => {
    const io = stage.serve();
    const rule = io.of(/^\/room-\d+$/);
    rule.on("connection", (socket) => {
      socket.join(socket.handshake.auth.room);
    });
    await stage.join("ada", "/room-1", { auth: { room: "tea" } });
    await stage.join("bob", "/room-1", { auth: { room: "milk" } });
    await stage.join("cem", "/room-2", { auth: { room: "tea" } });
    rule.to("tea").emit("for tea", 1);
    rule.except("tea").emit("not for tea", 2);
    rule.to(["tea", "milk"]).emit("for both", 3);
    rule.local.emit("end");
    for (const name of ["ada", "bob", "cem"]) await stage.seen(name, "end");
  },

  "namespaces that a function allows": async (stage) => {
    const io = stage.serve();
    const rule = io.of((name, auth, next) => {
      stage.log("asked", name, auth);
      if (auth.fail) next(new Error("failed"), true);
      else setTimeout(() => next(null, auth.token === "right"), 2);
    });
    rule.on("connection", (socket) => stage.log("connection", socket.nsp.name));
    await stage.join("ada", "/any", { auth: { token: "right" } });
    await stage.join("bob", "/any", { auth: { token: "not asked again" } });
    stage.client("cem", "/other", { auth: { token: "wrong" } });
    await stage.seen("cem", "connect_error");
    stage.client("dora", "/other", { auth: { fail: true } });
    await stage.seen("dora", "connect_error");
  },

  "the first rule that allows a name": async (stage) => {
    const io = stage.serve();
    io.of((name, _auth, next) => next(null, name === "/b")).on("connection", () => stage.log("function"));
    io.of(/^\/[ab]$/).on("connection", () => stage.log("pattern"));
    await stage.join("ada", "/a");
    await stage.join("bob", "/b");
  },

  "namespaces that end with their last client": async (stage) => {
    const io = stage.serve({ cleanupEmptyChildNamespaces: true });
    io.on("new_namespace", (nsp) => stage.log("new", nsp.name));
    io.of(/^\/room-\d+$/).on("connection", (socket) => {
      socket.on("disconnect", () => stage.log("left"));
    });
    for (const name of ["ada", "bob"]) {
      const client = await stage.join(name, "/room-1");
      client.disconnect();
      await new Promise<void>((resolve) => {
        const check = () => (io.of("/").server.engine.clientsCount === 0 ? resolve() : setTimeout(check, 2));
        check();
      });
    }
  },

  "errors of what is not allowed": async (stage) => {
    const io = stage.serve();
    const attempt = (what: string, run: () => unknown) => {
      try {
        run();
        stage.log(what, "worked");
      } catch (error) {
        stage.log(what, error);
      }
    };
    attempt("global pattern", () => io.of(/a/g));
    attempt("reserved between servers", () => io.serverSideEmit("connection"));
    attempt("list of a rule", () => io.of(/^\/x$/).fetchSockets());
  },
};
