/** Recognises the application that a program hands over, without importing any framework. */

import type { HttpServer } from "../node/node-adapter.ts";
import type { Application } from "./application.ts";
import { fromExpress } from "./express.ts";
import { fromFastify } from "./fastify.ts";
import { fromHono } from "./hono.ts";
import { fromKoa } from "./koa.ts";
import { fromServer } from "./node-server.ts";

type AnyFunction = (...values: never[]) => unknown;

/** What `new SocketIO(app)` serves beside: an Express, Koa, Fastify or Hono application, or a server of Node's. */
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
