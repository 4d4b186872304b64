/** Programs with the names that everyday programs seldom use, so that each public name stands in one. */

import type { EventEmitter } from "node:events";
import type { Namespace } from "socket.io";
import type { Program, Stage } from "./stage.ts";

/** Uses every method of an emitter, for an event of the program's own. */
function useEmitter(stage: Stage, what: string, emitter: EventEmitter): void {
  const event = "own";
  const say = (text: string) => () => stage.log(what, text);
  const [removed, off] = [say("removed"), say("off")];
  emitter.setMaxListeners(20);
  stage.log(what, emitter.getMaxListeners());
  emitter.on(event, say("on"));
  emitter.addListener(event, say("added"));
  emitter.prependListener(event, say("prepended"));
  emitter.once(event, say("once"));
  emitter.prependOnceListener(event, say("prepended once"));
  emitter.on(event, removed);
  emitter.removeListener(event, removed);
  emitter.on(event, off);
  emitter.off(event, off);
  stage.log(what, emitter.listenerCount(event), emitter.eventNames().includes(event));
  stage.log(what, emitter.listeners(event).length, emitter.rawListeners(event).length);
}

/** The rest, where emitting calls the listeners. */
function emitOwn(stage: Stage, what: string, emitter: EventEmitter): void {
  useEmitter(stage, what, emitter);
  for (let time = 1; time <= 2; time += 1) {
    stage.log(what, "emit", emitter.emit("own"));
  }
  emitter.removeAllListeners("own");
  stage.log(what, emitter.emit("own"), emitter.listenerCount("own"));
}

/** Waits until clients take the next packet: those that poll have asked again. */
async function untilWritable(nsp: Namespace): Promise<void> {
  while (![...nsp.sockets.values()].every(({ conn }) => conn.transport.writable))
    await new Promise((resolve) => setTimeout(resolve, 2));
}

/** The name of an object's class. */
function classOf(value: object): string {
  return value.constructor.name;
}

/** The programs by what they show. */
export const names: Readonly<Record<string, Program>> = {
  "the methods of an emitter": async (stage) => {
    const io = stage.serve();
    emitOwn(stage, "engine", io.engine);
    emitOwn(stage, "adapter", io.of("/").adapter as unknown as EventEmitter);
    const chat = io.of("/chat");
    for (const [what, emitter] of Object.entries({ io, chat })) {
      useEmitter(stage, what, emitter as unknown as EventEmitter);
      emitter.removeAllListeners("own");
      stage.log(what, emitter.listenerCount("own"));
    }
    io.once("connection", () => stage.log("once"));
    io.on("connection", (socket) => {
      emitOwn(stage, "conn", socket.conn as unknown as EventEmitter);
      useEmitter(stage, "socket", socket as unknown as EventEmitter);
      socket.on("end", () => {
        socket.removeAllListeners("own");
        stage.log("socket", socket.listenerCount("own"));
        stage.log((socket as unknown as { server: unknown }).server === io);
        socket.emit("done");
      });
    });
    const ada = await stage.join("ada");
    ada.emit("own");
    ada.emit("own");
    ada.emit("end");
    await stage.seen("ada", "done");
    await stage.join("bob");
  },

  "the names of classes": async (stage) => {
    const io = stage.serve();
    class Own extends (io.constructor as new () => object) {}
    stage.log(
      classOf(io),
      classOf(io.engine),
      classOf(io.to("a")),
      new Own() instanceof io.constructor,
      Own.name,
    );
    stage.log(classOf(io.of("/")), classOf(io.of("/").adapter), classOf(io.of(/^\/never/)));
    io.on("connection", (socket) => {
      const { client, conn } = socket;
      stage.log(...[socket, client, conn, socket.broadcast, socket.timeout(1)].map(classOf));
      socket.emit("done");
    });
    await stage.join("ada");
    await stage.seen("ada", "done");
  },

  "a namespace sends, lists and moves": async (stage) => {
    const io = stage.serve();
    const chat = io.of("/chat");
    chat.on("connection", (socket) => {
      socket.data.name = socket.handshake.auth.name;
    });
    const ada = await stage.join("ada", "/chat", { auth: { name: "ada" } });
    const bob = await stage.join("bob", "/chat", { auth: { name: "bob" } });
    ada.on("who", (done) => done("ada"));
    bob.on("who", (done) => done("bob"));
    chat.socketsJoin("all");
    chat.in(bob.id ?? "").socketsJoin("bobs");
    chat.in("all").emit("all", 1);
    chat.send("message", 2);
    chat.write("message", 3);
    chat.compress(true).emit("compressed", 4);
    chat.local.emit("local", 6);
    stage.log([...(await chat.timeout(5000).emitWithAck("who"))].sort());
    stage.log((await chat.fetchSockets()).map(({ data }) => data.name).sort());
    stage.log((await chat.allSockets()).size);
    chat.socketsLeave("bobs");
    chat.to("bobs").emit("nothing", 7);
    chat.except("bobs").emit("end", 8);
    for (const name of ["ada", "bob"]) await stage.seen(name, "end");
    await untilWritable(chat);
    chat.volatile.emit("volatile", 9);
    for (const name of ["ada", "bob"]) await stage.seen(name, "volatile");
    chat.disconnectSockets();
    for (const name of ["ada", "bob"]) await stage.seen(name, "disconnect");
  },

  "an operator sends, lists and moves": async (stage) => {
    const io = stage.serve();
    const ada = await stage.join("ada");
    const bob = await stage.join("bob");
    for (const [name, client] of Object.entries({ ada, bob })) client.on("who", (done) => done(name));
    io.socketsJoin(["x", "y"]);
    const x = io.to("x");
    x.in("y").emit("once", 1);
    x.except(bob.id ?? "").emit("ada alone", 2);
    x.compress(false).emit("plain", 3);
    x.local.emit("local", 4);
    stage.log([...(await x.timeout(5000).emitWithAck("who"))].sort());
    stage.log((await x.fetchSockets()).length, (await x.allSockets()).size);
    x.socketsJoin("z");
    io.to("z").emit("z", 5);
    x.in("z").socketsLeave("z");
    io.to("z").emit("nothing", 6);
    x.to("z").emit("end", 8);
    for (const name of ["ada", "bob"]) await stage.seen(name, "end");
    await untilWritable(io.sockets);
    x.volatile.emit("volatile", 9);
    for (const name of ["ada", "bob"]) await stage.seen(name, "volatile 9");
    await untilWritable(io.sockets);
    io.volatile.to("x").emit("volatile", 10);
    for (const name of ["ada", "bob"]) await stage.seen(name, "volatile 10");
    x.disconnectSockets(true);
    for (const name of ["ada", "bob"]) await stage.seen(name, "disconnect");
  },

  "a socket sends, and stops listening to all": async (stage) => {
    const io = stage.serve();
    const heard = (event: string) => stage.log("any", event);
    io.on("connection", (socket) => {
      socket.join("all");
      socket.onAny(heard);
      socket.on("go", (done) => {
        stage.log(socket.listenersAny().length);
        socket.offAny(heard);
        socket.in("all").emit("in", 1);
        socket.except("none").emit("except", 2);
        socket.local.emit("local", 3);
        socket.compress(true).emit("own", 4);
        socket.broadcast.emit("end", 5);
        done();
      });
    });
    const ada = await stage.join("ada");
    await stage.join("bob");
    await ada.emitWithAck("go");
    await stage.seen("bob", "end");
    await ada.emitWithAck("go");
  },

  "the client below its sockets": async (stage) => {
    const io = stage.serve();
    io.of("/chat").on("connection", (socket) => {
      const { client, conn } = socket;
      stage.log(client.request === socket.request, client.conn === conn);
      stage.log((client as unknown as { id: string }).id === (conn as unknown as { id: string }).id);
      const { sockets } = client as unknown as { sockets: Map<string, unknown> };
      stage.log([...sockets.values()].length, sockets.get(socket.id) === socket);
      socket.emit("done");
    });
    io.on("connection", () => stage.log("root"));
    const ada = await stage.join("ada");
    const same = ada.io.socket("/chat");
    await new Promise((resolve) => same.on("done", () => resolve(null)));
  },

  "the connection, its transport and its messages": async (stage) => {
    const io = stage.serve({ pingInterval: 40, pingTimeout: 5000 });
    io.on("connection", (socket) => {
      const { conn } = socket;
      const { transport } = conn;
      stage.log(conn.request === socket.request, conn.upgrading, conn.upgraded, conn.readyState);
      stage.log(transport.name, transport.protocol, transport.readyState);
      stage.log(transport.sid === (conn as unknown as { id: string }).id || transport.name === "websocket");
      conn.on("message", (data) => stage.log("message", data));
      conn.on("data", (data) => stage.log("data", data));
      let hasFlushed = false;
      conn.once("flush", () => {
        hasFlushed = true;
      });
      conn.on("close", (reason) => stage.log("close", reason, conn.readyState, hasFlushed));
      socket.on("say", (_text, done) => {
        conn.once("heartbeat", () => {
          stage.log("heartbeat");
          socket.emit("beat", transport.writable === conn.transport.writable);
        });
        done();
      });
      socket.on("end", () => conn.close());
    });
    const ada = await stage.join("ada");
    await ada.emitWithAck("say", "hi");
    await stage.seen("ada", "beat");
    ada.emit("end");
    await stage.seen("server", "close");
    await stage.seen("ada", "disconnect");
  },

  "the engine, and closing it": async (stage) => {
    const io = stage.serve({ pingInterval: 7000, maxHttpBufferSize: 5000 });
    const { engine } = io;
    const { pingInterval, pingTimeout, maxHttpBufferSize, upgradeTimeout } = engine.opts;
    stage.log(pingInterval, pingTimeout, maxHttpBufferSize, upgradeTimeout, engine.opts.transports);
    // It is the server of an engine without socket.io.
    stage.log(engine.httpServer, io.httpServer === stage.http);
    stage.log(typeof (await engine.generateId({} as never)));
    io.on("connection", (socket) => {
      socket.on("disconnect", (reason) => stage.log("disconnect", reason, engine.clientsCount));
    });
    await stage.join("ada");
    stage.log(engine.clientsCount);
    engine.close();
    await stage.seen("server", "disconnect");
    await stage.seen("ada", "disconnect");
  },

  "the adapter, to be asked": async (stage) => {
    const io = stage.serve();
    const nsp = io.of("/");
    const { adapter } = nsp;
    io.on("connection", (socket) => {
      socket.join("red");
    });
    const ada = await stage.join("ada");
    await stage.join("bob");
    stage.log(adapter.nsp === nsp, await adapter.serverCount(), typeof io.adapter());
    stage.log((await adapter.sockets(new Set(["red"]))).size, (await adapter.sockets(new Set())).size);
    stage.log((await adapter.sockets(new Set([ada.id ?? "", "none"]))).size);
  },

  "a child of a rule, made before its first client": async (stage) => {
    const io = stage.serve();
    io.on("new_namespace", (nsp) => stage.log("new", nsp.name));
    const rule = io.of(/^\/room-\d+$/);
    rule.on("connection", (socket) => socket.emit("hello", socket.nsp.name));
    const child = (rule as unknown as { createChild(name: string): { name: string } }).createChild("/room-9");
    stage.log(child.name, child === io.of("/room-9"));
    await stage.join("ada", "/room-9");
    await stage.seen("ada", "hello");
  },

  "listening by another name, and events between servers that are alone": async (stage) => {
    const io = stage.keep(new stage.Server(stage.needed));
    stage.log(io.listen(stage.http, { pingInterval: 6000 }) === io);
    io.on("connection", (socket) => socket.emit("hello"));
    io.on("own", () => stage.log("never heard here"));
    stage.log(io.serverSideEmit("own", 1), io.of("/chat").serverSideEmit("own", 2));
    await stage.join("ada");
    await stage.seen("ada", "hello");
  },
};
