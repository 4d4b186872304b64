/** Programs about clients that come and go: middleware, handshakes, data, ends of connections. */

import type { Program } from "./stage.ts";

/** The programs by what they show. */
export const clients: Readonly<Record<string, Program>> = {
  "middleware before a client is accepted": async (stage) => {
    const io = stage.serve();
    io.use((socket, next) => {
      stage.log("first", socket.handshake.auth, socket.connected, socket.rooms);
      socket.data.user = socket.handshake.auth.user;
      setTimeout(next, 3);
    });
    io.use((socket, next) => {
      stage.log("second", socket.data);
      if (socket.data.user === undefined) {
        next(Object.assign(new Error("who are you?"), { data: { code: 401 } }));
      } else if (socket.data.user === "eve") {
        next(new Error("go away"));
      } else {
        socket.join("users");
        next();
      }
    });
    io.on("connection", (socket) => {
      stage.log(
        "connected",
        socket.data,
        socket.rooms.has("users"),
        socket.rooms.size,
        socket.connected,
        socket.disconnected,
      );
      socket.on("disconnect", () => stage.log("left", socket.data.user));
    });
    stage.client("nobody");
    await stage.seen("nobody", "connect_error");
    stage.client("eve", "/", { auth: { user: "eve" } });
    await stage.seen("eve", "connect_error");
    const ada = await stage.join("ada", "/", { auth: (done) => done({ user: "ada" }) });
    ada.disconnect();
    await stage.seen("server", "left");
  },

  "the handshake and the request": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      const { handshake, request, conn, client } = socket;
      stage.log(Object.keys(handshake).sort());
      stage.log(handshake.address, handshake.xdomain, handshake.secure, handshake.auth);
      stage.log(
        handshake.query.who,
        handshake.query.EIO,
        handshake.query.transport,
        handshake.headers["x-who"],
      );
      stage.log(typeof handshake.issued, typeof handshake.time, handshake.url.startsWith("/socket.io/?"));
      stage.log(request.headers["x-who"], request.url === handshake.url, request.method);
      stage.log(request.socket.remoteAddress === conn.remoteAddress, request.constructor.name);
      stage.log(conn.transport.name, conn.protocol, conn.readyState, client.conn === conn);
      stage.log(socket.handshake === handshake, socket.request === request, socket.conn === conn);
      socket.emit("done");
    });
    await stage.join("ada", "/", { query: { who: "ada" }, extraHeaders: { "x-who": "Ada" } });
    await stage.seen("ada", "done");
  },

  "data and properties of a socket": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.data.name = "Ada";
      stage.log(typeof socket.data.hasOwnProperty, Object.keys(socket.data));
      Object.assign(socket, { user: { id: 1 } });
      socket.on("who", (done) => done(socket.data, (socket as unknown as { user: unknown }).user));
      socket.on("replace", (done) => {
        socket.data = { other: true };
        done(socket.data);
      });
    });
    const ada = await stage.join("ada");
    const ask = (event: string) =>
      new Promise<void>((resolve) => {
        ada.emit(event, (...answer: unknown[]) => {
          stage.note("ada", ...answer);
          resolve();
        });
      });
    await ask("who");
    await ask("replace");
    await ask("who");
  },

  "a client that leaves": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.join("room");
      socket.on("disconnecting", (reason, description) => {
        stage.log("disconnecting", reason, description, socket.rooms, socket.connected);
        stage.log(io.sockets.adapter.rooms.get("room")?.size, io.sockets.sockets.size);
        socket.to("room").emit("leaves", 1);
      });
      socket.on("disconnect", (reason, description) => {
        stage.log("disconnect", reason, description, socket.rooms, socket.connected);
        stage.log(io.sockets.adapter.rooms.get("room")?.size, io.sockets.sockets.size);
        socket.to("room").emit("left", 2);
        socket.emit("never");
        io.emit("all", 3);
      });
    });
    const ada = await stage.join("ada");
    await stage.join("bob");
    ada.disconnect();
    await stage.seen("bob", "all");
  },

  "a connection that is lost": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.on("disconnecting", (reason) => stage.log("disconnecting", reason));
      socket.on("disconnect", (reason) => stage.log("disconnect", reason, io.engine.clientsCount));
    });
    const ada = await stage.join("ada");
    ada.io.engine.close();
    await stage.seen("server", "disconnect ");
  },

  "the server disconnects a client from a namespace": async (stage) => {
    const io = stage.serve();
    const chat = io.of("/chat");
    for (const nsp of [io.of("/"), chat]) {
      nsp.on("connection", (socket) => {
        socket.on("disconnect", (reason) => stage.log(nsp.name, reason));
        socket.on("leave", (close) => {
          socket.emit("bye");
          stage.log(socket.disconnect(close) === socket, socket.connected);
          socket.disconnect();
        });
      });
    }
    const ada = await stage.join("ada");
    const same = ada.io.socket("/chat");
    same.on("connect", () => stage.note("ada in chat", "connect"));
    same.on("bye", () => stage.note("ada in chat", "bye"));
    same.on("disconnect", (reason) => stage.note("ada in chat", "disconnect", reason));
    await stage.seen("ada in chat", "connect");
    same.emit("leave", false);
    await stage.seen("ada in chat", "disconnect");
    ada.emit("leave", true);
    await stage.seen("ada", "disconnect");
  },

  "the server ends a connection with its namespaces": async (stage) => {
    const io = stage.serve();
    for (const name of ["/", "/chat"]) {
      io.of(name).on("connection", (socket) => {
        socket.on("disconnect", (reason) => stage.log(name, reason));
        socket.on("end", () => socket.disconnect(true));
      });
    }
    const ada = await stage.join("ada");
    const same = ada.io.socket("/chat");
    same.on("connect", () => stage.note("ada in chat", "connect"));
    same.on("disconnect", (reason) => stage.note("ada in chat", "disconnect", reason));
    await stage.seen("ada in chat", "connect");
    ada.emit("end");
    await stage.seen("server", "/chat");
    await stage.seen("ada in chat", "disconnect");
  },

  "disconnecting several clients": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.on("disconnect", (reason) => stage.log(socket.id, reason));
    });
    const ada = await stage.join("ada");
    const bob = await stage.join("bob");
    await stage.join("cem");
    io.in(ada.id ?? "").disconnectSockets();
    await stage.seen("ada", "disconnect");
    io.in(bob.id ?? "").disconnectSockets(true);
    await stage.seen("bob", "disconnect");
    io.disconnectSockets();
    await stage.seen("cem", "disconnect");
    stage.log(io.sockets.sockets.size);
  },

  "the end of the server": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.on("disconnecting", (reason) => stage.log("disconnecting", reason));
      socket.on("disconnect", (reason) => stage.log("disconnect", reason));
    });
    await stage.join("ada");
    await stage.join("bob", "/");
    await new Promise<void>((resolve) => {
      void io.close((error) => {
        stage.log("closed", error, stage.http.listening);
        resolve();
      });
    });
    await stage.seen("ada", "disconnect");
    await stage.seen("bob", "disconnect");
  },

  "lists of clients": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.data.name = socket.handshake.auth.name;
      socket.join(socket.data.name < "c" ? ["early", socket.data.name] : "late");
    });
    for (const name of ["ada", "bob", "cem"]) await stage.join(name, "/", { auth: { name } });
    const names = async (list: Promise<{ data: { name: string }; rooms: Set<string> }[]>) =>
      stage.log((await list).map(({ data, rooms }) => [data.name, [...rooms]]));
    await names(io.fetchSockets());
    await names(io.in("early").fetchSockets());
    await names(io.in("early").except("ada").fetchSockets());
    await names(io.local.fetchSockets());
    stage.log(await io.in("early").allSockets(), (await io.allSockets()).size);
    const [first] = await io.fetchSockets();
    stage.log(first === io.sockets.sockets.get(first?.id ?? ""));
    first?.emit("to one", 1);
    first?.join("new");
    first?.leave("early");
    await names(io.in("new").fetchSockets());
    io.in("late").socketsJoin(["x", "y"]);
    io.socketsLeave("early");
    await names(io.fetchSockets());
    stage.log([...io.sockets.sockets.values()].map(({ data }) => data.name));
    await stage.seen("ada", "to one");
  },

  "rooms as the adapter shows them, and their events": async (stage) => {
    const io = stage.serve();
    const { adapter } = io.of("/");
    for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
      adapter.on(event, (...values) => stage.log(event, ...values));
    }
    const show = () => {
      // Which come first, rooms or the rooms of ids, is not the same on both.
      stage.log([...adapter.rooms.keys()].filter((room) => !adapter.sids.has(room)));
      stage.log([...adapter.sids.keys()], adapter.rooms.size, adapter.sids.size);
      stage.log(adapter.rooms.get("red"), adapter.rooms.has("blue"), adapter.rooms.get("none"));
    };
    io.on("connection", (socket) => {
      socket.join("hall");
      socket.on("join", (rooms, done) => {
        socket.join(rooms);
        stage.log(adapter.socketRooms(socket.id), adapter.sids.get(socket.id)?.has("red"));
        done();
      });
      socket.on("leave", (room, done) => {
        socket.leave(room);
        done();
      });
    });
    const ada = await stage.join("ada");
    const bob = await stage.join("bob");
    await ada.emitWithAck("join", ["red", "blue"]);
    await bob.emitWithAck("join", "red");
    show();
    await ada.emitWithAck("leave", "blue");
    await ada.emitWithAck("leave", "blue");
    const { id } = ada;
    ada.disconnect();
    await stage.seen("server", `leave-room ${id}`);
    await bob.emitWithAck("leave", "red");
    show();
  },

  "a volatile event to a client that takes it": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.on("ask", () => {
        const send = () => {
          if (socket.conn.transport.writable) socket.volatile.emit("volatile", 1);
          else setTimeout(send, 2);
        };
        setTimeout(send, 2);
      });
    });
    const ada = await stage.join("ada");
    ada.emit("ask");
    await stage.seen("ada", "volatile");
  },
};
