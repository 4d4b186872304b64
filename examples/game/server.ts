/** A game loop: clients say where they steer; the server moves all at a fixed rate and sends the result. */

import { join } from "node:path";
import express from "express";
import { request, SocketIO } from "roomcast";

type Point = { x: number; y: number };
type Player = Point & { score: number };
type State = { players: Record<string, Player>; coin: Point };

declare module "roomcast" {
  interface Register {
    clientToServerEvents: { steer(direction: Point): void };
    serverToClientEvents: { state(state: State): void };
  }
}

const ticksPerSecond = 20;
const speed = 0.4; // of the field's width, each second
const reach = 0.05;

const app = express();
app.use(
  express.static(join(import.meta.dirname, "page")),
  express.static(join(import.meta.dirname, "../shared")),
);

const socketio = new SocketIO(app);
const players = new Map<string, Player>();
const directions = new Map<string, Point>();
let coin = somewhere();

function somewhere(): Point {
  return { x: 0.1 + 0.8 * Math.random(), y: 0.1 + 0.8 * Math.random() };
}

socketio.events({
  connect() {
    players.set(request.sid, { x: 0.5, y: 0.5, score: 0 });
  },
  steer(direction) {
    const { x, y } = direction ?? {};
    if (!Number.isFinite(x) || !Number.isFinite(y)) return; // what clients send may be anything
    const length = Math.max(1, Math.hypot(x, y)); // and no player is faster than the others
    directions.set(request.sid, { x: x / length, y: y / length });
  },
  disconnect() {
    players.delete(request.sid);
    directions.delete(request.sid);
  },
});

/** Moves the world on by a fixed time. */
function tick(seconds: number) {
  for (const [sid, player] of players) {
    const { x, y } = directions.get(sid) ?? { x: 0, y: 0 };
    player.x = Math.min(1, Math.max(0, player.x + x * speed * seconds));
    player.y = Math.min(1, Math.max(0, player.y + y * speed * seconds));
    if (Math.hypot(player.x - coin.x, player.y - coin.y) < reach) {
      player.score += 1;
      coin = somewhere();
    }
  }
}

socketio.startBackgroundTask(async () => {
  const step = 1_000 / ticksPerSecond;
  let next = performance.now();
  while (true) {
    await socketio.sleep(Math.max(0, next - performance.now())); // ends the task when the server stops
    // After a pause the world jumps ahead at the rate that it has, rather than hurrying after the clock.
    next = Math.max(next + step, performance.now());
    tick(step / 1_000);
    // Volatile: a client that cannot take this state now gets the next one instead, not both later.
    socketio.emit("state", { players: Object.fromEntries(players), coin }, { volatile: true });
  }
});

await socketio.run({ port: Number(process.env.PORT ?? 5000) });
