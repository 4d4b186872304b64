/** A program that serves with several processes, and reports the events in each. */

import { emit, joinRoom, request, SocketIO } from "roomcast";

const socketio = new SocketIO({
  logger: { info() {}, warn: console.error, error: console.error },
  recovery: process.argv[2] === "recovery",
});

socketio.startBackgroundTask(async function tick() {
  console.log(`task in ${process.pid}`);
  while (true) {
    await socketio.sleep(50);
    socketio.emit("tick", process.pid);
  }
});

socketio.events({
  pid: () => process.pid,
  sid: () => request.sid,
  join: (room: string) => joinRoom(room),
  say: ({ room, text }) => emit("said", { text, pid: process.pid }, { to: room }),
  fail() {
    throw new Error("it failed");
  },
  crash: () => void process.nextTick(() => process.exit(7)),
});

if (process.argv[2] === "dashboard") {
  const isRight = (password: string) => password === "correct horse";
  socketio.dashboard({ auth: { username: "ops", password: isRight } });
}

if (process.argv[2] === "broken" && process.env.ROOMCAST_WORKER !== undefined) throw new Error("broken");

const { url } = await socketio.run({ port: 0, workers: 3 });
if (process.env.ROOMCAST_WORKER === undefined) {
  console.log(`primary ${process.pid} on ${url}`);
  process.on("SIGTERM", () => void socketio.stop().then(() => console.log("stopped")));
}
