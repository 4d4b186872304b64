/** Private messages: each name is a room, which every tab of that name is in. */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import express from "express";
import { ConnectionRefusedError, emit, joinRoom, SocketIO, session } from "roomcast";

type Message = { from: string; to: string; text: string };
type Answer = { error?: string };

declare module "roomcast" {
  interface Register {
    clientToServerEvents: { private_message(to: string, text: string): Promise<Answer> };
    serverToClientEvents: { private_message(message: Message): void };
    session: { name: string };
  }
}

const app = express();
app.use(
  express.static(join(import.meta.dirname, "page")),
  express.static(join(import.meta.dirname, "../shared")),
);
app.use(express.json());

const socketio = new SocketIO(app);
const names = new Map<string, string>(); // the name that a token stands for

/** A name belongs to the page that asked first. An application with accounts checks a password here. */
app.post("/names", (request, response) => {
  const { name } = request.body ?? {};
  if (typeof name !== "string" || !/^[\w -]{1,20}$/.test(name)) {
    response.status(400).send("Choose a name of up to 20 letters or digits.");
  } else if ([...names.values()].includes(name)) {
    response.status(409).send(`The name ${name} is taken.`);
  } else {
    const token = randomUUID();
    names.set(token, name);
    response.json({ token });
  }
});

const roomOf = (name: string) => `user:${name}`;

socketio.on("connect", (auth) => {
  const name = names.get(auth?.token);
  if (name === undefined) throw new ConnectionRefusedError("Choose a name first.");
  session.name = name;
  joinRoom(roomOf(name));
});

socketio.on("private_message", async (to, text) => {
  if (typeof to !== "string" || typeof text !== "string" || !text || text.length > 500)
    return { error: "Give a name and a message of up to 500 characters." };
  if (to.length > 20 || (await socketio.countClients({ to: roomOf(to) })).count === 0)
    return { error: `${to.slice(0, 20)} is not here.` };
  // To both: the sender's other tabs show the message too.
  emit("private_message", { from: session.name, to, text }, { to: [roomOf(to), roomOf(session.name)] });
  return {};
});

await socketio.run({ port: Number(process.env.PORT ?? 5000) });
