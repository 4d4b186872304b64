/**
 * socket.io as one of several processes on a Redis server, with `@socket.io/redis-adapter`:
 *
 *     node socket-io-redis.mjs classic|sharded redis://…
 */

import { createServer } from "node:http";
import { createClient } from "@redis/client";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Server } from "socket.io";
import { announce, versionOf } from "./control.mjs";
import { handleEvents } from "./socket-io-events.mjs";

const [, , kind, url] = process.argv;
const publisher = createClient({ url });
const subscriber = publisher.duplicate();
for (const client of [publisher, subscriber]) client.on("error", (error) => console.error(error));
await Promise.all([publisher.connect(), subscriber.connect()]);

const server = createServer();
const adapter =
  kind === "sharded" ? createShardedAdapter(publisher, subscriber) : createAdapter(publisher, subscriber);
const io = new Server(server, { serveClient: false, adapter });
handleEvents(io);
server.listen(0, "127.0.0.1", () => {
  announce(server.address().port, [versionOf("socket.io"), versionOf("@socket.io/redis-adapter")]);
});
