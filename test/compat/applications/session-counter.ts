/** A counter in the session of express-session, which pages and sockets of a browser count up together. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import session from "express-session";
import { Server } from "socket.io";

declare module "express-session" {
  interface SessionData {
    count: number;
  }
}

const app = express();
const httpServer = createServer(app);
const sessionMiddleware = session({ secret: "changeit", resave: true, saveUninitialized: true });

app.use(sessionMiddleware);
app.post("/incr", (req, res) => {
  req.session.count = (req.session.count ?? 0) + 1;
  res.status(200).send(String(req.session.count));
  io.to(req.session.id).emit("current count", req.session.count);
});

const io = new Server(httpServer);
io.engine.use(sessionMiddleware);

io.on("connection", (socket) => {
  const req = socket.request as express.Request;
  socket.join(req.session.id);

  socket.use((_packet, next) => {
    req.session.reload((error) => {
      if (error) socket.disconnect();
      else next();
    });
  });

  socket.on("incr", (answer) => {
    req.session.count = (req.session.count ?? 0) + 1;
    req.session.save(() => answer(req.session.count));
  });
});

httpServer.listen(Number(process.env.PORT ?? 3000), () => {
  console.log("listening on", (httpServer.address() as AddressInfo).port);
});
