/**
 * Hono, and every other application with a `fetch(request)` method: Bun calls it, Node through
 * `@hono/node-server`.
 */

import type { createServer, RequestListener } from "node:http";
import type { WebSocketServerLike } from "@hono/node-server";
import { RoomcastError } from "../../base/errors.ts";
import type { BunFetch, BunWebSocketHandlers } from "../bun/bun-runtime.ts";
import { type HttpServer, SharedServer } from "../node/shared-server.ts";
import { type Application, hasMethod } from "./application.ts";
import type { HonoLike } from "./hono-chain.ts";
import { lazyChain } from "./request-chain.ts";

/** Recognises a Hono application, or any object with a `fetch` method. */
export function fromHono(app: unknown): Application | undefined {
  if (!hasMethod(app, "fetch")) return undefined;
  const isHono = hasMethod(app, "route") && hasMethod(app, "all");
  return {
    name: "Hono",
    server: null,
    fetch: ((request, server) => app.fetch(request, server)) as BunFetch,
    websocket: "websocket" in app ? (app.websocket as Partial<BunWebSocketHandlers>) : undefined,
    makeServer: async (make) => {
      const { createAdaptorServer } = await importNodeServer();
      const { WebSocketServer } = await import("ws");
      const server = createAdaptorServer({
        fetch: (...given) => app.fetch(...given),
        createServer: ((_options: unknown, listener: RequestListener) =>
          make(listener)) as typeof createServer,
        // For the application's own `upgradeWebSocket()`, which version 2 of the package has.
        websocket: { server: new WebSocketServer({ noServer: true }) as WebSocketServerLike },
      }) as HttpServer;
      // The package listens for all upgrades and answers these alone.
      SharedServer.of(server).upgradesToWebSocketOnly = true;
      return server;
    },
    chainsOnBun: true,
    chain: isHono
      ? (functions) =>
          lazyChain(async () =>
            (await import("./hono-chain.ts")).honoChain(app as unknown as HonoLike, functions),
          )
      : undefined,
  };
}

async function importNodeServer() {
  try {
    return await import("@hono/node-server");
  } catch (cause) {
    throw new RoomcastError(
      "ERR_MISSING_PACKAGE",
      "Serving a Hono application on Node needs the package @hono/node-server: npm install @hono/node-server",
      { cause },
    );
  }
}
