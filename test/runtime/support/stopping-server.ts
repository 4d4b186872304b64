/** A program that serves until a client asks it to stop, and then must end by itself. */

import { setImmediate as nextTurn } from "node:timers/promises";
import express from "express";
import { call, emit, SocketIO } from "roomcast";

const app = express();
const socketio = new SocketIO(app, { logger: { info() {}, warn() {}, error: console.error } });

socketio.startBackgroundTask(async function tick() {
  while (true) await socketio.sleep(60_000);
});

socketio.events({
  /** Leaves a call behind that waits for its answer, and a handler that waits for the call. */
  async ask() {
    await call("question").catch(() => {});
  },
  async stop() {
    emit("farewell");
    // Outside of the handler, because stop() waits for handlers.
    void nextTurn()
      .then(() => socketio.stop())
      .then(() => console.log("stopped"));
  },
});

const { url } = await socketio.run({ port: 0 });
console.log(url);
