/** A live poll: the server counts votes, and Vite serves the page from the same port. */

import { createServer } from "node:http";
import { join } from "node:path";
import express from "express";
import { ConnectionRefusedError, emit, SocketIO, session } from "roomcast";
import type { ClientToServerEvents, Results, ServerToClientEvents } from "./events.ts";

declare module "roomcast" {
  interface Register {
    clientToServerEvents: ClientToServerEvents;
    serverToClientEvents: ServerToClientEvents;
    session: { voter: string };
  }
}

const options = ["Tea", "Coffee", "Water"];
const votes = new Map<string, string>(); // of each voter

function results(): Results {
  const counts = Object.fromEntries(options.map((option) => [option, 0]));
  for (const option of votes.values()) counts[option] = (counts[option] ?? 0) + 1;
  return counts;
}

const app = express();
const server = createServer(app);
const socketio = new SocketIO(server);

socketio.events({
  connect(auth) {
    if (typeof auth?.voter !== "string" || auth.voter.length > 64)
      throw new ConnectionRefusedError("Who votes?");
    session.voter = auth.voter;
    emit("results", results());
  },
  vote(option) {
    if (!options.includes(option)) return false;
    votes.set(session.voter, option);
    emit("results", results(), { broadcast: true });
    return true;
  },
});

if (process.env.NODE_ENV === "production") {
  app.use(express.static(join(import.meta.dirname, "dist"))); // made by `npx vite build examples/react`
} else {
  const vite = await import("vite");
  const { middlewares } = await vite.createServer({
    root: import.meta.dirname,
    server: { middlewareMode: true, hmr: { server } },
  });
  app.use(middlewares);
}

await socketio.run({ port: Number(process.env.PORT ?? 5000) });
