/** What every new project has, and what tells the kinds apart. */

/** The kinds of projects. */
export const templateNames = ["plain", "express", "hono", "fastify", "react"] as const;

/** One of {@link templateNames}. */
export type TemplateName = (typeof templateNames)[number];

/** The words for each kind, where a person chooses. */
export const templateTexts: Readonly<Record<TemplateName, string>> = {
  plain: "Node's own HTTP server, and a page",
  express: "Express, and a page",
  hono: "Hono, and a page",
  fastify: "Fastify, and a page",
  react: "a page with React and Vite, and Express",
};

/** The files of one kind of project besides those that all have, by path. */
export interface ProjectTemplate {
  readonly files: Readonly<Record<string, string>>;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

/** The handlers, which all kinds share. */
export const chatProgram = `/** What clients can do: enter the chat, and say something there. */

import { emit, joinRoom, type SocketIO, session } from "roomcast";

declare module "roomcast" {
  interface Register {
    session: { name?: string };
  }
}

/** Registers the handlers. */
export function chat(socketio: SocketIO): void {
  socketio.events({
    // Arguments come from browsers that you do not control: check them.
    enter(name: unknown) {
      session.name = String(name).slice(0, 20);
      joinRoom("lobby");
      emit("said", { from: "server", text: session.name + " is here" }, { to: "lobby" });
    },
    say(text: unknown) {
      if (typeof text !== "string" || session.name === undefined) return "rejected";
      emit("said", { from: session.name, text }, { to: "lobby" });
      return "delivered"; // what a handler returns is the acknowledgement
    },
    disconnect() {
      if (session.name === undefined) return;
      emit("said", { from: "server", text: session.name + " left" }, { to: "lobby" });
    },
  });
}
`;

/** The test of the handlers. */
export const chatTest = `import assert from "node:assert/strict";
import { test } from "node:test";
import { SocketIO } from "roomcast";
import { chat } from "../chat.ts";

test("delivers a message to everyone in the lobby", async () => {
  const socketio = new SocketIO();
  chat(socketio);
  // Clients without a port, in this process.
  const ada = socketio.testClient();
  const bob = socketio.testClient();
  await Promise.all([ada.connect(), bob.connect()]);
  await ada.emit("enter", "Ada");
  await bob.emit("enter", "Bob");
  bob.received(); // takes what came so far

  assert.equal(await ada.call("say", "hello"), "delivered");
  assert.deepEqual(bob.received(), [
    { name: "said", args: [{ from: "Ada", text: "hello" }], namespace: "/" },
  ]);
});

test("takes no message of a client that has not entered", async () => {
  const socketio = new SocketIO();
  chat(socketio);
  const eve = socketio.testClient();
  await eve.connect();
  assert.equal(await eve.call("say", "hello"), "rejected");
});
`;

/** The page of all kinds but React's. */
export const chatPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chat</title>
<link rel="icon" href="data:,">

<ul id="log"></ul>
<form><input id="text" autocomplete="off" placeholder="Say something"> <button>Send</button></form>

<script src="/socket.io/socket.io.js"></script>
<script>
  const name = new URLSearchParams(location.search).get("name") ?? "Guest";
  const socket = io();

  // Runs again after each reconnection, so the client is back in the lobby.
  socket.on("connect", () => socket.emit("enter", name));

  socket.on("said", ({ from, text }) => {
    const line = document.createElement("li");
    line.textContent = from + ": " + text;
    document.querySelector("#log").append(line);
  });

  document.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const input = document.querySelector("#text");
    await socket.emitWithAck("say", input.value);
    input.value = "";
  });
</script>
</html>
`;

/** The compiler's settings. It only checks types: tsx runs the program. */
export function compilerSettings(isPage: boolean): string {
  const settings = {
    compilerOptions: {
      target: "es2023",
      lib: isPage ? ["es2023", "dom", "dom.iterable"] : ["es2023"],
      module: "nodenext",
      types: isPage ? ["node", "vite/client"] : ["node"],
      ...(isPage ? { jsx: "react-jsx" } : {}),
      noEmit: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
    },
    include: ["**/*.ts", ...(isPage ? ["**/*.tsx"] : [])],
    exclude: ["node_modules", "dist"],
  };
  return jsonFile(settings);
}

/** A file of JSON, as npm writes it. */
export function jsonFile(value: unknown): string {
  return JSON.stringify(value, null, 2).concat("\n");
}
