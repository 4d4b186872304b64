/** Recognises the application that a program hands over, without importing any framework. */

import { RoomcastError } from "../../base/errors.ts";
import type { HttpServer } from "../node/node-adapter.ts";
import type { Application } from "./application.ts";
import { fromExpress } from "./express.ts";
import { fromFastify } from "./fastify.ts";
import { fromHono } from "./hono.ts";
import { fromKoa } from "./koa.ts";
import { fromServer } from "./node-server.ts";

type AnyFunction = (...values: never[]) => unknown;

/**
 * What `new SocketIO(app)` serves beside: an Express, Koa, Fastify or Hono application, or a server of
 * Node's.
 */
export type ServedApplication =
  | HttpServer
  | AnyFunction
  | { callback: AnyFunction; use: AnyFunction }
  | { server: object; inject: AnyFunction; addHook: AnyFunction }
  | { fetch: AnyFunction; websocket?: object | undefined };

/**
 * Recognises an application by the methods that it has.
 *
 * @returns `null` where none was given, `undefined` for a value of an unknown kind
 */
export function recognise(app: unknown): Application | null | undefined {
  if (app === undefined || app === null) return null;
  return fromServer(app) ?? fromFastify(app) ?? fromKoa(app) ?? fromHono(app) ?? fromExpress(app);
}

/** The error for a value that is no application, in a call that needs one. */
export function notAnApplication(what: string, app: unknown): RoomcastError {
  return new RoomcastError(
    "ERR_APP",
    `${what} takes an Express, Koa, Fastify or Hono application or a node:http server, not ${typeof app === "object" ? "this object" : typeof app}.`,
  );
}

/** The error for an application that is missing by mistake: its routes would not be served. */
export function undefinedApplication(): RoomcastError {
  return new RoomcastError(
    "ERR_APP",
    "new SocketIO() got undefined for its application: an import that has no such name, or whose module has not run yet. For a server without an application, give nothing or null.",
  );
}
