/** One chat in several processes, which tell each other through Redis what they send. */

import { join } from "node:path";
import express from "express";
import { emit, SocketIO } from "roomcast";

type Message = { text: string; process: number };

declare module "roomcast" {
  interface Register {
    clientToServerEvents: { ready(): void; say(text: string): void };
    serverToClientEvents: {
      welcome(process: number): void;
      count(clients: number): void;
      message(message: Message): void;
    };
  }
}

const app = express();
app.use(
  express.static(join(import.meta.dirname, "page")),
  express.static(join(import.meta.dirname, "../shared")),
);

const socketio = new SocketIO(app, { messageQueue: process.env.REDIS_URL ?? "redis://localhost:6379" });

/** Tells everyone, in all processes, how many clients all processes have. */
async function announceCount() {
  const { count } = await socketio.countClients();
  socketio.emit("count", count);
}

socketio.events({
  connect() {
    emit("welcome", process.pid);
  },
  ready: announceCount, // sent by the page when it is connected
  say(text) {
    if (typeof text !== "string" || text.trim() === "" || text.length > 500) return;
    emit("message", { text, process: process.pid }, { broadcast: true });
  },
  disconnect: announceCount,
});

await socketio.run({ port: Number(process.env.PORT ?? 5000) });
