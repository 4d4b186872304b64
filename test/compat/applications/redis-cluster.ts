/** One of several servers that share their clients on Redis. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@redis/client";
import { createAdapter } from "@socket.io/redis-adapter";
import { Server } from "socket.io";

const name = process.env.NAME ?? "server";
const httpServer = createServer();
const publisher = createClient({ url: process.env.REDIS_URL ?? "redis://localhost" });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const io = new Server(httpServer, { adapter: createAdapter(publisher, subscriber) });

io.on("connection", (socket) => {
  socket.emit("server name", name);

  socket.on("new message", (text) => socket.broadcast.emit("new message", { from: name, text }));

  socket.on("enter", async (room, answer) => {
    await socket.join(room);
    io.to(room).emit("entered", room, name);
    answer();
  });

  socket.on("who", async (room, answer) => {
    const sockets = await io.in(room).fetchSockets();
    answer(sockets.length);
  });

  socket.on("servers", async (answer) => answer(await io.serverSideEmitWithAck("name")));
});

io.on("name", (answer) => answer(name));

httpServer.listen(Number(process.env.PORT ?? 3000), () => {
  console.log("listening on", (httpServer.address() as AddressInfo).port);
});
