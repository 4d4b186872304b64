/** A `node:http` or `node:https` server that the application has made. */

import { Server as PlainServer } from "node:http";
import { Server as SecureServer } from "node:https";
import { RoomcastError } from "../base/errors.ts";
import type { Application } from "./application.ts";
import type { HttpServer } from "./node.ts";

/** Whether a value is a server that Roomcast can attach to. */
export function isHttpServer(value: unknown): value is HttpServer {
  return value instanceof PlainServer || value instanceof SecureServer;
}

/** Recognises a server. */
export function fromServer(app: unknown): Application | undefined {
  if (!isHttpServer(app)) return undefined;
  return {
    name: "node:http",
    server: app,
    listener: () => Promise.reject(new RoomcastError("ERR_STATE", "The application has a server already.")),
  };
}
