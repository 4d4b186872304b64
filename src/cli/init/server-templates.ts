/** The kinds of projects whose page is one file. */

import type { ProjectTemplate } from "./project-template.ts";

/** The last lines of each server. */
const serve = `
const socketio = new SocketIO(app);
chat(socketio);
await socketio.run({ port: Number(process.env.PORT ?? 5000) });
`;

/** Node's own HTTP server. */
export const plainTemplate: ProjectTemplate = {
  files: {
    "server.ts": `/** Serves the page and the chat. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { SocketIO } from "roomcast";
import { chat } from "./chat.ts";

const app = createServer(async (request, response) => {
  if (request.url !== "/" && !request.url?.startsWith("/?")) {
    response.writeHead(404).end("Not found");
    return;
  }
  const page = await readFile(new URL("public/index.html", import.meta.url));
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
});
${serve}`,
  },
  dependencies: ["socket.io-client", "tsx"],
  devDependencies: ["@types/node", "typescript"],
};

/** Express. */
export const expressTemplate: ProjectTemplate = {
  files: {
    "server.ts": `/** Serves the page and the chat. */

import { fileURLToPath } from "node:url";
import express from "express";
import { SocketIO } from "roomcast";
import { chat } from "./chat.ts";

const app = express();
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));
${serve}`,
  },
  dependencies: ["express", "socket.io-client", "tsx"],
  devDependencies: ["@types/express", "@types/node", "typescript"],
};

/** Hono, on Node. */
export const honoTemplate: ProjectTemplate = {
  files: {
    "server.ts": `/** Serves the page and the chat. */

import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { SocketIO } from "roomcast";
import { chat } from "./chat.ts";

const app = new Hono();
app.get("/", async (context) => context.html(await readFile(new URL("public/index.html", import.meta.url), "utf8")));
${serve}`,
  },
  dependencies: ["@hono/node-server", "hono", "socket.io-client", "tsx"],
  devDependencies: ["@types/node", "typescript"],
};

/** Fastify. */
export const fastifyTemplate: ProjectTemplate = {
  files: {
    "server.ts": `/** Serves the page and the chat. */

import { readFile } from "node:fs/promises";
import Fastify from "fastify";
import { SocketIO } from "roomcast";
import { chat } from "./chat.ts";

const app = Fastify();
app.get("/", async (_request, reply) => {
  reply.type("text/html; charset=utf-8");
  return readFile(new URL("public/index.html", import.meta.url));
});
${serve}`,
  },
  dependencies: ["fastify", "socket.io-client", "tsx"],
  devDependencies: ["@types/node", "typescript"],
};
