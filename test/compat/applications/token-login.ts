/** Logins with JSON Web Tokens, in namespaces for users and administrators. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { jwtVerify, SignJWT } from "jose";
import { Server } from "socket.io";

const secret = new TextEncoder().encode("a secret of at least 32 bytes, for tests");

const httpServer = createServer(async (req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost");
  if (pathname !== "/token") return res.writeHead(404).end();
  const token = await new SignJWT({ role: searchParams.get("role") })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(searchParams.get("name") ?? "")
    .sign(secret);
  return res.end(token);
});
const io = new Server(httpServer, { connectionStateRecovery: {} });

/** Middleware that lets in the owners of a token. */
function authenticated(role: string | null): Parameters<Server["use"]>[0] {
  return async (socket, next) => {
    try {
      const { payload } = await jwtVerify(socket.handshake.auth.token ?? "", secret);
      if (role !== null && payload.role !== role) throw new Error("not for you");
      socket.data.name = payload.sub;
      next();
    } catch (error) {
      const data = { role, isKnown: (error as Error).message === "not for you" };
      next(Object.assign(new Error("not authorized"), { data }));
    }
  };
}

io.use(authenticated(null));
const admin = io.of("/admin").use(authenticated("admin"));

io.on("connection", (socket) => {
  socket.join(`user:${socket.data.name}`);
  socket.emit("welcome", socket.data.name);
  socket.on("whisper", (name, text) => io.to(`user:${name}`).emit("whisper", socket.data.name, text));
});

admin.on("connection", (socket) => {
  socket.on("kick", (name, answer) => {
    io.in(`user:${name}`).disconnectSockets(true);
    answer("kicked");
  });
});

httpServer.listen(Number(process.env.PORT ?? 3000), () => {
  console.log("listening on", (httpServer.address() as AddressInfo).port);
});
