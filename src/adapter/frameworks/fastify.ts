/** Fastify, which makes its server itself. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { RoomcastError } from "../../base/errors.ts";
import { errorText } from "../../base/foreign-value.ts";
import { Connections } from "../node/connections.ts";
import { type HttpServer, SharedServer } from "../node/shared-server.ts";
import { type Application, hasMethod } from "./application.ts";
import type { FastifyRoutes } from "./fastify-chain.ts";
import { type FrameworkFunction, lazyChain, type RequestChain } from "./request-chain.ts";

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
  // What Fastify has made of requests that pass its hooks, by those of Node's.
  const passing = new WeakMap<object, object>();
  takeFromOtherServers(app, passing);
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
    chain: (functions, path) =>
      chainOf(app as unknown as FastifyRoutes, { functions: functions ?? [], path, passing }),
  };
}

/** What requests of clients pass. */
interface PassedHooks {
  /** Hooks for them alone, behind those of the application. */
  readonly functions: readonly FrameworkFunction[];
  readonly path: string;
  readonly passing: WeakMap<object, object>;
}

/** Fastify takes requests through a route, which has to be there before the application starts. */
function chainOf(app: FastifyRoutes, { functions, path, passing }: PassedHooks): RequestChain {
  const handler: FrameworkFunction = (request, reply) => {
    if (passing.get(request.raw) !== expected) return reply.callNotFound();
    passing.set(request.raw, request);
    return reply.code(200).send("");
  };
  const route = { method: "GET", preHandler: functions, handler, exposeHeadRoute: false, schema: hidden };
  try {
    app.route({ ...route, url: `${path}/` });
  } catch (cause) {
    throw new RoomcastError(
      "ERR_STATE",
      `The option httpMiddleware needs a route of Fastify's, which takes none any more: ${errorText(cause)}. Make the server before app.ready() and app.listen().`,
      { cause },
    );
  }
  return lazyChain(async () =>
    (await import("./fastify-chain.ts")).fastifyChain(app, { path: `${path}/`, passing, expected }),
  );
}

/** Stands for a request that has not come through the hooks yet. */
const expected = {};
/** Documents of the routes do not name it. */
const hidden = { hide: true };

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
function takeFromOtherServers(app: FastifyLike, passing: WeakMap<object, object>): void {
  try {
    app.addHook("onRequest", (request, reply, done) => {
      // Roomcast has taken it already, and it passes the hooks.
      if (passing.has(request.raw)) done();
      else if (SharedServer.of(app.server).offerRequest(request.raw, reply.raw)) reply.hijack();
      else done();
    });
  } catch {
    // The application has started and takes no more hooks: then its first address alone is served.
  }
}
