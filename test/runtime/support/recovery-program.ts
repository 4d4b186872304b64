/** A program that serves a recoverable namespace together with others. A test can kill or freeze it. */

import { emit, joinRoom, leaveRoom, request, rooms, SocketIO, session } from "roomcast";

const socketio = new SocketIO({
  messageQueue: process.argv[2] ?? "",
  recovery: { maxDisconnection: Number(process.argv[3] ?? 20_000) },
  pingInterval: 300,
  pingTimeout: 300,
  logger: { info: console.error, warn: console.error, error: console.error },
});

socketio.on("connect", async () => {
  if (request.recovered) return;
  session.name = request.sid;
  await joinRoom("red");
});
socketio.events({
  where: () => ({ sid: request.sid, name: session.name, rooms: rooms() }),
  join: (room: string) => joinRoom(room),
  leave: (room: string) => leaveRoom(room),
  say: ({ room, text }) => emit("said", text, { to: room }),
});

const { port } = await socketio.run({ port: 0 });
console.log(port);
