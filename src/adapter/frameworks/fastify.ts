/** Fastify, which makes its server itself. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { RoomcastError } from "../../base/errors.ts";
import { Connections } from "../node/connections.ts";
import { type HttpServer, SharedServer } from "../node/shared-server.ts";
import { type Application, hasMethod } from "./application.ts";

interface FastifyLike {
  readonly server: HttpServer;
  listen(options: { host: string; port: number }): Promise<string>;
  close(): Promise<unknown>;
  addHook(
    name: "onRequest",
    hook: (request: { raw: IncomingMessage }, reply: FastifyReply, done: () => void) => void,
  ): unknown;
  addHook(name: "preClose", hook: () => Promise<void>): unknown;
  /**
   * The function for `addHook("onClose")`. The last registered one runs first, and the server is closed after
   * that.
   */
  onClose?(hook: () => Promise<void>): unknown;
}

interface FastifyReply {
  readonly raw: ServerResponse;
  /** Tells Fastify that another program answers. */
  hijack(): unknown;
}

function isFastify(app: unknown): app is FastifyLike {
  const methods = ["listen", "close", "inject", "addHook"] as const;
  return methods.every((name) => hasMethod(app, name)) && "server" in (app as object);
}

/** Recognises a Fastify application. */
export function fromFastify(app: unknown): Application | undefined {
  if (!isFastify(app)) return undefined;
  takeFromOtherServers(app);
  return {
    name: "Fastify",
    server: app.server,
    makeServer: () =>
      Promise.reject(new RoomcastError("ERR_STATE", "A Fastify application has a server of its own.")),
    listen: async (host, port) => {
      const connections = new Connections(app.server);
      await app.listen({ host, port });
      return () => connections.close(() => app.close());
    },
    beforeClose: (run) => beforeClose(app, run),
  };
}

/**
 * Fastify waits for its connections when it closes, and a WebSocket stays for as long as its client likes.
 */
function beforeClose(app: FastifyLike, run: () => Promise<void>): void {
  try {
    app.addHook("preClose", run);
  } catch {
    // The application has started and takes no more hooks, except this one.
    app.onClose?.(run);
  }
}

/**
 * On `localhost`, its default, Fastify opens one more server for each further address of that name (127.0.0.1
 * and ::1). It announces them nowhere, but their requests come by here.
 */
function takeFromOtherServers(app: FastifyLike): void {
  try {
    app.addHook("onRequest", (request, reply, done) => {
      if (SharedServer.of(app.server).offerRequest(request.raw, reply.raw)) reply.hijack();
      else done();
    });
  } catch {
    // The application has started and takes no more hooks: then its first address alone is served.
  }
}
