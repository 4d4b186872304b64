/** Private messages between users, each of which may have several tabs and come back to its session. */

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

interface Message {
  readonly content: string;
  readonly from: string;
  readonly to: string;
}

interface Session {
  readonly userID: string;
  readonly username: string;
  connected: boolean;
}

const httpServer = createServer();
const io = new Server(httpServer, { cors: { origin: "http://localhost:8080" } });
const sessions = new Map<string, Session>();
const messages: Message[] = [];

io.use((socket, next) => {
  const { sessionID, username } = socket.handshake.auth;
  const session = sessions.get(sessionID);
  if (session !== undefined) {
    socket.data = { sessionID, userID: session.userID, username: session.username };
    next();
    return;
  }
  if (!username) {
    next(new Error("invalid username"));
    return;
  }
  socket.data = { sessionID: randomUUID(), userID: randomUUID(), username };
  next();
});

io.on("connection", (socket) => {
  const { sessionID, userID, username } = socket.data;
  sessions.set(sessionID, { userID, username, connected: true });
  socket.emit("session", { sessionID, userID });
  socket.join(userID);

  const users = [...sessions.values()].map((session) => ({
    ...session,
    messages: messages.filter(
      ({ from, to }) => [from, to].includes(userID) && [from, to].includes(session.userID),
    ),
  }));
  socket.emit("users", users);
  socket.broadcast.emit("user connected", { userID, username, connected: true, messages: [] });

  socket.on("private message", ({ content, to }) => {
    const message = { content, from: userID, to };
    socket.to(to).to(userID).emit("private message", message);
    messages.push(message);
  });

  socket.on("disconnect", async () => {
    const matching = await io.in(userID).fetchSockets();
    console.log("disconnect of", username, "left:", matching.length);
    if (matching.length > 0) return;
    socket.broadcast.emit("user disconnected", userID);
    sessions.set(sessionID, { userID, username, connected: false });
  });
});

httpServer.listen(Number(process.env.PORT ?? 3000), () => {
  console.log("listening on", (httpServer.address() as AddressInfo).port);
});
