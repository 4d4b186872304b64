/**
 * A task opens a missing file and has no listener for errors of the stream. The process survives because it
 * has a handler of uncaught exceptions, and the task is cancelled. Prints the result of a sleep in another
 * client's handler.
 */

import { createReadStream } from "node:fs";
import { SocketIO } from "roomcast";
import { io } from "socket.io-client";

const survived = new Promise<void>((resolve) => process.once("uncaughtException", () => resolve()));
const socketio = new SocketIO({ logger: { info() {}, warn() {}, error() {} } });
socketio.on("nap", async () => {
  await socketio.sleep(5);
  return "slept";
});
const { url } = await socketio.run({ port: 0, signals: false });
const task = socketio.startBackgroundTask(async () => {
  createReadStream("no-such-file");
  await socketio.sleep(60_000);
});
await survived;
task.cancel();
await task.finished;
const socket = io(url, { transports: ["websocket"] });
console.log(await socket.emitWithAck("nap"));
socket.disconnect();
await socketio.stop();
