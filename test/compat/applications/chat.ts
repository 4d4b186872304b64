/** A chat room: names, messages, and a notice while a visitor types. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { Server } from "socket.io";

const app = express();
const server = createServer(app);
const io = new Server(server);

app.get("/", (_req, res) => {
  res.send("<h1>Chat</h1>");
});

let userCount = 0;

io.on("connection", (socket) => {
  let hasJoined = false;

  socket.on("new message", (text: string) => {
    socket.broadcast.emit("new message", { username: socket.data.username, text });
  });

  socket.on("add user", (username: string) => {
    if (hasJoined) return;
    hasJoined = true;
    socket.data.username = username;
    userCount += 1;
    socket.emit("login", { userCount });
    socket.broadcast.emit("user joined", { username, userCount });
  });

  socket.on("typing", () => socket.broadcast.emit("typing", { username: socket.data.username }));
  socket.on("stop typing", () => socket.broadcast.emit("stop typing", { username: socket.data.username }));

  socket.on("disconnect", (reason) => {
    console.log("disconnect", reason);
    if (!hasJoined) return;
    userCount -= 1;
    socket.broadcast.emit("user left", { username: socket.data.username, userCount });
  });
});

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log("listening on", (server.address() as AddressInfo).port);
});
