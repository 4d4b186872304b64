/** Logins with Passport: the pages and the sockets of one browser share its session. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Request } from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-local";
import { Server } from "socket.io";

interface User {
  readonly id: number;
  readonly username: string;
}

const app = express();
const httpServer = createServer(app);
const sessionMiddleware = session({ secret: "changeit", resave: true, saveUninitialized: true });

app.use(sessionMiddleware, express.urlencoded({ extended: false }), passport.session());

app.get("/", (req, res) => {
  res.send(req.user === undefined ? "login" : `hello ${(req.user as User).username}`);
});
app.post("/login", passport.authenticate("local", { successRedirect: "/", failureRedirect: "/" }));
app.post("/logout", (req, res) => {
  const { id } = req.session;
  req.session.destroy(() => {
    // All sockets of this session go with it.
    io.in(`session:${id}`).disconnectSockets();
    res.status(204).end();
  });
});

passport.use(
  new Strategy((username, password, done) => {
    if (username === "john" && password === "doe") done(null, { id: 1, username });
    else done(null, false);
  }),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user: User, done) => done(null, user));

/** Runs a middleware for handshakes alone, and not for the requests that follow. */
function onlyForHandshake(middleware: express.RequestHandler): express.RequestHandler {
  return (req, res, next) => {
    const isHandshake = (req as unknown as { _query: { sid?: string } })._query.sid === undefined;
    if (isHandshake) middleware(req, res, next);
    else next();
  };
}

const io = new Server(httpServer);
io.engine.use(onlyForHandshake(sessionMiddleware));
io.engine.use(onlyForHandshake(passport.session() as express.RequestHandler));
io.engine.use(
  onlyForHandshake((req, res, next) => {
    if (req.user) next();
    else res.writeHead(401).end();
  }),
);

io.on("connection", (socket) => {
  const request = socket.request as unknown as Request & { readonly user: User };
  socket.join(`session:${request.session.id}`);
  socket.join(`user:${request.user.id}`);
  socket.on("whoami", (answer) => answer(request.user.username));
  socket.on("disconnect", (reason) => console.log("disconnect", reason));
});

httpServer.listen(Number(process.env.PORT ?? 3000), () => {
  console.log("listening on", (httpServer.address() as AddressInfo).port);
});
