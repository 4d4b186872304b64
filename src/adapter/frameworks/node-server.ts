/** A `node:http`, `node:https` or `node:http2` server that the application has made. */

import { Server as PlainServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import { Server as SocketServer } from "node:net";
import { RoomcastError } from "../../base/errors.ts";
import type { HttpServer } from "../node/node-adapter.ts";
import { type Application, hasMethod } from "./application.ts";

/** Whether a value is a server that Roomcast can attach to. */
export function isHttpServer(value: unknown): value is HttpServer {
  return value instanceof PlainServer || isSecureServer(value) || isHttp2Server(value);
}

/** The module is loaded already where there is such a server, and stays away where there is none. */
function isSecureServer(value: unknown): boolean {
  return value instanceof SocketServer && value instanceof process.getBuiltinModule("node:https").Server;
}

/** Their classes are not exported, but they are network servers, and no others have settings. */
function isHttp2Server(value: unknown): value is Http2SecureServer | Http2Server {
  return value instanceof SocketServer && hasMethod(value, "updateSettings");
}

/** Recognises a server. */
export function fromServer(app: unknown): Application | undefined {
  if (!isHttpServer(app)) return undefined;
  return {
    name: "node:http",
    server: app,
    makeServer: () => Promise.reject(new RoomcastError("ERR_STATE", "The application has a server already.")),
  };
}
