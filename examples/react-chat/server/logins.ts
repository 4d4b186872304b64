/** The requests around a login: accounts, passwords, and the cookie by which a visitor is known. */

import { randomBytes, randomUUID } from "node:crypto";
import { type RequestHandler, type Response, Router } from "express";
import expressSessions from "express-session";
import { type Account, Accounts, type Credentials } from "./accounts.ts";
import { FileMap } from "./file-map.ts";
import { FileSessions } from "./file-sessions.ts";

declare module "express-session" {
  interface SessionData {
    name: string;
    /** Of this login: each browser has its own. */
    login: string;
  }
}

const week = 7 * 24 * 60 * 60 * 1_000;

/** The middleware that reads the cookie. Roomcast uses the same one for its handshakes. */
export function sessionsIn(folder: string): RequestHandler {
  // A secret that changes with each start would log everyone out.
  const secrets = new FileMap<string>(`${folder}/secrets.jsonl`);
  if (!secrets.get("session")) secrets.set("session", randomBytes(32).toString("base64"));
  return expressSessions({
    secret: process.env.SESSION_SECRET ?? secrets.get("session") ?? "",
    store: new FileSessions(new FileMap(`${folder}/sessions.jsonl`)),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: "lax", secure: "auto", maxAge: week },
  });
}

/**
 * `POST /register`, `POST /login` and `POST /logout`.
 *
 * @param onLogout - is told which login has ended
 */
export function logins(folder: string, onLogout: (login: string) => void): Router {
  const accounts = new Accounts(new FileMap<Account>(`${folder}/accounts.jsonl`));
  const router = Router();

  router.post("/register", async (request, response) => {
    const credentials = credentialsIn(request.body, response);
    if (!credentials) return;
    if (await accounts.add(credentials)) logIn(credentials.name, request.session, response);
    else response.status(409).send(`The name ${credentials.name} is taken.`);
  });

  router.post("/login", async (request, response) => {
    const credentials = credentialsIn(request.body, response);
    if (!credentials) return;
    const name = await accounts.check(credentials);
    if (name) logIn(name, request.session, response);
    else response.status(401).send("The name or the password is wrong.");
  });

  router.post("/logout", (request, response, next) => {
    const { login } = request.session;
    request.session.destroy((error) => {
      if (error) return next(error);
      if (login) onLogout(login);
      response.sendStatus(204);
    });
  });

  return router;
}

function credentialsIn(body: unknown, response: Response): Credentials | undefined {
  const { name, password } = Object(body) as Partial<Credentials>;
  if (typeof name !== "string" || !/^[\p{L}\p{N}_-]{2,20}$/u.test(name))
    response.status(400).send("A name has 2 to 20 letters or digits.");
  else if (typeof password !== "string" || password.length < 8 || password.length > 200)
    response.status(400).send("A password has 8 to 200 characters.");
  else return { name, password };
  return undefined;
}

function logIn(name: string, session: Express.Request["session"], response: Response): void {
  // A new session id, so that nothing that was known before the login is worth anything after it.
  session.regenerate((error) => {
    if (error) return response.status(500).send("The login could not be kept. Try again.");
    const fresh = response.req.session;
    fresh.name = name;
    fresh.login = randomUUID();
    return response.sendStatus(204);
  });
}
