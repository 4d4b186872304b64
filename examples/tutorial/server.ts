/** The tutorial: one page, an event handler for each of its forms, and a server message every ten seconds. */

import { readFile } from "node:fs/promises";
import express from "express";
import {
  closeRoom,
  disconnect,
  emit,
  joinRoom,
  leaveRoom,
  request,
  rooms,
  SocketIO,
  session,
} from "roomcast";

declare module "roomcast" {
  interface Register {
    session: { receiveCount?: number };
  }
}

type Message = { data: string };
type Room = { room: string };

const app = express();
const socketio = new SocketIO(app);

app.get("/", async (_request, response) => {
  const page = await readFile(new URL("index.html", import.meta.url), "utf8");
  response.type("html").send(page.replace("{{ async_mode }}", () => escapeHtml(socketio.asyncMode)));
});

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** An example of how to send events that no client asked for. */
async function backgroundTask() {
  let count = 0;
  while (true) {
    await socketio.sleep(10_000); // ends the task when the server stops
    count += 1;
    socketio.emit("my_response", { data: "Server generated event", count });
  }
}

/** Counts the messages of the client whose event is being handled: everyone has a session of their own. */
function nextCount(): number {
  session.receiveCount = (session.receiveCount ?? 0) + 1;
  return session.receiveCount;
}

socketio.event(function my_event(message: Message) {
  emit("my_response", { data: message.data, count: nextCount() });
});

socketio.event(function my_broadcast_event(message: Message) {
  emit("my_response", { data: message.data, count: nextCount() }, { broadcast: true });
});

socketio.event(function join(message: Room) {
  joinRoom(message.room);
  emit("my_response", { data: `In rooms: ${rooms().join(", ")}`, count: nextCount() });
});

socketio.event(function leave(message: Room) {
  leaveRoom(message.room);
  emit("my_response", { data: `In rooms: ${rooms().join(", ")}`, count: nextCount() });
});

socketio.on("close_room", (message: Room) => {
  emit("my_response", { data: `Room ${message.room} is closing.`, count: nextCount() }, { to: message.room });
  closeRoom(message.room);
});

socketio.event(function my_room_event(message: Room & Message) {
  emit("my_response", { data: message.data, count: nextCount() }, { to: message.room });
});

socketio.event(function disconnect_request() {
  // The client calls back when it has the message: from then on it is safe to disconnect.
  emit("my_response", { data: "Disconnected!", count: nextCount() }, { callback: () => disconnect() });
});

socketio.event(function my_ping() {
  emit("my_pong");
});

let taskStarted = false;

socketio.event(function connect() {
  if (!taskStarted) {
    taskStarted = true;
    socketio.startBackgroundTask(backgroundTask);
  }
  emit("my_response", { data: "Connected", count: 0 });
});

socketio.on("disconnect", () => {
  console.log("Client disconnected", request.sid);
});

await socketio.run({
  host: "0.0.0.0",
  port: Number(process.env.PORT ?? 5000),
  debug: process.env.DEBUG !== "0",
});
