/** An application of Feathers 5 with `@feathersjs/socketio`, on socket.io and on the bridge in its place. */

import type { Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { feathers, type HookContext } from "@feathersjs/feathers";
import type { Server } from "socket.io";
import { io as open, type Socket } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import * as bridge from "../../src/compat/index.ts";
import { soon } from "../support/waiting.ts";

const require = createRequire(import.meta.url);

type Configure = (options: object, config: (io: Server) => void) => (app: FeathersApplication) => void;

/** The package, which requires `socket.io`: that itself, or the bridge as npm's overrides put it there. */
function feathersSocketio(isBridge: boolean): Configure {
  const [place, path] = [require.resolve("socket.io"), require.resolve("@feathersjs/socketio")];
  const stock = require("socket.io") as unknown;
  const cached = require.cache[place];
  if (cached === undefined) throw new Error("socket.io is not loaded.");
  delete require.cache[path];
  if (isBridge) cached.exports = bridge;
  try {
    return require("@feathersjs/socketio") as Configure;
  } finally {
    cached.exports = stock;
  }
}

interface Message {
  readonly id: number;
  text: string;
}

/** A service in memory. Feathers makes another object of it, so its state is no private member. */
function messageService() {
  const messages = new Map<number, Message>();
  const get = async (id: number) => {
    const message = messages.get(Number(id));
    if (message === undefined) throw Object.assign(new Error(`There is no message ${id}`), { code: 404 });
    return message;
  };
  return {
    get,
    find: async ({ query }: { query?: { text?: string } }) =>
      [...messages.values()].filter(({ text }) => query?.text === undefined || text === query.text),
    create: async ({ text }: { text: string }) => {
      const message = { id: messages.size + 1, text };
      messages.set(message.id, message);
      return message;
    },
    patch: async (id: number, { text }: { text: string }) => Object.assign(await get(id), { text }),
    remove: async (id: number) => {
      const message = await get(id);
      messages.delete(message.id);
      return message;
    },
  };
}

/** What a connection has of its client. */
interface Connection {
  readonly user: string;
}

/** The application, with what the transport adds to it. */
interface FeathersApplication {
  configure(configure: (app: FeathersApplication) => void): void;
  use(name: string, service: object, options: { events: string[] }): void;
  service(name: string): {
    hooks(hooks: object): void;
    publish(event: string, publisher: () => unknown): void;
    emit(event: string, data: object): void;
  };
  on(event: "connection" | "disconnect", listener: (connection: Connection) => void): void;
  channel(name: string): { join(connection: Connection): void };
  publish(publisher: () => unknown): void;
  listen(port: number): Promise<HttpServer>;
}

/** Runs the application with two clients; tells what it and they have seen. */
async function run(isBridge: boolean, transport: string) {
  const lines: Record<string, string[]> = { server: [], ada: [], bob: [] };
  const note = (who: string, ...values: unknown[]) =>
    lines[who]?.push(values.map((value) => JSON.stringify(value)).join(" "));
  const app = feathers() as unknown as FeathersApplication;
  const sockets = new Set<unknown>();
  app.configure(
    feathersSocketio(isBridge)({ anyWebSocketOrigin: true }, (io) => {
      io.use((socket, next) => {
        Object.assign((socket as unknown as { feathers: object }).feathers, {
          user: socket.handshake.query.user,
        });
        next();
      });
      io.on("connection", (socket) => sockets.add(socket));
      onTestFinished(() => io.close());
    }),
  );
  app.use("messages", messageService(), { events: ["shouted"] });
  app.service("messages").hooks({
    before: {
      create: [
        async (context: HookContext) => {
          const { provider, user, headers } = context.params as Record<string, unknown>;
          note("server", "create", provider, user, typeof headers);
          if (context.data.text === "") throw new Error("a message needs a text");
        },
      ],
    },
  });
  app.on("connection", (connection) => {
    app.channel("everyone").join(connection);
    if (connection.user === "ada") app.channel("admins").join(connection);
  });
  app.on("disconnect", (connection) => note("server", "disconnect", connection.user));
  app.publish(() => app.channel("everyone"));
  app.service("messages").publish("removed", () => app.channel("admins"));
  const server = await app.listen(0);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = async (name: string): Promise<Socket> => {
    const socket = open(url, { transports: [transport], forceNew: true, query: { user: name } });
    onTestFinished(() => void socket.disconnect());
    socket.onAny((event, value) => note(name, event, value));
    await new Promise((resolve) => socket.once("connect", () => resolve(null)));
    return socket;
  };
  const [ada, bob] = [await client("ada"), await client("bob")];
  const call = async (socket: Socket, name: string, ...values: [string, ...unknown[]]) => {
    const [error, result] = await new Promise<unknown[]>((resolve) =>
      socket.emit(...values, (...answer: unknown[]) => resolve(answer)),
    );
    const { message, code } = (error ?? {}) as { message?: string; code?: number };
    note(name, "answer to", values[0], message, code, result);
  };
  await soon(() => sockets.size).toBe(2);
  await call(ada, "ada", "create", "messages", { text: "hi" }, {});
  await call(ada, "ada", "create", "messages", { text: "" }, {});
  await call(bob, "bob", "create", "messages", { text: "hello" }, {});
  await call(bob, "bob", "find", "messages", { text: "hi" });
  await call(bob, "bob", "get", "messages", 2, {});
  await call(bob, "bob", "get", "messages", 9, {});
  await call(ada, "ada", "patch", "messages", 1, { text: "hi all" }, {});
  await call(ada, "ada", "find", "unknown", {});
  await call(bob, "bob", "remove", "messages", 2, {});
  app.service("messages").emit("shouted", { loud: true });
  await soon(() => lines.bob?.some((line) => line.includes("shouted"))).toBe(true);
  await soon(() => lines.ada?.some((line) => line.includes("removed"))).toBe(true);
  bob.disconnect();
  await soon(() => lines.server?.some((line) => line.includes("disconnect"))).toBe(true);
  return structuredClone(lines);
}

describe("An application of Feathers", () => {
  it.each(["websocket", "polling"])("does the same on the bridge, over %s", async (transport) => {
    const stock = await run(false, transport);
    expect(Object.values(stock).flat().length).toBeGreaterThan(15);
    expect(await run(true, transport)).toEqual(stock);
  });
});
