/** Programs of everyday things: events, acknowledgements, rooms, broadcasts. */

import type { Program } from "./stage.ts";

/** The programs by what they show. */
export const basics: Readonly<Record<string, Program>> = {
  "events with arguments of every kind": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.emit("welcome", socket.id, 1, null, true, { a: [1] }, Buffer.from([1, 2]));
      socket.on("say", (...values) => {
        stage.log("say", ...values);
        socket.emit("said", ...values);
      });
      socket.send("a message", 2);
      socket.write("another");
    });
    const ada = await stage.join("ada");
    ada.emit("say");
    ada.emit("say", "text", 1.5, [null], { deep: { b: Buffer.from([9]) } });
    ada.emit("say", Buffer.from([7]), "ü€");
    await stage.seen("ada", "ü€");
  },

  "a value that is undefined": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.emit("nothing", undefined, 1);
      stage.log("sent");
    });
    await stage.join("ada");
    await stage.seen("ada", "nothing");
  },

  "several listeners of an event, in their order": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      const gone = () => stage.log("gone");
      socket.on("x", gone);
      socket.on("x", () => stage.log("second"));
      socket.once("x", () => stage.log("once"));
      socket.prependListener("x", () => stage.log("first"));
      socket.off("x", gone);
      socket.on("x", function (this: unknown, value: number) {
        stage.log(this === socket, value, socket.listenerCount("x"));
        if (value === 2) socket.removeAllListeners("x");
        socket.emit("next");
      });
      socket.onAny((event, value) => {
        stage.log("any", event, value);
        if (value > 2) socket.emit("next");
      });
      socket.prependAny((event) => stage.log("before any", event));
    });
    const ada = await stage.join("ada");
    for (let value = 1; value <= 4; value += 1) {
      ada.emit("x", value);
      await new Promise<void>((resolve) => ada.once("next", () => resolve()));
    }
  },

  "acknowledgements of events of the client": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.on("add", (a, b, done) => done(a + b));
      socket.on("twice", (done) => {
        done("one");
        done("two");
      });
      socket.on("nothing", (done) => done());
      socket.on("several", (done) => done(1, "b", { c: 3 }, Buffer.from([4])));
      socket.on("late", (done) => setTimeout(() => done("late"), 5));
      socket.on("never", () => {});
    });
    const ada = await stage.join("ada");
    const ask = (...values: [string, ...unknown[]]) =>
      new Promise<void>((resolve) => {
        const isSilent = values[0] === "never" || values[0] === "without a listener";
        ada.timeout(isSilent ? 150 : 5000).emit(...values, (...answer: unknown[]) => {
          stage.note("ada", "answer to", values[0], ...answer);
          resolve();
        });
      });
    await ask("add", 1, 2);
    await ask("twice");
    await ask("nothing");
    await ask("several");
    await ask("late");
    await ask("never");
    await ask("without a listener");
  },

  "acknowledgements of events of the server": async (stage) => {
    const io = stage.serve();
    io.on("connection", async (socket) => {
      socket.emit("add", 1, 2, function (this: unknown, ...answer: unknown[]) {
        stage.log("answer", ...answer);
      });
      stage.log(await socket.emitWithAck("add", 3, 4));
      socket.timeout(15_000).emit("add", 5, 6, (...answer: unknown[]) => stage.log("in time", ...answer));
      stage.log(await socket.timeout(15_000).emitWithAck("add", 7, 8));
      await socket
        .timeout(10)
        .emitWithAck("silent")
        .catch((error: unknown) => stage.log("rejected", error));
      socket.timeout(10).emit("silent", (...answer: unknown[]) => {
        stage.log("too late", ...answer);
        socket.emit("done");
      });
    });
    const ada = stage.client("ada");
    ada.on("add", (a, b, done) => done(a + b, "more"));
    await stage.seen("ada", "done");
  },

  "rooms, their members and whom they reach": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      stage.log("rooms", socket.rooms);
      socket.on("join", (rooms, done) => {
        void socket.join(rooms);
        stage.log(socket.rooms, socket.rooms.has(socket.id));
        done();
      });
      socket.on("leave", (room, done) => {
        void socket.leave(room);
        stage.log(socket.rooms);
        done();
      });
      socket.on("to", (rooms, text) => socket.to(rooms).emit("heard", text));
      socket.on("in", (room, text) => io.in(room).emit("heard", text));
      socket.on("broadcast", (text) => socket.broadcast.emit("heard", text));
      socket.on("except", (room, text) => socket.broadcast.except(room).emit("heard", text));
    });
    const ada = await stage.join("ada");
    const bob = await stage.join("bob");
    const cem = await stage.join("cem");
    await ada.emitWithAck("join", "kitchen");
    await bob.emitWithAck("join", ["kitchen", "attic"]);
    await cem.emitWithAck("join", "attic");
    ada.emit("to", "kitchen", 1);
    ada.emit("to", ["kitchen", "attic"], 2);
    ada.emit("in", "kitchen", 3);
    ada.emit("broadcast", 4);
    ada.emit("except", "kitchen", 5);
    ada.emit("except", cem.id, 6);
    ada.emit("to", bob.id, 7);
    await ada.emitWithAck("leave", "kitchen");
    ada.emit("in", "kitchen", 8);
    ada.emit("broadcast", "end");
    await stage.seen("bob", "end");
    await stage.seen("cem", "end");
  },

  "broadcasts of the server": async (stage) => {
    const io = stage.serve();
    const ada = await stage.join("ada");
    const bob = await stage.join("bob");
    await stage.join("cem");
    io.in(bob.id ?? "").socketsJoin(["red", "blue"]);
    io.in(ada.id ?? "").socketsJoin("red");
    io.emit("all", 1);
    io.sockets.emit("all", 2);
    io.of("/").emit("all", 3);
    io.to("red").emit("red", 4);
    io.to("red").to("blue").emit("red or blue, once", 5);
    io.to("red").except("blue").emit("red, not blue", 6);
    io.except(["red"]).emit("not red", 7);
    io.local.emit("local", 8);
    io.compress(false).to("blue").emit("blue", 10);
    io.send("message", 11);
    io.write("message");
    io.to([]).emit("to no room is to all", 12);
    io.socketsLeave("red");
    io.to("red").emit("nothing");
    stage.log(io.emit("all", "end"), io.to("red").emit("x"));
    for (const name of ["ada", "bob", "cem"]) await stage.seen(name, "end");
  },

  "broadcasts with acknowledgements": async (stage) => {
    const io = stage.serve();
    const ada = await stage.join("ada");
    const bob = await stage.join("bob");
    ada.on("who", (done) => done("ada", "more"));
    bob.on("who", (done) => done("bob"));
    ada.on("only ada", (done) => done("ada"));
    const log = (what: string) => (error: unknown, answers: unknown[]) =>
      stage.log(what, error, Array.isArray(answers) ? [...answers].sort() : answers);
    await new Promise<void>((resolve) => {
      io.timeout(15_000).emit("who", (error: unknown, answers: unknown[]) => {
        log("all")(error, answers);
        resolve();
      });
    });
    stage.log([...(await io.timeout(15_000).emitWithAck("who"))].sort());
    stage.log(
      await io
        .to(ada.id ?? "")
        .timeout(15_000)
        .emitWithAck("who"),
    );
    stage.log(await io.to("empty").timeout(15_000).emitWithAck("who"));
    await io
      .timeout(1500)
      .emitWithAck("only ada")
      .catch((error: Error & { responses?: unknown }) => stage.log("rejected", error, error.responses));
    await new Promise<void>((resolve) => {
      io.timeout(1500).emit("only ada", (error: unknown, answers: unknown[]) => {
        log("some")(error, answers);
        resolve();
      });
    });
  },

  "reserved names": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      for (const name of ["connect", "disconnect", "disconnecting", "connect_error", "newListener"]) {
        for (const emitter of [socket, io, io.to("x")]) {
          try {
            (emitter as { emit(name: string): void }).emit(name);
            stage.log("emitted", name);
          } catch (error) {
            stage.log(error);
          }
        }
      }
      socket.emit("done");
    });
    await stage.join("ada");
    await stage.seen("ada", "done");
  },

  "middleware of a socket": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.use(([event, ...values], next) => {
        stage.log("first", event, ...values);
        if (event === "bad") next(new Error("not allowed"));
        else next();
      });
      socket.use((packet, next) => {
        if (typeof packet[1] === "number") packet[1] += 1;
        setTimeout(next, 2);
      });
      socket.on("error", (error) => {
        stage.log("error", error);
        socket.emit("refused", error.message);
      });
      socket.on("good", (value, done) => {
        stage.log("good", value);
        done?.(value);
      });
      socket.on("bad", () => stage.log("never"));
    });
    const ada = await stage.join("ada");
    stage.note("ada", await ada.emitWithAck("good", 1));
    ada.emit("bad");
    await stage.seen("ada", "refused");
  },

  "listeners of what is sent": async (stage) => {
    const io = stage.serve();
    io.on("connection", (socket) => {
      socket.join("room");
      const listener = (event: string, ...values: unknown[]) => stage.log("sent", event, ...values);
      socket.onAnyOutgoing(listener);
      socket.prependAnyOutgoing((event) => stage.log("before", event));
      socket.emit("own", 1);
      io.to("room").emit("room", 2);
      io.emit("all", 3);
      socket.emit("asked", 4, () => {
        socket.offAnyOutgoing(listener);
        stage.log(socket.listenersAnyOutgoing().length, socket.listenersAny().length);
        socket.emit("done");
      });
    });
    const ada = stage.client("ada");
    ada.on("asked", (_value, done) => done());
    await stage.seen("ada", "done");
  },
};
