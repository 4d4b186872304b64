/** A program that serves until a client asks it to stop, and then has nothing left to do. */

import { setImmediate as nextTurn } from "node:timers/promises";
import express from "express";
import { call, emit, SocketIO } from "roomcast";

const app = express();
const socketio = new SocketIO(app, { logger: { info() {}, warn() {}, error: console.error } });

socketio.startBackgroundTask(async function tick() {
  while (true) await socketio.sleep(60_000);
});

socketio.events({
  /** Leaves something behind that waits: a call for its answer, a handler that waits for it. */
  async ask() {
    await call("question").catch(() => {});
  },
  async stop() {
    emit("farewell");
    // Not within the handler, for which stop() waits.
    void nextTurn()
      .then(() => socketio.stop())
      .then(() => console.log("stopped"));
  },
});

const { url } = await socketio.run({ port: 0 });
console.log(url);
